package schedules

import (
	"math"
	"sync/atomic"

	"github.com/linkhouse/linkhouse/transform"
)

// pageRows is how many rows of the warehouse a page should come to at most: a transaction of more is no faster, and three pages are
// in memory at a time.
const pageRows = 50_000

// pace is how many rows the objects of a walk come to. What was recognised comes to none.
type pace struct {
	first         int // how many objects to ask for before the first has come; 0: a full page
	objects, rows atomic.Int64
}

func (p *pace) count(rec *transform.Record) {
	p.rows.Add(int64(rec.Rows()))
	p.objects.Add(1)
}

// limit is how many objects come to pageRows. Where that is more than a full page, a full page is asked for.
func (p *pace) limit() int {
	rows, objects := p.rows.Load(), p.objects.Load()
	switch {
	case objects == 0 && p.first > 0:
		return p.first
	case rows == 0:
		return math.MaxInt32
	}
	return int(min(math.MaxInt32, 1+pageRows*objects/rows))
}
