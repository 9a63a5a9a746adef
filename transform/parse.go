package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of an item. Postgres' own JSON parser gives up far below the decoder's limit, and no item
// of the references is nested deeper than six.
const maxDepth = 100

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
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("JSON ends too early")
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Errorf("not JSON at byte %d", syntactic.ByteOffset)
	}
	return err
}

type parser struct {
	dec      *jsontext.Decoder
	src      string // the item once more as a string, so that texts can be slices of it instead of copies
	repaired int
	open     []Node // the members and elements of what is being read, innermost last
	slab     []Node // where they are kept when it is done
}

// close takes from open the members or elements that were read since it had base nodes.
func (p *parser) close(base int) []Node {
	n := len(p.open) - base
	if n == 0 {
		return nil
	}
	if len(p.slab) < n {
		p.slab = make([]Node, max(n, min(512, 4+len(p.src)/24))) // a small item needs a small slab
	}
	kids := p.slab[:n:n]
	p.slab = p.slab[n:]
	copy(kids, p.open[base:])
	p.open = p.open[:base]
	return kids
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
	base := len(p.open)
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
		p.open = append(p.open, kid)
	}
	_, err := p.dec.ReadToken()
	return Node{kind: nodeObject, kids: p.close(base)}, err
}

func (p *parser) array(depth int) (Node, error) {
	if _, err := p.dec.ReadToken(); err != nil {
		return Node{}, err
	}
	base := len(p.open)
	for p.dec.PeekKind() != ']' {
		kid, err := p.value(depth + 1)
		if err != nil {
			return Node{}, err
		}
		p.open = append(p.open, kid)
	}
	_, err := p.dec.ReadToken()
	return Node{kind: nodeArray, kids: p.close(base)}, err
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
