package load

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/employerlink"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// BenchmarkEncode measures how the rows of a new employee are planned and written for COPY.
func BenchmarkEncode(b *testing.B) {
	all := employerlink.Catalog()
	employees := all[slices.IndexFunc(all, func(r *transform.Resource) bool { return r.Name == "employees" })]
	for _, pays := range []int{26, 130} {
		b.Run(fmt.Sprint(pays), func(b *testing.B) {
			w := &Walk{resource: employees, statements: map[*transform.Table]map[int]*statements{}}
			records := []*transform.Record{employees.Normalize(fixture.LongServing(pays), fixture.Sealer())}
			b.ReportAllocs()
			done := fixture.CPU(b, fixture.Rows(records[0]))
			buffer, wire := []byte(nil), make([]byte, 64<<10)
			for b.Loop() {
				outcomes := make([]outcome, len(records))
				for _, g := range w.group(records) {
					p, _ := planTable(g, nil, employees.Table, outcomes)
					readers := []*copyReader{{rows: p.insert}}
					for lines := range p.lines {
						readers = append(readers, &copyReader{rows: p.insert, lines: lines})
					}
					for _, reader := range readers {
						reader.buf = append(buffer[:0], copyHeader...)
						if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, reader, wire); err != nil {
							b.Fatal(err)
						}
						buffer = reader.buf
					}
				}
			}
			done()
		})
	}
}
