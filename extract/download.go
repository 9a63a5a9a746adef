package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	downloadMaxBytes = 1 << 30
	downloadIdle     = time.Minute
	downloadTimeout  = 15 * time.Minute
	downloadHops     = 5 // redirects that are followed
	// downloadPace is how many bytes a second a document that tells its length may come at, at least, when that takes longer.
	downloadPace = 64 << 10
	// downloadRetryAfter bounds what a host may ask for before it is asked again.
	downloadRetryAfter = 2 * time.Minute
)

// DownloadConfig says where documents may come from and how long one may take.
type DownloadConfig struct {
	// AllowedHosts are the hosts a link may name: "files.example.com", or "*.example.com" for every name below it.
	AllowedHosts []string
	// AllowPrivate also allows loopback and private addresses, listed or not when the link names one, and plain http to
	// them. For sandboxes.
	AllowPrivate bool
	// MaxBytes bounds one document. Default 1 GiB.
	MaxBytes int64
	// IdleTimeout bounds the wait for the answer and for each further piece of it. Default 1m.
	IdleTimeout time.Duration
	// Timeout bounds the whole download; one that announces more than comes in that time at 64 KiB a second has so much longer.
	// Default 15m.
	Timeout time.Duration
	// Transport replaces the downloader's own. The check of resolved addresses is in the latter: only for tests.
	Transport http.RoundTripper
	// Logger gets one debug record per opened document: status and figures only. Default: none.
	Logger *slog.Logger
}

// Downloader opens documents behind presigned links. It knows nothing of the API and sends none of its headers: a link
// carries its own right, and S3 refuses a request that brings a second one. It does not retry, because a link that failed
// is better replaced by a fresh one.
type Downloader struct {
	hosts     hostPolicy
	transport http.RoundTripper
	maxBytes  int64
	idle      time.Duration
	timeout   time.Duration
	log       *slog.Logger
}

// Download is an open document. Body must be closed.
type Download struct {
	// Body ends with io.EOF only when the document is whole. Its other errors are *Error.
	Body io.ReadCloser
	// Length is in bytes, -1 when the server did not say.
	Length int64
	// ContentType is the server's word, "" when it had none.
	ContentType string
	// Filename is the name that the server suggests, without a directory, "" when it had none. It may hold a person's name.
	Filename string
}

// NewDownloader makes a downloader. It fails when the configuration cannot work.
func NewDownloader(cfg DownloadConfig) (*Downloader, error) {
	hosts, err := newHostPolicy(cfg.AllowedHosts, cfg.AllowPrivate)
	if err != nil {
		return nil, fmt.Errorf("downloader: %w", err)
	}
	setDefault(&cfg.MaxBytes, downloadMaxBytes)
	setDefault(&cfg.IdleTimeout, downloadIdle)
	setDefault(&cfg.Timeout, downloadTimeout)
	if cfg.MaxBytes < 0 || cfg.IdleTimeout < 0 || cfg.Timeout < 0 {
		return nil, errors.New("downloader: limits must be positive")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Transport == nil {
		transport := newTransport(defaultConcurrency)
		transport.DialContext = hosts.dialer().DialContext
		transport.DisableCompression = true // the bytes are archived as they are stored
		cfg.Transport = transport
	}
	return &Downloader{
		hosts: hosts, transport: cfg.Transport, maxBytes: cfg.MaxBytes, idle: cfg.IdleTimeout, timeout: cfg.Timeout,
		log: cfg.Logger,
	}, nil
}

// CloseIdle closes the connections that wait for the next document.
func (d *Downloader) CloseIdle() { closeIdle(d.transport) }

// Open asks for a document and gives it once the server has answered; the body then streams. Every error is an *Error
// without the link: ClassAbsent when there is none (empty, or the placeholder of T27), ClassExpired when it is no longer
// valid, ClassInvalid when it may not be followed, ClassNotFound, ClassTooLarge, ClassThrottled, ClassUnavailable,
// ClassMalformed, or ClassCanceled.
func (d *Downloader) Open(ctx context.Context, rawURL string) (*Download, error) {
	link, err := url.Parse(rawURL)
	if err != nil || !link.IsAbs() || link.Hostname() == "" {
		return nil, &Error{Op: downloadOp, Class: ClassAbsent, Code: "no_url", Err: errors.New("there is no usable link")}
	}
	t := newTransfer(ctx, d.idle, d.timeout)
	start := time.Now()
	resp, err := d.follow(t, link) //nolint:bodyclose // the Download's Body closes it
	if err != nil {
		t.stop()
		d.log.DebugContext(ctx, "document", "class", string(ClassOf(err)), "ms", time.Since(start).Milliseconds())
		return nil, err
	}
	d.log.DebugContext(ctx, "document", "status", resp.StatusCode, "bytes", resp.ContentLength,
		"ms", time.Since(start).Milliseconds())
	return &Download{
		Body:        &downloadBody{transfer: t, body: resp.Body, left: d.maxBytes},
		Length:      resp.ContentLength,
		ContentType: resp.Header.Get("Content-Type"),
		Filename:    filename(resp.Header.Get("Content-Disposition")),
	}, nil
}

const downloadOp = "GET document"

// errNoEnd: only the end of the connection would tell where the document ends, and that comes with half of it as well.
var errNoEnd = errors.New("the answer does not tell where it ends")

// follow sends the request, and again to where redirects lead, each judged like the first. An http.Client would do that
// too, but would tell the next host the link in a Referer header, and repeat it in its errors.
func (d *Downloader) follow(t *transfer, link *url.URL) (*http.Response, error) {
	for range downloadHops + 1 {
		resp, err := d.send(t, link)
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusOK:
			if resp.ContentLength > d.maxBytes {
				_ = resp.Body.Close()
				return nil, &Error{Op: downloadOp, Class: ClassTooLarge, Status: resp.StatusCode, Attempts: 1}
			}
			if resp.ContentLength < 0 && resp.ProtoMajor == 1 && len(resp.TransferEncoding) == 0 {
				_ = resp.Body.Close()
				return nil, &Error{Op: downloadOp, Class: ClassMalformed, Status: resp.StatusCode, Attempts: 1, Err: errNoEnd}
			}
			t.allow(time.Duration(max(0, resp.ContentLength)/downloadPace) * time.Second)
			return resp, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
			http.StatusPermanentRedirect:
			_ = resp.Body.Close()
			next, err := link.Parse(resp.Header.Get("Location"))
			if err != nil || resp.Header.Get("Location") == "" || link.Scheme == "https" && next.Scheme != "https" {
				return nil, refusedLink("redirect", resp.StatusCode, errors.New("redirect cannot be followed"))
			}
			link = next
		default:
			return nil, answered(resp)
		}
	}
	return nil, refusedLink("redirect", 0, errors.New("too many redirects"))
}

