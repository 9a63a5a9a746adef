package extract_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkhouse/linkhouse/extract"
)

var employees = extract.List{Request: extract.Request{Template: "/employees"}, Items: "employees"}

func page(next string, items ...string) http.HandlerFunc {
	return answer(200, fmt.Sprintf(`{"data":{"nextCursor":%s,"previousCursor":"zz","employees":[%s]}}`, next, strings.Join(items, ",")))
}

// walk reads a list and describes its pages, each as number, cursor, items and next cursor.
func walk(ctx context.Context, client *extract.Client, list extract.List, from string) (pages []string, err error) {
	for page, err := range client.Pages(ctx, list, from) {
		if err != nil {
			return pages, err
		}
		pages = append(pages, fmt.Sprintf("%d %q %s %q", page.Number, page.Cursor, page.Items, page.Next))
	}
	return pages, nil
}

func TestAListIsReadToItsEndHoweverTheEndIsWritten(t *testing.T) {
	for name, last := range map[string]http.HandlerFunc{
		"null":    page(`null`, `3`),
		"empty":   page(`""`, `3`),
		"missing": answer(200, `{"data":{"employees":[3]}}`),
		"bare":    answer(200, `{"employees":[3],"nextCursor":null}`),
	} {
		client := newAPI(t, nil, page(`"b"`, `1`, `{"_id":"2"}`), page(`"c"`), last).client(t)
		got, err := walk(t.Context(), client, employees, "")
		want := []string{`1 "" [1 {"_id":"2"}] "b"`, `2 "b" [] "c"`, `3 "c" [3] ""`}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestAPageIsAskedForWithItsSizeItsCursorAndTheListsQuery(t *testing.T) {
	server := newAPI(t, nil, page(`"x&y=1"`, `1`), page(`null`))
	client := server.client(t, func(c *extract.Config) { c.PageSize = 25 })
	list, values := employees, url.Values{"employerId": {"e1"}}
	list.Query = extract.NewQuery(values)
	if _, err := walk(t.Context(), client, list, "start"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range server.requests() {
		got = append(got, r.URL.Query().Encode())
	}
	want := []string{"employerId=e1&limit=25&nextCursor=start", "employerId=e1&limit=25&nextCursor=x%26y%3D1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(url.Values{"employerId": {"e1"}}, values); diff != "" {
		t.Errorf("the caller's query was changed: %s", diff)
	}
}

func TestACursorMayBeANumberAndMayStandBesideTheData(t *testing.T) {
	client := newAPI(t, nil,
		page(`12345678901234567890`, `1`),
		answer(200, `{"data":{"employees":[2]},"nextCursor":"q"}`),
		answer(200, `{"employees":[3],"nextCursor":""}`)).client(t)
	got, err := walk(t.Context(), client, employees, "")
	want := []string{`1 "" [1] "12345678901234567890"`, `2 "12345678901234567890" [2] "q"`, `3 "q" [3] ""`}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestAWalkThatComesBackToACursorFails(t *testing.T) {
	for name, c := range map[string]struct {
		from  string
		steps []http.HandlerFunc
		pages int
	}{
		"the one it was given": {"", []http.HandlerFunc{page(`"a"`, `1`), page(`"a"`, `2`)}, 1},
		"an earlier one":       {"", []http.HandlerFunc{page(`"a"`, `1`), page(`"b"`, `2`), page(`"c"`), page(`"a"`, `3`)}, 3},
		"where it started":     {"a", []http.HandlerFunc{page(`"b"`, `1`), page(`"a"`, `2`)}, 1},
	} {
		got, err := walk(t.Context(), newAPI(t, nil, c.steps...).client(t), employees, c.from)
		if extract.ClassOf(err) != extract.ClassLoop || len(got) != c.pages || errors.Is(err, extract.ErrCursorRefused) {
			t.Errorf("%s: %d pages, %v", name, len(got), err)
		}
	}
}

func TestEmptyPagesGoOnButNotForEver(t *testing.T) {
	n := 0
	endless := func(w http.ResponseWriter, r *http.Request) {
		n++
		if n == 999 {
			page(fmt.Sprint(n), `1`)(w, r) // one row, and the count starts anew
			return
		}
		page(fmt.Sprint(n))(w, r)
	}
	got, err := walk(t.Context(), newAPI(t, endless).client(t), employees, "")
	if extract.ClassOf(err) != extract.ClassLoop || len(got) != 999+999 {
		t.Errorf("%d pages, %v", len(got), err)
	}
}

func TestAPageOfTheWrongShapeIsAskedForAgainAndThenMalformed(t *testing.T) {
	for _, body := range []string{
		`{"data":{"nextCursor":null}}`, `{"data":{"employers":[]}}`, `{"data":{"employees":null}}`, `{"data":{"employees":{}}}`,
		`{"data":[]}`, `[]`, `null`, `{"message":"s3cret"}`, `{"data":{"employees":[],"nextCursor":{"a":1}}}`,
		`{"data":{"employees":[],"nextCursor":true}}`,
	} {
		server := newAPI(t, answer(200, body))
		got, err := walk(t.Context(), server.client(t), employees, "")
		if extract.ClassOf(err) != extract.ClassMalformed || len(got) != 0 || len(server.requests()) != 4 {
			t.Errorf("%s: %d pages after %d requests, %v", body, len(got), len(server.requests()), err)
		}
		got, err = walk(t.Context(), newAPI(t, page(`null`, `1`), answer(200, body)).client(t), employees, "")
		if len(got) != 1 || err != nil {
			t.Errorf("%s once: %d pages, %v", body, len(got), err)
		}
	}
}

func TestARefusedCursorCanBeToldFromARefusedList(t *testing.T) {
	for _, status := range []int{400, 404, 410, 422} {
		got, err := walk(t.Context(), newAPI(t, nil, page(`"a"`, `1`), answer(status, `{"code":7}`)).client(t), employees, "")
		var e *extract.Error
		if !errors.Is(err, extract.ErrCursorRefused) || !errors.As(err, &e) || e.Status != status || len(got) != 1 {
			t.Errorf("%d with a cursor: %v", status, err)
		}
		_, err = walk(t.Context(), newAPI(t, nil, answer(status, ``)).client(t), employees, "")
		if errors.Is(err, extract.ErrCursorRefused) || !errors.As(err, &e) || e.Status != status {
			t.Errorf("%d without a cursor: %v", status, err)
		}
	}
	_, err := walk(t.Context(), newAPI(t, nil, answer(401, ``)).client(t), employees, "a")
	if errors.Is(err, extract.ErrCursorRefused) || extract.ClassOf(err) != extract.ClassRefused {
		t.Errorf("401 with a cursor: %v", err)
	}
}

func TestNoPageIsReadBeforeItIsAskedFor(t *testing.T) {
	server := newAPI(t, page(`"a"`, `1`))
	for _, err := range server.client(t).Pages(t.Context(), employees, "") {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if n := len(server.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
