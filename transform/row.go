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

// finish writes down what no column holds and takes the hash. It adds the bytes that are hashed, which settle wants back.
func (r *Row) finish(b []byte) []byte {
	r.writeExtra()
	r.rank = nil
	from := len(b)
	b = r.append(b, 0)
	for i := range r.Lines {
		b = appendText(b, r.Lines[i].Table.Name)
		b = r.Lines[i].append(b)
	}
	sum := sha256.Sum256(b[from:])
	r.Hash = [16]byte(sum[:16])
	return b
}

// settle has the row stand on the bytes that finish wrote, and gives what follows them: texts that are parts of the item would
// keep all of it in memory for as long as there is one of them.
func (r *Row) settle(packed string) (rest string) {
	packed = r.unpack(packed, 0)
	for i := range r.Lines {
		_, packed = cutText(packed) // the table's name
		packed = r.Lines[i].settle(packed, r.Values)
	}
	return packed
}

func (r *Row) writeExtra() {
	if r.rest != nil {
		r.Extra = r.rest.canonical()
		r.rest = nil
	}
}

// Rehash takes the hash anew after values were merged with stored ones (see Table.Shared).
func (r *Row) Rehash() { r.settle(string(r.finish(nil))) }

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

// sortRows puts the rows into an order of their own.
func sortRows(rows []Row) {
	sorted := true
	for i := range rows {
		rows[i].writeExtra()
		sorted = sorted && (i == 0 || compareTwins(&rows[i-1], &rows[i]) <= 0)
	}
	if sorted {
		return
	}
	order := make([]int32, len(rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return compareTwins(&rows[a], &rows[b]) })
	unsorted := slices.Clone(rows)
	for i, from := range order {
		rows[i] = unsorted[from]
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
		if c := compareLines(&a.Lines[i], &b.Lines[i], words); c != 0 {
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
