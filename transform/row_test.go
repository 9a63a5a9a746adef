package transform

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noted is a table with a word, an amount and lines.
var (
	noted = NewTable("test", "notes", KeyOf("owner_id", "note_key"),
		As(Text, "word", "word"),
		As(Numeric, "amount", "amount"),
		VolatileAs(Instant, "seen_at", "seenAt"),
	)
	notedLines = LinesTable("test", "note_lines", Numbered(KeyOf("owner_id", "note_key"), "line_no"),
		As(Text, "word", "word"),
		As(Numeric, "amount", "amount"),
	)
)

// notes keys the notes of an owner by the member "base".
func notes(t testing.TB, elements ...string) map[string]Row {
	t.Helper()
	rec := &Record{Resource: "notes", ID: "o1"}
	o := rec.Object(mustParse(t, `{"notes":[`+strings.Join(elements, ",")+`]}`), "")
	set, ok := o.Set("notes", noted, rec.Owner(), func(e *Object) Row {
		row := e.Row(noted)
		row.SetText("note_key", e.Text("base"))
		e.AddLines(&row, "lines", notedLines)
		e.Rest(&row)
		return row
	})
	if !ok {
		t.Fatal("no array")
	}
	Key(set.Rows, set.Owner, func(r *Row) string { return r.Cell("note_key").Chars() })
	rec.Add(set)
	rec.keep()
	rows := map[string]Row{}
	for _, row := range rec.Sets[0].Rows {
		key := row.Cell("note_key").String()
		if _, ok := rows[key]; ok {
			t.Fatalf("two rows are called %q", key)
		}
		rows[key] = row
	}
	return rows
}

func TestTwinsAreToldApartByWordsFirstSoThatACorrectedAmountKeepsItsKey(t *testing.T) {
	before := notes(t, `{"base":"b","word":"bonus","amount":9}`, `{"base":"b","word":"regular","amount":1}`)
	after := notes(t, `{"base":"b","word":"regular","amount":100}`, `{"base":"b","word":"bonus","amount":2}`)
	for key, word := range map[string]string{"b": "bonus", "b~2": "regular"} {
		for _, rows := range []map[string]Row{before, after} {
			row := rows[key]
			if got := row.Cell("word").String(); got != word {
				t.Errorf("%s is %q", key, got)
			}
		}
	}
}

func TestTwinsThatDifferInTheirLinesOrExtrasAloneHaveOneOrder(t *testing.T) {
	elements := []string{
		`{"base":"b","lines":[{"word":"x","amount":1},{"word":"y"}]}`,
		`{"base":"b","lines":[{"word":"x","amount":2},{"word":"y"}]}`,
		`{"base":"b","lines":[{"word":"x","amount":2},{"word":"y","more":1}]}`,
		`{"base":"b","lines":[{"word":"x"}]}`,
		`{"base":"b","more":{"a":1}}`,
		`{"base":"b","more":{"a":2}}`,
		`{"base":"b","amount":5}`,
	}
	want := notes(t, elements...)
	for seed := range uint64(30) {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
		got := notes(t, elements...)
		for key, row := range want {
			if got[key].Hash != row.Hash || got[key].Extra != row.Extra {
				t.Fatalf("seed %d: %s is another row", seed, key)
			}
		}
	}
}

func TestNoTwoRowsHaveOneKeyWhateverTheirBasesAre(t *testing.T) {
	long := strings.Repeat("é", 150)
	rows := notes(t, `{"base":"b"}`, `{"base":"b"}`, `{"base":"b~2"}`, `{"base":"b~2"}`, `{"base":"b~2~1"}`, `{"base":"~"}`, `{"base":""}`,
		`{"base":""}`, `{"base":"~1"}`, `{"base":"`+long+`"}`, `{"base":"`+long+`x"}`, `{"base":"`+long+`"}`)
	if len(rows) != 12 {
		t.Errorf("%d rows", len(rows))
	}
	for key := range rows {
		if len(key) > longestKey+10 {
			t.Errorf("a key of %d bytes", len(key))
		}
	}
}

