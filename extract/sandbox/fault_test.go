package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// try is one request whose failure is what the test is about.
func (c client) try(path string) (*http.Response, []byte, error) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.base+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("x-api-key", "sandbox-key")
	r.Header.Set("x-api-secret", "sandbox-secret")
	h := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := h.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res, b, err
}

func TestEachFaultMakesARequestGoWrongOnceAndThenNoMore(t *testing.T) {
	const path = "/employees?limit=20"
	for name, tc := range map[string]struct {
		fault Fault
		path  string
		check func(t *testing.T, res *http.Response, body []byte, err error)
	}{
		"throttled": {Fault{Kind: StatusFault, Status: 429, RetryAfter: "7"}, path, func(t *testing.T, res *http.Response, b []byte, _ error) {
			if res.StatusCode != 429 || res.Header.Get("Retry-After") != "7" || !json.Valid(b) {
				t.Errorf("status %d, %v, %s", res.StatusCode, res.Header, b)
			}
		}},
		"html": {Fault{Kind: HTML}, path, func(t *testing.T, res *http.Response, b []byte, _ error) {
			if res.StatusCode != 502 || !strings.HasPrefix(string(b), "<html>") {
				t.Errorf("status %d, %s", res.StatusCode, b)
			}
		}},
		"reset": {Fault{Kind: Reset}, path, func(t *testing.T, _ *http.Response, b []byte, err error) {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}},
		"truncate": {Fault{Kind: Truncate}, path, func(t *testing.T, res *http.Response, b []byte, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(b)) != res.ContentLength/2 {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}},
		"notjson": {Fault{Kind: NotJSON}, path, func(t *testing.T, res *http.Response, b []byte, _ error) {
			if res.StatusCode != 200 || json.Valid(b) {
				t.Errorf("status %d, %s", res.StatusCode, b)
			}
		}},
		"badutf8": {Fault{Kind: BadUTF8}, path, func(t *testing.T, _ *http.Response, b []byte, _ error) {
			if utf8.Valid(b) {
				t.Errorf("%s", b)
			}
		}},
		"wrongshape": {Fault{Kind: WrongShape}, path, func(t *testing.T, res *http.Response, b []byte, _ error) {
			if res.StatusCode != 200 || !json.Valid(b) || list(decode(t, b), "data", "employees") != nil {
				t.Errorf("status %d, %s", res.StatusCode, b)
			}
		}},
		"redirect": {Fault{Kind: Redirect, URL: "http://127.0.0.1:1/x"}, path, func(t *testing.T, res *http.Response, _ []byte, _ error) {
			if res.StatusCode != 302 || res.Header.Get("Location") != "http://127.0.0.1:1/x" {
				t.Errorf("status %d, %v", res.StatusCode, res.Header)
			}
		}},
		"emptylist": {Fault{Kind: EmptyList}, path, func(t *testing.T, _ *http.Response, b []byte, _ error) {
			v := decode(t, b)
			if rows, ok := at(v, "data", "employees").([]any); !ok || len(rows) != 0 || at(v, "data", "nextCursor") != nil {
				t.Errorf("%s", b)
			}
		}},
		"emptylist of accounts": {Fault{Kind: EmptyList}, "/IDENTIFIER_FROM_YOUR_SYSTEM/pay-link/accounts", func(t *testing.T, _ *http.Response, b []byte, _ error) {
			if string(b) != `{"accounts":[]}` {
				t.Errorf("%s", b)
			}
		}},
		"emptypage": {Fault{Kind: EmptyPage}, path, func(t *testing.T, _ *http.Response, b []byte, _ error) {
			v := decode(t, b)
			if len(list(v, "data", "employees")) != 0 || str(v, "data", "nextCursor") == "" {
				t.Errorf("%s", b)
			}
		}},
		"shortlist": {Fault{Kind: ShortList}, path, func(t *testing.T, _ *http.Response, b []byte, _ error) {
			v := decode(t, b)
			if len(list(v, "data", "employees")) != 10 || at(v, "data", "nextCursor") != nil {
				t.Errorf("%s", b)
			}
		}},
		"gzipbomb": {Fault{Kind: GzipBomb, Bytes: 3 << 20}, path, func(t *testing.T, res *http.Response, b []byte, err error) {
			if err != nil || len(b) < 3<<20 || !res.Uncompressed {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}},
		"drip": {Fault{Kind: Drip, Delay: time.Millisecond}, path, func(t *testing.T, res *http.Response, b []byte, err error) {
			if err != nil || int64(len(b)) != res.ContentLength || !json.Valid(b) {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}},
		"slow": {Fault{Kind: Slow, Delay: time.Millisecond}, path, func(t *testing.T, res *http.Response, b []byte, err error) {
			if err != nil || res.StatusCode != 200 || !json.Valid(b) {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, small())
			_, want, err := c.try(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			tc.fault.Times = 1
			fired := c.s.Inject(tc.fault)
			if len(c.s.Unfired()) != 1 {
				t.Error("a fault that has not fired is not reported")
			}
			res, b, err := c.try(tc.path)
			if err != nil && res == nil && tc.fault.Kind != Reset {
				t.Fatal(err)
			}
			tc.check(t, res, b, err)
			if fired.Count() != 1 || len(c.s.Unfired()) != 0 {
				t.Errorf("fired %d times, unfired %v", fired.Count(), c.s.Unfired())
			}
			if _, again, err := c.try(tc.path); err != nil || !cmp.Equal(want, again) {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestAFaultThatFiredTooSeldomCountsAsUnfired(t *testing.T) {
	c := start(t, small())
	c.s.Inject(Fault{Kind: StatusFault, Status: 500, Times: 2})
	for _, want := range []int{1, 0} {
		c.body("/employers")
		if n := len(c.s.Unfired()); n != want {
			t.Errorf("%d unfired, want %d", n, want)
		}
	}
}

func TestAnAPIThatRecoversHasNoFaultsAnyMore(t *testing.T) {
	c := start(t, small())
	c.s.Inject(Fault{Kind: StatusFault})
	c.s.Recover()
	if status, _ := c.body("/employers"); status != http.StatusOK || len(c.s.Unfired()) != 0 {
		t.Errorf("status %d, unfired %v", status, c.s.Unfired())
	}
}

func TestALoopingCursorIsTheOneThatWasGiven(t *testing.T) {
	c := start(t, small())
	fired := c.s.Inject(Fault{Kind: LoopCursor, Match: "/employees"})
	first := str(c.get("/employees?limit=3"), "data", "nextCursor")
	if second := str(c.get("/employees?limit=3&nextCursor="+first), "data", "nextCursor"); second != first || fired.Count() != 1 {
		t.Errorf("%s and then %s, fired %d times", first, second, fired.Count())
	}
}

func TestAnEndlessListNeverRepeatsACursor(t *testing.T) {
	c := start(t, small())
	fired := c.s.Inject(Fault{Kind: Endless, Match: "/employees"})
	seen := map[string]bool{}
	cursor := ""
	for range 200 {
		v := c.get("/employees?limit=3&nextCursor=" + cursor)
		cursor = str(v, "data", "nextCursor")
		if len(list(v, "data", "employees")) != 3 || len(cursor) != 24 || seen[cursor] {
			t.Fatalf("after %d pages: %v", len(seen), v)
		}
		seen[cursor] = true
	}
	if fired.Count() != 200 {
		t.Errorf("fired %d times", fired.Count())
	}
}

func TestAHangingRequestEndsWithTheClientOrTheServer(t *testing.T) {
	c := start(t, small())
	c.s.Inject(Fault{Kind: Hang})
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/employers", nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 2)
	ask := func(r *http.Request) {
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		failed <- err
	}
	go ask(r)
	for len(c.s.Served()) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the client gave up with %v", err)
	}
	go ask(r.Clone(context.Background()))
	for len(c.s.Served()) < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := c.s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; err == nil {
		t.Error("the hanging request was answered")
	}
}

func TestDocumentFaults(t *testing.T) {
	c := start(t, small())
	expiry := c.s.Inject(Fault{Kind: Expired, Match: "/documents/*", Times: 1})
	link := c.link()
	if status, body, _ := fetch(t, link, http.Header{}); status != http.StatusForbidden || !strings.Contains(body, "expired") || expiry.Count() != 1 {
		t.Errorf("expired: status %d: %s", status, body)
	}
	if status, _, _ := fetch(t, link, http.Header{}); status != http.StatusOK {
		t.Errorf("afterwards: status %d", status)
	}
	c.s.Inject(Fault{Kind: Truncate, Match: "/documents/*", Times: 1})
	if _, b, err := c.try(strings.TrimPrefix(link, c.base)); !errors.Is(err, io.ErrUnexpectedEOF) || len(b) != 150 {
		t.Errorf("truncated: %d bytes, %v", len(b), err)
	}
	early := c.s.Inject(Fault{Kind: EarlyDeath, Match: "/employer-documents/*", Delay: 2 * time.Second})
	if short := c.link(); !strings.Contains(short, "X-Amz-Expires=2&") || early.Count() != 1 {
		t.Errorf("a link that dies early: %s", short)
	}
	if len(c.s.Unfired()) != 0 {
		t.Errorf("unfired: %v", c.s.Unfired())
	}
}

func TestARuleFiresWhenItSaysSo(t *testing.T) {
	for name, tc := range map[string]struct {
		fault Fault
		want  string // of ten requests, x where it fires
	}{
		"skip and times":      {Fault{Skip: 2, Times: 3}, "..xxx....."},
		"every third":         {Fault{EveryNth: 3}, "..x..x..x."},
		"every third of some": {Fault{EveryNth: 3, Skip: 1, Times: 2}, "...x..x..."},
		"another path":        {Fault{Match: "/employees/*"}, ".........."},
		"this path":           {Fault{Match: "/*/pay-link/accounts"}, "xxxxxxxxxx"},
		"a condition":         {Fault{When: func(r *http.Request) bool { return r.URL.Query().Has("supported") }}, ".........."},
	} {
		c := start(t, small())
		tc.fault.Kind, tc.fault.Status = StatusFault, 503
		c.s.Inject(tc.fault)
		got := ""
		for range 10 {
			if status, _ := c.body(accountsPath("acme/ops")); status == 503 {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestAChanceFiresAboutSoOftenAndEquallyForEqualSeeds(t *testing.T) {
	count := func() int {
		c := start(t, small())
		fired := c.s.Inject(Fault{Kind: StatusFault, Status: 500, Chance: 0.2})
		for range 500 {
			c.body("/employers?limit=1")
		}
		fired.Stop()
		if status, _ := c.body("/employers"); status != http.StatusOK {
			t.Errorf("after Stop: status %d", status)
		}
		return fired.Count()
	}
	if a, b := count(), count(); a != b || a < 60 || a > 140 {
		t.Errorf("%d and %d of 500", a, b)
	}
}
