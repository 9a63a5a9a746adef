package load_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/employerlink"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// BenchmarkFirstLoad measures what this process does for employees who are new, HTTP aside: they are understood and committed,
// a page at a time. BenchmarkNextLoad measures the same for those who are known and unchanged.
func BenchmarkFirstLoad(b *testing.B) { benchmarkLoad(b, true) }

func BenchmarkNextLoad(b *testing.B) { benchmarkLoad(b, false) }

func benchmarkLoad(b *testing.B, isNew bool) {
	for _, c := range []struct{ statements, size int }{{0, 100}, {26, 100}, {130, 20}} {
		b.Run(fmt.Sprint(c.statements), func(b *testing.B) {
			store, err := load.Open(b.Context(), migrated.Database(b), load.Options{Resources: catalog()})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			run, err := store.BeginRun(b.Context(), load.RunSpec{Resources: []string{"employees"}})
			if err != nil {
				b.Fatal(err)
			}
			all := employerlink.Catalog()
			employees := all[slices.IndexFunc(all, func(r *transform.Resource) bool { return r.Name == "employees" })]
			walk, err := run.Walk(b.Context(), employees, load.Scope{})
			if err != nil {
				b.Fatal(err)
			}
			model, page := fixture.LongServing(c.statements), 0
			commit := func() (rows int) {
				if isNew {
					page++
				}
				var records []*transform.Record
				for i := range c.size {
					item := model
					item.ID = fmt.Sprintf("p%d-%d", page, i)
					item.Rows = [][]byte{bytes.Replace(model.Rows[0], []byte("p1"), []byte(item.ID), 1)}
					item.Detail = bytes.Replace(model.Detail, []byte("p1"), []byte(item.ID), 1)
					records = append(records, employees.Normalize(item, fixture.Sealer()))
					rows += fixture.Rows(records[i])
				}
				if _, err := walk.Commit(b.Context(), load.Page{Next: "more", Records: records}); err != nil {
					b.Fatal(err)
				}
				return rows
			}
			b.ReportAllocs()
			done := fixture.CPU(b, commit())
			for b.Loop() {
				commit()
			}
			done()
		})
	}
}
