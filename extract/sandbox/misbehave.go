package sandbox

import (
	"compress/gzip"
	"context"
	"net"
	"net/http"
	"strconv"
	"time"
)

// spoil changes a page of a list, which was asked for with a cursor.
func (r *rule) spoil(p *page, given string) {
	if r == nil {
		return
	}
	switch r.Kind {
	case LoopCursor:
		p.next = given
	case EmptyList:
		p.rows, p.next = nil, ""
	case EmptyPage:
		p.rows = nil
	case OddCursor:
		p.raw = r.Body
	case RepeatRows:
		rows := make([][]byte, 0, 2*len(p.rows))
		for _, row := range p.rows {
			rows = append(rows, row, row)
		}
		p.rows = rows
	case ShortList:
		p.rows, p.next = p.rows[:len(p.rows)/2], ""
	case Endless:
		n := uint64(r.fired.Load())
		p.next = string(appendHex(appendHex(nil, 0x63890000|n>>16, 8), mix(n, 1), 16))
	}
}

// keep is how many of n rows an unpaged list keeps.
func (r *rule) keep(n int) int {
	switch {
	case r.is(EmptyList):
		return 0
	case r.is(ShortList):
		return n / 2
	}
	return n
}

// before is what goes wrong without the API being asked at all; false when it must be asked.
func (r *rule) before() (reply, bool) {
	if r == nil {
		return reply{}, false
	}
	switch r.Kind {
	case StatusFault:
		return fail(or(r.Status, http.StatusServiceUnavailable), 0, "An error occurred with our API"), true
	case HTML:
		status := or(r.Status, http.StatusBadGateway)
		return reply{
			status: status, contentType: "text/html",
			body: []byte("<html><head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) +
				"</title></head><body><center><h1>" + http.StatusText(status) + "</h1></center></body></html>"),
		}, true
	case NotJSON:
		return reply{status: http.StatusOK, contentType: jsonType, body: []byte("upstream connect error or disconnect")}, true
	case BadUTF8:
		return reply{status: http.StatusOK, contentType: jsonType, body: []byte("{\"data\":{\"name\":\"caf\xe9\"}}")}, true
	case WrongShape:
		return reply{status: http.StatusOK, contentType: jsonType, body: []byte(`{"data":"unexpected","result":[1,2]}`)}, true
	case Expired:
		return expired(), true
	case Verbatim:
		return reply{status: or(r.Status, http.StatusOK), contentType: jsonType, body: []byte(r.Body)}, true
	case Redirect:
		return reply{status: or(r.Status, http.StatusFound), contentType: "text/plain"}, true
	}
	return reply{}, false
}

func or(v, fallback int) int {
	if v == 0 {
		return fallback
	}
	return v
}

// wait sleeps unless the client or the server goes away first.
func (s *Server) wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-s.done:
	}
}

// send writes a reply, or what a fault makes of it.
func (s *Server) send(w http.ResponseWriter, a *ask, re *reply) {
	h := w.Header()
	h.Set("Content-Type", re.contentType)
	if re.disposition != "" {
		h.Set("Content-Disposition", re.disposition)
	}
	if after := a.fault.retryAfter(time.Now()); after != "" {
		h.Set("Retry-After", after)
	}
	if a.fault.is(Rewritten) {
		re.body = a.fault.Rewrite(re.body)
	}
	size := len(re.body)
	if re.document != nil {
		size = s.world.DocumentBytes
	}
	var to writer = plainWriter{w}
	switch {
	case a.fault.is(Redirect):
		h.Set("Location", a.fault.URL)
	case a.fault.is(GzipBomb):
		s.bomb(w, re, a.fault.Bytes)
		return
	case s.breakBody(w, a, re):
		return
	case a.fault.is(Truncate), a.fault.is(Reset):
		to = &cutWriter{w, size / 2}
	case a.fault.is(Drip):
		to = dripWriter{w, max(1, size/100), func() { s.wait(a.Context(), a.fault.Delay/100) }}
	}
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(re.status)
	if re.document != nil {
		_ = s.world.writeContent(to, re.document.kind, re.document.i, re.document.version)
	} else {
		_, _ = to.Write(re.body)
	}
	if a.fault.is(Reset) {
		reset(w)
	}
}

type writer interface{ Write([]byte) (int, error) }

type plainWriter struct{ http.ResponseWriter }

// cutWriter takes everything and passes on the first bytes only.
type cutWriter struct {
	to   http.ResponseWriter
	left int
}

func (c *cutWriter) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.left -= n
	if _, err := c.to.Write(b[:n]); err != nil {
		return 0, err
	}
	return len(b), nil
}

// dripWriter passes on a little at a time.
type dripWriter struct {
	to    http.ResponseWriter
	piece int
	pause func()
}

func (d dripWriter) Write(b []byte) (int, error) {
	for at := 0; at < len(b); at += d.piece {
		if _, err := d.to.Write(b[at:min(at+d.piece, len(b))]); err != nil {
			return at, err
		}
		_ = http.NewResponseController(d.to).Flush() // a writer that cannot flush drips at the end
		d.pause()
	}
	return len(b), nil
}

// reset sends what is buffered and then closes the connection so that the client sees a reset, not an end.
func reset(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.Flush()
	if conn, _, err := c.Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

// bomb sends the reply with a great many spaces after it, compressed.
func (s *Server) bomb(w http.ResponseWriter, re *reply, size int64) {
	if size == 0 {
		size = 128 << 20
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(re.status)
	z := gzip.NewWriter(w)
	_, err := z.Write(re.body)
	spaces := make([]byte, 1<<20)
	for i := range spaces {
		spaces[i] = ' '
	}
	for ; size > 0 && err == nil; size -= int64(len(spaces)) {
		_, err = z.Write(spaces[:min(size, int64(len(spaces)))])
	}
	_ = z.Close() // the client may be gone
}
