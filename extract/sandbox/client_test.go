package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// client reads a sandbox over real HTTP, as any other program must.
type client struct {
	t    testing.TB
	s    *Server
	base string
}

func start(t testing.TB, c Config) client {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	base, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return client{t, s, base}
}

// small is a world that a test can crawl quickly and that still has every trap.
func small() Config {
	c := DefaultConfig()
	c.Employees, c.Employers, c.Statements, c.Users, c.Documents, c.DeductionTypes = 130, 14, 5, 30, 3, 2
	c.DocumentBytes = 300
	return c
}

func (c client) do(method, path string) *http.Response {
	c.t.Helper()
	r, err := http.NewRequest(method, c.base+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("x-api-key", "sandbox-key")
	r.Header.Set("x-api-secret", "sandbox-secret")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return res
}

func (c client) body(path string) (int, []byte) {
	c.t.Helper()
	res := c.do(http.MethodGet, path)
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode, b
}

// get decodes an answer, with numbers as they are written.
func (c client) get(path string) any {
	c.t.Helper()
	status, b := c.body(path)
	if status != http.StatusOK {
		c.t.Fatalf("%s: status %d: %s", path, status, b)
	}
	return decode(c.t, b)
}

func decode(t testing.TB, b []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return v
}

// at walks into objects by their keys.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

func list(v any, keys ...string) []any {
	l, _ := at(v, keys...).([]any)
	return l
}

func str(v any, keys ...string) string {
	s, _ := at(v, keys...).(string)
	return s
}

// pages reads a list to its end.
func (c client) pages(path, key, query string) (pages [][]any) {
	c.t.Helper()
	cursor := ""
	for range 10_000 {
		q := query
		if cursor != "" {
			q += "&nextCursor=" + cursor
		}
		v := c.get(path + "?" + q)
		pages = append(pages, list(v, "data", key))
		if cursor = str(v, "data", "nextCursor"); cursor == "" {
			return pages
		}
	}
	c.t.Fatal("the list does not end")
	return nil
}

func flat(pages [][]any) (all []any) {
	for _, p := range pages {
		all = append(all, p...)
	}
	return all
}

// split tells the objects with an id, each once, from the bad items.
func split(items []any) (good []map[string]any, bad int) {
	seen := map[string]bool{}
	for _, v := range items {
		m, _ := v.(map[string]any)
		id := str(m, "_id")
		switch {
		case id == "":
			bad++
		case !seen[id]:
			seen[id] = true
			good = append(good, m)
		}
	}
	return good, bad
}

func ids(items []any) (all []string) {
	for _, v := range items {
		all = append(all, str(v, "_id"))
	}
	return all
}

func accountsPath(user string) string { return "/" + escape(user) + "/pay-link/accounts" }
func tasksPath(user string) string    { return "/user/" + escape(user) + "/tasks" }

// escape also encodes the dots of "." and "..".
func escape(segment string) string {
	if segment == "." || segment == ".." {
		return strings.ReplaceAll(segment, ".", "%2E")
	}
	return url.PathEscape(segment)
}

// number of a JSON number or numeric string, as a warehouse would understand it.
func ratOf(v any) *big.Rat {
	s := ""
	switch n := v.(type) {
	case json.Number:
		s = n.String()
	case string:
		s = n
	}
	if s == "" || strings.Trim(s, "+-0123456789.eE") != "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return r
}
