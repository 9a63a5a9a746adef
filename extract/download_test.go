package extract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/linkhouse/linkhouse/extract"
)

// downloader takes documents from test servers on loopback.
func downloader(t *testing.T, change ...func(*extract.DownloadConfig)) *extract.Downloader {
	t.Helper()
	cfg := extract.DownloadConfig{AllowPrivate: true}
	for _, f := range change {
		f(&cfg)
	}
	d, err := extract.NewDownloader(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.CloseIdle)
	return d
}

// fetch opens and reads a document whole.
func fetch(ctx context.Context, d *extract.Downloader, link string) (string, error) {
	doc, err := d.Open(ctx, link)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(doc.Body)
	return string(body), errors.Join(err, doc.Body.Close())
}

func TestADocumentStreamsWithWhatTheServerSaysOfIt(t *testing.T) {
	var header http.Header
	var uri string
	server := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		header, uri = r.Header.Clone(), r.RequestURI
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `attachment; filename="form 941.pdf"`)
		_, _ = io.WriteString(w, "%PDF")
	})
	doc, err := downloader(t).Open(t.Context(), server.URL+"/a%2Fb.pdf?X-Amz-Signature=x%2By&Expires=1#part")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(doc.Body)
	if err != nil || doc.Body.Close() != nil || string(body) != "%PDF" {
		t.Errorf("%q, %v", body, err)
	}
	if doc.Length != 4 || doc.ContentType != "application/pdf" || doc.Filename != "form 941.pdf" {
		t.Errorf("%+v", doc)
	}
	if uri != "/a%2Fb.pdf?X-Amz-Signature=x%2By&Expires=1" {
		t.Errorf("asked for %s", uri)
	}
	if diff := cmp.Diff(http.Header{"User-Agent": {"linkhouse"}}, header); diff != "" {
		t.Errorf("headers that do not belong there: %s", diff)
	}
}

