package transform

import (
	"encoding/binary"
	"iter"
)

// Lines are the rows of one table of lines below a row. There are by far the most of them. So when the row is finished they
// are kept as the bytes that were hashed of them, which is a tenth of the memory, and nothing for the garbage collector to look
// through; All reads them.
type Lines struct {
	Table *Table

	rows   []Row // until the row is finished
	key    []Value
	packed string // without the key, which is the row's, but for the number of the line
	n      int
}

// NewLines are lines that are not finished yet.
func NewLines(t *Table, rows []Row) Lines { return Lines{Table: t, rows: rows, n: len(rows)} }

// Len is how many there are.
func (l *Lines) Len() int { return l.n }

// SetKey fills the first columns of lines that are not finished yet.
func (l *Lines) SetKey(key ...Value) {
	l.key = key
	for i := range l.rows {
		l.rows[i].SetKey(key...)
	}
}

// All are the lines, one after the other. Each row is good until the next one comes.
func (l *Lines) All() iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		for i := range l.rows {
			if !yield(&l.rows[i]) {
				return
			}
		}
		row := Row{table: l.Table, Values: make([]Value, len(l.Table.columns))}
		copy(row.Values, l.key)
		for rest := l.packed; rest != ""; {
			rest = row.unpack(rest, len(l.key))
			if !yield(&row) {
				return
			}
		}
	}
}

// append adds the bytes of the lines.
func (l *Lines) append(b []byte) []byte {
	for i := range l.rows {
		b = l.rows[i].append(b, len(l.key))
	}
	return append(b, l.packed...)
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