func (d *Downloader) send(t *transfer, link *url.URL) (*http.Response, error) {
	if link.User != nil || d.hosts.check(link) != nil {
		err := d.hosts.check(link)
		if err == nil {
			err = errors.New("link holds a user name")
		}
		return nil, refusedLink("host", 0, err)
	}
	ctx := t.ctx
	if link.Scheme == "http" {
		ctx = context.WithValue(ctx, plainKey{}, true)
	}
	to := *link
	to.Fragment, to.RawFragment = "", ""
	req := &http.Request{
		Method: http.MethodGet, URL: &to, Host: to.Host, Header: http.Header{"User-Agent": {defaultUserAgent}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	var resp *http.Response
	err := t.within(func() (err error) {
		resp, err = d.transport.RoundTrip(req.WithContext(ctx)) //nolint:bodyclose // follow or the Download closes it
		return err
	})
	switch {
	case err == nil:
		return resp, nil
	case errors.Is(err, errAddress), errors.Is(err, errScheme):
		return nil, refusedLink("address", 0, errAddress)
	}
	return nil, t.fail(0, err)
}

// refusedLink is a link that is not followed; code says what of it is the reason.
func refusedLink(code string, status int, err error) *Error {
	return &Error{Op: downloadOp, Class: ClassInvalid, Status: status, Code: code, Err: err}
}

// answered classifies a document host's answer other than 200 and closes it. S3 answers 403 when a link's time is over,
// and 400 when the temporary credentials that signed it died before.
func answered(resp *http.Response) *Error {
	defer func() { _ = resp.Body.Close() }()
	e := &Error{Op: downloadOp, Class: ClassInvalid, Status: resp.StatusCode, Attempts: 1}
	switch status := resp.StatusCode; {
	case status == http.StatusForbidden:
		e.Class = ClassExpired
	case status == http.StatusBadRequest:
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // unreadable is as good as empty here
		if bytes.Contains(body, []byte("<Code>ExpiredToken</Code>")) {
			e.Class = ClassExpired
		}
	case status == http.StatusNotFound, status == http.StatusGone:
		e.Class = ClassNotFound
	case status == http.StatusTooManyRequests:
		e.Class = ClassThrottled
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		e.Class = ClassUnavailable
	case status/100 == 2:
		e.Class = ClassMalformed
	}
	e.retryAfter = retryAfter(resp.Header, time.Now(), downloadRetryAfter)
	return e
}
