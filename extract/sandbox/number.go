package sandbox

import (
	"math/big"
	"strconv"
	"strings"
)

// form says how a number stands in the JSON.
type form uint8

const (
	absent   form = iota // the member is missing
	plain                // 1266.1
	quoted               // "1266.10" (T47)
	verbatim             // text as it is
)

// number is an exact amount as the API serves it: hundredths, or a text for what hundredths cannot say.
type number struct {
	cents int64
	text  string
	form  form
}

func cents(c int64) number { return number{cents: c, form: plain} }
func whole(n int64) number { return number{cents: n * 100, form: plain} }
func text(s string) number { return number{text: s, form: verbatim} }

// member appends a key and the number, or nothing.
func (n *number) member(b []byte, key string) []byte {
	if n.form == absent {
		return b
	}
	b = append(b, key...)
	if n.form == plain {
		return appendCents(b, n.cents, true)
	}
	return n.append(b)
}

func (n number) append(b []byte) []byte {
	switch n.form {
	case absent, verbatim:
		return append(b, n.text...)
	case quoted:
		b = appendCents(append(b, '"'), n.cents, false)
		return append(b, '"')
	default:
		return appendCents(b, n.cents, true)
	}
}

// appendCents writes c hundredths; short leaves trailing zeros of the fraction out.
func appendCents(b []byte, c int64, short bool) []byte {
	if c < 0 {
		b, c = append(b, '-'), -c
	}
	b = strconv.AppendInt(b, c/100, 10)
	f := c % 100
	switch {
	case short && f == 0:
		return b
	case short && f%10 == 0:
		return append(b, '.', byte('0'+f/10))
	}
	return append(b, '.', byte('0'+f/10), byte('0'+f%10))
}

// exact is the value of a verbatim number; false when it has none (null, "", "n/a").
func (n number) exact() (*big.Rat, bool) {
	s := strings.Trim(n.text, `"`)
	if s == "" || strings.ContainsAny(s, "/_xX") {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}
