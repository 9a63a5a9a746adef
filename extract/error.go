package extract

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// Class is the decision an error asks for. It is set where the protocol is known and is never guessed from a text.
type Class string

// The classes. Only throttled, unavailable and malformed ones were retried, up to Config.MaxAttempts.
const (
	ClassRefused     Class = "refused"     // 401 or 403: the credentials are refused, the client sends nothing any more
	ClassNotFound    Class = "not_found"   // 404 or 410
	ClassInvalid     Class = "invalid"     // any other 4xx, a redirect, or a request that could not be built
	ClassThrottled   Class = "throttled"   // 429 to the last attempt
	ClassUnavailable Class = "unavailable" // 5xx, 408, no connection or no answer in time, to the last attempt
	ClassMalformed   Class = "malformed"   // an answer cut short, not JSON, or of another shape than expected
	ClassTooLarge    Class = "too_large"   // an answer above Config.MaxBody or DownloadConfig.MaxBytes
	ClassLoop        Class = "loop"        // a list that does not end
	ClassCanceled    Class = "canceled"    // the caller's context ended
	ClassExpired     Class = "expired"     // a document's link is no longer valid: ask for a fresh one
	ClassAbsent      Class = "absent"      // there is no link at all, or a placeholder stands in its place (T27)
)

// Error is a request that failed for good. Its text holds no identifier, query, link, header or body.
type Error struct {
	Op       string // the method and the template: "GET /employees/{id}"
	Class    Class
	Status   int    // of the last answer, 0 when there was none
	Attempts int    // how often the request was sent
	Code     string // the API's own code of an error, when it gave a number or a short word
	Err      error  // the cause, from a fixed vocabulary; may be nil

	retryAfter time.Duration // what the answer asked for, capped; 0: nothing
	final      bool          // another attempt cannot help, whatever the class
}

// Error reads from the intent to the cause: "GET /employees: status 503 (unavailable after 6 attempts)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "status %d ", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, "code %s ", e.Code)
	}
	b.WriteString("(" + string(e.Class))
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " after %d attempts", e.Attempts)
	}
	b.WriteString(")")
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// retryable tells whether the same request may fare better later.
func (e *Error) retryable() bool {
	switch e.Class {
	case ClassThrottled, ClassUnavailable, ClassMalformed:
		return !e.final
	default:
		return false
	}
}

// ClassOf is the class of the first *Error in err's chain. A bare end of a context is ClassCanceled, anything else "".
func ClassOf(err error) Class {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Class
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ClassCanceled
	default:
		return ""
	}
}

// RetryAfter is how long the answer asked not to be asked again; 0 where it said nothing of that.
func RetryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.retryAfter
	}
	return 0
}

// ErrCursorRefused says that the API no longer takes the cursor a page was asked with: start the walk over.
// It wraps the *Error of the answer.
var ErrCursorRefused = errors.New("cursor refused")

var (
	errNobody      = errors.New("nothing was answered so far")
	errTimeout     = errors.New("no whole answer in time")
	errCutShort    = errors.New("connection closed before the answer was whole")
	errUnknownHost = errors.New("host not found")
	errUntrusted   = errors.New("certificate not trusted")
	errConnection  = errors.New("connection failed")
)

// errno shows a system error's text and answers errors.Is, and nothing of what it was wrapped in.
type errno struct{ syscall.Errno }

func (e errno) Unwrap() error { return e.Errno }

// cause says what happened on the wire in words of our own. The errors of net/http repeat URLs and quote what the other
// side sent, so none of them is passed on.
func cause(err error) error {
	var (
		timeout net.Error
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		number  syscall.Errno
	)
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return errTimeout
	case errors.As(err, &cert):
		return errUntrusted
	case errors.As(err, &dns):
		return errUnknownHost
	case errors.As(err, &number):
		return errno{number}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errCutShort
	default:
		return errConnection
	}
}
