package extract_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/linkhouse/linkhouse/extract"
)

func TestABodyIsGivenAsItCame(t *testing.T) {
	const body = " {\"data\": {\"amount\": 1e2, \"_id\": \"\\u0000\"}}\n"
	got, err := newAPI(t, answer(200, body)).client(t).Get(t.Context(), employers)
	if err != nil || string(got) != body {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestEveryCallCarriesTheCredentialsAndTheVersion(t *testing.T) {
	server := newAPI(t, ok, answer(500, ""))
	if _, err := server.client(t).Get(t.Context(), employers); err != nil {
		t.Fatal(err)
	}
	for _, r := range server.requests() {
		got := []string{r.Method, r.Header.Get("x-api-key"), r.Header.Get("x-api-secret"), r.Header.Get("x-atomic-version")}
		if diff := cmp.Diff([]string{"GET", "the-key", "the-secret", "2022-12-02"}, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere := newAPI(t, ok)
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/employers", status)
		})
		_, err := server.client(t).Get(t.Context(), employers)
		var e *extract.Error
		if !errors.As(err, &e) || e.Class != extract.ClassInvalid || e.Status != status || e.Attempts != 1 {
			t.Errorf("%d: %#v", status, err)
		}
	}
	if n := len(elsewhere.requests()); n != 0 {
		t.Errorf("%d requests went to where the redirect pointed", n)
	}
}

func TestAnAnswerThatWillNotChangeIsNotAskedForAgain(t *testing.T) {
	for status, class := range map[int]extract.Class{
		400: extract.ClassInvalid, 401: extract.ClassRefused, 403: extract.ClassRefused, 404: extract.ClassNotFound,
		409: extract.ClassInvalid, 410: extract.ClassNotFound, 422: extract.ClassInvalid,
	} {
		server := newAPI(t, answer(status, `{"code":40104,"message":"no"}`))
		_, err := server.client(t).Get(t.Context(), extract.Request{Template: "/employees/{id}", Args: []string{"1"}})
		want := &extract.Error{Op: "GET /employees/{id}", Class: class, Status: status, Attempts: 1, Code: "40104"}
		var got *extract.Error
		if !errors.As(err, &got) || got.Error() != want.Error() || extract.ClassOf(err) != class || got.Attempts != 1 {
			t.Errorf("%d: got %v, want %v", status, err, want)
		}
		if n := len(server.requests()); n != 1 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
}

// faults are the failures that may pass.
var faults = map[string]struct {
	step   http.HandlerFunc
	class  extract.Class
	status int
}{
	"throttled":         {throttled("0"), extract.ClassThrottled, 429},
	"server error":      {answer(500, `{"error":"x"}`), extract.ClassUnavailable, 500},
	"gateway page":      {answer(502, `<html>bad gateway</html>`), extract.ClassUnavailable, 502},
	"request timeout":   {answer(408, ``), extract.ClassUnavailable, 408},
	"a method too many": {answer(501, ``), extract.ClassUnavailable, 501},
	"no answer at all":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, extract.ClassUnavailable, 0},
	"broken off":        {reset, extract.ClassMalformed, 200},
	"cut short":         {cut(`{"data":{}}`), extract.ClassMalformed, 200},
	"page for a body":   {answer(200, `<html>hello</html>`), extract.ClassMalformed, 200},
	"half a body":       {answer(200, `{"data":{`), extract.ClassMalformed, 200},
	"two bodies":        {answer(200, `{} {}`), extract.ClassMalformed, 200},
	"no body":           {answer(200, ``), extract.ClassMalformed, 200},
	"no content":        {answer(204, ``), extract.ClassMalformed, 204},
	"hanging":           {hang, extract.ClassUnavailable, 0},
	"hanging in a body": {hangInBody, extract.ClassUnavailable, 200},
	"corrupt gzip":      {compressed([]byte("not gzip")), extract.ClassMalformed, 200},
	"half a gzip":       {compressed(pack(`{"data":"` + strings.Repeat("x", 999) + `"}`)[:20]), extract.ClassMalformed, 200},
}

func hangInBody(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `{"data":`)
	_ = http.NewResponseController(w).Flush()
	hang(w, r)
}

