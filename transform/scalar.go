package transform

import (
	"strconv"
	"strings"
	"time"
)

// maxDigits bounds a decimal: far beyond any amount, far below what numeric can hold.
const maxDigits = 400

// read turns a JSON scalar into a cell of kind k. Scalars are read leniently (T47: numbers come as strings, codes come as
// numbers); ok is false when the node means something that the kind cannot hold, which then must be kept elsewhere.
// An absent node and an empty string in a column that is not text are NULL.
func read(n Node, k Kind) (Value, bool) { return n.read(k) }

func (n *Node) read(k Kind) (v Value, ok bool) {
	if n.Absent() {
		return Null, true
	}
	if k == JSON {
		return JSONValue(n.canonical()), true
	}
	switch n.kind {
	case nodeTrue, nodeFalse:
		switch k {
		case Bool:
			return BoolValue(n.kind == nodeTrue), true
		case Text:
			return TextValue(strconv.FormatBool(n.kind == nodeTrue)), true
		}
		return Null, false
	case nodeNumber, nodeString:
	default:
		return Null, false
	}
	if k == Text {
		return TextValue(n.text), true
	}
	text := strings.TrimSpace(n.text)
	if text == "" {
		return Null, true
	}
	switch k {
	case Numeric:
		return readNumeric(text)
	case Date:
		return readTime(n.kind, text, DateValue)
	case Instant:
		return readTime(n.kind, text, InstantValue)
	case Bool:
		switch strings.ToLower(text) {
		case "true", "1":
			return BoolValue(true), true
		case "false", "0":
			return BoolValue(false), true
		}
	case Int:
		if i, err := strconv.ParseInt(text, 10, 32); err == nil {
			return IntValue(int(i)), true
		}
	}
	return Null, false
}

// readNumeric reads a decimal exactly and in one canonical form: no exponent, no leading or trailing zeros, no "-0". So
// 10, 10.0, "10.00" and 1e1 are one value and hash alike.
func readNumeric(s string) (Value, bool) {
	text, ok := canonicalDecimal(s)
	if !ok {
		return Null, false
	}
	return Value{text: text, word: int64(Numeric)}, true
}

func canonicalDecimal(s string) (string, bool) {
	if plain, ok := trimmedDecimal(s); ok {
		return plain, true
	}
	negative := strings.HasPrefix(s, "-")
	body := strings.TrimPrefix(s, "-")
	exponent := 0
	if i := strings.IndexAny(body, "eE"); i >= 0 {
		e, err := strconv.Atoi(body[i+1:])
		if err != nil || e > maxDigits || e < -maxDigits {
			return "", false
		}
		body, exponent = body[:i], e
	}
	whole, fraction, point := strings.Cut(body, ".")
	if whole == "" && fraction != "" {
		whole = "0"
	}
	if len(whole)+len(fraction) > maxDigits || whole == "" || (point && fraction == "") || !digits(whole) || !digits(fraction) {
		return "", false
	}
	whole, fraction = shifted(whole, fraction, exponent)
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	text := whole
	if fraction != "" {
		text += "." + fraction
	}
	if negative && text != "0" {
		text = "-" + text
	}
	return text, true
}

// trimmedDecimal is a decimal that is canonical but for zeros at its end, as nearly all are: it needs no memory of its own.
func trimmedDecimal(s string) (string, bool) {
	first := 0
	if strings.HasPrefix(s, "-") {
		first = 1
	}
	point, end := 0, first // end is behind the last digit that counts
	for i := first; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.' && point == 0 && i > first:
			point = i
		case !isDigit(c):
			return "", false
		case c != '0' || point == 0:
			end = i + 1
		}
	}
	whole := end
	if point > 0 {
		whole = point
	}
	canonical := end > first && len(s) <= maxDigits && point != len(s)-1 && (s[first] != '0' || whole == first+1) && s[:end] != "-0"
	return s[:end], canonical
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// readTime reads RFC 3339 with any offset, or a date alone (T21). Years before 1 and after 9999 are refused, as Postgres
// or its clients would (22008).
func readTime(kind nodeKind, text string, as func(time.Time) Value) (Value, bool) {
	if kind != nodeString {
		return Null, false
	}
	t, ok := parseTime(text)
	if !ok {
		return Null, false
	}
	return as(t), true
}

func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, text); err != nil {
			if t, err = time.Parse("2006-01-02T15:04:05.999999999", text); err != nil { // no zone: taken as UTC
				return time.Time{}, false
			}
		}
	}
	if year := t.UTC().Year(); year < 1 || year > 9999 {
		return time.Time{}, false
	}
	return t, true
}

// readYear reads a year given as a timestamp, a string or a number (T20).
func readYear(n Node) (Value, bool) {
	text, ok := n.Scalar()
	if !ok {
		return Null, n.Absent()
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return Null, true
	}
	if len(text) == 4 && digits(text) && text != "0000" {
		year, _ := strconv.Atoi(text)
		return IntValue(year), true
	}
	if t, ok := parseTime(text); ok {
		return IntValue(t.UTC().Year()), true
	}
	return Null, false
}
