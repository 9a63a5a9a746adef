package extract

import (
	"net"
	"net/http"
	"net/url"
	"time"
)

// newChain stacks the layers around the base transport; doc.go says why in this order. Requests go through it directly
// and never through an http.Client: that would follow redirects and wrap every error in a *url.Error, which repeats the URL.
//
// The retries and the limiter are ours although failsafe-go has both. Its HTTP delay reads Retry-After as seconds only,
// without a bound, and for the one request that was answered, where the whole client has to pause; its adaptive limiter
// follows latency and does not know a 429. What would remain of it is a loop.
func newChain(cfg Config, origin *url.URL, lim *limiter, ref *refusal, led *ledger) http.RoundTripper {
	answers := &answerLayer{
		next: cfg.Transport, timeout: cfg.Timeout, maxBody: cfg.MaxBody, retryAfterMax: cfg.RetryAfterMax,
		refusal: ref, ledger: led,
	}
	auth := newAuthLayer(answers, origin, cfg, ref)
	limit := &limitLayer{next: auth, limiter: lim, refusal: ref}
	retry := &retryLayer{
		next: limit, attempts: cfg.MaxAttempts, backoff: backoff{cfg.BackoffBase, cfg.BackoffMax}, refusal: ref, log: cfg.Logger,
	}
	return &logLayer{next: retry, log: cfg.Logger}
}

// pingAfter is how long an HTTP/2 connection may be silent under requests before it is asked for a sign of life, and how long that may
// take. All requests are on one connection: where the network forgets it without a word, they and their retries would all time out.
const pingAfter = 5 * time.Second

// newTransport is the base for both halves of the package: as many idle connections as may be in use, so that none is
// opened per request, and no proxy from the environment, because credentials and links go to their own host only.
func newTransport(connections int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func closeIdle(transport http.RoundTripper) {
	if closer, ok := transport.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
