package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of an item. Postgres' own JSON parser gives up far below the decoder's limit, and no item
// of the references is nested deeper than six.
const maxDepth = 100

// Parse reads one JSON value. Strings are repaired on the way: U+0000 and invalid UTF-8 become U+FFFD, and repaired says
// in how many strings. Errors name no value of the item.
func Parse(raw []byte) (n Node, repaired int, err error) {
	p := parser{nodes: slabs[Node]{block: min(512, 4+len(raw)/24)}} // a small item needs a small slab
	return p.parse(raw)
}

// parser reads JSON into Nodes by itself: of a decoder that gives it token by token, the tokens cost more than all the rest.
// It only tells what is JSON; mistake says what is wrong with what is not. Most of its methods report whether they could read
// what they are for.
type parser struct {
	src      string // the item as a string, so that texts can be slices of it instead of copies
	at       int    // how much of it has been read
	repaired int
	deep     bool   // it was given up because of its depth
	open     []Node // what is being read, innermost last: each object or array, then its members or elements
	nodes    slabs[Node]
	names    [64]string // of members, those met last: plain ones (see Node), and each at the place that it has in there
}

func (p *parser) parse(raw []byte) (Node, int, error) {
	p.src, p.at, p.repaired, p.deep, p.open = string(raw), 0, 0, false, p.open[:0]
	switch {
	case p.value("", true, 0):
	case p.deep:
		return Node{}, 0, fmt.Errorf("nested deeper than %d levels", maxDepth)
	default:
		return Node{}, 0, mistake(raw)
	}
	if p.peek(); p.at < len(p.src) {
		return Node{}, 0, errors.New("more than one JSON value")
	}
	return p.open[0], p.repaired, nil
}

// forget makes the parser ready for another item.
func (p *parser) forget() {
	p.src = ""
	p.nodes.release()
	clear(p.open[:cap(p.open)])
	clear(p.names[:])
}

