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

// news is what pages tell.
type news int

const (
	allNew news = iota
	allUnchanged
	someChanged   // of twenty employees one
	allRecognised // by their prints, so that nothing of them is read
)

// BenchmarkFirstLoad measures what this process does for employees who are new, HTTP aside: they are understood and committed,
// a page at a time. The others measure the same for those who are known and unchanged, of whom one in twenty has changed, and who
// are recognised.
func BenchmarkFirstLoad(b *testing.B) { benchmarkLoad(b, allNew) }

func BenchmarkNextLoad(b *testing.B) { benchmarkLoad(b, allUnchanged) }

func BenchmarkChangedLoad(b *testing.B) { benchmarkLoad(b, someChanged) }

func BenchmarkRecognisedLoad(b *testing.B) { benchmarkLoad(b, allRecognised) }

func benchmarkLoad(b *testing.B, what news) {
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
			model, commits := fixture.LongServing(c.statements), 0
			commit := func() (rows int) {
				commits++
				var records []*transform.Record
				for i := range c.size {
					item := model
					item.ID = fmt.Sprintf("p1-%d", i)
					if what == allNew {
						item.ID = fmt.Sprintf("p%d-%d", commits, i)
					}
					if what == allRecognised && commits > 1 {
						records = append(records, transform.Same(employees, item))
						continue
					}
					item.Rows = [][]byte{bytes.Replace(model.Rows[0], []byte("p1"), []byte(item.ID), 1)}
					item.Detail = bytes.Replace(model.Detail, []byte("p1"), []byte(item.ID), 1)
					if what == someChanged && i%20 == 0 {
						item.Detail = bytes.Replace(item.Detail, []byte("45000"), fmt.Append(nil, commits), 1)
					}
					records = append(records, employees.Normalize(item, fixture.Sealer()))
					rows += fixture.Rows(records[i])
				}
				did, err := walk.Commit(b.Context(), load.Page{Next: "more", Records: records})
				if err != nil {
					b.Fatal(err)
				}
				size := int64(c.size)
				met := map[news]int64{allNew: did.New, allUnchanged: did.Unchanged, someChanged: 20 * did.Changed, allRecognised: did.Recognised}[what]
				if commits > 1 && met != size {
					b.Fatalf("the page is not what is to be measured: %+v", did)
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
