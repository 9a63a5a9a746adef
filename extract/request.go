package extract

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Request names one GET.
type Request struct {
	// Template is the path with placeholders, as logs, errors and metrics show it: "/employees/{id}".
	Template string
	// Args fill the placeholders in order. Each becomes exactly one segment of the path, whatever it holds; an empty one
	// is an error, because the path would then name another resource.
	Args []string
	// Query is sent as it is and is shown nowhere.
	Query Query
	// Known, when set, is shown the body of each good answer, at most once an attempt and only when it was read whole and is
	// not too large. When it knows the body, because these very bytes were an answer before, nil is given for it, and it is
	// neither checked nor taken apart. It must neither change nor keep the body, whose memory is used again. Pages has no use for it: rows are always read.
	Known func(body []byte) bool
	// Sent, when set, gets the time at which the request was sent, each attempt anew: after its wait for the limiter and for retries.
	Sent *time.Time
}

// Query is what stands behind the path. It is encoded once for all requests it is sent with; the zero value is none.
type Query struct {
	values  url.Values
	encoded string
}

// NewQuery makes a query of values, which must not be changed afterwards.
func NewQuery(values url.Values) Query { return Query{values: values, encoded: values.Encode()} }

// op is how errors name the request.
func (r Request) op() string { return opOf(r.Template) }

func opOf(template string) string { return "GET " + template }

// url builds the address below base, whose path ends without a slash.
func (r Request) url(base *url.URL) (*url.URL, error) {
	escaped, err := r.path(base.EscapedPath())
	if err != nil {
		return nil, &Error{Op: r.op(), Class: ClassInvalid, Err: err}
	}
	address := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: escaped, RawQuery: r.Query.encoded}
	if base.Path == "" && strings.IndexByte(escaped, '%') < 0 { // as nearly always: all of it is plain
		return address, nil
	}
	// RawPath is what travels. It is honoured only while it unescapes to Path, hence both.
	address.RawPath = escaped
	if address.Path, err = url.PathUnescape(escaped); err != nil {
		return nil, &Error{Op: r.op(), Class: ClassInvalid, Err: errors.New("path cannot be escaped")}
	}
	return address, nil
}

// path fills the template behind prefix. The result is escaped.
func (r Request) path(prefix string) (string, error) {
	rest, more := strings.CutPrefix(r.Template, "/")
	if !more {
		return "", errors.New("template does not start with a slash")
	}
	var b strings.Builder
	b.Grow(len(prefix) + len(r.Template) + 32)
	b.WriteString(prefix)
	args := r.Args
	for more {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		b.WriteByte('/')
		if !isPlaceholder(segment) {
			if segment == "" || segment != escapeSegment(segment) {
				return "", errors.New("template holds a segment that is neither plain nor a placeholder")
			}
			b.WriteString(segment)
			continue
		}
		if len(args) == 0 {
			return "", fmt.Errorf("no argument for placeholder %s", segment)
		}
		if args[0] == "" {
			return "", fmt.Errorf("empty argument for placeholder %s", segment)
		}
		b.WriteString(escapeSegment(args[0]))
		args = args[1:]
	}
	if len(args) > 0 {
		return "", errors.New("more arguments than placeholders")
	}
	return b.String(), nil
}

func isPlaceholder(segment string) bool {
	return len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}'
}

// escapeSegment makes one path segment of any string. It is stricter than url.PathEscape, which leaves @ & = + $ : as they
// are: an identifier is the customer's own key and the first segment of PayLink's paths. The names "." and ".." are
// encoded too, because whoever cleans the path on the way would take them for steps.
func escapeSegment(s string) string {
	if s == "." || s == ".." {
		return strings.Repeat("%2E", len(s))
	}
	plain := 0
	for plain < len(s) && isPlain(s[plain]) {
		plain++
	}
	if plain == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:plain])
	for _, c := range []byte(s[plain:]) {
		if isPlain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}
