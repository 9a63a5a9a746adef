package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of an item. Postgres' own JSON parser gives up far below the decoder's limit, and no item
// of the references is nested deeper than six.
const maxDepth = 100

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
	if under.kind != nodeObject {
		return n
	}
	merged := Node{kind: nodeObject, name: n.name, kids: slices.Clone(n.kids)}
	for _, kid := range under.kids {
		if n.Get(kid.name).Absent() { // null says no more than a missing member does (T14)
			merged.kids = append(merged.kids, kid)
		}
	}
	return merged
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
	member.name = name
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

// Equal reports that two nodes say the same, whatever the order of their members.
func (n Node) Equal(other Node) bool { return n.canonical() == other.canonical() }

// Parse reads one JSON value. Strings are repaired on the way: U+0000 and invalid UTF-8 become U+FFFD, and repaired says
// in how many strings. Errors name no value of the item.
func Parse(raw []byte) (n Node, repaired int, err error) {
	p := parser{
		dec: jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		src: string(raw),
	}
	n, err = p.value(0)
	if err != nil {
		return Node{}, 0, plainError(err)
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return Node{}, 0, errors.New("more than one JSON value")
	}
	return n, p.repaired, nil
}

// plainError keeps a decoder's position and drops the rest of its text, which may repeat what it read.
func plainError(err error) error {
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Errorf("not JSON at byte %d", syntactic.ByteOffset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("JSON ends too early")
	}
	return err
}

type parser struct {
	dec      *jsontext.Decoder
	src      string // the item once more as a string, so that texts can be slices of it instead of copies
	repaired int
}

func (p *parser) value(depth int) (Node, error) {
	if depth > maxDepth {
		return Node{}, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	switch kind := p.dec.PeekKind(); kind {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	default:
		raw, err := p.dec.ReadValue()
		if err != nil {
			return Node{}, err
		}
		switch kind {
		case 'n':
			return Node{kind: nodeNull}, nil
		case 't':
			return Node{kind: nodeTrue}, nil
		case 'f':
			return Node{kind: nodeFalse}, nil
		case '0':
			return Node{kind: nodeNumber, text: p.slice(raw)}, nil
		default:
			return Node{kind: nodeString, text: p.text(raw)}, nil
		}
	}
}

func (p *parser) object(depth int) (Node, error) {
	if _, err := p.dec.ReadToken(); err != nil {
		return Node{}, err
	}
	n := Node{kind: nodeObject}
	for p.dec.PeekKind() != '}' {
		raw, err := p.dec.ReadValue()
		if err != nil {
			return Node{}, err
		}
		name := p.text(raw)
		kid, err := p.value(depth + 1)
		if err != nil {
			return Node{}, err
		}
		kid.name = name
		n.kids = append(n.kids, kid)
	}
	_, err := p.dec.ReadToken()
	return n, err
}

func (p *parser) array(depth int) (Node, error) {
	if _, err := p.dec.ReadToken(); err != nil {
		return Node{}, err
	}
	n := Node{kind: nodeArray}
	for p.dec.PeekKind() != ']' {
		kid, err := p.value(depth + 1)
		if err != nil {
			return Node{}, err
		}
		n.kids = append(n.kids, kid)
	}
	_, err := p.dec.ReadToken()
	return n, err
}

// slice is raw, which the decoder has just read, as a part of the source.
func (p *parser) slice(raw jsontext.Value) string {
	end := int(p.dec.InputOffset())
	return p.src[end-len(raw) : end]
}

// text is the unquoted string of raw, repaired where Postgres would refuse it (22P05, 22021).
func (p *parser) text(raw jsontext.Value) string {
	s := p.slice(raw)
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') >= 0 {
		unquoted, err := jsontext.AppendUnquote(nil, []byte(raw))
		if err != nil { // invalid UTF-8 inside; what could be read is in unquoted
			p.repaired++
		}
		s = string(unquoted)
		if strings.IndexByte(s, 0) >= 0 {
			p.repaired++
			s = strings.ReplaceAll(s, "\x00", "\uFFFD")
		}
		return s
	}
	if valid := strings.ToValidUTF8(s, "\uFFFD"); len(valid) != len(s) || valid != s {
		p.repaired++
		return valid
	}
	return s
}
