package transform

import (
	"slices"
	"strconv"
	"strings"
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
	// Parts are the tables of each projection.
	Parts map[string][]*Table
	// ManyRows says that rows of the list with one id are several things (T39). Elsewhere they are one, told more than once.
	ManyRows bool
	// Document says that the detail carries a link to a document, which is archived.
	Document bool
	// Dated is the member of a list row that tells the object's day; "" when none does.
	Dated string
	// Period says which rows of an object have a day, where the object has none; nil when none have.
	Period *Period
	// Table holds the object's own row. Its first Named key columns name an object (user and id, or id) and begin the key of
	// each of Children, whose rows belong to the object and are marked with it.
	Table    *Table
	Named    int
	Children []*Table
	// Users is the table of the users who were asked, of a PerUser resource.
	Users *Table
	// Final are the values of State, a column of Table, that an object does not leave any more; nil where objects have no state.
	State string
	Final []string
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
	p := &rec.sit().parser
	defer rec.leave()
	all := p.nodes.cut(1 + len(item.Rows))[:1] // the detail, then the list rows
	for _, raw := range item.Rows {
		row, repaired, err := p.parse(raw)
		if err != nil {
			rec.rejectRaw("", err.Error(), raw)
			continue
		}
		rec.Repaired += repaired
		all = append(all, row)
	}
	var refused string
	all[0], refused = rec.parseDetail(p, item)
	masked := hide(&Node{kind: nodeArray, kids: all})
	detail, rows := all[0], all[1:]

	say := Saying{Rows: p.nodes.cut(len(rows))[:0], Detail: detail, Include: item.Include}
	for _, row := range rows {
		switch {
		case !row.IsObject():
			rec.Reject("", "not an object", row)
		case item.ID == "":
			rec.Reject("", "no usable _id", row)
		default:
			say.Rows = append(say.Rows, row)
		}
	}
	if refused == "" && len(say.Rows) == 0 && !detail.Absent() {
		refused = "detail without a list row"
	}
	if refused != "" {
		rec.rejectItem(refused, say.Rows, detail)
	}
	if refused != "" || len(say.Rows) == 0 {
		return rec
	}
	for _, again := range say.Rows[1:] {
		if !r.ManyRows && !again.Equal(say.Rows[0]) {
			rec.CountRepeated("") // an object counts once, and what its first row says
		}
	}
	rec.count("", Masked, "", masked)
	rec.count("", Repaired, "", rec.Repaired)
	r.Sentence(rec, say)
	rec.keep()
	return rec
}

// parseDetail parses the item's detail. refused says why it cannot be used; what cannot even be parsed comes as a string.
func (rec *Record) parseDetail(p *parser, item Item) (detail Node, refused string) {
	if item.Detail == nil {
		return Node{}, ""
	}
	detail, repaired, err := p.parse(item.Detail)
	if err != nil {
		return Node{kind: nodeString, text: maskRaw(plainText(item.Detail))}, "detail: " + err.Error()
	}
	rec.Repaired += repaired
	if !detail.IsObject() {
		return detail, "detail is not an object"
	}
	switch id := nodeID(detail); id {
	case item.ID:
	case "":
		return detail, "detail without a usable _id"
	default:
		return detail, "detail has another _id than its list row"
	}
	return detail, ""
}

// Day is the UTC calendar date of the object that a list row names, as 2006-01-02; "" when it is not known.
func (r *Resource) Day(row []byte) string {
	n, _, err := Parse(row)
	if err != nil || r.Dated == "" {
		return ""
	}
	v, _ := read(n.Get(r.Dated), Date)
	return v.String()
}

// OneList reports whether the list of a user tells all there is of the objects in it, so that it is recognised as one.
func (r *Resource) OneList() bool { return r.PerUser && r.Detail == "" }

// Asked is the record of a PayLink user whose list was read, whatever stood in it.
func Asked(r *Resource, user string) *Record {
	rec := &Record{Resource: r.Name, User: user}
	if r.Users == nil {
		return rec
	}
	rec.sit()
	defer rec.leave()
	owner := []Value{TextValue(user)}
	row := rec.Object(Node{}, "").Row(r.Users)
	row.SetKey(owner...)
	rec.Add(Set{Table: r.Users, Owner: owner, Rows: []Row{row}, Fill: true, Merge: true})
	rec.keep()
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
// first of its kind is "base", the second "base~2". A base with a "~" of its own always carries its occurrence, so that no
// two rows can have one key.
func Key(rows []Row, owner []Value, base func(*Row) string) {
	keyRows(rows, base, func(r *Row, key string, n int) {
		r.SetKey(owner...)
		if n > 1 || strings.Contains(key, "~") {
			key += "~" + strconv.Itoa(n)
		}
		r.Values[len(owner)] = TextValue(key)
	})
}

// Number gives every row of a set the owner's columns and a number from 1, in an order that does not depend on the order of
// the response.
func Number(rows []Row, owner []Value) {
	sortRows(rows)
	for i := range rows {
		rows[i].SetKey(owner...)
		rows[i].Values[len(owner)] = IntValue(i + 1)
	}
}

// IsFinal reports that the record's object will not change its state any more, as far as its state tells.
func (r *Resource) IsFinal(rec *Record) bool {
	if r.State == "" {
		return true
	}
	for _, set := range rec.Sets {
		if set.Table != r.Table {
			continue
		}
		for i := range set.Rows {
			if !slices.Contains(r.Final, set.Rows[i].Cell(r.State).Chars()) {
				return false
			}
		}
	}
	return true
}
