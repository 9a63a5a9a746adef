package employerlink_test

import (
	"fmt"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// BenchmarkNormalize measures an employee without statements, one with a year of them and one with five.
func BenchmarkNormalize(b *testing.B) {
	for _, statements := range []int{0, 26, 130} {
		b.Run(fmt.Sprint(statements), func(b *testing.B) {
			r, item, sealer := resource(b, "employees"), fixture.LongServing(statements), fixture.Sealer()
			normalize := func() *transform.Record {
				rec := r.Normalize(item, sealer)
				if len(rec.Sets) != 8 || len(rec.Rejects) > 0 {
					b.Fatal("not what was to be measured")
				}
				return rec
			}
			b.SetBytes(int64(len(item.Detail)))
			b.ReportAllocs()
			done := fixture.CPU(b, fixture.Rows(normalize()))
			var page [100]*transform.Record // what the collector has to look through meanwhile
			for i := 0; b.Loop(); i++ {
				page[i%len(page)] = normalize()
			}
			done()
			clear(page[:])
			fixture.Kept(b, normalize)
		})
	}
}
