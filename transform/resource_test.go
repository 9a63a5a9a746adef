package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plain is a resource with an enum, a nested object and a part.
var (
	plainTable = NewTable("test", "things", KeyOf("thing_id"),
		As(Text, "name", "name"),
		As(Text, "state", "state", "open", "closed"),
		Nested("place.at", As(Text, "street", "street"), As(Numeric, "number", "number")),
		AnyOf(Numeric, "size", "size", "length"),
		Given("kin_id"),
		Timestamps(),
	)
	things = &Resource{Name: "things", Table: plainTable, Named: 1, Sentence: func(rec *Record, say Saying) {
		o := rec.Object(say.Whole(), "")
		o.Ignore("_id", "url")
		row := o.Row(plainTable)
		row.SetText("kin_id", o.Enum("kin", "k1"))
		o.Rest(&row)
		rec.AddOwn(plainTable, row)
	}}
)

func thing(rows []string, detail string) *Record {
	item := Item{}
	for _, row := range rows {
		item.Rows = append(item.Rows, []byte(row))
	}
	if len(rows) > 0 {
		item.ID = ID([]byte(rows[0]))
	}
	if detail != "" {
		item.Detail = []byte(detail)
	}
	return things.Normalize(item, Sealer{})
}

func TestAnItemIsRefusedOnlyWithoutAnIDOrWithoutBeingAnObject(t *testing.T) {
	for name, c := range map[string]struct {
		rows   []string
		detail string
		want   []Reject
	}{
		"no object":      {[]string{`"t1"`}, "", []Reject{{Reason: "not an object", Payload: `"t1"`}}},
		"no id":          {[]string{`{"name":"n"}`}, "", []Reject{{Reason: "no usable _id", Payload: `{"name":"n"}`}}},
		"an empty id":    {[]string{`{"_id":" "}`}, "", []Reject{{Reason: "no usable _id", Payload: `{"_id":" "}`}}},
		"an object's id": {[]string{`{"_id":{"a":1}}`}, "", []Reject{{Reason: "no usable _id", Payload: `{"_id":{"a":1}}`}}},
		"a huge id":      {[]string{`{"_id":"` + strings.Repeat("x", 501) + `"}`}, "", []Reject{{Reason: "no usable _id", Payload: `{"_id":"` + strings.Repeat("x", 501) + `"}`}}},
		"no JSON":        {[]string{`{"_id":"t1"`}, "", []Reject{{Reason: "JSON ends too early", Payload: `{"_id":"t1"`}}},
		"detail of another": {[]string{`{"_id":"t1"}`}, `{"_id":"t2"}`,
			[]Reject{{ID: "t1", Reason: "detail has another _id than its list row", Payload: `{"detail":{"_id":"t2"},"rows":[{"_id":"t1"}]}`}}},
		"detail of nobody": {[]string{`{"_id":"t1"}`}, `{"message":"later"}`, // everything it leaves out would count as gone
			[]Reject{{ID: "t1", Reason: "detail without a usable _id", Payload: `{"detail":{"message":"later"},"rows":[{"_id":"t1"}]}`}}},
		"detail no object": {[]string{`{"_id":"t1"}`}, `[1]`,
			[]Reject{{ID: "t1", Reason: "detail is not an object", Payload: `{"detail":[1],"rows":[{"_id":"t1"}]}`}}},
		"detail no JSON": {[]string{`{"_id":"t1"}`}, `<html>`,
			[]Reject{{ID: "t1", Reason: "detail: not JSON at byte 0", Payload: `{"detail":"<html>","rows":[{"_id":"t1"}]}`}}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := thing(c.rows, c.detail)
			if diff := cmp.Diff(c.want, rec.Rejects); diff != "" || len(rec.Sets) > 0 {
				t.Errorf("%d sets, %s", len(rec.Sets), diff)
			}
		})
	}
}