func TestEqualElementsStayAsManyAsTheyAre(t *testing.T) {
	rows := notes(t, `{"base":"b","amount":1}`, `{"base":"b","amount":1.0}`, `{"base":"b","amount":"1.00"}`)
	if len(rows) != 3 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestEqualFactsHashAlikeHoweverTheyAreWritten(t *testing.T) {
	want := notes(t, `{"base":"b","word":"w","amount":10,"extra":{"a":1,"b":2}}`)["b"].Hash
	for _, same := range []string{
		`{"base":"b","word":"w","amount":"10.00","extra":{"a":1,"b":2}}`,
		`{"base":"b","word":"w","amount":1e1,"extra":{"b":2,"a":1}}`,
		`{"amount":10.000,"extra":{"b":2,"a":1},"word":"w","base":"b","seenAt":null,"lines":null}`,
		`{"base":"b","word":"w","amount":10,"extra":{"a":1,"b":2},"seenAt":"2024-01-01T00:00:00Z"}`,
		`{"base":"b","word":"w","amount":10,"extra":{"a":1,"b":2},"lines":[]}`,
	} {
		if notes(t, same)["b"].Hash != want {
			t.Errorf("another hash: %s", same)
		}
	}
	for _, other := range []string{
		`{"base":"b","word":"w","amount":10.01,"extra":{"a":1,"b":2}}`,
		`{"base":"b","word":"w","extra":{"a":1,"b":2}}`,
		`{"base":"b","word":"W","amount":10,"extra":{"a":1,"b":2}}`,
		`{"base":"b","word":"","amount":10,"extra":{"a":1,"b":2}}`,
		`{"base":"b","amount":10,"extra":{"a":1,"b":2}}`,
		`{"base":"b","word":"w","amount":10,"extra":{"a":1,"b":3}}`,
		`{"base":"b","word":"w","amount":10}`,
		`{"base":"b","word":"w","amount":10,"extra":{"a":1,"b":2},"lines":[{}]}`,
		`{"base":"b","word":"w","amount":10,"extra":{"a":1,"b":2},"seenAt":"soon"}`,
	} {
		if notes(t, other)["b"].Hash == want {
			t.Errorf("the same hash: %s", other)
		}
	}
}

func TestAChangedLineChangesItsRow(t *testing.T) {
	want := notes(t, `{"base":"b","lines":[{"word":"x","amount":1},{"word":"y","amount":2}]}`)["b"].Hash
	for _, other := range []string{
		`{"base":"b","lines":[{"word":"x","amount":1},{"word":"y","amount":3}]}`,
		`{"base":"b","lines":[{"word":"x","amount":2},{"word":"y","amount":1}]}`,
		`{"base":"b","lines":[{"word":"x","amount":1}]}`,
		`{"base":"b","lines":[{"word":"x","amount":1},{"word":"y","amount":2,"more":0}]}`,
	} {
		if notes(t, other)["b"].Hash == want {
			t.Errorf("the same hash: %s", other)
		}
	}
	if notes(t, `{"base":"b","lines":[{"word":"y","amount":"2.0"},{"word":"x","amount":1}]}`)["b"].Hash != want {
		t.Error("another order of lines is another hash")
	}
}

func TestLinesAreNumberedFromOneInAnOrderOfTheirOwn(t *testing.T) {
	row := notes(t, `{"base":"b","lines":[{"word":"z"},{"word":"a","amount":2},{},{"word":"a","amount":1},{"word":"a"}]}`)["b"]
	var got []string
	for line := range row.Lines[0].All() {
		got = append(got, fmt.Sprint(line.Cell("line_no"), line.Cell("word"), line.Cell("amount")))
	}
	if diff := cmp.Diff([]string{"1  ", "2 a ", "3 a 1", "4 a 2", "5 z "}, got); diff != "" {
		t.Error(diff)
	}
}

// The next item is read in the memory of the last. Mutation: when keep leaves the rows, values or lines where they were, or the
// lines of an array are packed over those of the one before, it is red.
func TestARecordStaysAsItIsWhenOthersAreRead(t *testing.T) {
	r := &Resource{Name: "owners", Named: 1, Table: NewTable("test", "owners", KeyOf("owner_id")), Sentence: func(rec *Record, say Saying) {
		o := rec.Object(say.Whole(), "")
		set, _ := o.Set("notes", noted, rec.Owner(), func(e *Object) Row {
			row := e.Row(noted)
			e.AddLines(&row, "lines", notedLines)
			e.AddLines(&row, "others", notedLines)
			e.Rest(&row)
			return row
		})
		Key(set.Rows, set.Owner, func(r *Row) string { return r.Cell("word").Chars() })
		rec.Add(set)
	}}
	said := func(i int) *Record {
		note := fmt.Sprintf(`{"word":"w%d","amount":%d,"more":%d,"lines":[{"word":"a%d"},{"word":"b%d"}],"others":[{"amount":%d}]}`, i, i, i, i, i, i)
		return r.Normalize(Item{ID: "o", Rows: [][]byte{fmt.Appendf(nil, `{"_id":"o","notes":[%s,%s]}`, note, note)}}, Sealer{})
	}
	records, dumps := make([]*Record, 20), make([]string, 20)
	for i := range records {
		records[i] = said(i)
		dumps[i] = records[i].Dump()
	}
	for i, rec := range records {
		if rec.Dump() != dumps[i] || strings.Count(dumps[i], fmt.Sprintf("\"a%d\"", i)) != 2 || rec.seat != nil {
			t.Errorf("record %d is another:\n%s", i, rec.Dump())
		}
		row := rec.Sets[0].Rows[1]
		if row.Rehash(); row.Hash != rec.Sets[0].Rows[1].Hash {
			t.Errorf("record %d has another hash", i)
		}
	}
}

func TestRehashFollowsTheValues(t *testing.T) {
	row := notes(t, `{"base":"b","word":"w"}`)["b"]
	before := row.Hash
	row.SetText("word", "v")
	row.Rehash()
	changed := row.Hash
	row.SetText("word", "") // says nothing
	row.SetText("no such column", "x")
	row.Rehash()
	if changed == before || row.Hash != changed || row.Cell("word").String() != "v" || !row.Cell("no such column").IsNull() {
		t.Errorf("%x, %x, %x of %q", before, changed, row.Hash, row.Cell("word"))
	}
}

func TestARowIsEmptyWhenOnlyItsKeySaysAnything(t *testing.T) {
	rec := &Record{ID: "o1"}
	for raw, want := range map[string]bool{`{}`: true, `{"word":null}`: true, `{"word":"w"}`: false, `{"more":1}`: false, `{"amount":"n/a"}`: false} {
		o := rec.Object(mustParse(t, raw), "")
		row := o.Row(noted)
		o.Rest(&row)
		row.SetKey(TextValue("o1"), TextValue("k"))
		if row.Empty() != want {
			t.Errorf("%s: %v", raw, row.Empty())
		}
	}
}

func TestACanonicalTextIsJSONWithItsMembersInOrder(t *testing.T) {
	raw := `{"b" : [1, {"d":null,"c":"\u00e9\n\"\\"}], "a":{}, "é":true, "":false}`
	got := Canonical(raw)
	if want := `{"":false,"a":{},"b":[1,{"c":"é\n\"\\","d":null}],"é":true}`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if !json.Valid([]byte(got)) || Canonical(got) != got {
		t.Errorf("%s is not canonical", got)
	}
	if got := Canonical("no JSON"); got != "no JSON" {
		t.Errorf("what is no JSON became %q", got)
	}
}

// Lines are kept as bytes: what is read back is what was there. Mutation: with any kind left out in unpack it is red.
func TestLinesSayTheSameWhenTheyAreReadBack(t *testing.T) {
	table := LinesTable("s", "lines", Numbered(KeyOf("id"), "line_no"), As(Text, "t", "t"), As(Numeric, "n", "n"), As(Date, "d", "d"),
		As(Instant, "i", "i"), As(Bool, "b", "b"), As(Int, "w", "w"), As(JSON, "j", "j"))
	rec := &Record{ID: "x", named: 1}
	o := rec.Object(mustParse(t, `{"lines":[{},{"t":"","n":"-12.50","d":"1899-12-31","i":"2023-01-01T00:00:00.000001Z","b":false,"w":-7,"j":{"k":[1,null]},"z":1},
		{"t":"é\"","n":0,"d":"9999-12-31","i":"0001-01-01T00:00:00Z","b":true,"w":2147483647,"j":"s"}]}`), "")
	set, _ := o.Set("lines", table, nil, nil)
	Number(set.Rows, []Value{TextValue("x")})
	row := Row{table: NewTable("s", "owners", KeyOf("id")), Values: []Value{TextValue("x")}}
	o.AddLines(&row, "lines", table)
	var want [][]string
	said := func(row *Row) []string {
		cells := []string{row.Extra}
		for _, v := range row.Values {
			cells = append(cells, fmt.Sprint(v.Kind(), v))
		}
		return cells
	}
	for i := range set.Rows {
		set.Rows[i].writeExtra()
		want = append(want, said(&set.Rows[i]))
	}
	rec.Add(Set{Table: row.table, Rows: []Row{row}})
	rec.keep()
	kept := &rec.Sets[0].Rows[0]
	var got [][]string
	for line := range kept.Lines[0].All() {
		got = append(got, said(line))
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 3 || kept.Lines[0].Len() != 3 {
		t.Errorf("%d lines: %s", len(got), diff)
	}
	hash := kept.Hash
	if kept.Rehash(); kept.Hash != hash {
		t.Error("taken anew, the hash is another")
	}
}