// peek is the next byte that is no white space; 0 at the end, with which nothing begins.
func (p *parser) peek() byte {
	for ; p.at < len(p.src); p.at++ {
		if c := p.src[p.at]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// next reports whether the next byte is c, and reads it.
func (p *parser) next(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// value reads a value of any kind onto open.
func (p *parser) value(name string, plainName bool, depth int) bool {
	n := Node{name: name, plainName: plainName}
	var ok bool
	switch c := p.peek(); c {
	case '{':
		n.kind = nodeObject
		p.open = append(p.open, n)
		return p.object(depth)
	case '[':
		n.kind = nodeArray
		p.open = append(p.open, n)
		return p.array(depth)
	case '"':
		n.kind = nodeString
		n.text, n.plain, ok = p.text()
	case 'n':
		n.kind, ok = nodeNull, p.literal("null")
	case 't':
		n.kind, ok = nodeTrue, p.literal("true")
	case 'f':
		n.kind, ok = nodeFalse, p.literal("false")
	default:
		n.kind = nodeNumber
		n.text, n.plain, ok = p.number()
	}
	p.open = append(p.open, n)
	return ok
}

func (p *parser) object(depth int) bool {
	self := len(p.open) - 1
	p.at++
	if p.next('}') {
		return true
	}
	distinct, met := true, uint64(0) // the places of the names so far
	for {
		if p.peek() != '"' {
			return false
		}
		name, plain, ok := p.name()
		place := uint64(1) << placeOf(name)
		distinct, met = distinct && plain && met&place == 0, met|place
		if !ok || p.tooDeep(depth) || !p.next(':') || !p.value(name, plain, depth+1) {
			return false
		}
		if p.next(',') {
			continue
		}
		p.close(self)
		p.open[self].distinct = distinct
		return p.next('}')
	}
}

func (p *parser) array(depth int) bool {
	self := len(p.open) - 1
	p.at++
	if p.next(']') {
		return true
	}
	for {
		if p.tooDeep(depth) || !p.value("", true, depth+1) {
			return false
		}
		if p.next(',') {
			continue
		}
		p.close(self)
		return p.next(']')
	}
}

func (p *parser) tooDeep(depth int) bool {
	p.deep = depth == maxDepth
	return p.deep
}

// close takes from open the members or elements that were read since its node self, to which they belong.
func (p *parser) close(self int) {
	read := p.open[self+1:]
	kids := p.nodes.cut(len(read))
	copy(kids, read)
	p.open[self].kids = kids
	p.open = p.open[:self+1]
}

func (p *parser) literal(text string) bool {
	p.at += len(text)
	return strings.HasPrefix(p.src[p.at-len(text):], text)
}

// number reads a number. plain: see Node.
func (p *parser) number() (text string, plain, ok bool) {
	from := p.at
	if strings.HasPrefix(p.src[p.at:], "-") {
		p.at++
	}
	if strings.HasPrefix(p.src[p.at:], "0") {
		p.at++ // nothing but a point or an exponent may follow
	} else if !p.digits() {
		return "", false, false
	}
	if p.at < len(p.src) && p.src[p.at] == '.' {
		p.at++
		if !p.digits() {
			return "", false, false
		}
	}
	if p.at < len(p.src) && p.src[p.at]|0x20 == 'e' {
		p.at++
		if p.at < len(p.src) && (p.src[p.at] == '+' || p.src[p.at] == '-') {
			p.at++
		}
		ok = p.digits()
		return p.src[from:p.at], false, ok // more digits than it shows
	}
	return p.src[from:p.at], p.at-from < shortestSecret, true
}

// digits reads one digit or more.
func (p *parser) digits() bool {
	from := p.at
	for p.at < len(p.src) && isDigit(p.src[p.at]) {
		p.at++
	}
	return p.at > from
}

// class says what a byte in a string asks for.
type class uint8

const (
	telling class = 1 << iota // a digit or a colon: what the text says may be a secret, or a link
	wide                      // part of a character that is no ASCII
	escaped                   // a backslash
	ending                    // a quotation mark, or a control character, which no string holds
)

var classes = func() (of [256]class) {
	for c := range of {
		switch {
		case c >= '0' && c <= ':':
			of[c] = telling
		case c >= 0x80:
			of[c] = wide
		case c == '\\':
			of[c] = escaped
		case c == '"' || c < ' ':
			of[c] = ending
		}
	}
	return of
}()

// text reads a string, unquoted, and repaired where Postgres would refuse it (22P05, 22021). plain: see Node.
func (p *parser) text() (text string, plain, ok bool) {
	src, from := p.src, p.at+1
	seen := class(0)
	for p.at = from; p.at < len(src); p.at++ {
		c := classes[src[p.at]]
		seen |= c
		if c < escaped {
			continue
		}
		if c == ending {
			text = src[from:p.at]
			if seen&(wide|escaped) != 0 {
				text = p.repair(src[from-1:p.at+1], seen)
			}
			p.at++
			return text, seen&(telling|escaped) == 0, src[p.at-1] == '"'
		}
		if !p.escape() {
			break
		}
	}
	return "", false, false
}

// name reads the name of a member. The names of an item are few: one that was met before need not be looked at again.
func (p *parser) name() (name string, plain, ok bool) {
	name, plain, ok = p.text()
	if !ok || !plain || name == "" {
		return name, plain, ok
	}
	known := &p.names[placeOf(name)]
	if *known != name {
		if isSecretName(name) || slices.Contains(secretHolders, name) {
			return name, false, true
		}
		*known = name
	}
	return *known, true, true
}

// placeOf is a name's place among names: another one of the same object hardly ever has it too.
func placeOf(name string) uint {
	if name == "" {
		return 0
	}
	return (uint(len(name))*8 + uint(name[0]) + uint(name[len(name)-1])) % uint(len(parser{}.names))
}

// escape reads an escaped character but for its last byte.
func (p *parser) escape() bool {
	p.at++
	rest := p.src[p.at:]
	if rest == "" || strings.IndexByte(`"\/bfnrtu`, rest[0]) < 0 {
		return false
	}
	if rest[0] != 'u' {
		return true
	}
	p.at += 4
	return len(rest) > 4 && strings.Trim(rest[1:5], "0123456789abcdefABCDEF") == ""
}

func (p *parser) repair(quoted string, seen class) string {
	s := quoted[1 : len(quoted)-1]
	if seen&escaped == 0 {
		valid := strings.ToValidUTF8(s, "\uFFFD")
		if valid != s {
			p.repaired++
		}
		return valid
	}
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
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