func compressed(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}
}

func pack(body string) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = io.WriteString(w, body)
	_ = w.Close()
	return buf.Bytes()
}

func hasty(c *extract.Config) { c.Timeout = 300 * time.Millisecond }

func TestAFailureThatPassesIsNotSeen(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			client := newAPI(t, ok, fault.step, fault.step).client(t, hasty)
			if _, err := client.Get(t.Context(), employers); err != nil {
				t.Fatal(err)
			}
			s := client.Stats()
			if s.Requests != 3 || s.Retries != 2 {
				t.Errorf("%d requests, %d retries", s.Requests, s.Retries)
			}
		})
	}
}

func TestAFailureThatStaysIsGivenUpAfterTheLastAttempt(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			server := newAPI(t, fault.step)
			_, err := server.client(t, hasty).Get(t.Context(), employers)
			var e *extract.Error
			if !errors.As(err, &e) {
				t.Fatalf("%#v", err)
			}
			if e.Class != fault.class || e.Status != fault.status || e.Attempts != 4 || e.Op != "GET /employers" {
				t.Errorf("%+v", *e)
			}
			if n := len(server.requests()); n != 4 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestAServerThatCannotBeReachedIsUnavailable(t *testing.T) {
	server := newAPI(t, ok)
	client := server.client(t)
	server.Close()
	_, err := client.Get(t.Context(), employers)
	if extract.ClassOf(err) != extract.ClassUnavailable || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}

func TestACertificateThatIsNotTrustedIsNotTriedAgain(t *testing.T) {
	server := httptest.NewUnstartedServer(ok)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo) // of the handshakes that fail
	server.StartTLS()
	defer server.Close()
	_, err := (&api{Server: server}).client(t).Get(t.Context(), employers)
	var e *extract.Error
	if !errors.As(err, &e) || e.Class != extract.ClassUnavailable || e.Attempts != 1 {
		t.Error(err)
	}
}

func TestACompressedBodyIsUnpackedAndItsSizeIsTheUnpackedOne(t *testing.T) {
	body := `{"data":"` + strings.Repeat("0", 100_000) + `"}`
	small := func(c *extract.Config) { c.MaxBody = int64(len(body)) }
	got, err := newAPI(t, compressed(pack(body))).client(t, small).Get(t.Context(), employers)
	if err != nil || string(got) != body {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	for name, step := range map[string]http.HandlerFunc{
		"packed": compressed(pack(body + " ")), "plain": answer(200, body+" "),
	} {
		server := newAPI(t, step)
		_, err = server.client(t, small).Get(t.Context(), employers)
		if extract.ClassOf(err) != extract.ClassTooLarge || len(server.requests()) != 1 {
			t.Errorf("%s: %v after %d requests", name, err, len(server.requests()))
		}
	}
}

func TestNothingIsSentAfterTheFirstRefusal(t *testing.T) {
	for _, status := range []int{401, 403} {
		server := newAPI(t, answer(status, `{}`))
		client := server.client(t, func(c *extract.Config) { c.Concurrency = 1 })
		if failed := flow(t.Context(), client, 20); failed != 20 {
			t.Errorf("%d: only %d requests failed", status, failed)
		}
		_, err := client.Counting(new(extract.Counts)).Get(t.Context(), employers)
		var e *extract.Error
		if !errors.As(err, &e) || e.Class != extract.ClassRefused || e.Status != status || e.Attempts != 0 {
			t.Errorf("%d: a later request got %v", status, err)
		}
		if n := len(server.requests()); n != 1 {
			t.Errorf("%d: %d requests were sent", status, n)
		}
		client.TryAgain()
		if failed := flow(t.Context(), client, 20); failed != 20 {
			t.Errorf("%d: tried again, only %d requests failed", status, failed)
		}
		if n := len(server.requests()); n != 2 {
			t.Errorf("%d: tried again, %d requests were sent", status, n)
		}
	}
}

func TestNoErrorAndNoLogHoldsAnIdentifierAQueryOrABody(t *testing.T) {
	var logged bytes.Buffer
	secrets := []string{"jane@example", "jane%40example", "query-secret", "body-secret", "header-secret", "the-key", "the-secret"}
	loud := func(c *extract.Config) {
		hasty(c)
		c.Logger = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	steps := map[string]http.HandlerFunc{
		"validation error": answer(422, `{"code":"body-secret is no short word","message":"body-secret"}`),
		"identifier code":  answer(422, `{"code":"111223333"}`),
		"nested code":      answer(400, `{"error":{"code":"bad_cursor","message":"body-secret"}}`),
		"no http": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, "body-secret header-secret\r\n\r\n")
			_ = conn.Close()
		},
	}
	for name, fault := range faults {
		steps[name] = fault.step
	}
	check := func(name string, err error) {
		var leak *url.Error
		if errors.As(err, &leak) {
			t.Errorf("%s: a *url.Error surfaced", name)
		}
		for _, secret := range append(secrets, "111223333") {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	get := func(c *extract.Client) error {
		_, err := c.Get(t.Context(), extract.Request{
			Template: "/user/{user}/tasks", Args: []string{"jane@example"}, Query: extract.NewQuery(url.Values{"q": {"query-secret"}}),
		})
		return err
	}
	for name, step := range steps {
		check(name, get(newAPI(t, step).client(t, loud)))
	}
	wrapping := simulated(t, func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("body-secret")}
	}, loud, func(c *extract.Config) { c.BackoffBase = 1; c.BackoffMax = 1 })
	check("a transport that tells", get(wrapping))
	for _, secret := range secrets {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("%s was logged", secret)
		}
	}
	if !strings.Contains(logged.String(), `"template":"/user/{user}/tasks"`) || !strings.Contains(logged.String(), `"status":502`) {
		t.Error("the log does not tell what happened")
	}
}

