package transform

// list is the array that the member holds. Absent, null and [] are the same (T14). ok is false when the member is no array:
// then nothing is known of its rows, and it is rejected. An element that is no object is rejected alone; objects counts the
// others.
func (o *Object) list(name string) (elements []Node, objects int, ok bool) {
	node := o.take(name)
	if node.Absent() {
		return nil, 0, true
	}
	if !node.IsArray() {
		o.rec.Reject(o.place(name), "not an array", *node)
		return nil, 0, false
	}
	for i := range node.kids {
		if kid := &node.kids[i]; !kid.IsObject() {
			o.rec.Reject(o.place(name)+"[]", "not an object", *kid)
			continue
		}
		objects++
	}
	return node.kids, objects, true
}

// Set reads the array that the member holds as rows of table t, one for each element; their keys are left empty. read says
// how an element becomes a row; nil reads the fields of t and keeps the rest. The Object that read is given serves the next
// element too. ok is false when the member is no array (see list). The set merges when an element had to be rejected: what is
// stored of it must not be removed.
func (o *Object) Set(name string, t *Table, owner []Value, read func(*Object) Row) (s Set, ok bool) {
	elements, objects, ok := o.list(name)
	if !ok {
		return Set{}, false
	}
	d := o.rec.on()
	s = Set{Table: t, Owner: owner, Rows: d.rows.cut(objects), Merge: objects < len(elements)}
	o.each(name, elements, func(i int, e *Object) {
		row := &s.Rows[i]
		if read != nil {
			*row = read(e)
			return
		}
		row.Values = d.values.cut(len(t.columns))
		e.fill(t, row)
		e.Rest(row)
	})
	return s, true
}

// each reads those elements of the array called name that are objects, one after the other.
func (o *Object) each(name string, elements []Node, read func(i int, e *Object)) {
	if o.element == nil {
		o.element = o.rec.on().object()
		o.element.rec, o.element.up, o.element.listed = o.rec, o, true
	}
	e, n := o.element, 0
	e.at = name
	for i := range elements {
		if elements[i].IsObject() {
			e.begin(&elements[i])
			read(n, e)
			n++
		}
	}
}
