package transform

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
)

// usualLists is how many tables of lines a row has at most, as a rule.
const usualLists = 3

// Lines are the rows of one table of lines below a row. There are by far the most of them. So they are kept as the bytes that
// are hashed of them, which is a tenth of the memory, and nothing for the garbage collector to look through; All reads them.
type Lines struct {
	Table *Table

	broken bool // not all that the array holds are lines
	n      int
	key    []Value // the row's, which begins theirs
	packed string  // without the key, but for the number of the line
	raw    []byte  // the same, until the row is finished
}

// AddLines reads the array that the member holds as lines of table t below row, numbered from 1 in an order that does not depend
// on the order of the response. Their key begins with the row's.
func (o *Object) AddLines(row *Row, name string, t *Table) {
	d := o.rec.on()
	if row.Lines == nil {
		row.Lines = d.lists.cut(usualLists)[:0]
	}
	row.Lines = append(row.Lines, o.lines(name, t, d))
}

func (o *Object) lines(name string, t *Table, d *desk) Lines {
	elements, objects, ok := o.list(name)
	l := Lines{Table: t, broken: !ok || objects < len(elements), n: objects}
	if objects == 0 {
		return l
	}
	rows := d.lineRows.cut(objects)
	o.each(name, elements, func(i int, e *Object) {
		rows[i].Values = d.lineValues.cut(len(t.columns))
		e.fill(t, &rows[i])
		e.Rest(&rows[i])
	})
	owners := len(t.Key) - 1
	sortRows(rows)
	from := len(d.packed)
	for i := range rows {
		rows[i].Values[owners] = IntValue(i + 1)
		d.packed = rows[i].append(d.packed, owners)
	}
	l.raw = d.packed[from:]
	d.lineRows.release()
	d.lineValues.release()
	return l
}

// Broken reports that lines of the row could not be read, so that it and its stored ones are not to be replaced by it.
func (r *Row) Broken() bool {
	return slices.ContainsFunc(r.Lines, func(l Lines) bool { return l.broken })
}

// Len is how many there are.
func (l *Lines) Len() int { return l.n }

// All are the lines, one after the other. Each row is good until the next one comes.
func (l *Lines) All() iter.Seq[*Row] { return l.In(&Row{}) }

// In are the lines, one after the other in the same row, whatever it held before.
func (l *Lines) In(row *Row) iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		l.begin(row)
		for rest := l.text(); rest != ""; {
			rest = row.unpack(rest, len(l.Table.Key)-1)
			if !yield(row) {
				return
			}
		}
	}
}

// begin makes of row what lines are unpacked into.
func (l *Lines) begin(row *Row) {
	clear(row.Values)
	*row = Row{table: l.Table, Values: slices.Grow(row.Values[:0], len(l.Table.columns))[:len(l.Table.columns)]}
	copy(row.Values, l.key)
}

func (l *Lines) text() string {
	if l.raw != nil {
		l.packed, l.raw = string(l.raw), nil
	}
	return l.packed
}

// append adds the bytes of the lines.
func (l *Lines) append(b []byte) []byte { return append(append(b, l.raw...), l.packed...) }

// settle has the lines stand on the bytes that append wrote, and gives what follows them. row are the values of their row.
func (l *Lines) settle(packed string, row []Value) (rest string) {
	n := len(l.raw) + len(l.packed)
	l.packed, l.raw, l.key = packed[:n], nil, row[:len(l.Table.Key)-1]
	return packed[n:]
}

// compareLines compares the lines of twins, line by line.
func compareLines(a, b *Lines, words bool) int {
	var x, y Row
	a.begin(&x)
	b.begin(&y)
	s, t := a.text(), b.text()
	for s != "" && t != "" {
		s, t = x.unpack(s, len(a.Table.Key)-1), y.unpack(t, len(b.Table.Key)-1)
		if c := compareRows(&x, &y, words); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.n, b.n)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// append adds the row's bytes: everything that is stored of it but its first columns and the Volatile ones.
func (r *Row) append(b []byte, first int) []byte {
	for i := first; i < len(r.Values); i++ {
		if r.table.columns[i].Volatile {
			continue
		}
		v := &r.Values[i]
		b = append(b, byte(v.Kind()))
		switch v.Kind() {
		case Text, Numeric, JSON:
			b = appendText(b, v.text)
		case Date, Instant, Bool, Int:
			b = binary.AppendVarint(b, v.Number())
		}
	}
	return appendText(b, r.Extra)
}

// unpack reads what append wrote, and gives what follows it. The row's texts are then parts of s.
func (r *Row) unpack(s string, first int) (rest string) {
	for i := first; i < len(r.Values); i++ {
		if r.table.columns[i].Volatile {
			continue
		}
		kind := Kind(s[0])
		s = s[1:]
		switch kind {
		case Text, Numeric, JSON:
			var text string
			text, s = cutText(s)
			r.Values[i] = Value{text: text, word: int64(kind)}
		case Date, Instant, Bool, Int:
			n, size := varint(s)
			r.Values[i], s = number(kind, n), s[size:]
		default:
			r.Values[i] = Null
		}
	}
	r.Extra, s = cutText(s)
	return s
}

func cutText(s string) (text, rest string) {
	n, size := uvarint(s)
	s = s[size:]
	return s[:n], s[n:]
}

// varint is binary.Varint of a string.
func varint(s string) (n int64, size int) {
	u, size := uvarint(s)
	return int64(u>>1) ^ -int64(u&1), size
}

// uvarint is binary.Uvarint of a string.
func uvarint(s string) (n uint64, size int) {
	for shift := 0; ; shift += 7 {
		c := s[size]
		size++
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n, size
		}
	}
}
