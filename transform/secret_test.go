package transform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testKey = "0123456789abcdef0123456789abcdef"

func tokenOf(digits string) string {
	mac := hmac.New(sha256.New, []byte(testKey))
	mac.Write([]byte(digits))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestATokenIsTheHMACOfTheDigits(t *testing.T) {
	s := NewSealer([]byte(testKey))
	for secret, want := range map[string]Sealed{
		"111223333":          {Last4: "3333", Token: tokenOf("111223333")},
		"111-22-3333":        {Last4: "3333", Token: tokenOf("111223333")},
		" 8498 3900 1649 19": {Last4: "4919", Token: tokenOf("84983900164919")},
		"XXXX1111":           {Last4: "1111", Masked: true},
		"*****1111":          {Last4: "1111", Masked: true},
		"XXXXX3333":          {Last4: "3333", Masked: true},
		"…1234567":           {Last4: "4567", Masked: true},
		"1111":               {Last4: "1111", Masked: true},
		"12":                 {Last4: "12", Masked: true},
		"none":               {Masked: true},
		"":                   {Masked: true},
		"12345":              {Last4: "2345", Token: tokenOf("12345")},
	} {
		if diff := cmp.Diff(want, s.Seal(secret)); diff != "" {
			t.Errorf("%q: %s", secret, diff)
		}
	}
}

func TestWithoutAKeyThereAreNoTokens(t *testing.T) {
	for _, s := range []Sealer{{}, NewSealer(nil), NewSealer([]byte{})} {
		if diff := cmp.Diff(Sealed{Last4: "3333"}, s.Seal("111223333")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestASealerKeepsItsKeyWhenTheCallersBytesChange(t *testing.T) {
	key := []byte(testKey)
	s := NewSealer(key)
	clear(key)
	if s.Seal("111223333").Token != tokenOf("111223333") {
		t.Error("the key changed with the caller's bytes")
	}
}

// person is a table with all forms of secrets.
var person = NewTable("test", "people", KeyOf("person_id", "part"),
	As(Text, "name", "name"),
	As(Numeric, "amount", "amount"),
	Secret("ssn", "ssn"),
	MaskableSecret("account_number", "accountNumber"),
)

var people = &Resource{Name: "people", Table: person, Named: 1, Sentence: func(rec *Record, say Saying) {
	o := rec.Object(say.Whole(), "")
	o.Ignore("_id")
	set, ok := o.Set("parts", person, rec.Owner(), nil)
	if ok {
		Key(set.Rows, set.Owner, func(r *Row) string { return r.Cell("name").String() })
		rec.Add(set)
	}
	row := o.Row(person)
	row.SetKey(TextValue(rec.ID), TextValue("self"))
	o.Rest(&row)
	rec.Add(Set{Table: person, Owner: []Value{TextValue(rec.ID), TextValue("self")}, Rows: []Row{row}})
}}

func say(t testing.TB, raw string) *Record {
	t.Helper()
	return people.Normalize(Item{ID: ID([]byte(raw)), Rows: [][]byte{[]byte(raw)}}, NewSealer([]byte(testKey)))
}

func TestNothingPrintableRevealsASecretOrTheKey(t *testing.T) {
	rec := say(t, `{"_id":"p1","ssn":"111-22-3333","unknown":{"cardNumber":"4111111111111111"},
		"parts":[{"name":"a","accountNumber":"1122330000","extra":{"ssn":"999887777"}}]}`)
	for _, s := range rec.Sets {
		if s.Rows[0].rank != nil {
			t.Error("a finished row still holds a secret")
		}
	}
	unfinished := rec.Object(mustHide(t, `{"accountNumber":"5566778899","more":{"ssn":"121212121"}}`), "")
	row := unfinished.Row(person)
	unfinished.Rest(&row)
	sealer := NewSealer([]byte(testKey))
	type holder struct {
		sealer Sealer
		row    Row
		rec    *Record
	}
	held := holder{sealer, row, rec}
	if held.rec == nil || len(held.row.Values) == 0 || held.sealer.macs == nil {
		t.Fatal("nothing to print")
	}
	secrets := []string{
		"111-22-3333", "111223333", "1122330000", "4111111111111111", "999887777", "5566778899", "121212121",
		testKey, fmt.Sprint([]byte(testKey)), hex.EncodeToString([]byte(testKey)),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for what, value := range map[string]any{
			"sealer": sealer, "its address": &sealer, "row": row, "row's address": &row, "record": rec, "record's value": *rec,
			"sets": rec.Sets, "rejects": rec.Rejects, "in a struct": held, "struct's address": &held, "in a list": []any{sealer, row},
		} {
			mustHideAll(t, what+" with "+verb, fmt.Sprintf(verb, value), secrets)
		}
	}
	for what, value := range map[string]any{"sealer": sealer, "row": row, "record": rec} {
		text, err := json.Marshal(value)
		mustHideAll(t, what+" as JSON", fmt.Sprint(string(text), err), secrets)
	}
	mustHideAll(t, "the dump", rec.Dump(), secrets)
}

func mustHide(t testing.TB, raw string) Node {
	t.Helper()
	n := mustParse(t, raw)
	hide(&n)
	return n
}

func mustHideAll(t *testing.T, what, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret)))} {
			if strings.Contains(text, form) {
				t.Errorf("%s reveals %s", what, secret)
			}
		}
	}
}

