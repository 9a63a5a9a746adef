package transform

import (
	"slices"
	"strconv"
)

// Resource is one resource of the API: where it is read, what it means to the warehouse and how an item of it becomes
// rows. Its Name is one string everywhere: CLI, logs, tables of state, testdata.
type Resource struct {
	Name string
	// List is the path of the list, "/employees" or "/user/{user}/tasks"; Items the member that holds its rows.
	List, Items string
	// Detail is the path of one object, "/employees/{id}", and DetailItem the member that holds it; "" when list rows are whole.
	Detail, DetailItem string
	// PerUser resources are asked for user by user and have no cursor; others are one list with cursors.
	PerUser bool
	// ByEmployer lists take an employerId.
	ByEmployer bool
	// Projections are the values of include that the detail takes; nil when it takes none.
	Projections []string
	// Document says that the detail carries a link to a document, which is archived.
	Document bool
	// Table holds the object's own row. Its first Named key columns name an object (user and id, or id) and begin the key of
	// each of Children, whose rows belong to the object and are marked with it.
	Table    *Table
	Named    int
	Children []*Table
	// Sentence reads the nodes of an item into the record.
	Sentence func(rec *Record, say Saying)
}

// Saying is an item after parsing: secrets hidden, repaired, ready to be read.
type Saying struct {
	Rows    []Node // the list rows, all objects
	Detail  Node   // absent when there is none
	Include []string
}

// Asked reports whether a projection was asked for (T8: what was not asked for leaves what is stored untouched).
func (s Saying) Asked(projection string) bool {
	return s.Include == nil || slices.Contains(s.Include, projection)
}

// Tables are all tables the resource writes, lines included, its own first.
func (r *Resource) Tables() []*Table { return append([]*Table{r.Table}, r.Children...) }

// Normalize turns an item into a record. It is total: whatever the bytes are, every part of them becomes rows or a
// reject, and one bad part costs only itself.
func (r *Resource) Normalize(item Item, sealer Sealer) *Record {
	rec := &Record{Resource: r.Name, User: item.User, ID: item.ID, named: r.Named, sealer: sealer}
	if item.ID != "" {
		rec.Seen = SeenKey(item.User, item.ID)
	}
	say := Saying{Include: item.Include}
	for _, raw := range item.Rows {
		row, repaired, err := Parse(raw)
		switch {
		case err != nil:
			rec.rejectRaw("", err.Error(), raw)
		case !row.IsObject():
			rec.rejectRaw("", "not an object", raw)
		case item.ID == "":
			rec.rejectRaw("", "no usable _id", raw)
		default:
			rec.Repaired += repaired
			say.Rows = append(say.Rows, row)
		}
	}
	if len(say.Rows) == 0 {
		return rec
	}
	if item.Detail != nil {
		detail, repaired, err := Parse(item.Detail)
		if err == nil && !detail.IsObject() {
			rec.rejectRaw("", "detail is not an object", item.Detail)
			return rec
		}
		if err != nil {
			rec.rejectRaw("", "detail: "+err.Error(), item.Detail)
			return rec
		}
		if id := nodeID(detail); id != "" && id != item.ID {
			rec.rejectRaw("", "detail has another _id than its list row", item.Detail)
			return rec
		}
		rec.Repaired += repaired
		say.Detail = detail
	}
	nodes := []*Node{&say.Detail}
	for i := range say.Rows {
		nodes = append(nodes, &say.Rows[i])
	}
	rec.count("", Masked, "", hide(nodes...))
	rec.count("", Repaired, "", rec.Repaired)
	r.Sentence(rec, say)
	return rec
}

// Whole is the detail with what only the list row says, or the list row where there is no detail.
func (s Saying) Whole() Node {
	if s.Detail.IsObject() {
		return s.Detail.Merged(s.Rows[0])
	}
	return s.Rows[0]
}

// Key gives every row of a set its derived key: the owner's columns, then base and an occurrence among equals (T14). The
// first of its kind is "base", the second "base~2".
func Key(rows []Row, owner []Value, base func(*Row) string) {
	keyRows(rows, base, func(r *Row, key string, n int) {
		r.SetKey(owner...)
		if n > 1 {
			key += "~" + strconv.Itoa(n)
		}
		r.Values[len(owner)] = TextValue(key)
	})
}

// Number gives every row of a set the owner's columns and a number from 1, in an order that does not depend on the order of
// the response.
func Number(rows []Row, owner []Value) {
	numberRows(rows, func(r *Row, n int) {
		r.SetKey(owner...)
		r.Values[len(owner)] = IntValue(n)
	})
}
