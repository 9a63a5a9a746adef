package transform

import "sync"

// slabs is the memory that Nodes are cut from.
type slabs struct {
	block int      // how many Nodes a slab has
	free  []Node   // of the slab in use
	all   [][]Node // for the next items
	used  int      // how many of all are in use
}

// cut takes memory for n Nodes.
func (s *slabs) cut(n int) []Node {
	if n > len(s.free) {
		if n > s.block {
			return make([]Node, n)
		}
		if s.used == len(s.all) {
			s.all = append(s.all, make([]Node, s.block))
		}
		s.free = s.all[s.used]
		s.used++
	}
	cut := s.free[:n:n]
	s.free = s.free[n:]
	return cut
}

// parsers wait for the next item, with the memory that the one before needed: no Node outlives the reading of its item (see
// Row.rest), and there are more of them than of all that remains of it.
var parsers = sync.Pool{New: func() any { return &parser{slabs: slabs{block: 512}} }}

// mostSlabs bounds the memory of a parser that waits, to a few times what a long-serving employee needs.
const mostSlabs = 64

// release gives the parser back. What it read is forgotten with it.
func (p *parser) release() {
	for _, slab := range p.all[:p.used] {
		clear(slab)
	}
	p.all = p.all[:min(len(p.all), mostSlabs)]
	p.src, p.free, p.used = "", nil, 0
	clear(p.open[:cap(p.open)])
	clear(p.names[:])
	parsers.Put(p)
}
