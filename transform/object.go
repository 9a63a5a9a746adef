package transform

import (
	"slices"
	"strings"
)

// Object reads a JSON object into rows and remembers which of its members have been read.
type Object struct {
	rec  *Record
	node *Node
	at   string    // the path of the object, for drift, or the name of the member of up that it stands in
	up   *Object   // the object that it is a part of, where that is read too
	read []reading // of each member
	next int       // where the member may stand that is read next
	subs []*Object // nested objects whose members are read one by one

	listed  bool    // it is an element of the array that stands there
	element *Object // what the elements of its own arrays are read with, one after the other
}

// reading is what has become of a member.
type reading uint8

const (
	unread     reading = iota
	taken              // a column holds it, or it is ignored
	unreadable         // its column cannot hold it; it is counted already
)

// Object begins to read node, which stands at path in the item ("" for the item itself).
func (rec *Record) Object(node Node, path string) *Object {
	d := rec.on()
	o := d.object()
	o.rec, o.at = rec, path
	o.begin(d.node(node))
	return o
}

// Part begins to read the named members of node. Of the others it knows nothing.
func (rec *Record) Part(node Node, names []string) *Object {
	o := rec.Object(node, "")
	for i := range o.node.kids {
		if !slices.Contains(names, o.node.kids[i].name) {
			o.read[i] = taken
		}
	}
	return o
}

func (o *Object) begin(node *Node) {
	o.node, o.next, o.subs = node, 0, o.subs[:0]
	if n := len(node.kids); n > cap(o.read) {
		o.read = make([]reading, n)
	} else {
		o.read = o.read[:n]
		clear(o.read)
	}
}

// place is the path of the member called name. It is put together only when it is told, which is hardly ever.
func (o *Object) place(name string) string {
	at := o.at
	if o.up != nil {
		at = o.up.place(o.at)
	}
	if o.listed {
		at += "[]"
	}
	return join(at, name)
}

// Node is the object as it was parsed.
func (o *Object) Node() Node { return *o.node }

// absent is what stands where there is no such member.
var absent Node

// take is the member called name, which counts as read from now on. Members stand mostly in the order in which they are read.
func (o *Object) take(name string) *Node {
	found := &absent
	if o.node.distinct && o.next < len(o.node.kids) && o.node.kids[o.next].name == name {
		o.next++
		o.read[o.next-1] = taken
		return &o.node.kids[o.next-1]
	}
	for i := range o.node.kids {
		if kid := &o.node.kids[i]; kid.name == name {
			o.read[i], o.next = taken, i+1
			found = kid
		}
	}
	return found
}

// unparsable puts the member called name back among what no column holds, and counts it.
func (o *Object) unparsable(name string) {
	for i := range o.node.kids {
		if o.node.kids[i].name == name {
			o.read[i] = unreadable
		}
	}
	o.rec.count(o.place(name), Unparsable, "", 1)
}

// Ignore counts members as read that are deliberately stored nowhere: links, and capabilities that live an hour.
func (o *Object) Ignore(names ...string) {
	for _, name := range names {
		o.take(name)
	}
}

// Text reads a member as text; "" when it is absent or no scalar. Only a scalar counts as read.
func (o *Object) Text(name string) string {
	n := o.take(name)
	if n.Absent() {
		return ""
	}
	v, ok := n.read(Text)
	if !ok {
		o.unparsable(name)
	}
	return v.text
}

// Enum reads a member as text and counts it when it is none of the documented values (T24, T41).
func (o *Object) Enum(name string, values ...string) string {
	text := strings.TrimSpace(o.Text(name))
	if text != "" && !known(values, text) {
		o.rec.count(o.place(name), UnknownValue, driftValue(text), 1)
	}
	return text
}

// Sub reads the object that the member holds. An absent member, or null, gives an empty object; anything else that is no
// object is kept as unparsable.
func (o *Object) Sub(name string) *Object {
	for _, sub := range o.subs {
		if sub.node.name == name {
			return sub
		}
	}
	node := o.take(name)
	if !node.Absent() && !node.IsObject() {
		o.unparsable(name)
	}
	if !node.IsObject() {
		node = o.rec.on().node(Node{kind: nodeObject, name: name})
	}
	sub := o.rec.on().object()
	sub.rec, sub.up, sub.at = o.rec, o, name
	sub.begin(node)
	o.subs = append(o.subs, sub)
	return sub
}

