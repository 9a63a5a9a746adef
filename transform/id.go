package transform

import "strings"

// longestID bounds an id well below what an index takes.
const longestID = 500

// ID reads a list row's _id. It is "" when the row is not an object or has no usable id; such a row becomes a reject.
func ID(row []byte) string {
	if id, ok := plainID(row); ok {
		return id
	}
	n, _, err := Parse(row)
	if err != nil {
		return ""
	}
	return nodeID(n)
}

// plainID finds the id of almost every row without reading the rest of it, which may be long: an _id that is a string of
// printable ASCII.
func plainID(row []byte) (id string, ok bool) {
	odd := false
	var value []byte // of members with one name the last counts
	whole := members(row, func(name string, start, end int) {
		if name == "_id" {
			value = row[start:end]
		}
		odd = odd || strings.IndexByte(name, '\\') >= 0
	})
	if !whole || odd || len(value) < 3 || len(value) > longestID || value[0] != '"' {
		return "", false
	}
	value = value[1 : len(value)-1]
	for _, c := range value {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return "", false
		}
	}
	return string(value), true
}

func nodeID(n Node) string {
	id := n.Get("_id")
	if id.Absent() {
		id = n.Get("account").Get("_id") // a PayLink account may tell its id inside alone (T31)
	}
	text, _ := id.Scalar()
	if text = strings.TrimSpace(text); len(text) > longestID || strings.ContainsFunc(text, controls) {
		return ""
	}
	return text
}

// controls reports a character that separates the parts of a name (see SeenKey). No id holds one.
func controls(c rune) bool { return c < ' ' || c == 0x7f }
