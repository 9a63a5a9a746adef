package extract

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzSplit holds what is taken out of a body to what encoding/json finds in it.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"a":[1,-2.5e-3,"x\u00e9\n\"",true,false,null,{},[]]},"nextCursor":"b"}`, ` [ ] `, ` { } `, `7`, `"\u12"`, `[1 2]`, `{"a":1,}`,
		"{\"a\" : 1 ,\n\"d\\u0061ta\" : [ 1 , {\"c\":[ ] } ]\t} ", "\"ten plain letters\x1f\"", "\"\\ud800\xff\"", `{"a":1,"a":2}`, `[01]`, `{"a":nul}`, `[1]]`,
		`{"a":1]`, `[1}`, `-`, `1.`, `1e+`, `{"a"}`, `{1:2}`, `[,]`, `{"data":1}x`, strings.Repeat("[", 70) + strings.Repeat("]", 70), "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	names := [3]string{"a", "data", "nextCursor"}
	f.Fuzz(func(t *testing.T, body []byte) {
		if got, want := valid(body), json.Valid(body); got != want {
			t.Fatalf("valid: %v, want %v", got, want)
		}
		switch kindOf(body) {
		case '{':
			var want map[string]json.RawMessage
			bad := json.Unmarshal(body, &want)
			got, err := fields(body, names)
			if (err != nil) != (bad != nil) {
				t.Fatalf("members: %v, want %v", err, bad)
			}
			for i, name := range names {
				if diff := cmp.Diff(want[name], got[i]); diff != "" && bad == nil {
					t.Error(name, diff)
				}
			}
		case '[':
			var want []json.RawMessage
			bad := json.Unmarshal(body, &want)
			got, err := Elements(body)
			if (err != nil) != (bad != nil) {
				t.Fatalf("elements: %v, want %v", err, bad)
			}
			if diff := cmp.Diff(want, got); diff != "" && bad == nil {
				t.Error(diff)
			}
		}
	})
}

func TestJSONMayBeNestedAsDeepAsEncodingJSONTakesItAndNoDeeper(t *testing.T) {
	for _, depth := range []int{deepest - 1, deepest, deepest + 1, 10 * deepest} {
		for name, body := range map[string]string{
			"arrays":  strings.Repeat("[", depth) + strings.Repeat("]", depth),
			"objects": strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth),
			"both":    strings.Repeat(`[`, depth%3) + strings.Repeat(`[{"a":[`, depth/3) + strings.Repeat("]}]", depth/3) + strings.Repeat("]", depth%3),
		} {
			if got, want := valid([]byte(body)), json.Valid([]byte(body)); got != want || want != (depth <= deepest) {
				t.Errorf("%d %s: %v, and encoding/json says %v", depth, name, got, want)
			}
		}
	}
}

func TestWhatIsTakenOutOfABodyCannotGrowIntoWhatFollows(t *testing.T) {
	body := []byte(`{"data":{"employees":[{"_id":"1"},{"_id":"2"}],"nextCursor":"c"}}`)
	before := string(body)
	items, _, err := rows(body, "employees")
	if err != nil || len(items) != 2 {
		t.Fatal(items, err)
	}
	data, err := Unwrap(body, "data")
	if err != nil {
		t.Fatal(err)
	}
	_, _, _ = append(items[0], 'x'), append(items[1], 'x'), append(data, 'x')
	if string(body) != before {
		t.Errorf("the body became %s", body)
	}
}

func TestWhatIsNoArrayHasNoElementsAndIsNotQuoted(t *testing.T) {
	for _, body := range []string{``, `null`, `{"a":"s3cret"}`, `"s3cret"`, `["s3cret"`, `["s3cret",]`, `["s3cret"] x`} {
		items, err := Elements(json.RawMessage(body))
		if ClassOf(err) != ClassMalformed || items != nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %d elements, %v", body, len(items), err)
		}
	}
}
