package transform

import "slices"

// slabs is memory that pieces are cut from while an item is read. The next item is read in the same memory.
type slabs[T any] struct {
	block int   // how long a slab is
	free  []T   // of the slab in use
	all   [][]T // for the next items
	used  int   // how many of all are in use
}

// mostSlabs bounds the memory that waits for the next item, to a few times what a long-serving employee needs.
const mostSlabs = 64

// cut takes memory for n pieces, all of them zero.
func (s *slabs[T]) cut(n int) []T {
	if n > len(s.free) {
		if n > s.block {
			return make([]T, n)
		}
		if s.used == len(s.all) {
			s.all = append(s.all, make([]T, s.block))
		}
		s.free = s.all[s.used]
		s.used++
	}
	cut := s.free[:n:n]
	s.free = s.free[n:]
	return cut
}

// release takes back all that was cut, and forgets what stands there.
func (s *slabs[T]) release() {
	for i, slab := range s.all[:s.used] {
		if i == s.used-1 {
			slab = slab[:len(slab)-len(s.free)]
		}
		clear(slab)
	}
	if len(s.all) > mostSlabs {
		s.all = slices.Delete(s.all, mostSlabs, len(s.all))
	}
	s.free, s.used = nil, 0
}
