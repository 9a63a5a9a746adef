package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Client reads one API with one set of credentials. It is safe for concurrent use, and everything that reads the API at
// one time should share one Client, because the limiter is in it.
//
// Once an answer was 401 or 403, a Client sends nothing any more until TryAgain: every request fails at once with ClassRefused. New
// credentials mean a new Client.
type Client struct {
	core    *core
	tallies []*Counts // the core's ledger, and those of the views that this client was made through
}

// core is what all views of a client share.
type core struct {
	base     *url.URL
	pageSize int
	chain    http.RoundTripper
	limiter  *limiter
	refusal  *refusal
	ledger   *ledger
	idle     func()
}

// New makes a client. It fails when the configuration cannot work, without sending anything.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("api client: %w", err)
	}
	base, err := cfg.origin()
	if err != nil {
		return nil, fmt.Errorf("api client: %w", err)
	}
	refusal := newRefusal()
	c := &core{
		base:     base,
		refusal:  refusal,
		pageSize: cfg.PageSize,
		limiter:  newLimiter(cfg),
		ledger:   new(ledger),
		idle:     func() { closeIdle(cfg.Transport) },
	}
	c.chain = newChain(cfg, base, c.limiter, refusal, c.ledger)
	return &Client{core: c, tallies: []*Counts{&c.ledger.Counts}}, nil
}

// Counting gives a view of the same client, with the same limiter and connections, whose requests are counted in counts
// as well. Views of views count in all of them.
func (c *Client) Counting(counts *Counts) *Client {
	return &Client{core: c.core, tallies: append(slices.Clip(c.tallies), counts)}
}

// TryAgain lets requests be sent again after the API has refused the credentials. That is for a run that begins later, in a process
// that goes on: what was refused once, by a gate before the API or for a key that was blocked for a while, need not be for ever.
func (c *Client) TryAgain() { c.core.refusal.reopen() }

// Stats tells what the client did so far and what its limiter allows now, over all views.
func (c *Client) Stats() Stats {
	s := c.core.ledger.stats()
	s.Limiter = c.core.limiter.stats()
	return s
}

// CloseIdle closes the connections that wait for the next request.
func (c *Client) CloseIdle() { c.core.idle() }

// String names the client by its origin.
func (c *Client) String() string { return "api client of " + c.core.base.Host }

// GoString is String: %#v shows nothing more.
func (c *Client) GoString() string { return c.String() }

// LogValue is what slog shows.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Get sends one request and gives the body of its answer: JSON, syntactically valid, the envelope untouched (see Unwrap); nil
// when it is known (see Request.Known).
// Every error is an *Error.
func (c *Client) Get(ctx context.Context, r Request) (json.RawMessage, error) {
	return c.get(ctx, r, nil)
}

// get is Get with a check of the body's shape. A body that fails it is a malformed answer and is asked for again.
func (c *Client) get(ctx context.Context, r Request, check func(json.RawMessage) error) (json.RawMessage, error) {
	address, err := r.url(c.core.base)
	if err != nil {
		return nil, err
	}
	call := &call{template: r.Template, known: r.Known, sent: r.Sent, check: check, tallies: c.tallies}
	req := &http.Request{
		Method: http.MethodGet, URL: address, Host: address.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if _, err := c.core.chain.RoundTrip(req.WithContext(withCall(ctx, call))); err != nil { //nolint:bodyclose // answer closes it
		return nil, call.fail(err)
	}
	return call.body, nil
}

// call is one Get on its way through the chain: what the layers must know and must not read from the URL.
type call struct {
	template string
	known    func([]byte) bool
	sent     *time.Time
	check    func(json.RawMessage) error
	tallies  []*Counts
	attempts int             // attempts sent so far; only the goroutine of the call touches it
	status   int             // of the last answer
	body     json.RawMessage // of the good answer
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf gives the call a request belongs to. A request without one did not come from get, and layers that meet it
// refuse it.
func callOf(req *http.Request) (*call, error) {
	c, ok := req.Context().Value(callKey{}).(*call)
	if !ok {
		return nil, &Error{Class: ClassInvalid, Err: errors.New("request was not made by this client")}
	}
	return c, nil
}

func (c *call) count(add func(*Counts)) {
	for _, counts := range c.tallies {
		add(counts)
	}
}

// fail completes an error with what the call knows.
func (c *call) fail(err error) *Error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Class: ClassUnavailable, Err: cause(err)}
	}
	e.Op, e.Attempts = opOf(c.template), c.attempts
	return e
}

// ended is the error of a call whose caller no longer waits.
func ended(ctx context.Context) *Error { return &Error{Class: ClassCanceled, Err: ctx.Err()} }
