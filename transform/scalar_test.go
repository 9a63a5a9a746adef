package transform

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestADecimalIsExactAndHasOneForm(t *testing.T) {
	for raw, want := range map[string]string{
		`10`: "10", `10.0`: "10", `"10.00"`: "10", `1e1`: "10", `1E+1`: "10", `100e-1`: "10", `" 10 "`: "10", `"0010"`: "10",
		`0.1`: "0.1", `".5"`: "0.5", `12.5`: "12.5", `"12.50"`: "12.5", `-0.0`: "0", `"-0"`: "0", `-12.50`: "-12.5",
		`0.1000000000000000055511151231257827`: "0.1000000000000000055511151231257827",
		`12345678901234567890.12`:              "12345678901234567890.12",
		`1e-3`:                                 "0.001",
		`1.25e-1`:                              "0.125",
		`123.456e2`:                            "12345.6",
	} {
		v, ok := read(mustParse(t, raw), Numeric)
		if !ok || v.String() != want {
			t.Errorf("%s is %s (%v), not %s", raw, v, ok, want)
			continue
		}
		exact, _ := new(big.Rat).SetString(strings.TrimSpace(strings.Trim(raw, `"`)))
		if got, _ := new(big.Rat).SetString(v.Chars()); got == nil || exact == nil || got.Cmp(exact) != 0 {
			t.Errorf("%s has another value than %s", v, raw)
		}
	}
}

func TestWhatIsNoDecimalIsLeftToTheExtras(t *testing.T) {
	for _, raw := range []string{
		`"1,000.00"`, `"$5"`, `"n/a"`, `true`, `{}`, `[1]`, `"1."`, `"--1"`, `"1e"`, `"1e1e1"`, `"+5"`, `"0x10"`, `"."`, `"-"`,
		`1e401`, `1e-401`, `1e99999999999999999999`, `"` + strings.Repeat("9", 401) + `"`, `"٣"`,
	} {
		if v, ok := read(mustParse(t, raw), Numeric); ok || !v.IsNull() {
			t.Errorf("%.40s was read as %s", raw, v)
		}
	}
}

func TestADateIsTheUTCCalendarDate(t *testing.T) {
	for raw, want := range map[string]string{
		`"2020-01-01T00:00:00.000Z"`:       "2020-01-01",
		`"2020-06-15T12:00:00.000Z"`:       "2020-06-15",
		`"2023-04-14T23:30:00-08:00"`:      "2023-04-15",
		`"2023-04-14T00:30:00+14:00"`:      "2023-04-13",
		`"2024-11-20T23:59:59.999999999Z"`: "2024-11-20",
		`"2023-03-15"`:                     "2023-03-15",
		`"2023-03-15T08:00:00"`:            "2023-03-15",
		`"0001-01-01"`:                     "0001-01-01",
		`"9999-12-31T23:59:59Z"`:           "9999-12-31",
		`"1969-12-31T23:00:00Z"`:           "1969-12-31",
		`"1884-02-29"`:                     "1884-02-29",
		`" 2023-03-15 "`:                   "2023-03-15",
	} {
		v, ok := read(mustParse(t, raw), Date)
		if !ok || v.String() != want {
			t.Errorf("%s is %q (%v), not %q", raw, v, ok, want)
		}
	}
}

func TestWhatIsNoTimeIsLeftToTheExtras(t *testing.T) {
	for _, raw := range []string{
		`"6/4/98"`, `1677614246`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59-01:00"`, `"0001-01-01T00:00:00+01:00"`, `"soon"`,
		`"2023-02-29"`, `"2023-13-01"`, `true`, `{}`, `"10000-01-01"`, `"2023-06-15T24:00:00Z"`,
	} {
		for _, kind := range []Kind{Date, Instant} {
			if v, ok := read(mustParse(t, raw), kind); ok || !v.IsNull() {
				t.Errorf("%s was read as %s", raw, v)
			}
		}
	}
}

func TestAnInstantIsKeptToTheMicrosecond(t *testing.T) {
	v, ok := read(mustParse(t, `"2023-04-14T09:45:16.2431239-07:00"`), Instant)
	if want := "2023-04-14T16:45:16.243123Z"; !ok || v.String() != want {
		t.Errorf("%s, not %s", v, want)
	}
}

func TestAYearIsReadFromAnyOfItsForms(t *testing.T) {
	for raw, want := range map[string]string{
		`"2020-01-01T00:00:00.000Z"`: "2020", `"2020-12-31T23:00:00-05:00"`: "2021", `"2019"`: "2019", `2018`: "2018", `" 2017 "`: "2017",
		`"2016-05-05"`: "2016", `""`: "", `null`: "",
	} {
		if v, ok := readYear(mustParse(t, raw)); !ok || v.String() != want {
			t.Errorf("%s is %q (%v)", raw, v, ok)
		}
	}
	for _, raw := range []string{`"FY17"`, `20`, `"0000"`, `true`, `{}`, `20201`} {
		if v, ok := readYear(mustParse(t, raw)); ok || !v.IsNull() {
			t.Errorf("%s was read as %s", raw, v)
		}
	}
}

func TestScalarsAreReadLeniently(t *testing.T) {
	for _, c := range []struct {
		raw  string
		kind Kind
		want Value
		ok   bool
	}{
		{`8810`, Text, TextValue("8810"), true},
		{`"0042"`, Text, TextValue("0042"), true},
		{`" spaced "`, Text, TextValue(" spaced "), true},
		{`""`, Text, TextValue(""), true},
		{`false`, Text, TextValue("false"), true},
		{`{"a":1}`, Text, Null, false},
		{`[]`, Text, Null, false},
		{`null`, Text, Null, true},
		{`""`, Numeric, Null, true},
		{`"  "`, Date, Null, true},
		{`"True"`, Bool, BoolValue(true), true},
		{`0`, Bool, BoolValue(false), true},
		{`"yes"`, Bool, Null, false},
		{`true`, Bool, BoolValue(true), true},
		{`2`, Bool, Null, false},
		{`"7"`, Int, IntValue(7), true},
		{`7.5`, Int, Null, false},
		{`99999999999`, Int, Null, false},
		{`{"b":1,"a":[true,null]}`, JSON, JSONValue(`{"a":[true,null],"b":1}`), true},
		{`"text"`, JSON, JSONValue(`"text"`), true},
		{`null`, JSON, Null, true},
	} {
		v, ok := read(mustParse(t, c.raw), c.kind)
		if diff := cmp.Diff(c.want, v, cmp.AllowUnexported(Value{})); diff != "" || ok != c.ok {
			t.Errorf("%s as kind %d: %v %s", c.raw, c.kind, ok, diff)
		}
	}
}

func TestEveryKindHasAPostgresType(t *testing.T) {
	for k := Text; k <= JSON; k++ {
		if k.PostgresType() == "" {
			t.Errorf("kind %d has none", k)
		}
	}
	if Kind(0).PostgresType() != "" || Kind(99).PostgresType() != "" {
		t.Error("a kind that is none has a type")
	}
}
