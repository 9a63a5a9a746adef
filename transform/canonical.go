package transform

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// canonical writes the node as JSON with its members sorted by name and no white space, so that equal facts are equal
// text whatever order the API sent them in. Secrets are written as a mask. The text is one that jsonb accepts.
func (n Node) canonical() string {
	return string(n.appendCanonical(nil))
}

// MergeExtra is what a row's Extra says, with the members that only what is stored says.
func MergeExtra(said, stored string) string {
	switch {
	case stored == "":
		return said
	case said == "":
		return Canonical(stored)
	}
	over, _, err := Parse([]byte(said))
	if err != nil {
		return said
	}
	under, _, err := Parse([]byte(stored))
	if err != nil {
		return said
	}
	return over.Merged(under).canonical()
}

// Canonical is JSON text in the form in which rows keep it: as jsonb gives it back, it must be made canonical again before
// it is compared.
func Canonical(text string) string {
	n, _, err := Parse([]byte(text))
	if err != nil {
		return text
	}
	return n.canonical()
}

// Digest is a short name for what the node says, whatever the order of its members and elements.
func (n Node) Digest() string {
	sum := sha256.Sum256([]byte(n.unordered().canonical()))
	return hexText(sum[:16])
}

// unordered is the node with the elements of all its arrays in an order of their own.
func (n Node) unordered() Node {
	kids := make([]Node, len(n.kids))
	for i, kid := range n.kids {
		kids[i] = kid.unordered()
	}
	if n.kind == nodeArray {
		slices.SortStableFunc(kids, func(a, b Node) int { return strings.Compare(a.canonical(), b.canonical()) })
	}
	n.kids = kids
	return n
}

func (n Node) appendCanonical(b []byte) []byte {
	switch n.kind {
	case nodeFalse:
		return append(b, "false"...)
	case nodeTrue:
		return append(b, "true"...)
	case nodeNumber:
		return appendNumber(b, n.text)
	case nodeString:
		return appendString(b, n.text)
	case nodeSecret:
		return appendString(b, secretMask)
	case nodeArray:
		b = append(b, '[')
		for i, kid := range n.kids {
			if i > 0 {
				b = append(b, ',')
			}
			b = kid.appendCanonical(b)
		}
		return append(b, ']')
	case nodeObject:
		return appendMembers(b, n.kids)
	}
	return append(b, "null"...)
}

func appendMembers(b []byte, members []Node) []byte {
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(x, y Node) int { return strings.Compare(x.name, y.name) })
	b = append(b, '{')
	first := true
	for i, kid := range sorted {
		if i+1 < len(sorted) && sorted[i+1].name == kid.name {
			continue // of repeated names the last one counts
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, kid.name)
		b = append(b, ':')
		b = kid.appendCanonical(b)
	}
	return append(b, '}')
}

// appendNumber writes a number as jsonb gives it back: without an exponent, its zeros kept. One that numeric could not hold
// (22003), or that would grow out of all proportion, is kept as a string.
func appendNumber(b []byte, text string) []byte {
	if len(text) > 10000 {
		return appendString(b, text)
	}
	body, negative := strings.CutPrefix(text, "-")
	exponent := 0
	if i := strings.IndexAny(body, "eE"); i >= 0 {
		e, err := strconv.Atoi(body[i+1:])
		if err != nil || e > 1000 || e < -1000 {
			return appendString(b, text)
		}
		body, exponent = body[:i], e
	}
	whole, fraction, _ := strings.Cut(body, ".")
	whole, fraction = shifted(whole, fraction, exponent)
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if negative && strings.Trim(whole+fraction, "0") != "" { // there is no -0
		b = append(b, '-')
	}
	b = append(b, whole...)
	if fraction != "" {
		b = append(append(b, '.'), fraction...)
	}
	return b
}

// shifted are the digits before and after the point of a decimal, moved by its exponent.
func shifted(whole, fraction string, exponent int) (string, string) {
	if exponent > 0 {
		if len(fraction) < exponent {
			fraction += strings.Repeat("0", exponent-len(fraction))
		}
		return whole + fraction[:exponent], fraction[exponent:]
	}
	if len(whole) <= -exponent {
		whole = strings.Repeat("0", 1-exponent-len(whole)) + whole
	}
	cut := len(whole) + exponent
	return whole[:cut], whole[cut:] + fraction
}

func appendString(b []byte, s string) []byte {
	quoted, err := jsontext.AppendQuote(b, s)
	if err != nil { // Parse has repaired every string; nothing else is quoted here
		return append(b, `""`...)
	}
	return quoted
}
