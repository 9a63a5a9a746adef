package schedules

import (
	"context"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// Report is what a run did.
type Report struct {
	RunID     int64           `json:"run_id"`
	Job       string          `json:"job,omitempty"`
	Outcome   Outcome         `json:"outcome"`
	Resumed   bool            `json:"resumed"`
	DryRun    bool            `json:"dry_run"`
	Started   time.Time       `json:"started_at"`
	Seconds   float64         `json:"seconds"`
	Walks     []WalkReport    `json:"walks"`
	Documents DocumentsReport `json:"documents"`
	Attention load.Attention  `json:"attention"`
	// Staged says that all documents that were to be fetched once more are noted: from then on they wait like others.
	Staged bool `json:"-"`
	// NoUsers says that PayLink was asked for but no user is configured.
	NoUsers bool `json:"no_users"`
}

// WalkReport is what one walk did.
type WalkReport struct {
	Resource   string        `json:"resource"`
	Scope      string        `json:"scope"`
	State      string        `json:"state"`
	Counts     load.Counts   `json:"counts"`
	Seconds    float64       `json:"seconds"`
	Guarded    *load.Guarded `json:"guarded,omitempty"`
	Error      string        `json:"error,omitempty"`
	ErrorClass string        `json:"error_class,omitempty"`
}

// DocumentsReport is what became of the documents that waited.
type DocumentsReport struct {
	Archived  int64 `json:"archived"`
	Unchanged int64 `json:"unchanged"` // fetched again, with the content that is archived
	Absent    int64 `json:"absent"`    // the API gives no link at present
	Failed    int64 `json:"failed"`
	Bytes     int64 `json:"bytes"`
	// The age of the links when they were used, at most, in seconds.
	LinkAgeMax  float64 `json:"link_age_max_seconds"`
	LinkAgeMean float64 `json:"link_age_mean_seconds"`

	links int64 // that were used
}

// Add adds up.
func (d *DocumentsReport) Add(e DocumentsReport) {
	d.Archived += e.Archived
	d.Unchanged += e.Unchanged
	d.Absent += e.Absent
	d.Failed += e.Failed
	d.Bytes += e.Bytes
	d.LinkAgeMax = max(d.LinkAgeMax, e.LinkAgeMax)
	if links := d.links + e.links; links > 0 {
		d.LinkAgeMean = (d.LinkAgeMean*float64(d.links) + e.LinkAgeMean*float64(e.links)) / float64(links)
		d.links = links
	}
}

// Progress is a word on the way.
type Progress struct {
	Resource string
	Counts   load.Counts
	// Before is what of Counts this process did not do (see load.Walk); Already says that an earlier one came to the walk's end.
	Before  load.Counts
	Already bool
	// Tables are the rows that this process wrote.
	Tables []load.TableRows
	// Total is how many objects there are to read, where that is known beforehand, and Read how many were read, those of pages
	// that are not committed yet included; 0 where that is not counted (see Plan.Measure).
	Total, Read int64
	Documents   *DocumentsReport
	State       string
	Done        bool
}

// sum is how the run ended: what its walks and documents say, and err, which ended it. Whatever else broke when a person
// stopped the run, it was interrupted.
func (r *Report) sum(ctx context.Context, err error) Outcome {
	o := worse(r.walked(), outcomeOf(err))
	if err != nil && ctx.Err() != nil && o != OutcomeRefused {
		return OutcomeInterrupted
	}
	return o
}

// walked sums up what the walks and documents say.
func (r *Report) walked() Outcome {
	o := OutcomeComplete
	for _, w := range r.Walks {
		switch w.State {
		case load.WalkGuarded:
			o = worse(o, OutcomeGuarded)
		case load.WalkFailed:
			o = worse(o, OutcomePartial)
		}
		if w.Counts.Rejected > 0 {
			o = worse(o, OutcomePartial)
		}
	}
	if r.Documents.Failed > 0 {
		o = worse(o, OutcomePartial)
	}
	return o
}