func TestASecretIsHiddenUnderEverySpellingOfItsName(t *testing.T) {
	for _, name := range []string{
		"ssn", "SSN", "s-s-n", "social_security_number", "SocialSecurityNumber", "account number", "accountNumber",
		"bank_account_number", "billingAccountNumber", "card-number",
	} {
		rec := say(t, `{"_id":"p1","unknown":[{"`+name+`":"987654321"}]}`)
		if dump := rec.Dump(); strings.Contains(dump, "987654321") || !strings.Contains(dump, secretMask) {
			t.Errorf("%s: %s", name, dump)
		}
	}
	for _, name := range []string{"ssnLast4", "account", "number", "routingNumber", "accountNumberOfSomethingElse", "ſſn"} {
		rec := say(t, `{"_id":"p1","unknown":[{"`+name+`":"987654321"}]}`)
		if dump := rec.Dump(); !strings.Contains(dump, "987654321") {
			t.Errorf("%s is no secret: %s", name, dump)
		}
	}
}

func TestASecretIsMaskedWhereverItIsRepeated(t *testing.T) {
	for place, c := range map[string]struct{ member, want string }{
		"alone":                    {`"note":"111223333"`, `{"note":"[secret]"}`},
		"with dashes":              {`"note":"SSN 111-22-3333."`, `{"note":"SSN [secret]."}`},
		"with blanks and slashes":  {`"note":"111 22/3333"`, `{"note":"[secret]"}`},
		"with dashes and blanks":   {`"note":"111 - 22 - 3333"`, `{"note":"[secret]"}`},
		"with typographic dashes":  {`"note":"111–22–3333"`, `{"note":"[secret]"}`},
		"as a number":              {`"note":111223333`, `{"note":"[secret]"}`},
		"as a power of ten":        {`"note":1.11223333e8`, `{"note":"[secret]"}`},
		"as a power in a string":   {`"note":"1.11223333E+08"`, `{"note":"[secret]"}`},
		"in a longer number":       {`"note":"00111223333"`, `{"note":"00[secret]"}`},
		"twice":                    {`"note":"111223333, 111-22-3333"`, `{"note":"[secret], [secret]"}`},
		"as a member's name":       {`"111-22-3333":true`, `{"[secret]":true}`},
		"deep":                     {`"a":[{"b":[["111223333"]]}]`, `{"a":[{"b":[["[secret]"]]}]}`},
		"not in an amount":         {`"a":1112233.33`, `{"a":1112233.33}`},
		"not in another number":    {`"a":"111-22-3334"`, `{"a":"111-22-3334"}`},
		"not in a time":            {`"a":"1112-02-23T33:33:00"`, `{"a":"1112-02-23T33:33:00"}`},
		"not with letters between": {`"a":"111a22b3333"`, `{"a":"111a22b3333"}`},
	} {
		t.Run(place, func(t *testing.T) {
			rec := say(t, `{"_id":"p1","ssn":"111223333",`+c.member+`}`)
			if diff := cmp.Diff(c.want, rec.Sets[1].Rows[0].Extra); diff != "" {
				t.Error(diff)
			}
			if hit := strings.Contains(c.want, secretMask); hit != (rec.Drift[Drift{Kind: Masked}] > 0) {
				t.Errorf("counted as masked: %v", rec.Drift)
			}
		})
	}
}

func TestADateOrAnAmountIsNoAccountNumberBecauseItsDigitsAre(t *testing.T) {
	rec := say(t, `{"_id":"p1","accountNumber":"200615","ssn":"120000","on":"2020-06-15T12:00:00.000Z","amount":1200.00,"day":"2020-06-15"}`)
	self := rec.Sets[1].Rows[0]
	if diff := cmp.Diff(`{"day":"2020-06-15","on":"2020-06-15T12:00:00.000Z"}`, self.Extra); diff != "" {
		t.Error(diff)
	}
	if got := self.Cell("amount").String(); got != "1200" {
		t.Errorf("amount is %q", got)
	}
}

