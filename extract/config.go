package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// What a zero Config field means.
const (
	defaultVersion       = "2022-12-02"
	defaultPageSize      = 100
	defaultConcurrency   = 16
	defaultTimeout       = 30 * time.Second
	defaultMaxBody       = 64 << 20
	defaultMaxAttempts   = 6
	defaultBackoffBase   = 500 * time.Millisecond
	defaultBackoffMax    = 30 * time.Second
	defaultRetryAfterMax = 5 * time.Minute
	defaultUserAgent     = "linkhouse"
)

// Config says which API is read and how hard. The zero value of every field but the first three is a good one.
// However it is printed, logged or marshalled, a Config shows neither the key nor the secret.
type Config struct {
	// BaseURL is the API's origin, with a path prefix if it has one. Plain http is taken for loopback and private
	// addresses and for names without a dot; anywhere else the secret would travel in clear.
	BaseURL string
	// APIKey and APISecret are the server-to-server credentials, sent to the origin of BaseURL and nowhere else.
	APIKey, APISecret string
	// Version is the x-atomic-version header, YYYY-MM-DD. Default 2022-12-02.
	Version string

	// PageSize is the limit parameter of every list. Default 100.
	PageSize int
	// Concurrency is the highest number of requests in flight. Default 16. The limiter goes below it when throttled.
	Concurrency int
	// RequestsPerSecond is the highest rate. 0: none, the limiter only adapts to what the API refuses.
	RequestsPerSecond float64
	// Timeout bounds one attempt, the whole body included. Default 30s.
	Timeout time.Duration
	// MaxBody bounds one answer in bytes, after decompression. Default 64 MiB.
	MaxBody int64
	// MaxAttempts is how often a request is sent before its failure is final. Default 6.
	MaxAttempts int

	// BackoffBase is the longest wait after the first failure, doubled after each further one up to BackoffMax; a wait
	// is between half of that and all of it. Defaults 500ms and 30s.
	BackoffBase, BackoffMax time.Duration
	// RetryAfterMax caps what a Retry-After header may ask for. Default 5m.
	RetryAfterMax time.Duration

	// Transport sends the requests. Default: a transport of its own, without a proxy, that keeps Concurrency connections.
	Transport http.RoundTripper
	// Logger gets one debug record per request and per retry: templates and figures only. Default: none.
	Logger *slog.Logger
	// UserAgent is the User-Agent header. Default linkhouse.
	UserAgent string
}

// withDefaults fills what was left zero.
func (c Config) withDefaults() Config {
	setDefault(&c.Version, defaultVersion)
	setDefault(&c.PageSize, defaultPageSize)
	setDefault(&c.Concurrency, defaultConcurrency)
	setDefault(&c.Timeout, defaultTimeout)
	setDefault(&c.MaxBody, defaultMaxBody)
	setDefault(&c.MaxAttempts, defaultMaxAttempts)
	setDefault(&c.BackoffBase, defaultBackoffBase)
	setDefault(&c.BackoffMax, max(defaultBackoffMax, c.BackoffBase))
	setDefault(&c.RetryAfterMax, defaultRetryAfterMax)
	setDefault(&c.UserAgent, defaultUserAgent)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		c.Transport = newTransport(c.Concurrency)
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check finds what cannot work. Its errors name the field and never repeat a credential.
func (c Config) check() error {
	for _, credential := range []struct{ name, value string }{{"api key", c.APIKey}, {"api secret", c.APISecret}} {
		if credential.value == "" {
			return fmt.Errorf("%s is empty", credential.name)
		}
		if !fitsHeader(credential.value) {
			return fmt.Errorf("%s holds a character that no header can carry", credential.name)
		}
	}
	if _, err := time.Parse(time.DateOnly, c.Version); err != nil {
		return fmt.Errorf("api version %q is not a date of the form 2022-12-02", c.Version)
	}
	if !fitsHeader(c.UserAgent) {
		return errors.New("user agent holds a character that no header can carry")
	}
	for _, field := range []struct {
		name  string
		value float64
	}{
		{"page size", float64(c.PageSize)}, {"concurrency", float64(c.Concurrency)}, {"timeout", float64(c.Timeout)},
		{"largest body", float64(c.MaxBody)}, {"attempts", float64(c.MaxAttempts)},
		{"backoff base", float64(c.BackoffBase)}, {"longest retry-after", float64(c.RetryAfterMax)},
	} {
		if field.value <= 0 {
			return fmt.Errorf("%s must be positive", field.name)
		}
	}
	if c.BackoffMax < c.BackoffBase {
		return errors.New("longest backoff is shorter than its base")
	}
	if !(c.RequestsPerSecond >= 0 && c.RequestsPerSecond < 1e6) { // also refuses NaN
		return errors.New("requests per second must be 0 or a positive number")
	}
	return nil
}

// fitsHeader tells whether a header can carry the value: visible ASCII and inner spaces.
func fitsHeader(value string) bool {
	bad := func(r rune) bool { return r < ' ' || r > '~' }
	return !strings.ContainsFunc(value, bad) && strings.TrimSpace(value) == value
}

// origin parses BaseURL. Its errors do not repeat the URL, which may hold a password.
func (c Config) origin() (*url.URL, error) {
	base, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || base.Hostname() == "":
		return nil, errors.New("base url is not an absolute url")
	case base.User != nil:
		return nil, errors.New("base url holds a user name")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, errors.New("base url holds a query or a fragment")
	case base.Scheme == "http" && !mayBePlain(base.Hostname()):
		return nil, errors.New("base url is plain http to a public host, the api secret would travel in clear")
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("base url is neither https nor http")
	}
	escaped := strings.TrimRight(base.EscapedPath(), "/")
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, errors.New("base url has a malformed path")
	}
	base.Path, base.RawPath = path, escaped
	return base, nil
}

// mayBePlain tells whether plain http to this host stays on a private network: the sandbox on loopback, a service of a
// container network, an address of a private range.
func mayBePlain(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return isPrivate(addr)
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost")
}

// shown is what may be seen of a Config.
func (c Config) shown() map[string]any {
	shown := map[string]any{
		"version": c.Version, "page_size": c.PageSize, "concurrency": c.Concurrency,
		"requests_per_second": c.RequestsPerSecond, "timeout": c.Timeout.String(), "max_attempts": c.MaxAttempts,
	}
	if base, err := c.origin(); err == nil {
		shown["base_url"] = base.String()
	}
	return shown
}

// String describes the Config without its credentials.
func (c Config) String() string { return fmt.Sprint(c.shown()) }

// Format stands in for every verb of package fmt, %#v included.
func (c Config) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }

// LogValue is what slog shows.
func (c Config) LogValue() slog.Value { return slog.AnyValue(c.shown()) }

// MarshalJSON writes the Config without its credentials. It cannot be read back.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }
