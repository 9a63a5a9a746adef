package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	lookedAt = describe("linkhouse_timetable_look_timestamp_seconds", "When this process last looked for jobs that are due; 0 before the first time.")
	lookedOK = describe("linkhouse_timetable_up", "Whether the timetable could be read when it was last looked at.")
)

// timetable collects how this process looks after the jobs.
type timetable struct{ looked func() (time.Time, error) }

// Describe names the metrics.
func (t *timetable) Describe(out chan<- *prometheus.Desc) {
	out <- lookedAt
	out <- lookedOK
}

// Collect tells of the last look.
func (t *timetable) Collect(out chan<- prometheus.Metric) {
	at, err := t.looked()
	when := 0.0
	if !at.IsZero() {
		when = seconds(at)
	}
	out <- gauge(lookedAt, when)
	out <- gauge(lookedOK, one(!at.IsZero() && err == nil))
}
