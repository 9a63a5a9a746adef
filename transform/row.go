package transform

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
)

// Row is one row of a table: its key and its columns, and what the API said besides.
type Row struct {
	Values []Value // in the order of Table.Columns
	Extra  string  // canonical JSON of what no column holds; "" is NULL
	Lines  []Lines // the lines that live with this row
	// Hash is over everything stored of the row and its lines but its Volatile columns (T26). Secrets take part as what is
	// left of them, never as themselves.
	Hash [16]byte

	table *Table
	rest  *Node  // the object of what no column holds, until the row is finished
	rank  hidden // tells twins apart while keys are given; gone when the row is finished
}

// SetKey fills the first columns.
func (r *Row) SetKey(key ...Value) { copy(r.Values, key) }

// SetText fills a text column by its name, for facts that stand outside the object itself.
func (r *Row) SetText(column, text string) {
	for i, c := range r.table.columns {
		if c.Name == column && text != "" {
			r.Values[i] = TextValue(text)
		}
	}
}

// Cell is the value of the column called name; Null when there is none.
func (r *Row) Cell(name string) Value {
	for i, c := range r.table.columns {
		if c.Name == name {
			return r.Values[i]
		}
	}
	return Null
}

// Empty reports that the row says nothing: every column but its key is NULL and nothing was left over.
func (r *Row) Empty() bool {
	for _, v := range r.Values[len(r.table.Key):] {
		if !v.IsNull() {
			return false
		}
	}
	return r.rest == nil && len(r.Lines) == 0
}

// finish writes down what no column holds and takes the hash. From then on the row stands on bytes of its own: texts that are
// parts of the item would keep all of it in memory for as long as there is one of them.
func (r *Row) finish(h *hasher) {
	r.writeExtra()
	r.rank = nil
	b := r.append(h.buf[:0], 0)
	own := len(b)
	h.ends = h.ends[:0]
	for i := range r.Lines {
		b = appendText(b, r.Lines[i].Table.Name)
		h.ends = append(h.ends, len(b))
		b = r.Lines[i].append(b)
		h.ends = append(h.ends, len(b))
	}
	h.buf = b
	sum := sha256.Sum256(b)
	r.Hash = [16]byte(sum[:16])
	kept := string(b)
	r.unpack(kept[:own], 0)
	for i := range r.Lines {
		r.Lines[i].rows, r.Lines[i].packed = nil, kept[h.ends[2*i]:h.ends[2*i+1]]
	}
}

func (r *Row) writeExtra() {
	if r.rest != nil {
		r.Extra = r.rest.canonical()
		r.rest = nil
	}
	for _, lines := range r.Lines {
		for i := range lines.rows {
			lines.rows[i].writeExtra()
		}
	}
}

// Rehash takes the hash anew after values were merged with stored ones (see Table.Shared).
func (r *Row) Rehash() { r.finish(&hasher{}) }

// hasher holds what is hashed of a row, and where in it the lines of each table begin and end; it serves many rows.
type hasher struct {
	buf  []byte
	ends []int
}

// key gives every row of one owner its key: its base, and an occurrence among equals that does not depend on the order of
// the response. Twins are told apart by what they say in words first and by amounts last, so that a corrected amount
// keeps its row. base and set say where a row's base comes from and where its key goes.
func keyRows(rows []Row, base func(*Row) string, set func(r *Row, key string, n int)) {
	bases := make([]string, len(rows))
	order := make([]int, len(rows))
	for i := range rows {
		rows[i].writeExtra()
		bases[i], order[i] = BoundedKey(base(&rows[i])), i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(strings.Compare(bases[a], bases[b]), compareTwins(&rows[a], &rows[b]))
	})
	occurrence := 0
	for place, i := range order {
		if place > 0 && bases[order[place-1]] == bases[i] {
			occurrence++
		} else {
			occurrence = 1
		}
		set(&rows[i], bases[i], occurrence)
	}
}

// numberRows puts the rows into an order of their own and numbers them from 1.
func numberRows(rows []Row, set func(r *Row, n int)) {
	order := make([]int32, 0, 64)
	sorted := true
	for i := range rows {
		rows[i].writeExtra()
		order = append(order, int32(i))
		sorted = sorted && (i == 0 || compareTwins(&rows[i-1], &rows[i]) <= 0)
	}
	if !sorted {
		slices.SortStableFunc(order, func(a, b int32) int { return compareTwins(&rows[a], &rows[b]) })
		unsorted := slices.Clone(rows)
		for i, from := range order {
			rows[i] = unsorted[from]
		}
	}
	for i := range rows {
		set(&rows[i], i+1)
	}
}

func compareTwins(a, b *Row) int {
	if c := a.rank.compare(b.rank); c != 0 {
		return c
	}
	if c := compareRows(a, b, true); c != 0 {
		return c
	}
	return compareRows(a, b, false)
}

func compareRows(a, b *Row, words bool) int {
	for i := range a.Values {
		if words && a.table.columns[i].Kind != Text {
			continue
		}
		if c := compareValues(&a.Values[i], &b.Values[i]); c != 0 {
			return c
		}
	}
	for i := range min(len(a.Lines), len(b.Lines)) {
		x, y := a.Lines[i].rows, b.Lines[i].rows
		for j := range min(len(x), len(y)) {
			if c := compareRows(&x[j], &y[j], words); c != 0 {
				return c
			}
		}
		if c := cmp.Compare(len(x), len(y)); c != 0 {
			return c
		}
	}
	if words {
		return 0
	}
	return strings.Compare(a.Extra, b.Extra)
}

func compareValues(a, b *Value) int {
	if c := cmp.Compare(a.Kind(), b.Kind()); c != 0 {
		return c
	}
	if c := strings.Compare(a.text, b.text); c != 0 {
		return c
	}
	return cmp.Compare(a.word, b.word)
}

// longestKey bounds a derived key well below what an index takes.
const longestKey = 200

// BoundedKey is s, or its beginning and a digest where s is too long to be a key.
func BoundedKey(s string) string {
	if len(s) <= longestKey {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:longestKey-34], "") + "-" + hexText(sum[:16])
}
