package main

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5/pgtype"
)

// The values of the plain program are pointers into what was decoded: so they reach the driver without a copy of each on the
// heap, and what the API left out is NULL.

// text is a string, NULL when the API left it out.
type text string

// TextValue is for the driver.
func (t *text) TextValue() (pgtype.Text, error) {
	return pgtype.Text{String: string(*t), Valid: *t != ""}, nil
}

// code is a text that the API may write as a number.
type code struct{ text }

// UnmarshalJSONFrom takes a number as it stands.
func (c *code) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err == nil && v.Kind() != 'n' {
		c.text = text(strings.Trim(string(v), `"`))
	}
	return err
}

// day is a date, of which the time of day is no part.
type day struct{ pgtype.Date }

// UnmarshalJSONFrom reads the first ten characters.
func (t *day) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return err
	}
	if len(v) < 12 {
		return fmt.Errorf("a date of %d characters", len(v))
	}
	t.Time, err = time.Parse(time.DateOnly, string(v[1:11]))
	t.Valid = err == nil
	return err
}

// decimal is an exact number: n times ten to the power of exp.
type decimal struct {
	n     int64
	exp   int32
	given bool
}

// UnmarshalJSONFrom reads a number, in quotes or without.
func (m *decimal) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return err
	}
	*m, err = parseDecimal(v)
	return err
}

func parseDecimal(v []byte) (decimal, error) {
	m := decimal{given: true}
	negative, point := false, false
	for i, c := range v {
		switch {
		case c >= '0' && c <= '9' && m.n < 1<<58:
			m.n = 10*m.n + int64(c-'0')
			if point {
				m.exp--
			}
		case c == '.' && !point:
			point = true
		case c == '-' && !negative:
			negative = true
		case c == '"' && (i == 0 || i == len(v)-1):
		default:
			return decimal{}, fmt.Errorf("a number with %q at %d", c, i)
		}
	}
	if negative {
		m.n = -m.n
	}
	return m, nil
}

// NumericValue is for the driver.
func (m *decimal) NumericValue() (pgtype.Numeric, error) {
	if !m.given {
		return pgtype.Numeric{}, nil
	}
	return pgtype.Numeric{Int: big.NewInt(m.n), Exp: m.exp, Valid: true}, nil
}