func TestASuggestedNameIsOnlyAName(t *testing.T) {
	var disposition string
	server := newAPI(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Disposition", disposition) })
	d := downloader(t)
	for given, want := range map[string]string{
		``:                           "",
		`inline`:                     "",
		`attachment; filename=a.csv`: "a.csv",
		`attachment; filename="../../etc/passwd"`:               "passwd",
		`attachment; filename="C:\\x\\y.pdf"`:                   "y.pdf",
		`attachment; filename=".."`:                             "",
		`attachment; filename="dir/"`:                           "",
		`attachment; filename*=UTF-8''%C3%BC%0A%1b.pdf`:         "ü.pdf",
		`attachment; filename=` + strings.Repeat("x", 300):      "",
		`attachment; filename="broken`:                          "",
		`attachment; filename="a.pdf"; filename*=UTF-8''b.pdf;`: "b.pdf",
	} {
		disposition = given
		doc, err := d.Open(t.Context(), server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = doc.Body.Close()
		if doc.Filename != want {
			t.Errorf("%s: got %q, want %q", given, doc.Filename, want)
		}
	}
}

func TestWhatIsNoLinkIsAbsent(t *testing.T) {
	for _, link := range []string{
		"", " ", "[ATOMIC-GENERATED-PRESIGNED-S3-URL]", "null", "/file.pdf", "file.pdf", "https://", "https:///x",
		"https://[ATOMIC]/x", "http://a b/", "https://a.example.com:port/", "mailto:x@example.com", "\x00",
	} {
		_, err := downloader(t).Open(t.Context(), link)
		var e *extract.Error
		if !errors.As(err, &e) || e.Class != extract.ClassAbsent || e.Code != "no_url" {
			t.Errorf("%q: %v", link, err)
		}
	}
}

func TestALinkThatMayNotBeFollowedIsNot(t *testing.T) {
	server := newAPI(t, ok)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	strict := func(c *extract.DownloadConfig) { c.AllowPrivate = false }
	listed := func(c *extract.DownloadConfig) {
		c.AllowPrivate = false
		c.AllowedHosts = []string{"localhost", "127.0.0.1"}
	}
	for name, c := range map[string]struct {
		link   string
		config func(*extract.DownloadConfig)
		code   string
	}{
		"a host that is not listed":             {"https://example.com/x", func(*extract.DownloadConfig) {}, "host"},
		"plain http":                            {server.URL, listed, "host"},
		"loopback":                              {"https://127.0.0.1" + port, strict, "host"},
		"a listed address that is private":      {"https://127.0.0.1" + port, listed, "address"},
		"a listed name that resolves to one":    {"https://localhost" + port, listed, "address"},
		"another scheme":                        {"ftp://127.0.0.1" + port, func(*extract.DownloadConfig) {}, "host"},
		"a password":                            {"http://user:pass@127.0.0.1" + port, func(*extract.DownloadConfig) {}, "host"},
		"the metadata service":                  {"http://169.254.169.254/latest", func(*extract.DownloadConfig) {}, "host"},
		"the metadata service, although listed": {"http://169.254.169.254/latest", func(c *extract.DownloadConfig) { c.AllowedHosts = []string{"169.254.169.254"} }, "address"},
	} {
		_, err := downloader(t, c.config).Open(t.Context(), c.link)
		var e *extract.Error
		if !errors.As(err, &e) || e.Class != extract.ClassInvalid || e.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestARedirectIsFollowedWhenItLeadsToAnAllowedHost(t *testing.T) {
	target := newAPI(t, answer(200, "document"))
	to := func(location string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}
	first := newAPI(t, nil, to("/relative?sig=abc"), to(target.URL+"/there"))
	got, err := fetch(t.Context(), downloader(t), first.URL+"/here?signature=s3cret")
	if err != nil || got != "document" {
		t.Errorf("%q, %v", got, err)
	}
	for _, r := range append(first.requests(), target.requests()...) {
		if diff := cmp.Diff(http.Header{"User-Agent": {"linkhouse"}}, r.Header); diff != "" {
			t.Errorf("a redirect carries more than it should: %s", diff)
		}
	}
	for name, location := range map[string]string{
		"elsewhere": "https://example.com/x", "to another scheme": "file:///etc/passwd", "to the metadata service": "http://169.254.169.254/",
		"to nowhere": "", "to a broken url": "http://[", "round and round": "/again",
	} {
		_, err := fetch(t.Context(), downloader(t), newAPI(t, to(location)).URL)
		if extract.ClassOf(err) != extract.ClassInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	secure := httptest.NewTLSServer(to(target.URL))
	defer secure.Close()
	trusting := func(c *extract.DownloadConfig) { c.Transport = secure.Client().Transport }
	before := len(target.requests())
	if _, err = fetch(t.Context(), downloader(t, trusting), secure.URL); extract.ClassOf(err) != extract.ClassInvalid {
		t.Errorf("from https to http: %v", err)
	}
	if len(target.requests()) != before {
		t.Error("from https to http: a request arrived")
	}
}

func TestTheAnswerOfADocumentHostAsksForADecision(t *testing.T) {
	for name, c := range map[string]struct {
		step  http.HandlerFunc
		class extract.Class
	}{
		"expired":                 {answer(403, `<Error><Code>AccessDenied</Code></Error>`), extract.ClassExpired},
		"its credentials expired": {answer(400, `<Error><Code>ExpiredToken</Code></Error>`), extract.ClassExpired},
		"a bad request":           {answer(400, `<Error><Code>InvalidArgument</Code></Error>`), extract.ClassInvalid},
		"unauthorized":            {answer(401, ``), extract.ClassInvalid},
		"gone":                    {answer(404, ``), extract.ClassNotFound},
		"slow down":               {answer(503, ``), extract.ClassUnavailable},
		"throttled":               {answer(429, ``), extract.ClassThrottled},
		"too slow for it":         {answer(408, ``), extract.ClassUnavailable},
		"a part":                  {answer(206, `x`), extract.ClassMalformed},
		"no answer":               {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, extract.ClassUnavailable},
		"cut short":               {cut("half"), extract.ClassMalformed},
		"broken off":              {reset, extract.ClassMalformed},
		"silent":                  {hang, extract.ClassUnavailable},
		"silent half way":         {hangInBody, extract.ClassUnavailable},
		"without an end":          {unbounded("half"), extract.ClassMalformed},
	} {
		server := newAPI(t, c.step)
		_, err := fetch(t.Context(), downloader(t, func(c *extract.DownloadConfig) { c.IdleTimeout = 50 * time.Millisecond }), server.URL)
		if extract.ClassOf(err) != c.class {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(server.requests()); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// unbounded answers so that only the end of the connection tells where the body ends.
func unbounded(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+body)
		_ = conn.Close()
	}
}

func TestADocumentHostThatAsksForAPauseIsHeard(t *testing.T) {
	for status, after := range map[int]string{429: "7", 503: "7", 500: ""} {
		server := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(status)
		})
		_, err := fetch(t.Context(), downloader(t), server.URL)
		want := time.Duration(0)
		if after != "" {
			want = 7 * time.Second
		}
		if got := extract.RetryAfter(err); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
}

// A document that announces much may take the time for it: 64 KiB a second. Mutation: without allow in follow it is red.
func TestALargeDocumentHasTheTimeItTakes(t *testing.T) {
	const size = 192 << 10
	server := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for range 12 {
			_, _ = w.Write(make([]byte, size/12))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	got, err := fetch(t.Context(), downloader(t, func(c *extract.DownloadConfig) { c.Timeout = 500 * time.Millisecond }), server.URL)
	if err != nil || len(got) != size {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestADocumentHasASizeAndATime(t *testing.T) {
	small := func(c *extract.DownloadConfig) { c.MaxBytes = 8 }
	streamed := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush() // no length is announced
			_, _ = io.WriteString(w, body)
		}
	}
	for name, step := range map[string]http.HandlerFunc{"announced": answer(200, "12345678"), "streamed": streamed("12345678")} {
		if got, err := fetch(t.Context(), downloader(t, small), newAPI(t, step).URL); err != nil || got != "12345678" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, step := range map[string]http.HandlerFunc{"announced": answer(200, "123456789"), "streamed": streamed("123456789")} {
		if _, err := fetch(t.Context(), downloader(t, small), newAPI(t, step).URL); extract.ClassOf(err) != extract.ClassTooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := downloader(t, small).Open(t.Context(), newAPI(t, answer(200, "123456789")).URL); extract.ClassOf(err) != extract.ClassTooLarge {
		t.Errorf("announced: opened with %v", err)
	}
	dripping := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	patient := func(c *extract.DownloadConfig) { c.Timeout = 100 * time.Millisecond }
	if _, err := fetch(t.Context(), downloader(t, patient), dripping.URL); extract.ClassOf(err) != extract.ClassUnavailable {
		t.Errorf("dripping: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := fetch(ctx, downloader(t), dripping.URL); extract.ClassOf(err) != extract.ClassCanceled {
		t.Errorf("left: %v", err)
	}
}

func TestASlowReaderIsNotTakenForASilentServer(t *testing.T) {
	server := newAPI(t, answer(200, strings.Repeat("x", 4<<20)))
	doc, err := downloader(t, func(c *extract.DownloadConfig) { c.IdleTimeout = 2 * time.Second }).Open(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	n, err := io.Copy(io.Discard, doc.Body)
	if err != nil || n != 4<<20 || doc.Body.Close() != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestBytesAreTakenAsTheyAreStored(t *testing.T) {
	packed := pack("document")
	got, err := fetch(t.Context(), downloader(t), newAPI(t, compressed(packed)).URL)
	if err != nil || got != string(packed) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoErrorAndNoLogOfADownloadHoldsTheLink(t *testing.T) {
	var log bytes.Buffer
	loud := func(c *extract.DownloadConfig) {
		c.AllowedHosts = []string{"*.s3cret.invalid"}
		c.IdleTimeout = 50 * time.Millisecond
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	links := []string{
		"[s3cret]", "https://[s3cret", "https://s3cret.example.com/", "https://x.s3cret.invalid/s3cret", "http://s3cret@127.0.0.1/",
		fmt.Sprintf("http://%s/s3cret?s3cret=s3cret", closed.Addr()),
	}
	for _, step := range []http.HandlerFunc{answer(403, "s3cret"), answer(500, "s3cret"), cut("s3cret"), hang, ok} {
		links = append(links, newAPI(t, step).URL+"/s3cret?X-Amz-Signature=s3cret")
	}
	failed := 0
	for _, link := range links {
		_, err := fetch(t.Context(), downloader(t, loud), link)
		if err == nil {
			continue
		}
		failed++
		var leak *url.Error
		if errors.As(err, &leak) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", link, err)
		}
	}
	if failed != len(links)-1 {
		t.Errorf("%d of %d links failed", failed, len(links))
	}
	if strings.Contains(log.String(), "s3cret") || !strings.Contains(log.String(), "status=200") {
		t.Errorf("logged:\n%s", log.String())
	}
}

func TestADownloaderThatCannotWorkIsRefused(t *testing.T) {
	for _, cfg := range []extract.DownloadConfig{
		{AllowedHosts: []string{"*"}}, {MaxBytes: -1}, {IdleTimeout: -1}, {Timeout: -1},
	} {
		if _, err := extract.NewDownloader(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
