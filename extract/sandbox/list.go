package sandbox

// A list is a row of positions, two for each object: 2i is where a bad item may stand (it belongs to no object), 2i+1 is
// the object itself.

// listing is what one request asks of a list.
type listing struct {
	kind     kind
	day      int
	employer int    // whose objects only; -1: all
	filter   string // what a cursor is bound to
	limit    int
	pos      int // where it starts
	backward bool
	first    bool // no cursor was given
}

// page is one page of a list.
type page struct {
	rows       [][]byte
	prev, next string // "" for null
	raw        string // instead of next, as it stands
}

// item appends what stands at a position, or nothing.
func (w *world) item(b []byte, l *listing, pos int) []byte {
	i := pos / 2
	if !w.listed(l.kind, i, l.day) || l.employer >= 0 && l.kind != anEmployer && w.home(l.kind, i, l.day) != l.employer {
		return b
	}
	if pos%2 == 0 {
		return append(b, w.badItem(l.kind, i, l.day)...)
	}
	j := js{b: b}
	switch l.kind {
	case anEmployer:
		o := w.employer(i, l.day)
		o.row(&j)
	case anEmployee:
		o := w.employeeRow(i, l.day)
		o.row(&j)
	case aDocument:
		o := w.document(i, l.day)
		o.row(&j)
	case aDeduction:
		o := w.deductionType(i, l.day)
		o.row(&j)
	case aRun:
		o := w.payrollRun(i, l.day)
		o.row(&j)
	}
	return j.b
}

// step is the next position that may hold something for the filter.
func (w *world) step(l *listing, pos int) int {
	if pos%2 != 0 || l.employer < 0 || l.kind == anEmployer {
		return pos
	}
	return 2 * w.next(l.kind, pos/2, l.employer)
}

// page reads up to limit items forward from the position.
func (w *world) page(l *listing) page {
	if l.backward {
		return w.pageBefore(l)
	}
	var p page
	end := 2 * w.count(l.kind, l.day)
	pos := l.pos
	if !l.first {
		p.prev = w.cursor(l.kind, l.filter, pos, true)
	}
	if w.Odd && !l.first && l.limit > 1 && w.hash(l.kind, pos, 0x2e)%8 == 0 {
		if q := w.previous(l, pos); q != pos { // the last object of the page before comes again
			p.rows = append(p.rows, w.item(nil, l, q))
		}
	}
	for pos = w.step(l, pos); pos < end; pos = w.step(l, pos+1) {
		if b := w.item(nil, l, pos); len(b) > 0 {
			if len(p.rows) == l.limit {
				p.next = w.cursor(l.kind, l.filter, pos, false)
				break
			}
			p.rows = append(p.rows, b)
		}
	}
	return p
}

// previous is the position of the nearest object before pos, or pos itself.
func (w *world) previous(l *listing, pos int) int {
	for q := pos - 1; q >= 0; q-- {
		if q%2 == 1 && len(w.item(nil, l, q)) > 0 {
			return q
		}
	}
	return pos
}

// pageBefore reads up to limit items backward from the position, and gives them in order.
func (w *world) pageBefore(l *listing) page {
	var p page
	pos := l.pos
	for pos > 0 && len(p.rows) < l.limit {
		pos--
		if b := w.item(nil, l, pos); len(b) > 0 {
			p.rows = append(p.rows, b)
		}
	}
	for a, z := 0, len(p.rows)-1; a < z; a, z = a+1, z-1 {
		p.rows[a], p.rows[z] = p.rows[z], p.rows[a]
	}
	p.next = w.cursor(l.kind, l.filter, l.pos, false)
	for q := pos - 1; q >= 0; q-- {
		if len(w.item(nil, l, q)) > 0 {
			p.prev = w.cursor(l.kind, l.filter, pos, true)
			break
		}
	}
	return p
}
