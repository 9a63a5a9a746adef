package main

import "time"

// figure is what a phase took.
type figure struct {
	World    string        `json:"world"`
	Phase    string        `json:"phase"`
	Begun    time.Time     `json:"begun_at"`
	Wall     time.Duration `json:"wall_ns"`
	CPU      time.Duration `json:"cpu_ns"`          // of the process itself, user and system
	Postgres time.Duration `json:"postgres_cpu_ns"` // of the server meanwhile, where the system tells
	API      time.Duration `json:"api_cpu_ns"`      // of the sandbox, likewise
	RSS      int64         `json:"peak_rss_bytes"`
	WAL      int64         `json:"wal_bytes"`
	Requests int64         `json:"requests"`
	Bytes    int64         `json:"bytes,omitempty"` // of the answers' bodies, which only the plain programs tell
	Rows     int64         `json:"rows_written"`
}

// Phases by their names.
const (
	phaseFetch     = "fetch"
	phasePlain     = "plain"
	phaseFirst     = "first-load"
	phaseUnchanged = "unchanged"
	phaseChanged   = "changed"
)

// rate is rows per second, 0 where none were written.
func (f figure) rate() float64 { return float64(f.Rows) / f.Wall.Seconds() }

// perMillion is CPU seconds per million rows; 0 where none were written.
func (f figure) perMillion() float64 {
	if f.Rows == 0 {
		return 0
	}
	return f.CPU.Seconds() * 1e6 / float64(f.Rows)
}
