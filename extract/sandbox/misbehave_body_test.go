package sandbox

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func unpacked(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

func TestABodyCanBeRightAndStillBeSentWrongly(t *testing.T) {
	const path = "/employers?limit=3"
	for name, tc := range map[string]struct {
		fault Fault
		check func(t *testing.T, want []byte, res *http.Response, got []byte, err error)
	}{
		"verbatim": {Fault{Kind: Verbatim, Body: "[null]"}, func(t *testing.T, _ []byte, res *http.Response, got []byte, _ error) {
			if res.StatusCode != http.StatusOK || string(got) != "[null]" {
				t.Errorf("status %d, %s", res.StatusCode, got)
			}
		}},
		"rewritten": {Fault{Kind: Rewritten, Rewrite: bytes.ToUpper}, func(t *testing.T, want []byte, _ *http.Response, got []byte, _ error) {
			if !bytes.Equal(got, bytes.ToUpper(want)) {
				t.Errorf("%s", got)
			}
		}},
		"cut in the chunks": {Fault{Kind: CutChunk}, func(t *testing.T, want []byte, res *http.Response, got []byte, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(got) != len(want)/2 || res.ContentLength != -1 {
				t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
			}
		}},
		"another type": {Fault{Kind: WrongType}, func(t *testing.T, want []byte, res *http.Response, got []byte, _ error) {
			if !bytes.Equal(got, want) || res.Header.Get("Content-Type") == jsonType {
				t.Errorf("%v, %s", res.Header, got)
			}
		}},
		"compressed": {Fault{Kind: Gzip}, func(t *testing.T, want []byte, res *http.Response, got []byte, _ error) {
			if !bytes.Equal(got, want) || !res.Uncompressed {
				t.Errorf("%v, %s", res.Header, got)
			}
		}},
		"compressed in secret": {Fault{Kind: GzipHidden}, func(t *testing.T, want []byte, res *http.Response, got []byte, _ error) {
			if !bytes.Equal(unpacked(t, got), want) || res.Header.Get("Content-Encoding") != "" {
				t.Errorf("%v, %q", res.Header, got)
			}
		}},
		"an odd cursor": {Fault{Kind: OddCursor, Body: `{"a":1}`}, func(t *testing.T, _ []byte, _ *http.Response, got []byte, _ error) {
			if cursor := at(decode(t, got), "data", "nextCursor"); !cmp.Equal(cursor, any(map[string]any{"a": json.Number("1")})) {
				t.Errorf("%#v", cursor)
			}
		}},
		"repeated rows": {Fault{Kind: RepeatRows}, func(t *testing.T, want []byte, _ *http.Response, got []byte, _ error) {
			rows, once := list(decode(t, got), "data", "employers"), list(decode(t, want), "data", "employers")
			if len(rows) != 6 || !cmp.Equal(rows[0], rows[1]) || !cmp.Equal(rows[4], once[2]) {
				t.Errorf("%v", rows)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, small())
			_, want, err := c.try(path)
			if err != nil {
				t.Fatal(err)
			}
			tc.fault.Times = 1
			c.s.Inject(tc.fault)
			res, got, err := c.try(path)
			if res == nil {
				t.Fatal(err)
			}
			tc.check(t, want, res, got, err)
			if _, again, _ := c.try(path); !bytes.Equal(want, again) || len(c.s.Unfired()) != 0 {
				t.Errorf("after the fault: %s", again)
			}
		})
	}
}

func TestAnEmptyPageMayStandBeforeTheFirst(t *testing.T) {
	c := start(t, small())
	want := c.get("/employers?limit=3")
	fired := c.s.Inject(Fault{Kind: Interlude, Match: "/employers"})
	empty := c.get("/employers?limit=3")
	got := c.get("/employers?limit=3&nextCursor=" + str(empty, "data", "nextCursor"))
	if len(list(empty, "data", "employers")) != 0 || !cmp.Equal(list(got, "data", "employers"), list(want, "data", "employers")) {
		t.Errorf("%v and then %v", empty, got)
	}
	if fired.Count() != 1 {
		t.Errorf("fired %d times", fired.Count())
	}
}

func TestABodyThatNeverComesOrNeverEndsEndsWithTheClient(t *testing.T) {
	for _, kind := range []FaultKind{Stall, Flood} {
		c := start(t, small())
		c.s.Inject(Fault{Kind: kind})
		res := c.do(http.MethodGet, "/employers")
		if kind == Flood {
			if n, err := io.CopyN(io.Discard, res.Body, 1<<20); err != nil {
				t.Errorf("%s: %d bytes, %v", kind, n, err)
			}
		} else if res.ContentLength <= 0 {
			t.Errorf("%s announces %d bytes", kind, res.ContentLength)
		}
		_ = res.Body.Close()
		if err := c.s.Close(); err != nil { // which waits for its requests
			t.Error(err)
		}
	}
}

func TestTheLogTellsWhenAThrottledClientMayComeAgain(t *testing.T) {
	for _, tc := range []struct {
		fault Fault
		least time.Duration
	}{
		{Fault{RetryAfter: "7"}, 7 * time.Second},
		{Fault{RetryAt: time.Minute}, 58 * time.Second},
		{Fault{RetryAfter: "soon"}, 0},
		{Fault{}, 0},
	} {
		c := start(t, small())
		tc.fault.Kind, tc.fault.Status = StatusFault, http.StatusTooManyRequests
		c.s.Inject(tc.fault)
		res, _, err := c.try("/employers")
		if err != nil {
			t.Fatal(err)
		}
		served := c.s.Served()[0]
		if tc.least == 0 && !served.Until.IsZero() || tc.least > 0 && served.Until.Sub(served.At) < tc.least {
			t.Errorf("%+v: from %v until %v", tc.fault, served.At, served.Until)
		}
		if date, err := http.ParseTime(res.Header.Get("Retry-After")); tc.fault.RetryAt > 0 && (err != nil || date.Before(served.Until.Add(-time.Second))) {
			t.Errorf("the header says %q, the log %v", res.Header.Get("Retry-After"), served.Until)
		}
	}
}
