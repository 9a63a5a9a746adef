package transform

import (
	"slices"
	"strings"
)

type nodeKind uint8

const (
	nodeAbsent nodeKind = iota
	nodeNull
	nodeFalse
	nodeTrue
	nodeNumber
	nodeString
	nodeObject
	nodeArray
	nodeSecret // a string or number that only a Sealer may read
)

// Node is one value of a parsed item. The zero Node is an absent member.
type Node struct {
	name string // the member's name, when the parent is an object
	text string // a string's characters or a number's digits
	kids []Node // members of an object, in their order, or elements of an array
	kind nodeKind
	// What is known to be plain need not be looked at when secrets are hidden: a name that holds no digit and is not that of
	// a secret or of its holder, a text that holds neither digit nor colon, and a number of fewer digits than are looked for.
	plainName, plain bool
	distinct         bool // no two members have one name, as far as that was easily told
}

// Absent reports that there is no such member, or that it is null: the two mean the same to every table (T14).
func (n Node) Absent() bool { return n.kind == nodeAbsent || n.kind == nodeNull }

// IsObject reports that the node is a JSON object.
func (n Node) IsObject() bool { return n.kind == nodeObject }

// IsArray reports that the node is a JSON array.
func (n Node) IsArray() bool { return n.kind == nodeArray }

// Items are the elements of an array; none for anything else.
func (n Node) Items() []Node {
	if n.kind != nodeArray {
		return nil
	}
	return n.kids
}

// Get is the member called name, or the zero Node. Of repeated names the last one counts.
func (n Node) Get(name string) Node {
	if n.kind != nodeObject {
		return Node{}
	}
	for i := len(n.kids) - 1; i >= 0; i-- {
		if n.kids[i].name == name {
			return n.kids[i]
		}
	}
	return Node{}
}

// Scalar is the text of a string or number, and whether the node is one. A secret is not.
func (n Node) Scalar() (string, bool) {
	if n.kind == nodeString || n.kind == nodeNumber {
		return n.text, true
	}
	return "", false
}

// Merged is n with those members of under that n lacks. Details win over list rows, which fill what a detail leaves out
// (T9, T10, T23).
func (n Node) Merged(under Node) Node {
	if n.kind != nodeObject {
		return under
	}
	return n.filled(under, func(string) bool { return true })
}

// Filled is n with those members of under that n lacks and that are named.
func (n Node) Filled(under Node, names ...string) Node {
	return n.filled(under, func(name string) bool { return slices.Contains(names, name) })
}

func (n Node) filled(under Node, with func(name string) bool) Node {
	if n.kind != nodeObject || under.kind != nodeObject {
		return n
	}
	filled := Node{kind: nodeObject, name: n.name, kids: slices.Clip(n.kids)}
	for _, kid := range under.kids {
		if with(kid.name) && n.Get(kid.name).Absent() { // null says no more than a missing member does (T14)
			filled.kids = append(filled.kids, kid)
		}
	}
	return filled
}

// Names are the names of an object's members.
func (n Node) Names() []string {
	if n.kind != nodeObject {
		return nil
	}
	names := make([]string, len(n.kids))
	for i, kid := range n.kids {
		names[i] = kid.name
	}
	return names
}

// Only is the object with no members but those named.
func (n Node) Only(names ...string) Node {
	return n.filtered(func(name string) bool { return slices.Contains(names, name) })
}

// Without is the object without the members named.
func (n Node) Without(names ...string) Node {
	return n.filtered(func(name string) bool { return !slices.Contains(names, name) })
}

func (n Node) filtered(keep func(string) bool) Node {
	if n.kind != nodeObject {
		return n
	}
	kids := make([]Node, 0, len(n.kids))
	for _, kid := range n.kids {
		if keep(kid.name) {
			kids = append(kids, kid)
		}
	}
	n.kids = kids
	return n
}

// With is the object with member under the name; a node that is no object becomes one.
func (n Node) With(name string, member Node) Node {
	if n.kind != nodeObject {
		n = Node{kind: nodeObject, name: n.name}
	}
	n = n.Without(name)
	member.name, member.plainName = name, false
	n.kids = append(n.kids, member)
	return n
}

// Stripped is n without the members named, wherever they stand below a member called below.
func (n Node) Stripped(below string, names ...string) Node {
	kids := slices.Clone(n.kids)
	for i, kid := range kids {
		kids[i] = kid.Stripped(below, names...)
		if kid.name == below {
			kids[i] = kids[i].pruned(names)
		}
	}
	n.kids = kids
	return n
}

func (n Node) pruned(names []string) Node {
	n = n.Without(names...)
	kids := slices.Clone(n.kids)
	for i := range kids {
		kids[i] = kids[i].pruned(names)
	}
	n.kids = kids
	return n
}

// Sorted is the object with the elements of the arrays named in an order of their own, for arrays whose order says nothing.
func (n Node) Sorted(names ...string) Node {
	if n.kind != nodeObject {
		return n
	}
	kids := slices.Clone(n.kids)
	for i, kid := range kids {
		if kid.kind == nodeArray && slices.Contains(names, kid.name) {
			kids[i].kids = slices.Clone(kid.kids)
			slices.SortStableFunc(kids[i].kids, func(a, b Node) int { return strings.Compare(a.canonical(), b.canonical()) })
		}
	}
	n.kids = kids
	return n
}

// Equal reports that two nodes say the same, whatever the order of their members.
func (n Node) Equal(other Node) bool {
	alike := n.kind == other.kind && n.text == other.text && len(n.kids)+len(other.kids) == 0
	return alike || n.canonical() == other.canonical()
}
