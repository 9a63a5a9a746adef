package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// The forms of a message.
const (
	FormatJSON  = "json"
	FormatSlack = "slack"
)

const (
	// attemptTimeout bounds one attempt, its whole answer included.
	attemptTimeout = 10 * time.Second
	attempts       = 4
	// firstBackoff is the wait before the second attempt; it doubles. longestWait is what a Retry-After may ask for before the
	// message is left for later instead.
	firstBackoff = time.Second
	longestWait  = 30 * time.Second
	// laterAfterRefusal is how long a webhook is left in peace that refused a message as such.
	laterAfterRefusal = 15 * time.Minute
	longestLater      = time.Hour
)

// Webhook is where alerts go.
type Webhook struct {
	url     string // holds a token
	format  string
	agent   string
	client  *http.Client
	timeout time.Duration
	backoff time.Duration
}

// NewWebhook makes a webhook of a URL that has been checked. Agent is how this program calls itself.
func NewWebhook(url, format, agent string) *Webhook {
	return &Webhook{url: url, format: format, agent: agent, timeout: attemptTimeout, backoff: firstBackoff, client: &http.Client{
		// A redirect would carry the message to a host that nobody has named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute},
	}}
}

// UndeliveredError says that a webhook did not take a message, in words that name neither it nor what it said.
type UndeliveredError struct {
	Why   string
	Final bool          // the same again would not be taken either
	After time.Duration // that the webhook asks to be left in peace
}

func (e *UndeliveredError) Error() string { return e.Why }

// later is how long to leave the webhook in peace.
func (e *UndeliveredError) later(otherwise time.Duration) time.Duration {
	switch {
	case e.After > 0:
		return min(e.After, longestLater)
	case e.Final:
		return laterAfterRefusal
	}
	return otherwise
}

// Send delivers a message: it tries again what may pass, until the context ends.
func (w *Webhook) Send(ctx context.Context, m *Message) error {
	var form any = m
	if w.format == FormatSlack {
		form = m.slack()
	}
	body, err := json.Marshal(form)
	if err != nil {
		return &UndeliveredError{Why: "the message cannot be written", Final: true}
	}
	for n := 1; ; n++ {
		undelivered := w.post(ctx, body)
		if undelivered == nil {
			return nil
		}
		wait := w.backoff << (n - 1)
		wait = wait/2 + rand.N(wait/2+1) // #nosec G404 -- who guesses it has gained nothing
		wait = max(wait, undelivered.After)
		if undelivered.Final || n == attempts || wait > longestWait {
			return undelivered
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return undelivered
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return undelivered
		}
	}
}

// post makes one attempt.
func (w *Webhook) post(ctx context.Context, body []byte) *UndeliveredError {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return &UndeliveredError{Why: "alerts.webhook is no URL", Final: true}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", w.agent)
	answer, err := w.client.Do(request)
	if err != nil {
		return &UndeliveredError{Why: unreachable(err)}
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // so that the connection can be used again
	code := answer.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return &UndeliveredError{Why: fmt.Sprintf("a redirect (status %d), which is not followed", code), Final: true}
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return &UndeliveredError{Why: fmt.Sprintf("status %d", code), After: retryAfter(answer.Header.Get("Retry-After"), time.Now())}
	}
	return &UndeliveredError{Why: fmt.Sprintf("status %d", code), Final: true}
}

// retryAfter reads both forms of the header; 0 is none.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(n, 0), int(longestLater/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// unreachable says why there was no answer, without the address, which the text of the error holds.
func unreachable(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &dns):
		return "its name cannot be resolved"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "its certificate is not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	}
	return "it cannot be reached"
}
