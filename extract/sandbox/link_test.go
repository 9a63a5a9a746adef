package sandbox

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// link asks a detail for its document link.
func (c client) link() string {
	c.t.Helper()
	l := str(c.get("/employer-documents/63fe5ca6d93310ec79aee4f2"), "data", "url")
	if !strings.HasPrefix(l, c.base+"/documents/") {
		c.t.Fatalf("link %q", l)
	}
	return l
}

func fetch(t *testing.T, link string, header http.Header) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

func TestEachRequestMintsAnotherLinkToTheSameBytes(t *testing.T) {
	c := start(t, small())
	one, two := c.link(), c.link()
	if one == two {
		t.Error("a link came twice")
	}
	status, a, h := fetch(t, one, http.Header{})
	_, b, _ := fetch(t, two, http.Header{})
	if status != http.StatusOK || a != b || len(a) != 300 || !strings.HasPrefix(a, "%PDF-") {
		t.Errorf("status %d, %d and %d bytes", status, len(a), len(b))
	}
	if h.Get("Content-Type") != "application/pdf" || !strings.Contains(h.Get("Content-Disposition"), "filename=") {
		t.Errorf("headers %v", h)
	}
	u, err := url.Parse(one)
	if err != nil || u.Query().Get("X-Amz-Expires") != "3600" || u.Query().Get("X-Amz-Algorithm") == "" {
		t.Errorf("link %s: %v", one, err)
	}
}

func TestALinkDiesAfterAnHour(t *testing.T) {
	var later atomic.Int64
	cfg := small()
	cfg.Clock = func() time.Time { return time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC).Add(time.Duration(later.Load())) }
	c := start(t, cfg)
	link := c.link()
	later.Store(int64(time.Hour))
	if status, _, _ := fetch(t, link, http.Header{}); status != http.StatusOK {
		t.Errorf("after an hour: status %d", status)
	}
	later.Store(int64(time.Hour + time.Second))
	status, body, h := fetch(t, link, http.Header{})
	if status != http.StatusForbidden || !strings.Contains(body, "<Message>Request has expired</Message>") || h.Get("Content-Type") != "application/xml" {
		t.Errorf("a second later: status %d: %s", status, body)
	}
}

func TestALinkThatWasTouchedIsRefused(t *testing.T) {
	c := start(t, small())
	link := c.link()
	for _, bad := range []string{
		strings.Replace(link, "63fe5ca6d93310ec79aee4f2", "63fe5ca6d93310ec79aee4f1", 1),
		strings.Replace(link, "X-Amz-Expires=3600", "X-Amz-Expires=9999", 1),
		link[:len(link)-1], link + "0", link[:strings.Index(link, "?")],
	} {
		if status, body, _ := fetch(t, bad, http.Header{}); status != http.StatusForbidden || !strings.Contains(body, "SignatureDoesNotMatch") {
			t.Errorf("status %d: %s", status, body)
		}
	}
}

func TestKeysThatReachTheDocumentHostAreCounted(t *testing.T) {
	c := start(t, small())
	fetch(t, c.link(), http.Header{})
	fetch(t, c.link(), http.Header{"X-Api-Key": {"sandbox-key"}})
	if status, _, _ := fetch(t, c.link(), http.Header{"Authorization": {"Bearer x"}}); status != http.StatusBadRequest {
		t.Errorf("with a second authorization: status %d", status)
	}
	for _, r := range c.s.Requests() {
		if r.Route == routeDocument && (r.Count != 3 || r.WithKeys != 2) {
			t.Errorf("counted %+v", r)
		}
	}
}

func TestDocumentsAreRefiledWithOtherBytes(t *testing.T) {
	c := start(t, small())
	before := c.s.Truth().Documents
	for range 20 {
		c.s.AdvanceDay()
	}
	after, changed := c.s.Truth().Documents, c.s.Changes(0, 20)
	for _, resource := range []string{documentsName, runsName} {
		refiled := 0
		for id, sum := range before[resource] {
			if now, ok := after[resource][id]; ok && now != sum {
				refiled++
				if len(changed[resource].What[id]) == 0 {
					t.Errorf("%s %s has other bytes and nothing shows it", resource, id)
				}
			}
		}
		if refiled == 0 {
			t.Errorf("%s: nothing was filed again", resource)
		}
	}
}
