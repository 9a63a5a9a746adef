package metrics

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/linkhouse/linkhouse/extract"
)

var (
	apiRequests = describe("linkhouse_api_requests_total",
		"Requests sent to the API, retries included, by path template and status of the answer; none is no answer.", "endpoint", "status")
	apiRetries   = describe("linkhouse_api_retries_total", "Requests that were sent again because the one before had failed.")
	apiThrottled = describe("linkhouse_api_throttled_total", "Answers of the API that asked to slow down: status 429.")
	apiReceived  = describe("linkhouse_api_received_bytes_total", "Bytes of the API's answers, decompressed; documents aside.")
	apiWaiting   = describe("linkhouse_api_requests_waiting", "Requests that wait for their turn.")
	apiInFlight  = describe("linkhouse_api_requests_in_flight", "Requests that were sent and not answered yet.")
	apiLimit     = describe("linkhouse_api_requests_in_flight_limit", "Requests that may be in flight now; the limiter lowers it when the API answers 429.")
	apiRate      = describe("linkhouse_api_requests_per_second_limit", "Requests a second that may be sent now; 0 is no limit.")
	apiPause     = describe("linkhouse_api_pause_seconds", "How long nothing will be sent, because the API asked for it.")
)

// api collects what the client of the API counts.
type api struct {
	stats     func() extract.Stats
	endpoints []string
}

// Describe names the metrics.
func (a *api) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{apiRequests, apiRetries, apiThrottled, apiReceived, apiWaiting, apiInFlight, apiLimit, apiRate, apiPause} {
		out <- d
	}
}

// Collect reads the client's books.
func (a *api) Collect(out chan<- prometheus.Metric) {
	s := a.stats()
	answers := map[[2]string]int64{}
	for _, r := range s.Routes {
		answers[[2]string{among(a.endpoints, r.Template), status(r.Status)}] += r.Count
	}
	for key, n := range answers {
		out <- counter(apiRequests, float64(n), key[0], key[1])
	}
	out <- counter(apiRetries, float64(s.Retries))
	out <- counter(apiThrottled, float64(s.Throttled))
	out <- counter(apiReceived, float64(s.Bytes))
	out <- gauge(apiWaiting, float64(s.Limiter.Waiting))
	out <- gauge(apiInFlight, float64(s.Limiter.InFlight))
	out <- gauge(apiLimit, float64(s.Limiter.Limit))
	out <- gauge(apiRate, s.Limiter.RequestsPerSecond)
	out <- gauge(apiPause, s.Limiter.Pause.Seconds())
}

// status is a status as a label: what a server makes up is not told apart.
func status(code int) string {
	switch {
	case code == 0:
		return "none"
	case http.StatusText(code) == "":
		return "other"
	}
	return strconv.Itoa(code)
}
