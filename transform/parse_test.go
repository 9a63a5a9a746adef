package transform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAStringThatPostgresRefusesIsMendedAndCounted(t *testing.T) {
	for name, c := range map[string]struct {
		raw      string
		want     string
		repaired int
	}{
		"nothing to mend":       {`{"a":"b \" c"}`, `{"a":"b \" c"}`, 0},
		"escaped U+0000":        {`{"a":"b\u0000c"}`, `{"a":"b` + "\uFFFD" + `c"}`, 1},
		"U+0000 in a name":      {`{"a\u0000":1}`, `{"a` + "\uFFFD" + `":1}`, 1},
		"invalid UTF-8":         {"{\"a\":\"b\xffc\"}", `{"a":"b` + "\uFFFD" + `c"}`, 1},
		"half a surrogate pair": {`{"a":"b\ud800c"}`, `{"a":"b` + "\uFFFD" + `c"}`, 1},
		"two strings":           {`["\u0000","\u0000\u0000"]`, "[\"\uFFFD\",\"\uFFFD\uFFFD\"]", 2},
		"a whole pair":          {`["\ud83d\ude00"]`, `["😀"]`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			n, repaired, err := Parse([]byte(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, n.canonical()); diff != "" || repaired != c.repaired {
				t.Errorf("%d mended, not %d: %s", repaired, c.repaired, diff)
			}
		})
	}
}

func TestWhatIsNoSingleJSONValueIsRefusedWithoutBeingQuoted(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing":        ``,
		"cut off":        `{"ssn":"111223333`,
		"two values":     `{"ssn":"111223333"} {}`,
		"no JSON":        `ssn=111223333`,
		"U+0000 raw":     "{\"ssn\":\"111223333\x00\"}",
		"a comma more":   `{"ssn":"111223333",}`,
		"a name missing": `{1:111223333}`,
		"too deep":       strings.Repeat("[", maxDepth+2) + "111223333" + strings.Repeat("]", maxDepth+2),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Parse([]byte(raw))
			if err == nil {
				t.Fatal("it was taken")
			}
			if strings.Contains(err.Error(), "11") || strings.Contains(err.Error(), "ssn") {
				t.Errorf("the error repeats what was read: %v", err)
			}
		})
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	for raw, want := range map[string]string{ // as jsonb gives them back
		"0.1000000000000000055511151231257827": "0.1000000000000000055511151231257827",
		"12345678901234567890":                 "12345678901234567890",
		"1e400":                                "1" + strings.Repeat("0", 400),
		"1.50":                                 "1.50",
		"-1.50E+1":                             "-15.0",
		"0.5e3":                                "500",
		"25e-1":                                "2.5",
		"1e-3":                                 "0.001",
		"-0":                                   "0",
		"-0.0":                                 "0.0",
		"0e5":                                  "0",
		"-0e-2":                                "0.00",
	} {
		if got := Canonical(raw); got != want {
			t.Errorf("%s became %s", raw, got)
		}
	}
}

func TestOfRepeatedMembersTheLastOneCounts(t *testing.T) {
	n, _, err := Parse([]byte(`{"a":1,"b":2,"a":3}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := n.Get("a").Scalar(); got != "3" || n.canonical() != `{"a":3,"b":2}` {
		t.Errorf("a is %s in %s", got, n.canonical())
	}
}

func TestANumberThatNumericCannotHoldIsKeptAsText(t *testing.T) {
	for raw, want := range map[string]string{
		`1e1000`:                        "1" + strings.Repeat("0", 1000),
		`1e1001`:                        `"1e1001"`,
		`1e-99999999999999999999`:       `"1e-99999999999999999999"`,
		strings.Repeat("9", 10001):      `"` + strings.Repeat("9", 10001) + `"`,
		"1" + strings.Repeat("0", 5000): "1" + strings.Repeat("0", 5000),
	} {
		if got := Canonical(raw); got != want {
			t.Errorf("%.30s became %.30s", raw, got)
		}
	}
}

func TestADetailWinsOverItsListRowButNullSaysNothing(t *testing.T) {
	detail, _, _ := Parse([]byte(`{"name":"detail","employer":null,"metadata":{"a":1}}`))
	list, _, _ := Parse([]byte(`{"name":"list","employer":"e1","metadata":{"b":2},"only":true}`))
	merged := detail.Merged(list)
	if diff := cmp.Diff(`{"employer":"e1","metadata":{"a":1},"name":"detail","only":true}`, merged.canonical()); diff != "" {
		t.Error(diff)
	}
	if got := (Node{}).Merged(list).canonical(); got != list.canonical() {
		t.Errorf("without a detail the list row is %s", got)
	}
}

func TestMembersCanBeChosenWithoutTouchingTheOriginal(t *testing.T) {
	const raw = `{"a":1,"actions":[{"id":"x","type":"t","deeper":{"id":"y"}}],"b":{"id":"stays"},"bills":[{"actions":[{"id":"z"}]}]}`
	n, _, _ := Parse([]byte(raw))
	for what, c := range map[string]struct{ got, want string }{
		"only":          {n.Only("a", "c").canonical(), `{"a":1}`},
		"without":       {n.Without("actions", "bills").canonical(), `{"a":1,"b":{"id":"stays"}}`},
		"with":          {n.Only("a").With("a", n.Get("b")).canonical(), `{"a":{"id":"stays"}}`},
		"with nothing":  {Node{}.With("a", n.Get("a")).canonical(), `{"a":1}`},
		"stripped":      {n.Stripped("actions", "id").canonical(), `{"a":1,"actions":[{"deeper":{},"type":"t"}],"b":{"id":"stays"},"bills":[{"actions":[{}]}]}`},
		"sorted":        {mustParse(t, `{"a":[3,1,{"z":1}],"b":[2,1]}`).Sorted("a").canonical(), `{"a":[1,3,{"z":1}],"b":[2,1]}`},
		"the original":  {n.canonical(), Canonical(raw)},
		"names of none": {strings.Join(Node{}.Names(), ","), ""},
		"names":         {strings.Join(n.Names(), ","), "a,actions,b,bills"},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func mustParse(t testing.TB, raw string) Node {
	t.Helper()
	n, _, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
