package transform

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Item is what the API says of one object: the rows of the list that name it, and its detail where one was asked for.
type Item struct {
	// User is the PayLink user the object belongs to; "" for EmployerLink.
	User string
	// ID is the object's id as ID reads it from a list row; "" when it has none that is usable.
	ID string
	// Rows are the rows of the list that carry this id: one, or several where the API repeats an id (T39).
	Rows [][]byte
	// Detail is the unwrapped detail; nil when there is none to ask for.
	Detail []byte
	// Include are the projections that were asked for; nil means all.
	Include []string
}

// Set says which rows a table holds for one owner.
type Set struct {
	Table *Table
	// Owner are the values of the first key columns; the set speaks of the rows that carry them.
	Owner []Value
	Rows  []Row
	// Fill says, of a shared table, that the rows only fill what no other resource has said: another knows them better.
	Fill bool
	// Partial says that the object was asked for in part only: what the rows leave out, in text columns and in Extra, stays
	// as it is stored (T8).
	Partial bool
	// Merge keeps the owner's rows that are not in the set (a bill history that slides); without it they are removed.
	Merge bool
}

// Reject is a part of an item that could not become rows.
type Reject struct {
	User, ID string
	Place    string // where in the item: "" for the whole, or "statements[]"
	Reason   string // never a value
	Payload  string // the part, whole, with its secrets masked
}

// The kinds of drift.
const (
	UnknownField = "unknown_field" // a member that no column holds; kept in _extra
	UnknownValue = "unknown_value" // an enum value that is not documented; loaded as it is
	Unparsable   = "unparsable"    // a scalar that its column cannot hold; NULL there, kept in _extra
	Repaired     = "repaired"      // strings with U+0000 or invalid UTF-8, mended with U+FFFD
	Masked       = "masked"        // places besides its own where a secret stood
	Repeated     = "repeated"      // list rows with the key of another that say something else; one of them counts
)

// Drift is a departure from the references, by path. Value is set for an unknown enum value only.
type Drift struct{ Path, Kind, Value string }

// Record is everything one item means to the warehouse. Normalize makes it; nothing of the item is missing from it: what
// is in no row is in a row's Extra or among the Rejects.
type Record struct {
	Resource, User, ID string
	// Seen names the object for the removals at the end of a walk: its id, or user and id; "" when it has no usable id.
	Seen    string
	Sets    []Set
	Rejects []Reject
	Drift   map[Drift]int
	// Repaired counts the strings mended.
	Repaired int
	// Limited says that only a part of the record is written (see Within): nothing follows from it for the rest, and an
	// earlier reject of the object stays open.
	Limited bool

	// Same says that the object was recognised: it stands as it was, and nothing of it was read. Moved says that Retrieved, its
	// retrieval time, may be another than before.
	Same, Moved bool
	Retrieved   Value
	// Holds are, of a list that was recognised as one, the ids of the objects in it; the record has no id of its own.
	Holds []string
	// Place is where a recognised object or list stands, by which it counts as seen.
	Place Place
	// Believed names the rows of shared tables about which a recognised object is to be believed: it says of them what stands there.
	Believed []string
	// Memory is what the object is to be recognised by next time; nil where it is not to be.
	Memory *Memory

	named  int // how many values name the object
	owner  []Value
	sealer Sealer
	seat   seat // nil when the record is read
}

// SeenKey names an object of a user in the list of what a walk has seen. An EmployerLink object is named by its id alone.
func SeenKey(user, id string) string {
	if user == "" {
		return id
	}
	return user + "\x1f" + id
}

// Owner are the values that name the record's object: its id, or user and id. They begin every key below it.
func (rec *Record) Owner() []Value {
	switch {
	case rec.owner != nil:
	case rec.named < 2:
		rec.owner = []Value{TextValue(rec.ID)}
	default:
		rec.owner = []Value{TextValue(rec.User), TextValue(rec.ID)}
	}
	return rec.owner
}

// Rows is how many rows the record has, lines included.
func (rec *Record) Rows() (n int) {
	for _, s := range rec.Sets {
		n += len(s.Rows)
		for i := range s.Rows {
			for j := range s.Rows[i].Lines {
				n += s.Rows[i].Lines[j].Len()
			}
		}
	}
	return n
}

// AddOwn adds the one row that a table has of the record's object.
func (rec *Record) AddOwn(t *Table, row Row) {
	row.SetKey(rec.Owner()...)
	rows := rec.on().rows.cut(1)
	rows[0] = row
	rec.Add(Set{Table: t, Owner: rec.Owner(), Rows: rows})
}

// CountRepeated counts a list row that repeats the key of another (T39).
func (rec *Record) CountRepeated(path string) { rec.count(path, Repeated, "", 1) }

// Add puts a set of rows into the record. They say then what they are to say.
func (rec *Record) Add(s Set) {
	d := rec.on()
	d.sets = append(d.sets, s)
}

