package transform

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Semantics 9 and 11: whatever stands where an item is expected, it is read or refused, and what is kept of it is JSON that
// jsonb takes and gives back as it is. Mutation: when text does not replace U+0000 it is red.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[null,true,false,"x"],"a":{"c":-0.0}}`, `"a\u0000b\ud800c\udc00"`, "\"\xff\xfe\"", `[1e400,-1e-400,1E+1000,1e1001,12e99999999999]`,
		`[[[[[[[[[[{}]]]]]]]]]]`, `{"` + "\x00" + `":1}`, `{}{}`, `{"a":`, ``, " 1 ", `"\\u0000"`, `"\u2028\ud83d\ude00"`, "\xef\xbb\xbf{}", `-`, `01`, `1.`, `nul`,
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), `{"\u0000":"\\","\\u0000":"\\\u0000"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, repaired, err := Parse(raw)
		if err != nil {
			if repaired != 0 || len(err.Error()) > 80 {
				t.Fatalf("%d repaired, %v", repaired, err)
			}
			plain := plainText(raw)
			if !utf8.ValidString(plain) || strings.ContainsRune(plain, 0) {
				t.Fatalf("not text: %q", plain)
			}
			return
		}
		text := n.canonical()
		if !utf8.ValidString(text) || !json.Valid([]byte(text)) || strings.ContainsRune(text, 0) {
			t.Fatalf("%q became %q", raw, text)
		}
		if strings.Contains(strings.ReplaceAll(text, `\\`, ""), `\u0000`) {
			t.Fatalf("jsonb refuses %q", text)
		}
		if again := Canonical(text); again != text {
			t.Fatalf("%q became %q, and then %q", raw, text, again)
		}
		if utf8.Valid(raw) && repaired == 0 && strings.Contains(strings.ReplaceAll(string(raw), `\\`, ""), `\u0000`) {
			t.Fatalf("%q was repaired without being counted", raw)
		}
	})
}

// Semantics 11: a number is read exactly, in one form, or not at all. Mutation: when canonicalDecimal moves the point by one
// digit less, or keeps trailing zeros, it is red.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "-0.0", "1e400", "1E-400", "-12.50", "007", ".5", "5.", "1e", "e5", "--1", "+1", "0x10", "1_000", "1,000.00", " 12 ", "Inf", "NaN",
		"9999999999999999999999999.000000000000000001", "1e401", "1e-401", "1e+5", "1e99999999999999999999", "0.1e1", "123e-2", "\u0661", "1e1e1", "",
		strings.Repeat("9", maxDigits), strings.Repeat("9", maxDigits+1), strings.Repeat("0", maxDigits) + ".5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := readNumeric(s)
		if !ok {
			if !v.IsNull() {
				t.Fatalf("%q is no number and became %s", s, v)
			}
			return
		}
		want, valid := new(big.Rat).SetString(s)
		if strings.HasSuffix(s, ".") || !valid {
			t.Fatalf("%q is no number and became %s", s, v)
		}
		got, valid := new(big.Rat).SetString(v.Chars())
		if !valid || got.Cmp(want) != 0 {
			t.Fatalf("%q became %s", s, v)
		}
		if again, _ := readNumeric(v.Chars()); again != v && len(v.Chars()) <= maxDigits {
			t.Fatalf("%q became %s, and then %s", s, v, again)
		}
		if whole, fraction, point := strings.Cut(v.Chars(), "."); strings.HasSuffix(fraction, "0") || point && fraction == "" || strings.ContainsAny(v.Chars(), "eE+") ||
			strings.HasPrefix(strings.TrimPrefix(whole, "-"), "0") && strings.TrimPrefix(whole, "-") != "0" {
			t.Fatalf("%q became %s, which is not the one form", s, v)
		}
	})
}

// Semantics 11: a time is an instant, and its date is the UTC calendar date; whatever Postgres cannot hold is no time.
// Mutation: when DateValue does not go over to UTC, or years are not bounded, it is red.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{
		"2020-06-15T12:00:00.000Z", "2020-06-15", "2020-06-15T12:00:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999-12:00",
		"10000-01-01T00:00:00Z", "-000001-06-01T00:00:00.000Z", "2021-02-29", "2020-02-29T00:00:00Z", "2020-02-30", "2016-12-31T23:59:60Z", "2020-12-31T23:59:59.9999999Z",
		"1969-12-31T23:59:59.999999999Z", "6/4/98", "2020-06-15T24:00:00Z", "2020-06-15T12:00:00+24:00", "2020-06-15T12:00:00,5Z", "2020-6-5", "20200615",
		"2011-12-30T10:00:00-10:00", "2020-03-08T02:30:00", "0001-01-01", "2020-06-15T12:00:00z", "2020-06-15 12:00:00Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, ok := parseTime(s)
		if !ok {
			return
		}
		date, instant := DateValue(parsed), InstantValue(parsed)
		day, err := time.Parse(time.DateOnly, date.String())
		if err != nil || day.Year() < 1 || day.Year() > 9999 {
			t.Fatalf("%q became the date %s", s, date)
		}
		if since := instant.Number() - day.Unix()*1e6; since < 0 || since >= 86400e6 {
			t.Fatalf("%q became the date %s and the instant %s", s, date, instant)
		}
		if again, ok := parseTime(instant.String()); !ok || InstantValue(again) != instant {
			t.Fatalf("%q became %s, which is another when it is read again", s, instant)
		}
		year, ok := readYear(Node{kind: nodeString, text: s})
		if !ok || int(year.Number()) != day.Year() {
			t.Fatalf("%q became the year %s and the date %s", s, year, date)
		}
	})
}

// escapes are what JSON writes control characters as; their digits are nobody's.
var escapes = regexp.MustCompile(`\\u[0-9a-f]{4}`)

// Section 5: a secret shows nowhere in what is kept, wherever else in its record it is repeated. Mutation: without mask in
// hide it is red.
func FuzzSecret(f *testing.F) {
	f.Add("111-22-3333", "of 111223333", "note", `{"x":[111223333,"1 1 1 2 2 3333"]}`)
	f.Add("111223333", "1.11223333e8", "111223333", `1.11223333e8`)
	f.Add("1122330000", " 1.12233e9", "a", `[1.12233e9, 0.112233e10, 11223300000e-1]`)
	f.Add("000000", "1e9", "0.0000000", `[1e12,-0.0000000,"2020-06-15T00:00:00.000000Z"]`)
	f.Add("XXXX1111", "1111", "", `null`)
	f.Add("１１１２２３３３３", "111223333", "ssn", `{"ssn":{"222-33-4444":"222334444"}}`)
	f.Add("200615", "2020-06-15", "120000", `[1200.00,"12-00-00"]`)
	f.Fuzz(func(t *testing.T, secret, text, name, other string) {
		raw, err := json.Marshal(map[string]any{"ssn": secret, "text": text, "names": map[string]any{name: true}, "amount": text})
		if err != nil {
			t.Fatal(err) // strings and a bool can always be written
		}
		n, _, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if o, _, err := Parse([]byte(other)); err == nil {
			n = n.With("other", o)
		}
		hide(&n)
		number := onlyDigits(n.Get("ssn").text)
		if n.Get("ssn").kind != nodeSecret {
			t.Fatalf("the secret is a %d", n.Get("ssn").kind)
		}
		if len(number) < shortestSecret {
			return
		}
		if kept := escapes.ReplaceAllString(n.canonical(), "?"); strings.Contains(kept, number) {
			t.Fatalf("%q shows in %q", number, kept)
		}
		for _, k := range []Kind{Text, Numeric, Date, Instant, JSON} { // whatever column a member is read into
			if v, _ := read(n.Get("amount"), k); k != Instant && strings.Contains(escapes.ReplaceAllString(v.String(), "?"), number) {
				t.Fatalf("%q shows in %q", number, v)
			}
		}
		if veiled := n.veiled().canonical(); veiled != n.canonical() {
			t.Fatalf("veiled it is %q instead of %q", veiled, n.canonical())
		}
	})
}

// Section 5: what cannot be parsed tells no secret from other digits, so no long run of digits and no link's query is kept.
// Mutation: when maskRaw keeps runs of nine digits it is red.
func FuzzRawText(f *testing.F) {
	for _, seed := range []string{
		`{"ssn":"111-22-3333`, "111 22 3333", "https://b.s3.amazonaws.com/k?X-Amz-Signature=abc", `https:\/\/b\/k?sig=1`, "1234", "12345", "1-2-3-4-5", "a1b2c3d4e5",
		"1..2..3..4..5", "\xff1\x002\xfe3", "HTTP://x?token=1\"", "http0://b?X-Amz-Signature=abc", "s3://b/k?sig=1 ://?", "2020-06-15T12:00:00Z", "1_2/3.4-5 6",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept := maskRaw(plainText(raw))
		if !utf8.ValidString(kept) || strings.ContainsRune(kept, 0) {
			t.Fatalf("not text: %q", kept)
		}
		run := 0
		for _, c := range []byte(kept) {
			if run++; !isDigit(c) {
				run = 0
			}
			if run >= 5 {
				t.Fatalf("%q keeps a run of digits: %q", raw, kept)
			}
		}
		for _, word := range strings.FieldsFunc(kept, func(c rune) bool { return strings.ContainsRune("\t\n\f\r \"'<>", c) }) {
			if _, rest, linked := strings.Cut(word, "://"); linked && strings.Contains(rest, "?") {
				t.Fatalf("%q keeps a link: %q", raw, kept)
			}
		}
	})
}

