package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

var printed = &Resource{
	Name: "things", Named: 1,
	Table: NewTable("s", "things", KeyOf("thing_id"), As(Text, "name", "name"), Timestamps()),
}

func stableOf(t *testing.T, p Printer, r *Resource, detail string) (Print, Value) {
	t.Helper()
	print, retrieved, ok := p.Of(r).Stable(Item{ID: "1", Rows: [][]byte{[]byte(`{"_id":"1"}`)}, Detail: []byte(detail)})
	if !ok {
		t.Fatalf("%s cannot be told apart", detail)
	}
	return print, retrieved
}

// Semantics 5 (T26, T27). Mutation: with the volatile member of any depth left out, "nested" is red.
func TestAStablePrintChangesWithEverythingButRetrievalTimeAndLink(t *testing.T) {
	p := NewPrinter("key")
	document := *printed
	document.Document = true
	base, retrieved := stableOf(t, p, printed, `{"_id":"1","name":"a","updatedAt":"2023-01-01T00:00:00Z","n":{"updatedAt":1},"url":"x"}`)
	if retrieved.String() != "2023-01-01T00:00:00Z" {
		t.Errorf("retrieved at %s", retrieved)
	}
	for what, c := range map[string]struct {
		resource *Resource
		detail   string
		same     bool
	}{
		"retrieved later":   {printed, `{"_id":"1","name":"a","updatedAt":"2024-01-01T00:00:00Z","n":{"updatedAt":1},"url":"x"}`, true},
		"no retrieval time": {printed, `{"_id":"1","name":"a","updatedAt":null,"n":{"updatedAt":1},"url":"x"}`, true},
		"nested":            {printed, `{"_id":"1","name":"a","updatedAt":"2023-01-01T00:00:00Z","n":{"updatedAt":2},"url":"x"}`, false},
		"another link":      {printed, `{"_id":"1","name":"a","updatedAt":"2023-01-01T00:00:00Z","n":{"updatedAt":1},"url":"y"}`, false},
		"another name":      {printed, `{"_id":"1","name":"b","updatedAt":"2023-01-01T00:00:00Z","n":{"updatedAt":1},"url":"x"}`, false},
		"one member more":   {printed, `{"_id":"1","name":"a","updatedAt":"2023-01-01T00:00:00Z","n":{"updatedAt":1},"url":"x","z":0}`, false},
	} {
		if print, _ := stableOf(t, p, c.resource, c.detail); (print == base) != c.same {
			t.Errorf("%s: same is %v", what, print == base)
		}
	}
	one, _ := stableOf(t, p, &document, `{"_id":"1","url":"https://b/k?X-Amz-Signature=1"}`)
	if two, _ := stableOf(t, p, &document, `{"_id":"1","url":"https://b/k?X-Amz-Signature=2"}`); one != two {
		t.Error("another link to the same document is another print")
	}
}

// Semantics 4: the same bytes mean something else when more was asked for. Mutation: without any one frame in Of or start it is red.
func TestAPrintDependsOnKeyResourceColumnsProjectionsAndListRows(t *testing.T) {
	item := Item{ID: "1", Rows: [][]byte{[]byte(`{"_id":"1"}`)}, Include: []string{"a"}}
	of := func(p Printer, r *Resource, change func(*Item)) Print {
		it := item
		if change != nil {
			change(&it)
		}
		return p.Of(r).Whole(it, []byte("{}"))
	}
	seen := map[Print]string{}
	for what, print := range map[string]Print{
		"itself":                of(NewPrinter("key"), printed, nil),
		"another key":           of(NewPrinter("other"), printed, nil),
		"two keys that are one": of(NewPrinter("k", "ey"), printed, nil),
		"another resource":      of(NewPrinter("key"), &Resource{Name: "others", Named: 1, Table: printed.Table}, nil),
		"another column":        of(NewPrinter("key"), &Resource{Name: "things", Named: 1, Table: NewTable("s", "things", KeyOf("thing_id"), As(Text, "name", "name"))}, nil),
		"another projection":    of(NewPrinter("key"), printed, func(i *Item) { i.Include = []string{"a", "b"} }),
		"another list row":      of(NewPrinter("key"), printed, func(i *Item) { i.Rows = [][]byte{[]byte(`{"_id":"1" }`)} }),
		"two list rows":         of(NewPrinter("key"), printed, func(i *Item) { i.Rows = append(i.Rows, i.Rows[0]) }),
		"list row alone":        NewPrinter("key").Of(printed).Listed(item),
	} {
		if other, twice := seen[print]; twice {
			t.Errorf("%s and %s have one print", what, other)
		}
		seen[print] = what
	}
}

// Where a list row tells the retrieval time too, which of the two counts is for the sentence to say.
func TestAnObjectWhoseListRowTellsTheRetrievalTimeHasNoStablePrint(t *testing.T) {
	for _, item := range []Item{
		{Rows: [][]byte{[]byte(`{"_id":"1","updatedAt":"2023-01-01T00:00:00Z"}`)}, Detail: []byte(`{}`)},
		{Rows: [][]byte{[]byte(`[]`)}, Detail: []byte(`{}`)},
		{Rows: [][]byte{[]byte(`{}`)}, Detail: []byte(`[]`)},
		{Rows: [][]byte{[]byte(`{}`)}, Detail: []byte(`{"updatedAt":"never"}`)},
	} {
		if _, _, ok := NewPrinter("key").Of(printed).Stable(item); ok {
			t.Errorf("%s %s has one", item.Rows, item.Detail)
		}
	}
}

