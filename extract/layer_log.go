package extract

import (
	"log/slog"
	"net/http"
	"time"
)

// logLayer writes one debug record per request once it is over, the waits and retries included. It sees the template,
// never the URL.
type logLayer struct {
	next http.RoundTripper
	log  *slog.Logger
}

func (l *logLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	c, err := callOf(req)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	resp, err := l.next.RoundTrip(req)
	if l.log.Enabled(req.Context(), slog.LevelDebug) {
		attrs := []slog.Attr{
			slog.String("template", c.template), slog.Int("status", c.status),
			slog.Int64("ms", time.Since(start).Milliseconds()), slog.Int("attempt", c.attempts),
		}
		if err != nil {
			attrs = append(attrs, slog.String("class", string(ClassOf(err))))
		}
		l.log.LogAttrs(req.Context(), slog.LevelDebug, "api request", attrs...)
	}
	return resp, err
}
