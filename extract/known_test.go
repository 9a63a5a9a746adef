package extract_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/extract"
)

// Whether a body is known is asked of whole ones only: what is known is as good as an answer of today. Mutation: with known
// asked before the error of reading is looked at it is red.
func TestAKnownBodyIsTakenAsItIsButNeverAPieceOfOne(t *testing.T) {
	whole := []string{"half a body", "page for a body", "two bodies"} // not JSON, but all that was sent
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			server := newAPI(t, fault.step)
			asked := 0
			request := employers
			request.Known = func(body []byte) bool {
				asked++
				return len(body) > 0
			}
			body, err := server.client(t, hasty).Get(t.Context(), request)
			if slices.Contains(whole, name) {
				if err != nil || body != nil || asked != 1 || len(server.requests()) != 1 {
					t.Errorf("%q after %d requests, asked %d times: %v", body, len(server.requests()), asked, err)
				}
			} else if err == nil || asked != 0 || len(server.requests()) != 4 {
				t.Errorf("%q after %d requests, asked %d times: %v", body, len(server.requests()), asked, err)
			}
		})
	}
	server := newAPI(t, answer(200, `{"data":{}}`))
	request := employers
	request.Known = func([]byte) bool { t.Error("asked of a body that is too large"); return true }
	for _, most := range []int64{1, 10} {
		if _, err := server.client(t, func(c *extract.Config) { c.MaxBody = most }).Get(t.Context(), request); extract.ClassOf(err) != extract.ClassTooLarge {
			t.Error(err)
		}
	}
}

func TestABodyThatIsNotKnownIsCheckedAndAskedForAgain(t *testing.T) {
	const good = `{"data":{"_id":"1"}}`
	server := newAPI(t, answer(200, good), answer(200, `{"data":`), throttled("0"), answer(200, good+"}"))
	var asked []string
	request := employers
	request.Known = func(body []byte) bool {
		asked = append(asked, string(body))
		return false
	}
	body, err := server.client(t).Get(t.Context(), request)
	if err != nil || string(body) != good || !slices.Equal(asked, []string{`{"data":`, good + "}", good}) {
		t.Errorf("%s, %v, asked of %q", body, err, asked)
	}
}

// However a body travels, it is asked about as it was sent. Its last byte may come late, and one more is too many.
func TestAKnownBodyIsTheSameHoweverItTravels(t *testing.T) {
	body := `{"data":"` + strings.Repeat("0", 300_000) + `"}`
	for name, step := range map[string]http.HandlerFunc{
		"of a known length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "300011")
			answer(200, body)(w, r)
		},
		"in chunks": func(w http.ResponseWriter, _ *http.Request) {
			for part := range slices.Chunk([]byte(body), 70_001) {
				_, _ = w.Write(part)
				_ = http.NewResponseController(w).Flush()
			}
		},
		"compressed": compressed(pack(body)),
	} {
		seen := ""
		request := employers
		request.Known = func(b []byte) bool { seen = string(b); return true }
		got, err := newAPI(t, step).client(t).Get(t.Context(), request)
		if err != nil || got != nil || seen != body {
			t.Errorf("%s: %d bytes, asked of %d: %v", name, len(got), len(seen), err)
		}
	}
	long := func(*http.Request) (*http.Response, error) {
		resp := response(200, body)
		resp.ContentLength--
		return resp, nil
	}
	client := simulated(t, long, func(c *extract.Config) { c.MaxAttempts = 1 })
	if _, err := client.Get(t.Context(), employers); extract.ClassOf(err) != extract.ClassMalformed {
		t.Errorf("more than was announced: %v", err)
	}
}

// What is not known is the caller's own: the memory in which it was looked at is used again. Mutation: without exactly in read it is red.
func TestABodyThatIsNotKnownStaysAsItIs(t *testing.T) {
	server := newAPI(t, answer(200, `{"data":"one"}`), answer(200, `{"data":"two"}`), answer(200, `{"data":"known"}`))
	client := server.client(t)
	request := employers
	request.Known = func(body []byte) bool { return strings.Contains(string(body), "known") }
	var kept []string
	var bodies [][]byte
	for range 3 {
		body, err := client.Get(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		kept, bodies = append(kept, string(body)), append(bodies, body)
	}
	for i, body := range bodies {
		if string(body) != kept[i] {
			t.Errorf("%s became %s", kept[i], body)
		}
	}
	slices.Sort(kept)
	if want := []string{"", `{"data":"one"}`, `{"data":"two"}`}; !slices.Equal(kept, want) {
		t.Errorf("%q", kept)
	}
}

// A page that nobody took apart would look like the empty end of its list.
func TestAListsRowsAreReadWhateverIsKnown(t *testing.T) {
	list := employees
	list.Known = func([]byte) bool { return true }
	pages, err := walk(t.Context(), newAPI(t, nil, page(`"a"`, `1`), page(`null`, `2`)).client(t), list, "")
	if err != nil || len(pages) != 2 || !strings.Contains(pages[1], "[2]") {
		t.Errorf("%q, %v", pages, err)
	}
}