func TestAPrinterPrintsAsNothing(t *testing.T) {
	p := NewPrinter("a secret of somebody")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if text := fmt.Sprintf(verb, p); strings.Contains(text, "secret of") {
			t.Errorf("%s shows %q", verb, text)
		}
	}
}

// The key stays in the digests, as what its bytes are combined with. Mutation: with a *mac as a field of ResourcePrinter "%s" is red.
func TestAResourcePrinterPrintsNothingOfItsKey(t *testing.T) {
	p := NewPrinter("key").Of(printed)
	p.macs, p.over = fastMacsOf([32]byte([]byte(testKey))), macsOf(testKey)
	p.Listed(Item{ID: "1"})
	var shown []string
	for _, pad := range []byte{0, 0x36, 0x5c} {
		padded := []byte(testKey)
		for i := range padded {
			padded[i] ^= pad
		}
		shown = append(shown, string(padded), fmt.Sprint(padded), fmt.Sprintf("%x", padded), fmt.Sprintf("%#v", padded))
		shown = append(shown, strings.Trim(fmt.Sprint(padded), "[]"), strings.Trim(fmt.Sprintf("%#v", padded), "[]byte{}"))
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		mustHideAll(t, verb, fmt.Sprintf(verb, p)+fmt.Sprintf(verb, *p)+fmt.Sprintf(verb, []any{p}), shown)
	}
}

// What is kept tells nothing of the fast digest, whose key is the one thing between it and what an answer said. Mutation: with the
// fast digest given as it is, it is red.
func TestNoPrintIsADigestOfTheAnswersThemselves(t *testing.T) {
	p := NewPrinter("key").Of(printed)
	item := Item{ID: "1", Rows: [][]byte{[]byte(`{"_id":"1"}`)}}
	fast := p.macs.end(p.start("listed", item))
	if got := p.Listed(item); got == Print(fast[:len(got)]) {
		t.Errorf("%x is kept as it is", got)
	}
	q := NewPrinter("key").Of(printed)
	q.over = macsOf("another key")
	if p.Listed(item) == q.Listed(item) {
		t.Error("the key over it makes no difference")
	}
}

// A warehouse keeps prints: another print of the same answer would be every object read anew. Mutation: without the reset of a
// digest that served before, it is red.
func TestThePrintsOfAnAnswerAreTheSameForEver(t *testing.T) {
	p := NewPrinter("a", "key").Of(printed)
	item := Item{
		ID: "1", Rows: [][]byte{[]byte(`{"_id":"1"}`), []byte(`{"_id":"1" }`)}, Include: []string{"a", "b"},
		Detail: []byte(`{"_id":"1","name":"n","updatedAt":"2023-01-01T00:00:00Z","z":1}`),
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				p.Stable(Item{Rows: item.Rows, Detail: []byte("[]")}) // it is begun and not ended
				stable, _, _ := p.Stable(item)
				got := fmt.Sprintf("%x %x %x", p.Listed(item), p.Whole(item, []byte(`{"data":1}`)), stable)
				if got != "f97d2de3f6d12ae24903e50928ad9e0e 72b4900b8b4c75a4cdc0725bd2964537 fc97de49cb35aa7328da363dbd9b7c7f" {
					t.Error(got)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkPrint measures how an object of some 300 bytes is recognised.
func BenchmarkPrint(b *testing.B) {
	p := NewPrinter("key").Of(printed)
	item := Item{ID: "1", Rows: [][]byte{[]byte(`{"_id":"1","name":"some name"}`)}, Include: []string{"identity", "employment", "income", "statements"}}
	answer := bytes.Repeat([]byte("0123456789"), 30)
	b.ReportAllocs()
	for b.Loop() {
		p.Whole(item, answer)
	}
}

// Members are found as encoding/json finds them.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : 1 , "b":[{"c":"}]"}], "d\"":"\\", "e":{"updatedAt":"x"} } `, `{"a":-1.5e3,"b":true,"c":null}`, `{"a":"\\\""}`, `{"a":1,}`,
		`{"a"}`, `{"a":}`, `[1]`, `{"a":[}`, `{"a":1}x`, `{"a":{"b":[1,2,{"c":"d"}]},"a":2}`, `{"":""}`, `{`, `"`, `{"a`, `{"a":"`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var found []string
		ok := members(raw, func(name string, start, end int) {
			found = append(found, name+":"+string(raw[start:end]))
		})
		if !json.Valid(raw) {
			return // only that it does not panic
		}
		if object := len(bytes.TrimLeft(raw, " \t\r\n")) > 0 && bytes.TrimLeft(raw, " \t\r\n")[0] == '{'; ok != object {
			t.Fatalf("%q: %v", raw, ok)
		}
		if !ok {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		var want []string
		for dec.More() {
			from := dec.InputOffset()
			if _, err := dec.Token(); err != nil {
				t.Fatal(err)
			}
			name := strings.TrimLeft(string(raw[from:dec.InputOffset()]), ", \t\r\n")
			var value json.RawMessage
			if err := dec.Decode(&value); err != nil {
				t.Fatal(err)
			}
			want = append(want, name[1:len(name)-1]+":"+string(value))
		}
		if strings.Join(found, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%q:\n%q\n%q", raw, found, want)
		}
	})
}
