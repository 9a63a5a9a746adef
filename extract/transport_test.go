package extract

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// cable is a connection that the network may forget: what is sent then is lost, and nothing comes any more.
type cable struct {
	net.Conn
	forgotten <-chan struct{}
}

func (c cable) Write(p []byte) (int, error) {
	select {
	case <-c.forgotten:
		return len(p), nil
	default:
		return c.Conn.Write(p)
	}
}

func (c cable) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	select {
	case <-c.forgotten:
		var b [1]byte
		return c.Conn.Read(b[:]) // the server has nothing to say either, as it hears nothing
	default:
		return n, err
	}
}

// All requests are on one connection of HTTP/2. Mutation: without HTTP2 in newTransport it is red.
func TestAConnectionThatTheNetworkForgotIsGivenUpAndAnotherOneMade(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	forgotten := make(chan struct{})
	transport := newTransport(4)
	transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	dial := transport.DialContext
	var mu sync.Mutex
	dials := 0
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		mu.Lock()
		defer mu.Unlock()
		if dials++; dials == 1 {
			conn = cable{conn, forgotten}
		}
		return conn, err
	}
	defer transport.CloseIdleConnections()
	ask := func() (proto int, timedOut bool, err error) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			return 0, false, err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return 0, ctx.Err() != nil, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp.ProtoMajor, ctx.Err() != nil, err
	}
	if proto, _, err := ask(); err != nil || proto != 2 {
		t.Fatalf("HTTP/%d, %v", proto, err)
	}
	close(forgotten)
	if _, timedOut, err := ask(); err == nil || timedOut {
		t.Errorf("on the connection that is gone: %v, timed out %v", err, timedOut)
	}
	if proto, _, err := ask(); err != nil || proto != 2 || dials != 2 {
		t.Errorf("afterwards: HTTP/%d over connection %d, %v", proto, dials, err)
	}
}