func TestADetailWithoutAListRowIsAReject(t *testing.T) {
	rec := things.Normalize(Item{ID: "t1", Detail: []byte(`{"_id":"t1","name":"n"}`)}, Sealer{})
	want := []Reject{{ID: "t1", Reason: "detail without a list row", Payload: `{"detail":{"_id":"t1","name":"n"},"rows":[]}`}}
	if diff := cmp.Diff(want, rec.Rejects); diff != "" || len(rec.Sets) > 0 {
		t.Errorf("%d sets, %s", len(rec.Sets), diff)
	}
}

func TestASecretOfOneRowIsMaskedInTheRejectOfAnother(t *testing.T) {
	rec := thing([]string{`{"_id":"t1","ssn":"111223333"}`, `"111-22-3333"`}, `["111223333"]`)
	if dump := rec.Dump(); strings.Contains(dump, "111223333") || strings.Contains(dump, "111-22-3333") {
		t.Error(dump)
	}
}

func TestTheIDIsWhatTheListRowCallsIt(t *testing.T) {
	for raw, want := range map[string]string{
		`{"_id":"a"}`: "a", `{"_id":" a "}`: "a", `{"_id":7}`: "7", `{"account":{"_id":"a"}}`: "a", `{"_id":"b","account":{"_id":"a"}}`: "b",
		`{"_id":null,"account":{"_id":"a"}}`: "a", `{"_id":true}`: "", `[]`: "", `{`: "",
	} {
		if got := ID([]byte(raw)); got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

func TestWhatNoColumnHoldsIsKeptAndCountedByPath(t *testing.T) {
	rec := thing([]string{`{"_id":"t1","name":{"first":"a"},"state":"ajar","kin":"k2","url":"u","size":"big","length":"2",
		"place":{"at":{"street":"s","number":"one","floor":2},"country":"US"},"5550001111":1,"a b":2,"createdAt":5}`}, "")
	row := rec.Sets[0].Rows[0]
	wantExtra := `{"5550001111":1,"a b":2,"createdAt":5,"name":{"first":"a"},"place":{"at":{"floor":2,"number":"one"},"country":"US"},"size":"big"}`
	if diff := cmp.Diff(wantExtra, row.Extra); diff != "" {
		t.Error(diff)
	}
	want := map[Drift]int{
		{"name", Unparsable, ""}: 1, {"createdAt", Unparsable, ""}: 1, {"place.at.number", Unparsable, ""}: 1,
		{"size", UnknownField, ""}: 1, {"place.at.floor", UnknownField, ""}: 1, {"place.country", UnknownField, ""}: 1,
		{"*", UnknownField, ""}: 2, {"state", UnknownValue, "ajar"}: 1, {"kin", UnknownValue, "k2"}: 1,
	}
	if diff := cmp.Diff(want, rec.Drift); diff != "" {
		t.Error(diff)
	}
	for column, want := range map[string]string{"state": "ajar", "kin_id": "k2", "street": "s", "size": "2", "name": ""} {
		if got := row.Cell(column).String(); got != want {
			t.Errorf("%s is %q", column, got)
		}
	}
}

func TestAnUnknownValueThatLooksPersonalIsWithheldFromDrift(t *testing.T) {
	for value, want := range map[string]string{
		"semi-monthly": "semi-monthly", "Type 2": "Type 2", "ada@example.com": "(withheld)", "12345": "(withheld)",
		strings.Repeat("x", 41): "(withheld)", "naïve": "(withheld)",
	} {
		rec := thing([]string{`{"_id":"t1","state":"` + value + `"}`}, "")
		if rec.Drift[Drift{"state", UnknownValue, want}] != 1 {
			t.Errorf("%s: %v", value, rec.Drift)
		}
	}
}

func TestAKnownValueIsKnownInAnyCase(t *testing.T) {
	if rec := thing([]string{`{"_id":"t1","state":"Open","kin":" K1 "}`}, ""); len(rec.Drift) > 0 {
		t.Errorf("%v", rec.Drift)
	}
}

func TestAPathThroughSomethingElseThanAnObjectIsKept(t *testing.T) {
	for raw, want := range map[string]string{
		`"here"`: `{"place":"here"}`, `{"at":[1]}`: `{"place":{"at":[1]}}`, `7`: `{"place":7}`, `null`: ``, `{"at":null}`: ``,
	} {
		if got := thing([]string{`{"_id":"t1","place":` + raw + `}`}, "").Sets[0].Rows[0].Extra; got != want {
			t.Errorf("%s left %s", raw, got)
		}
	}
}

func TestAnObjectWithManyMembersIsReadLikeAnyOther(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"_id":"t1"`)
	for range 30 {
		b.WriteString(`,"name":"n"`)
	}
	b.WriteString(`,"more":1}`)
	if got := thing([]string{b.String()}, "").Sets[0].Rows[0]; got.Extra != `{"more":1}` || got.Cell("name").String() != "n" {
		t.Errorf("%s", got.Extra)
	}
}

func TestAnArrayOfRowsCanBeWrongInPart(t *testing.T) {
	rec := &Record{ID: "o1"}
	o := rec.Object(mustParse(t, `{"a":[{"word":"w"},1,null],"b":"x","c":null,"d":[]}`), "")
	a, okA := o.Set("a", noted, rec.Owner(), nil)
	_, okB := o.Set("b", noted, rec.Owner(), nil)
	c, okC := o.Set("c", noted, rec.Owner(), nil)
	d, okD := o.Set("d", noted, rec.Owner(), nil)
	e, okE := o.Set("e", noted, rec.Owner(), nil)
	if !okA || okB || !okC || !okD || !okE || !a.Merge || c.Merge || d.Merge || e.Merge || len(a.Rows) != 1 || len(c.Rows)+len(d.Rows)+len(e.Rows) != 0 {
		t.Errorf("%v %v %v %v %v", okA, okB, okC, okD, okE)
	}
	want := []Reject{
		{ID: "o1", Place: "a[]", Reason: "not an object", Payload: "1"},
		{ID: "o1", Place: "a[]", Reason: "not an object", Payload: "null"},
		{ID: "o1", Place: "b", Reason: "not an array", Payload: `"x"`},
	}
	if diff := cmp.Diff(want, rec.Rejects); diff != "" {
		t.Error(diff)
	}
}

func TestAnItemWhoseDetailFailedIsARejectThatChangesNothing(t *testing.T) {
	item := Item{User: "u", ID: "t1", Rows: [][]byte{[]byte(`{"_id":"t1","ssn":"111223333"}`)}}
	rec := Failed(things, item, "status 500")
	want := []Reject{{User: "u", ID: "t1", Reason: "status 500", Payload: `{"_id":"t1","ssn":"[secret]"}`}}
	if diff := cmp.Diff(want, rec.Rejects); diff != "" || len(rec.Sets) > 0 || rec.Seen != SeenKey("u", "t1") {
		t.Errorf("seen %q, %s", rec.Seen, diff)
	}
	if rec := Failed(things, Item{}, "gone"); len(rec.Rejects) != 1 || rec.Seen != "" {
		t.Errorf("an item of nothing: %+v", rec.Rejects)
	}
}

func TestARejectIsKnownAgainByItsPayload(t *testing.T) {
	a, b := Reject{Payload: `{"a":1}`, Reason: "x"}, Reject{Payload: `{"a":1}`, Reason: "y"}
	if string(a.Hash()) != string(b.Hash()) || string(a.Hash()) == string(Reject{}.Hash()) {
		t.Error("the hash is not that of the payload")
	}
}

func TestATableTellsItsColumnsAndMembers(t *testing.T) {
	var names []string
	for _, c := range plainTable.Columns() {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff("thing_id name state street number size kin_id atomic_created_at atomic_updated_at", strings.Join(names, " ")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"name", "state", "place", "size", "length", "createdAt", "updatedAt"}, plainTable.Members()); diff != "" {
		t.Error(diff)
	}
}
