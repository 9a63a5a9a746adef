package transform

import (
	"strconv"
	"time"
)

// Kind is what a column holds. It decides how a JSON scalar is read and how a value is sent to Postgres.
type Kind uint8

// The kinds, with the Postgres type each is stored as.
const (
	Text    Kind = iota + 1 // text
	Numeric                 // numeric; exact, never float (T48)
	Date                    // date; the UTC calendar date of an instant (T20, T21)
	Instant                 // timestamptz
	Bool                    // boolean
	Int                     // integer
	JSON                    // jsonb
)

// PostgresType is the type of a column of this kind, as information_schema.columns.udt_name spells it.
func (k Kind) PostgresType() string {
	switch k {
	case Text:
		return "text"
	case Numeric:
		return "numeric"
	case Date:
		return "date"
	case Instant:
		return "timestamptz"
	case Bool:
		return "bool"
	case Int:
		return "int4"
	case JSON:
		return "jsonb"
	}
	return ""
}

// Value is one cell of a row. The zero Value is NULL. It is small, because there are more of them in memory than of all else.
type Value struct {
	text string
	word int64 // the number, and in the last bits the kind, which is 0 for NULL
}

// kindBits are as many as hold a Kind. They leave 61 for the number, and a microsecond of the year 9999 needs 59.
const kindBits = 3

// Null is the missing value.
var Null Value

func number(k Kind, n int64) Value { return Value{word: n<<kindBits | int64(k)} }

// TextValue is a text cell.
func TextValue(s string) Value { return Value{text: s, word: int64(Text)} }

// IntValue is an integer cell.
func IntValue(n int) Value { return number(Int, int64(n)) }

// BoolValue is a boolean cell.
func BoolValue(b bool) Value {
	if b {
		return number(Bool, 1)
	}
	return number(Bool, 0)
}

// DateValue is the UTC calendar date of t.
func DateValue(t time.Time) Value {
	u := t.UTC()
	midnight := time.Date(u.Year(), u.Month(), u.Day(), 0, 0, 0, 0, time.UTC)
	return number(Date, midnight.Unix()/86400)
}

// InstantValue is t to the microsecond, which is what Postgres keeps.
func InstantValue(t time.Time) Value { return number(Instant, t.UnixMicro()) }

// JSONValue is a jsonb cell of already canonical text.
func JSONValue(canonical string) Value { return Value{text: canonical, word: int64(JSON)} }

// IsNull reports a missing value.
func (v Value) IsNull() bool { return v.word == 0 }

// Kind is the value's kind; 0 for NULL.
func (v Value) Kind() Kind { return Kind(v.word & (1<<kindBits - 1)) }

// Chars is the characters of a Text, Numeric (canonical decimal) or JSON value.
func (v Value) Chars() string { return v.text }

// Number is the days since 1970-01-01 of a Date, the microseconds since then of an Instant, 0 or 1 of a Bool, or an Int.
func (v Value) Number() int64 { return v.word >> kindBits }

// String shows the value as Postgres would print it; NULL is "". It is for tests and golden files.
func (v Value) String() string {
	switch v.Kind() {
	case Text, Numeric, JSON:
		return v.text
	}
	return string(v.Append(nil))
}

// Append adds what String says.
func (v Value) Append(b []byte) []byte {
	switch v.Kind() {
	case Text, Numeric, JSON:
		return append(b, v.text...)
	case Date:
		return time.Unix(v.Number()*86400, 0).UTC().AppendFormat(b, "2006-01-02")
	case Instant:
		return time.UnixMicro(v.Number()).UTC().AppendFormat(b, "2006-01-02T15:04:05.999999Z")
	case Bool:
		return strconv.AppendBool(b, v.Number() == 1)
	case Int:
		return strconv.AppendInt(b, v.Number(), 10)
	}
	return b
}
