package transform

import (
	"slices"
	"sync"
)

// mostBytes bounds a buffer that waits for the next item, as mostSlabs does the rest.
const mostBytes = 1 << 20

// desk is the memory that an item is read in. Nothing of it outlives the reading: what remains of the item stands on memory of
// its own (see Record.keep), and is less.
type desk struct {
	parser
	rows   slabs[Row]
	values slabs[Value]
	lists  slabs[Lines]
	// Lines become bytes as soon as their array is read, and the next array is read in the memory of the last.
	lineRows   slabs[Row]
	lineValues slabs[Value]
	packed     []byte // of all lines

	sets    []Set
	objects []*Object
	busy    int    // how many of objects are in use
	bytes   []byte // a buffer for what is kept
}

// seat leads to a desk. It is a function where Go values are printed, because secrets lie on a desk in clear.
type seat func() *desk

func newSeat() seat {
	d := &desk{
		parser: parser{nodes: slabs[Node]{block: 512}},
		rows:   slabs[Row]{block: 256}, values: slabs[Value]{block: 1024}, lists: slabs[Lines]{block: 64},
		lineRows: slabs[Row]{block: 64}, lineValues: slabs[Value]{block: 1024},
	}
	return func() *desk { return d }
}

// seats wait for the next item, with the memory that the one before needed.
var seats = sync.Pool{New: func() any { return newSeat() }}

// sit begins the reading of a record.
func (rec *Record) sit() *desk {
	rec.seat = seats.Get().(seat)
	return rec.seat()
}

// on is the desk at which the record is read. Whoever reads without Normalize has one of their own.
func (rec *Record) on() *desk {
	if rec.seat == nil {
		rec.seat = newSeat()
	}
	return rec.seat()
}

// leave gives the record's desk back. What was read there is forgotten with it.
func (rec *Record) leave() {
	d := rec.seat()
	d.forget()
	d.rows.release()
	d.values.release()
	d.lists.release()
	d.packed, d.bytes = emptied(d.packed), emptied(d.bytes)
	clear(d.sets)
	d.sets = d.sets[:0]
	for _, o := range d.objects[:d.busy] {
		*o = Object{read: o.read[:0], subs: o.subs[:0]}
	}
	if d.busy = 0; len(d.objects) > mostSlabs {
		d.objects = slices.Delete(d.objects, mostSlabs, len(d.objects))
	}
	seats.Put(rec.seat)
	rec.seat = nil
}

func emptied(buffer []byte) []byte {
	if cap(buffer) > mostBytes {
		return nil
	}
	return buffer[:0]
}

// object is one that was not begun yet.
func (d *desk) object() *Object {
	if d.busy == len(d.objects) {
		d.objects = append(d.objects, &Object{})
	}
	d.busy++
	return d.objects[d.busy-1]
}

// node gives a node a place at the desk.
func (d *desk) node(n Node) *Node {
	at := &d.nodes.cut(1)[0]
	*at = n
	return at
}