// Row reads the fields of table t from the object. The key is left empty.
func (o *Object) Row(t *Table) Row {
	row := Row{Values: o.rec.on().values.cut(len(t.columns))}
	o.fill(t, &row)
	return row
}

// fill reads the fields of table t into the values of row.
func (o *Object) fill(t *Table, row *Row) {
	row.table = t
	at := len(t.Key)
	for i := range t.Fields {
		f := &t.Fields[i]
		from := o
		if f.object != "" {
			for name := range strings.SplitSeq(f.object, ".") {
				from = from.Sub(name)
			}
		}
		at += from.field(f, row, row.Values[at:])
	}
}

// field reads one field into its columns and says how many they are.
func (o *Object) field(f *Field, row *Row, cells []Value) int {
	switch f.form {
	case formGiven:
		return 1
	case formWhole:
		cells[0] = JSONValue(o.node.canonical())
		return 1
	}
	if len(f.others) > 0 {
		cells[0] = o.anyOf(f)
		return 1
	}
	node := o.take(f.member)
	switch f.form {
	case formSecret:
		return o.secret(f, row, node, cells)
	case formYear:
		v, ok := readYear(*node)
		if !ok {
			o.unparsable(f.member)
		}
		cells[0] = v
	default:
		v, ok := node.read(f.Kind)
		if !ok {
			o.unparsable(f.member)
		}
		cells[0] = v
		if len(f.known) > 0 && v.Kind() == Text && !known(f.known, v.text) {
			o.rec.count(o.place(f.member), UnknownValue, driftValue(v.text), 1)
		}
	}
	return 1
}

// anyOf is the first of a field's members that its column can hold.
func (o *Object) anyOf(f *Field) Value {
	unparsable := ""
	for _, name := range append([]string{f.member}, f.others...) {
		node := o.node.Get(name)
		if node.Absent() {
			continue
		}
		v, ok := node.read(f.Kind)
		if ok && !v.IsNull() {
			o.take(name)
			return v
		}
		if !ok && unparsable == "" {
			unparsable = name
		}
	}
	if unparsable != "" {
		o.unparsable(unparsable)
	}
	return Null
}

func known(values []string, v string) bool {
	for _, k := range values {
		if strings.EqualFold(k, v) {
			return true
		}
	}
	return false
}

func (o *Object) secret(f *Field, row *Row, node *Node, cells []Value) int {
	n := f.width()
	if node.Absent() {
		return n
	}
	if node.kind != nodeSecret {
		o.unparsable(f.member)
		return n
	}
	if strings.TrimSpace(node.text) == "" {
		return n
	}
	sealed := o.rec.sealer.Seal(node.text)
	if sealed.Last4 != "" {
		cells[0] = TextValue(sealed.Last4)
	}
	if sealed.Token != "" {
		cells[1] = TextValue(sealed.Token)
	}
	if n > 2 {
		cells[2] = BoolValue(sealed.Masked)
	}
	row.rank = conceal(node.text)
	return n
}

// Rest keeps in row what nothing has read: unknown members, and those whose value no column could hold. Every object that
// is read must end with it; nested objects are included.
func (o *Object) Rest(row *Row) {
	left := o.left()
	if len(left) > 0 && row.rest == nil {
		row.rest = &Node{kind: nodeObject}
	}
	for _, kid := range left {
		row.rest.kids = append(row.rest.kids, kid.veiled())
	}
}

// CountRest counts what nothing has read, without keeping it: for an object that is stored whole in a JSON column.
func (o *Object) CountRest() { o.left() }

func (o *Object) left() []Node {
	var rest []Node
	for i := range o.node.kids {
		kid := &o.node.kids[i]
		switch o.read[i] {
		case taken:
			continue
		case unread:
			o.rec.count(o.place(kid.name), UnknownField, "", 1)
		}
		rest = append(rest, *kid)
	}
	for _, sub := range o.subs {
		if kids := sub.left(); len(kids) > 0 {
			rest = append(rest, Node{kind: nodeObject, name: sub.node.name, kids: kids})
		}
	}
	return rest
}
