package transform

import (
	"crypto/sha256"
	"fmt"
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
	keys := macsOf("linkhouse: prints of answers")
	mac := keys.begin()
	for _, s := range secrets {
		mac.frame([]byte(s))
	}
	key := keys.end(mac)
	return Printer{key: conceal(string(key[:]))}
}

// String hides the key.
func (Printer) String() string { return "printer" }

// GoString hides the key.
func (Printer) GoString() string { return "printer" }

// ResourcePrinter makes the prints of a resource's objects.
type ResourcePrinter struct {
	resource *Resource
	macs     macs   // of answers, with a key for this resource alone, with all that it writes: from another column on, the same bytes are read otherwise
	over     macs   // of the digests of macs, which nobody is to see
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
	keys := macsOf(p.key())
	key := func(use string) [sha256.Size]byte {
		mac := keys.begin()
		mac.frameList(use)
		mac.frame(shape)
		return keys.end(mac)
	}
	over := key("over")
	of := &ResourcePrinter{resource: r, macs: fastMacsOf(key("answers")), over: macsOf(string(over[:]))}
	for _, f := range r.Table.Fields {
		if f.Volatile {
			of.volatile = f.member
		}
	}
	return of
}

// start begins a print of a kind. It depends on everything besides the bytes that decides what becomes of them.
func (p *ResourcePrinter) start(kind string, item Item) *mac {
	mac := p.macs.begin()
	mac.frameList(kind)
	mac.frameList(item.Include...)
	for _, row := range item.Rows {
		mac.frame(row)
	}
	return mac
}

func (p *ResourcePrinter) end(mac *mac) (print Print) {
	sum := p.macs.end(mac)
	over := p.over.begin()
	over.writeText(string(sum[:len(print)]))
	sum = p.over.end(over)
	copy(print[:], sum[:])
	return print
}

// Listed is the print of an item's list rows.
func (p *ResourcePrinter) Listed(item Item) Print { return p.end(p.start("listed", item)) }

// Whole is the print of an item and the answer that its detail came in.
func (p *ResourcePrinter) Whole(item Item, answer []byte) Print {
	mac := p.start("whole", item)
	mac.frame(answer)
	return p.end(mac)
}

// List is the print of the answer that lists a user's objects.
func (p *ResourcePrinter) List(answer []byte) Print {
	mac := p.macs.begin()
	mac.frameList("list")
	mac.frame(answer)
	return p.end(mac)
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
		mac.frame(item.Detail[from:start])
		from = end
	})
	if !whole {
		p.macs.drop(mac)
		return Print{}, Null, false
	}
	mac.frame(item.Detail[from:])
	print = p.end(mac)
	if value == nil {
		return print, Null, true
	}
	n, _, err := Parse(value)
	if err != nil {
		return Print{}, Null, false
	}
	retrieved, ok = read(n, Instant)
	return print, retrieved, ok
}
