package sandbox

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"time"
)

// retryAfter is the header of that name; "" for none.
func (r *rule) retryAfter(now time.Time) string {
	switch {
	case r == nil:
		return ""
	case r.RetryAt > 0:
		return now.Add(r.RetryAt).UTC().Format(http.TimeFormat)
	}
	return r.RetryAfter
}

// notBefore is when the answer lets the client come again: the zero time when it does not say so in a way that can be read.
func (r *rule) notBefore(now time.Time) time.Time {
	after := r.retryAfter(now)
	if seconds, err := strconv.Atoi(after); err == nil {
		return now.Add(time.Duration(seconds) * time.Second)
	}
	date, _ := http.ParseTime(after) // the zero time when it is none
	return date
}

// breakBody sends a good answer's body in a way that no API should; false when the fault is not of this sort.
func (s *Server) breakBody(w http.ResponseWriter, a *ask, re *reply) bool {
	h, flush := w.Header(), func() { _ = http.NewResponseController(w).Flush() }
	switch {
	case a.fault.is(Flood):
		w.WriteHeader(re.status)
		spaces := bytes.Repeat([]byte{' '}, 1<<16)
		for a.Context().Err() == nil {
			if _, err := w.Write(spaces); err != nil {
				break
			}
		}
	case a.fault.is(Stall):
		h.Set("Content-Length", strconv.Itoa(len(re.body)))
		w.WriteHeader(re.status)
		flush()
		s.hang(a.Context())
		panic(http.ErrAbortHandler)
	case a.fault.is(CutChunk):
		w.WriteHeader(re.status)
		_, _ = w.Write(re.body[:len(re.body)/2])
		flush()
		panic(http.ErrAbortHandler) // without it the last chunk would be sent
	case a.fault.is(WrongType):
		h.Set("Content-Type", "text/html; charset=iso-8859-1")
		return false
	case a.fault.is(Gzip), a.fault.is(GzipHidden):
		if a.fault.is(Gzip) {
			h.Set("Content-Encoding", "gzip")
		}
		w.WriteHeader(re.status)
		z := gzip.NewWriter(w)
		_, _ = z.Write(re.body)
		_ = z.Close() // the client may be gone
	default:
		return false
	}
	return true
}