func TestAViewCountsItsOwnRequestsAndTheClientCountsAll(t *testing.T) {
	client := newAPI(t, ok, throttled("0"), answer(200, `{"data":{}}`), answer(404, `{}`), ok).client(t)
	var outer, inner, other extract.Counts
	view := client.Counting(&outer)
	for _, c := range []*extract.Client{view.Counting(&inner), view, client.Counting(&other), client} {
		_, _ = c.Get(t.Context(), employers) // the second is answered 404
	}
	numbers := func(c *extract.Counts) [4]int64 {
		return [4]int64{c.Requests.Load(), c.Retries.Load(), c.Throttled.Load(), c.Bytes.Load()}
	}
	const size = int64(len(`{"data":{"_id":"1"}}`))
	for name, pair := range map[string][2][4]int64{
		"inner": {numbers(&inner), {2, 1, 1, 11}},
		"outer": {numbers(&outer), {3, 1, 1, 13}},
		"other": {numbers(&other), {1, 0, 0, size}},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: requests, retries, throttled, bytes: got %v, want %v", name, pair[0], pair[1])
		}
	}
	got := client.Stats()
	want := extract.Stats{
		Requests: 5, Retries: 1, Throttled: 1, Bytes: 13 + 2*size,
		Routes:  []extract.RouteStats{{"/employers", 200, 3}, {"/employers", 404, 1}, {"/employers", 429, 1}},
		Limiter: extract.LimiterStats{Limit: got.Limiter.Limit},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestWhatTheTransportSendsAgainByItselfIsCounted(t *testing.T) {
	server := newAPI(t, ok, ok, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	client := server.client(t)
	for range 2 {
		if _, err := client.Get(t.Context(), employers); err != nil {
			t.Fatal(err)
		}
	}
	if sent, counted := len(server.requests()), client.Stats().Requests; sent != 3 || counted != 3 {
		t.Errorf("%d requests arrived, %d were counted", sent, counted)
	}
}

func TestACallerThatLeavesIsNotKeptWaiting(t *testing.T) {
	for name, step := range map[string]http.HandlerFunc{"in a request": hang, "in a body": hangInBody, "in a pause": throttled("3600")} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var once sync.Once
			server := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
				once.Do(func() { time.AfterFunc(20*time.Millisecond, cancel) })
				step(w, r)
			})
			_, err := server.client(t).Get(ctx, employers)
			if extract.ClassOf(err) != extract.ClassCanceled || !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
}
