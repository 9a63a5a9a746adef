package extract_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkhouse/linkhouse/extract"
)

func TestAnArgumentIsOneSegmentOfThePathWhateverItHolds(t *testing.T) {
	server := newAPI(t, ok)
	client := server.client(t)
	for arg, want := range map[string]string{
		"plain-1_2.3~": "plain-1_2.3~",
		"a/b":          "a%2Fb",
		"a?b":          "a%3Fb",
		"a#b":          "a%23b",
		"50%":          "50%25",
		"%2F":          "%252F",
		"me@example":   "me%40example",
		"a b+c":        "a%20b%2Bc",
		".":            "%2E",
		"..":           "%2E%2E",
		"../../x":      "..%2F..%2Fx",
		"...":          "...",
		`a\b;c=&$:,`:   "a%5Cb%3Bc%3D%26%24%3A%2C",
		"\x00\r\n":     "%00%0D%0A",
		"ü":            "%C3%BC",
		"{id}":         "%7Bid%7D",
	} {
		if _, err := client.Get(t.Context(), extract.Request{Template: "/{user}/pay-link/accounts", Args: []string{arg}}); err != nil {
			t.Errorf("%q: %v", arg, err)
			continue
		}
		seen := server.requests()
		got := seen[len(seen)-1].RequestURI
		if diff := cmp.Diff("/"+want+"/pay-link/accounts", got); diff != "" {
			t.Errorf("%q travels wrongly (-want +got):\n%s", arg, diff)
		}
	}
}

func TestARequestThatNamesNothingIsNotSent(t *testing.T) {
	server := newAPI(t, ok)
	client := server.client(t)
	for name, r := range map[string]extract.Request{
		"an empty argument":   {Template: "/{user}/pay-link/accounts", Args: []string{""}},
		"too few arguments":   {Template: "/employees/{id}"},
		"too many arguments":  {Template: "/employees", Args: []string{"1"}},
		"no leading slash":    {Template: "employees"},
		"a query in it":       {Template: "/employees?limit=1"},
		"a step upwards":      {Template: "/employees/../employers"},
		"an empty segment":    {Template: "/employees//x"},
		"no template":         {},
		"half a placeholder":  {Template: "/employees/{id", Args: []string{"1"}},
		"an unnamed argument": {Template: "/employees/{}", Args: []string{"1"}},
	} {
		_, err := client.Get(t.Context(), r)
		if got := extract.ClassOf(err); got != extract.ClassInvalid {
			t.Errorf("%s: class %q of %v", name, got, err)
		}
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestTheBasePathAndTheQueryAreKept(t *testing.T) {
	server := newAPI(t, ok)
	client := server.client(t, func(c *extract.Config) { c.BaseURL += "/v%2F1/" })
	r := extract.Request{Template: "/employees/{id}", Args: []string{"a/b"}, Query: extract.NewQuery(url.Values{"include": {"identity,taxes"}})}
	if _, err := client.Get(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, want := server.requests()[0].RequestURI, "/v%2F1/employees/a%2Fb?include=identity%2Ctaxes"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}
