package archive

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
)

// wire carries requests to the server and lets a test look at them, change them or answer in the server's place.
type wire struct {
	base http.RoundTripper
	// before may change a request, or answer it itself.
	before func(*http.Request) (*http.Response, error)
	// after may change an answer.
	after func(*http.Request, *http.Response)

	mu   sync.Mutex
	sent []*http.Request // without their bodies
}

func newWire(t testing.TB) *wire {
	t.Helper()
	sharedGateway(t)
	return &wire{base: trusting()}
}

// trusting trusts the tests' own servers. It is made once, so that its connections are used again.
var trusting = sync.OnceValue(func() http.RoundTripper {
	pem, err := os.ReadFile(os.Getenv("AWS_CA_BUNDLE"))
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		panic("the certificate of the tests cannot be read")
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 32}
})

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	seen := r.Clone(r.Context())
	seen.Body = nil
	w.sent = append(w.sent, seen)
	w.mu.Unlock()
	if w.before != nil {
		if answer, err := w.before(r); answer != nil || err != nil {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return answer, err
		}
	}
	answer, err := w.base.RoundTrip(r)
	if err == nil && w.after != nil {
		w.after(r, answer)
	}
	return answer, err
}

// operations are what was asked for, in order.
func (w *wire) operations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []string{}
	for _, r := range w.sent {
		all = append(all, operation(r))
	}
	return all
}

// headers are those of all requests for an operation.
func (w *wire) headers(name string) []http.Header {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []http.Header{}
	for _, r := range w.sent {
		if operation(r) == name {
			all = append(all, r.Header)
		}
	}
	return all
}

func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = nil
}

func (w *wire) count(name string) int {
	return len(slices.DeleteFunc(w.operations(), func(o string) bool { return o != name }))
}

// operation is what S3 calls a request.
func operation(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "Create"
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "Complete"
	case r.Method == http.MethodPut && q.Has("partNumber"):
		return "Part"
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return "Abort"
	case q.Has("uploads"):
		return "Uploads"
	case q.Has("versions"):
		return "Versions"
	case q.Has("list-type"):
		return "List"
	}
	return map[string]string{http.MethodPut: "Put", http.MethodGet: "Get", http.MethodHead: "Head", http.MethodDelete: "Delete"}[r.Method]
}

// answer is one of S3's.
func answer(status int, code string) *http.Response {
	body := `<?xml version="1.0"?><Error><Code>` + code + `</Code><Message>AKIDLINKHOUSETEST may not touch s3cret</Message></Error>`
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))),
	}
}

// flip changes the first byte of the request's body on its way.
func flip(r *http.Request) {
	body := r.Body
	first := true
	r.Body = struct {
		io.Reader
		io.Closer
	}{readerFunc(func(p []byte) (int, error) {
		n, err := body.Read(p)
		if n > 0 && first {
			p[0] ^= 1
			first = false
		}
		return n, err
	}), body}
}

// noise is a document of n bytes that nobody holds in memory, always the same for the same seed.
func noise(n int64, seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return io.LimitReader(rand.NewChaCha8(key), n)
}
