package transform

import (
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

// appendNumber keeps a number as it came, unless numeric could not hold it (22003): then it is kept as a string.
func appendNumber(b []byte, text string) []byte {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if e, err := strconv.Atoi(text[i+1:]); err != nil || e > 1000 || e < -1000 {
			return appendString(b, text)
		}
	}
	if len(text) > 10000 {
		return appendString(b, text)
	}
	return append(b, text...)
}

func appendString(b []byte, s string) []byte {
	quoted, err := jsontext.AppendQuote(b, s)
	if err != nil { // Parse has repaired every string; nothing else is quoted here
		return append(b, `""`...)
	}
	return quoted
}