// Reject keeps a part of the item that could not become rows.
func (rec *Record) Reject(place, reason string, part Node) {
	rec.Rejects = append(rec.Rejects, Reject{
		User: rec.User, ID: rec.ID, Place: place, Reason: reason, Payload: part.canonical(),
	})
}

func (rec *Record) count(path, kind, value string, n int) {
	if n == 0 {
		return
	}
	if rec.Drift == nil {
		rec.Drift = map[Drift]int{}
	}
	drift := Drift{Path: path, Kind: kind, Value: value}
	if _, known := rec.Drift[drift]; !known { // a part of the item would keep all of it in memory
		drift = Drift{Path: strings.Clone(path), Kind: kind, Value: strings.Clone(value)}
	}
	rec.Drift[drift] += n
}

// driftValue is an enum value as drift may keep it: a short token. Anything else could be a personal value in a wrong place.
func driftValue(s string) string {
	if len(s) > 40 || countDigits(s) > 4 {
		return "(withheld)"
	}
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(" _-/.", c)) {
			return "(withheld)"
		}
	}
	return s
}

// driftName is a member's name as a path may show it. A name that looks like a value (an id, an e-mail address) is a star.
func driftName(s string) string {
	if s == "" || len(s) > 60 || countDigits(s) > 4 {
		return "*"
	}
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '$') {
			return "*"
		}
	}
	return s
}

func join(at, name string) string {
	if at == "" {
		return driftName(name)
	}
	return at + "." + driftName(name)
}

// Failed is the record of an item whose detail could not be had: a reject, and nothing that would change or remove what is
// stored.
func Failed(r *Resource, item Item, reason string) *Record {
	rec := &Record{Resource: r.Name, User: item.User, ID: item.ID}
	if item.ID != "" {
		rec.Seen = SeenKey(item.User, item.ID)
	}
	var row []byte
	if len(item.Rows) > 0 {
		row = item.Rows[0]
	}
	rec.rejectRaw("", reason, row)
	return rec
}

// rejectRaw keeps a part that may not be parsable. What cannot be parsed tells no secret from other digits, so all long
// runs of digits are hidden in it.
func (rec *Record) rejectRaw(place, reason string, raw []byte) {
	n, _, err := Parse(raw)
	if err == nil {
		hide(&n)
		rec.Reject(place, reason, n)
		return
	}
	rec.Rejects = append(rec.Rejects, Reject{
		User: rec.User, ID: rec.ID, Place: place, Reason: reason, Payload: maskRaw(plainText(raw)),
	})
}

// plainText is raw as text that Postgres takes.
func plainText(raw []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\uFFFD"), "\x00", "\uFFFD")
}

// rejectItem keeps a whole item whose detail cannot be used, list rows and detail together.
func (rec *Record) rejectItem(reason string, rows []Node, detail Node) {
	item := Node{}.With("rows", Node{kind: nodeArray, kids: rows}).With("detail", detail)
	rec.Reject("", reason, item)
}

// Hash names a reject's payload, so that the same reject of a later run is recognised.
func (r Reject) Hash() []byte {
	sum := sha256.Sum256([]byte(r.Payload))
	return sum[:16]
}

func hexText(b []byte) string { return hex.EncodeToString(b) }

// Dump shows a record as lines of text, sorted, for golden files: how many rows each set has, every row with its
// table, key, columns and extras, rejects and drift.
func (rec *Record) Dump() string {
	var lines []string
	for _, s := range rec.Sets {
		for i := range s.Rows {
			lines = append(lines, dumpRow(s.Table, &s.Rows[i])...)
		}
		more := ""
		if s.Merge {
			more = ", others stay"
		}
		lines = append(lines, fmt.Sprintf("%s of %v: %d%s", s.Table, s.Owner, len(s.Rows), more))
	}
	for _, r := range rec.Rejects {
		lines = append(lines, fmt.Sprintf("reject %s %q: %s: %s", r.ID, r.Place, r.Reason, r.Payload))
	}
	for d, n := range rec.Drift {
		lines = append(lines, fmt.Sprintf("drift %s %s %s %d", d.Kind, d.Path, strconv.Quote(d.Value), n))
	}
	slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(a, b) })
	return strings.Join(lines, "\n") + "\n"
}

func dumpRow(t *Table, r *Row) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", t)
	for i, c := range t.Columns() {
		if v := r.Values[i]; !v.IsNull() {
			fmt.Fprintf(&b, " %s=%q", c.Name, v.String())
		}
	}
	if r.Extra != "" {
		fmt.Fprintf(&b, " _extra=%s", r.Extra)
	}
	lines := []string{b.String()}
	for i := range r.Lines {
		for line := range r.Lines[i].All() {
			lines = append(lines, dumpRow(r.Lines[i].Table, line)...)
		}
	}
	return lines
}
