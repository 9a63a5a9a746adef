package transform

import "slices"

// keep finishes the sets that were added and moves them to memory that is as long as they are. All of it stays as long as any
// of them: they are written together, and then gone.
func (rec *Record) keep() {
	d := rec.on()
	b := d.bytes[:0]
	rows, values, lists := 0, 0, 0
	for _, s := range d.sets {
		rows += len(s.Rows)
		for i := range s.Rows {
			b = s.Rows[i].finish(b)
			values, lists = values+len(s.Rows[i].Values), lists+len(s.Rows[i].Lines)
		}
	}
	d.bytes = b
	own := ownMemory{string(b), make([]Row, rows), make([]Value, values), make([]Lines, lists)}
	rec.Sets = slices.Clone(d.sets)
	for i := range rec.Sets {
		rec.Sets[i].Rows = own.move(rec.Sets[i].Rows)
	}
}

// ownMemory is where the rows of a record stand when it is read.
type ownMemory struct {
	packed string
	rows   []Row
	values []Value
	lists  []Lines
}

// move moves the rows of a set there, in the order in which they were finished.
func (own *ownMemory) move(rows []Row) []Row {
	n := copy(own.rows, rows)
	rows, own.rows = own.rows[:n:n], own.rows[n:]
	for i := range rows {
		r := &rows[i]
		n := copy(own.values, r.Values)
		r.Values, own.values = own.values[:n:n], own.values[n:]
		n = copy(own.lists, r.Lines)
		r.Lines, own.lists = own.lists[:n:n], own.lists[n:]
		own.packed = r.settle(own.packed)
	}
	return rows
}