// Semantics 10: every member of an object is in a column, in what is left over, or both a repeated one and an ignored one.
// Mutation: without the members of subs in left it is red.
func FuzzObject(f *testing.F) {
	table := NewTable("s", "t", KeyOf("id"), As(Text, "a", "a"), As(Numeric, "n", "n"), As(Date, "d", "d"), As(Bool, "b", "b"), Year("y", "y"),
		AnyOf(Instant, "i", "i", "j"), MaskableSecret("account_number", "accountNumber"), Nested("o", As(Text, "o_a", "a"), As(JSON, "o_x", "x")), Nested("o.p", As(Int, "o_p", "p")))
	for _, seed := range []string{
		`{"_id":"x","a":1,"n":"1e2","d":"2020-02-29","b":"true","y":"2020","i":"2020-01-01T00:00:00Z","o":{"a":"b","x":[1],"p":{"p":5}}}`,
		`{"a":{},"n":"x","d":5,"b":2,"y":[],"i":false,"j":"never","o":[]}`, `{"o":{"p":"q","z":1},"zz":null,"accountNumber":["1"],"n":""}`,
		`{"a":"1","a":"2","o":{"a":1},"o":{"a":2}}`, `{"accountNumber":{"1111222":3}}`, `{"o":null,"j":"","i":null,"y":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, _, err := Parse(raw)
		if err != nil || !n.IsObject() {
			return
		}
		hide(&n)
		rec := &Record{named: 1}
		o := rec.Object(n, "")
		row := o.Row(table)
		o.Rest(&row)
		row.writeExtra()
		extra, _, err := Parse([]byte(row.Extra))
		if err != nil && row.Extra != "" {
			t.Fatalf("%q is no JSON", row.Extra)
		}
		column := map[string]string{"a": "a", "n": "n", "d": "d", "b": "b", "y": "y", "i": "i", "j": "i", "accountNumber": "account_number_masked"}
		for _, name := range n.Names() {
			kid := n.Get(name)
			switch {
			case name == "o" && kid.IsObject():
				for _, inner := range kid.Names() {
					if inner == "a" || inner == "x" || inner == "p" {
						continue
					}
					if extra.Get("o").Get(inner).kind == nodeAbsent {
						t.Fatalf("o.%s is nowhere in %s", inner, row.Extra)
					}
				}
			case column[name] != "" && (kid.Absent() || !row.Cell(column[name]).IsNull() || strings.TrimSpace(kid.text) == "" && len(kid.kids) == 0 && kid.kind == nodeString):
			case name == "accountNumber" && kid.kind == nodeSecret && strings.TrimSpace(kid.text) == "":
			case name == "o" && kid.Absent():
			case extra.Get(name).kind == nodeAbsent:
				t.Fatalf("%q (%d) is nowhere: %s", name, kid.kind, row.Extra)
			}
		}
	})
}