func TestASecretWrittenAsANumberIsTheSameSecret(t *testing.T) {
	for _, raw := range []string{`111223333`, `1.11223333e8`, `111223333.0`, `"111 22 3333"`} {
		rec := say(t, `{"_id":"p1","ssn":`+raw+`}`)
		if got := rec.Sets[1].Rows[0].Cell("ssn_token").String(); got != tokenOf("111223333") {
			t.Errorf("%s has another token", raw)
		}
	}
}

// Mutation: without secretHolders it is red.
func TestASecretIsHiddenWhereTheObjectThatWouldNameItIsMissing(t *testing.T) {
	for _, member := range []string{
		`"depositAccounts":["1122330000"]`, `"depositAccounts":[{"type":"checking"},1122330000,[["1122330000"]]]`, `"depositAccounts":1122330000`,
		`"identity":"1122330000"`, `"a":{"billing":["1122330000"]}`, `"billing":{"paymentMethods":["1122330000"]}`,
	} {
		rec := say(t, `{"_id":"p1",`+member+`,"note":"of 11-22-33-0000"}`)
		if dump := rec.Dump(); strings.Contains(dump, "0000") || strings.Count(dump, secretMask) < 2 {
			t.Errorf("%s: %s", member, dump)
		}
	}
	rec := say(t, `{"_id":"p1","billing":{"amount":1122330000,"items":[{"amount":3}],"autopay":true},"identity":[{"firstName":"Ann"}],"depositAccounts":null,
		"paymentMethods":["card","1234",10245.50],"metadata":{"identity":"100200300","billing":["20240"]}}`)
	want := `{"billing":{"amount":1122330000,"autopay":true,"items":[{"amount":3}]},"depositAccounts":null,"identity":[{"firstName":"Ann"}],` +
		`"metadata":{"billing":["20240"],"identity":"100200300"},"paymentMethods":["card","1234",10245.50]}`
	if diff := cmp.Diff(want, rec.Sets[1].Rows[0].Extra); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptySecretIsNoSecret(t *testing.T) {
	rec := say(t, `{"_id":"p1","ssn":" ","accountNumber":""}`)
	if row := rec.Sets[1].Rows[0]; !row.Cell("account_number_masked").IsNull() || !row.Cell("ssn_last4").IsNull() {
		t.Errorf("it became %s", rec.Dump())
	}
}

func TestASecretThatIsNoTextIsKeptMasked(t *testing.T) {
	rec := say(t, `{"_id":"p1","ssn":{"value":"111223333","year":[2020]},"accountNumber":true}`)
	want := `{"accountNumber":true,"ssn":{"value":"[secret]","year":["[secret]"]}}`
	if diff := cmp.Diff(want, rec.Sets[1].Rows[0].Extra); diff != "" {
		t.Error(diff)
	}
}

func TestASignedLinkIsMaskedWhereverItStands(t *testing.T) {
	for link, hidden := range map[string]bool{
		"https://b.s3.amazonaws.com/a.pdf?X-Amz-Signature=abc":     true,
		"https://b.s3.amazonaws.com/a.pdf?Expires=1&Signature=abc": true,
		"HTTPS://b.example.com/?a=1&sig=abc":                       true,
		" see https://b.example.com/a?access_token=abc":            true,
		"https://cdn.example.com/logo.png":                         false,
		"https://cdn.example.com/logo.png?size=2":                  false,
		"signature=abc":                       false,
		"[ATOMIC-GENERATED-PRESIGNED-S3-URL]": false,
		"https://b.s3.amazonaws.com/X-Amz-Signature=abc/no-query/file.pdf": false,
	} {
		rec := say(t, `{"_id":"p1","link":"`+link+`"}`)
		if got := rec.Sets[1].Rows[0].Extra; (got == `{"link":"[link]"}`) != hidden {
			t.Errorf("%s became %s", link, got)
		}
	}
}

func TestWhatCannotBeParsedKeepsNoLongNumberAndNoLink(t *testing.T) {
	rec := say(t, `{"_id":"p1","ssn":"111-22-3333","n":1234,"zip":"84111","form":"https:\/\/b.example.com\/a?sig=x y","page":"https://example.com/a"`)
	want := `{"_id":"p1","ssn":"[secret]","n":1234,"zip":"[secret]","form":"[link] y","page":"https://example.com/a"`
	if diff := cmp.Diff(want, rec.Rejects[0].Payload); diff != "" {
		t.Error(diff)
	}
}
