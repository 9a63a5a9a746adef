package extract

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// errorBody bounds how much of an error's body is read: enough for a code, and to reuse the connection.
const errorBody = 64 << 10

// errRedirect: the credentials go to the configured origin and nowhere else, and a moved API is a matter of the base URL.
var errRedirect = errors.New("a redirect, which is not followed")

// answerLayer is one attempt: it sends, reads the whole body, and either leaves valid JSON in the call or says with a
// class what went wrong. Everything above it decides by class alone.
type answerLayer struct {
	next          http.RoundTripper
	timeout       time.Duration
	maxBody       int64
	retryAfterMax time.Duration
	refusal       *refusal
	ledger        *ledger
}

func (l *answerLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	c, err := callOf(req)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(req.Context(), l.timeout)
	defer cancel()
	c.attempts++
	c.status = 0
	if c.sent != nil {
		*c.sent = time.Now()
	}
	c.count(func(n *Counts) { n.Requests.Add(1) })
	resp, err := l.next.RoundTrip(req.WithContext(countResends(ctx, c)))
	if err != nil {
		l.ledger.answered(c.template, 0)
		return nil, l.lost(req, err)
	}
	defer func() { _ = resp.Body.Close() }()
	c.status = resp.StatusCode
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		l.refusal.latch(resp.StatusCode) // before the body is read: from here on nothing more is sent
	}
	l.ledger.answered(c.template, resp.StatusCode)
	if resp.StatusCode/100 != 2 {
		return nil, l.failed(c, resp)
	}
	body, err := l.read(c, resp)
	if err != nil {
		if req.Context().Err() != nil {
			return nil, ended(req.Context())
		}
		return nil, err
	}
	c.body = body
	return resp, nil
}

// countResends counts what the transport sends again on its own, when a kept connection turned out to be closed.
func countResends(ctx context.Context, c *call) context.Context {
	var written atomic.Int64
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		if written.Add(1) > 1 {
			c.count(func(n *Counts) { n.Requests.Add(1) })
		}
	}})
}

// lost classifies an attempt without an answer. The caller's own end of patience is no failure of the API.
func (l *answerLayer) lost(req *http.Request, err error) *Error {
	if req.Context().Err() != nil {
		return ended(req.Context())
	}
	e := &Error{Class: ClassUnavailable, Err: cause(err)}
	e.final = errors.Is(e.Err, errUntrusted)
	return e
}

// failed classifies an answer by its status.
func (l *answerLayer) failed(c *call, resp *http.Response) *Error {
	e := &Error{Class: ClassInvalid, Status: resp.StatusCode}
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		e.Class = ClassRefused
	case status == http.StatusNotFound, status == http.StatusGone:
		e.Class = ClassNotFound
	case status == http.StatusTooManyRequests:
		e.Class = ClassThrottled
		c.count(func(n *Counts) { n.Throttled.Add(1) })
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		e.Class = ClassUnavailable
	case status/100 == 3:
		e.Err = errRedirect
	}
	if e.retryable() {
		e.retryAfter = retryAfter(resp.Header, time.Now(), l.retryAfterMax)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, errorBody)) // a code is welcome, its absence no further error
	c.count(func(n *Counts) { n.Bytes.Add(int64(len(body))) })
	e.Code = errorCode(body)
	return e
}

// read takes the body of a good status. It is nil when it is known.
func (l *answerLayer) read(c *call, resp *http.Response) (json.RawMessage, error) {
	if c.known == nil {
		body, err := readBody(resp, l.maxBody)
		return l.judge(c, resp, body, err)
	}
	buf, err := borrowBody(resp, l.maxBody)
	defer giveBack(buf)
	if body := buf.Bytes(); err == nil && len(body) > 0 && int64(len(body)) <= l.maxBody && c.known(body) {
		c.count(func(n *Counts) { n.Bytes.Add(int64(len(body))) })
		return nil, nil
	}
	return l.judge(c, resp, exactly(buf.Bytes()), err)
}

// judge says whether a body that was read is good.
func (l *answerLayer) judge(c *call, resp *http.Response, body []byte, err error) (json.RawMessage, error) {
	c.count(func(n *Counts) { n.Bytes.Add(int64(len(body))) })
	switch {
	case int64(len(body)) > l.maxBody:
		return nil, &Error{Class: ClassTooLarge, Status: resp.StatusCode}
	case err != nil:
		return nil, unread(resp.StatusCode, err)
	case !valid(body):
		return nil, &Error{Class: ClassMalformed, Status: resp.StatusCode, Err: errNotJSON}
	}
	if c.check != nil {
		if err := c.check(body); err != nil {
			return nil, &Error{Class: ClassMalformed, Status: resp.StatusCode, Err: err}
		}
	}
	return body, nil
}

// unread classifies a body that could not be read to its end. One that stopped early is malformed; a connection that
// broke or an attempt that ran out of time is the network's.
func unread(status int, err error) *Error {
	e := &Error{Class: ClassUnavailable, Status: status, Err: cause(err)}
	switch {
	case errors.Is(e.Err, errCutShort):
		e.Class = ClassMalformed
	case errors.Is(e.Err, errConnection): // decompression and framing end here
		e.Class, e.Err = ClassMalformed, errors.New("body cannot be decoded")
	}
	return e
}

// errorCode takes the API's code from an error body, whose shape is undocumented (T4): a short number or word under
// "code", beside the message or inside "error". Anything longer could be an identifier and is dropped.
func errorCode(body []byte) string {
	var outer struct {
		Code  json.RawMessage `json:"code"`
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return ""
	}
	if code := shortCode(outer.Code); code != "" {
		return code
	}
	var inner struct {
		Code json.RawMessage `json:"code"`
	}
	if json.Unmarshal(outer.Error, &inner) != nil {
		return ""
	}
	return shortCode(inner.Code)
}

// shortCode keeps at most 40 word characters with at most 6 digits among them: no phone number, SSN or id is as short.
func shortCode(raw json.RawMessage) string {
	code := string(raw)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		code = text
	}
	digits := 0
	for _, c := range []byte(code) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '-':
		default:
			return ""
		}
	}
	if code == "null" || len(code) > 40 || digits > 6 {
		return ""
	}
	return code
}
