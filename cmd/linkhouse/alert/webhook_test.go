package alert

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Semantics 12, for the webhook: it is tried again with growing waits, Retry-After is honoured, no redirect is followed, and no
// error holds an address. Mutation: without CheckRedirect it is red, and with err.Error() in unreachable.
func TestAWebhookIsAskedAgainWhereThatMayHelpAndNamedNowhere(t *testing.T) {
	t.Parallel()
	elsewhere := newReceiver(t)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		url    string // of another webhook
		asked  int
		why    string
		final  bool
		after  time.Duration
	}{
		"500":           {answer: status(500), asked: attempts, why: "status 500"},
		"404":           {answer: status(404), asked: 1, why: "status 404", final: true},
		"redirect":      {answer: http.RedirectHandler(elsewhere.url, http.StatusTemporaryRedirect).ServeHTTP, asked: 1, why: "a redirect (status 307), which is not followed", final: true},
		"hang":          {answer: hang, asked: attempts, why: "no answer in time"},
		"cut":           {answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, asked: attempts, why: "it cannot be reached"},
		"busy for long": {answer: retryIn("600"), asked: 1, why: "status 429", after: 10 * time.Minute},
		"refused":       {url: "http://" + gone.Addr().String() + "/" + token, why: "connection refused"},
		"no such name":  {url: "http://nobody.invalid/" + token, why: "its name cannot be resolved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			r.will(c.answer)
			url := r.url
			if c.url != "" {
				url = c.url
			}
			w := NewWebhook(url, FormatJSON, "linkhouse/test")
			w.backoff, w.timeout = time.Millisecond, 200*time.Millisecond
			if c.answer == nil || name != "hang" {
				w.timeout = attemptTimeout
			}
			var got *UndeliveredError
			if err := w.Send(t.Context(), &Message{}); !errors.As(err, &got) {
				t.Fatalf("%v", err)
			}
			_, asked := r.told()
			if asked != c.asked || got.Why != c.why && name != "no such name" || got.Final != c.final || got.After != c.after {
				t.Errorf("asked %d times: %+v", asked, got)
			}
			for _, part := range []string{token, "127.0.0.1", "nobody", "http"} {
				if strings.Contains(got.Error(), part) {
					t.Errorf("the error names %s: %s", part, got)
				}
			}
		})
	}
	t.Cleanup(func() {
		if _, asked := elsewhere.told(); asked != 0 {
			t.Error("the redirect was followed")
		}
	})
}

func retryIn(seconds string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", seconds)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// Mutation: without undelivered.After in Send's wait it is red.
func TestAWebhookThatAsksForAMomentGetsIt(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	var first time.Time
	r.will(func(w http.ResponseWriter, request *http.Request) {
		first = time.Now()
		r.will(nil)
		retryIn("1")(w, request)
	})
	w := NewWebhook(r.url, FormatJSON, "linkhouse/test")
	w.backoff = time.Millisecond
	if err := w.Send(t.Context(), &Message{}); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(first); waited < time.Second {
		t.Errorf("it was asked again after %s", waited)
	}
	if taken, asked := r.told(); len(taken) != 1 || asked != 2 {
		t.Errorf("%d taken, %d asked", len(taken), asked)
	}
}

func TestBothFormsOfARetryAfterAreRead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "7": 7 * time.Second, "999999999999": longestLater, "Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}
