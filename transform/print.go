package transform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
)

// mapping is the number of what Normalize makes of an item. Raise it whenever that changes for an item that stays the same: then
// every object is read anew once. A test holds it to the golden files.
const mapping = 1

// Print is what an answer is recognised by: a keyed digest of its bytes. The zero Print is of nothing.
type Print [16]byte

// Prints are those of one object.
type Prints struct {
	// Listed is of the list rows alone.
	Listed Print
	// Whole is of the list rows and the detail's answer, byte for byte.
	Whole Print
	// Stable is of the same without what tells nothing of the object: its retrieval time (T26) and its link, which is another
	// at each request (T27). It is zero where that cannot be told apart.
	Stable Print
}

// Printer makes prints. They stand for answers with secrets in them, of which a digest that anybody can compute would give
// away those that are few enough to be tried; hence the key, which must be kept where the prints are not.
type Printer struct{ key hidden }

// NewPrinter is a Printer with a key made of the secrets. Other secrets make other prints, so that nothing is recognised any
// more: that is right for the key of tokens, and harmless for any other.
func NewPrinter(secrets ...string) Printer {
	mac := hmac.New(sha256.New, []byte("linkhouse: prints of answers"))
	for _, s := range secrets {
		frame(mac, []byte(s))
	}
	return Printer{key: conceal(string(mac.Sum(nil)))}
}

// String hides the key.
func (Printer) String() string { return "printer" }

// GoString hides the key.
func (Printer) GoString() string { return "printer" }

// ResourcePrinter makes the prints of a resource's objects.
type ResourcePrinter struct {
	resource *Resource
	key      hidden // of prints of this resource alone, with all that it writes: from another column on, the same bytes are read otherwise
	volatile string // the member that the retrieval time is read from; "" for none
}

// Of is the printer for a resource.
func (p Printer) Of(r *Resource) *ResourcePrinter {
	shape := fmt.Appendf(nil, "%d %s", mapping, r.Name)
	for _, t := range r.Tables() {
		shape = append(shape, "\n"+t.String()...)
		for _, c := range t.Columns() {
			shape = append(shape, " "+c.Name...)
		}
	}
	mac := hmac.New(sha256.New, []byte(p.key()))
	frame(mac, shape)
	of := &ResourcePrinter{resource: r, key: conceal(string(mac.Sum(nil)))}
	for _, f := range r.Table.Fields {
		if f.Volatile {
			of.volatile = f.member
		}
	}
	return of
}

// start begins a print of a kind. It depends on everything besides the bytes that decides what becomes of them.
func (p *ResourcePrinter) start(kind string, item Item) hash.Hash {
	mac := hmac.New(sha256.New, []byte(p.key()))
	frame(mac, []byte(kind))
	frame(mac, []byte(strings.Join(item.Include, ",")))
	for _, row := range item.Rows {
		frame(mac, row)
	}
	return mac
}

// Listed is the print of an item's list rows.
func (p *ResourcePrinter) Listed(item Item) Print { return sum(p.start("listed", item)) }

// Whole is the print of an item and the answer that its detail came in.
func (p *ResourcePrinter) Whole(item Item, answer []byte) Print {
	mac := p.start("whole", item)
	frame(mac, answer)
	return sum(mac)
}

// Stable is the print of an item without what changes by itself, and the retrieval time that was left out. ok is false where
// these cannot be told apart, because they stand where the references do not have them.
func (p *ResourcePrinter) Stable(item Item) (print Print, retrieved Value, ok bool) {
	for _, row := range item.Rows {
		told := false
		if !members(row, func(name string, _, _ int) { told = told || name == p.volatile }) || told {
			return Print{}, Null, false
		}
	}
	mac := p.start("stable", item)
	from := 0
	var value []byte
	whole := members(item.Detail, func(name string, start, end int) {
		switch {
		case name == p.volatile:
			value = item.Detail[start:end]
		case name == "url" && p.resource.Document:
		default:
			return
		}
		frame(mac, item.Detail[from:start])
		from = end
	})
	if !whole {
		return Print{}, Null, false
	}
	frame(mac, item.Detail[from:])
	if value == nil {
		return sum(mac), Null, true
	}
	n, _, err := Parse(value)
	if err != nil {
		return Print{}, Null, false
	}
	retrieved, ok = read(n, Instant)
	return sum(mac), retrieved, ok
}

// frame writes a part so that no two sequences of parts are the same bytes.
func frame(h hash.Hash, part []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(part)))
	_, _ = h.Write(length[:]) // a hash takes everything
	_, _ = h.Write(part)
}

func sum(h hash.Hash) (p Print) {
	copy(p[:], h.Sum(nil))
	return p
}
