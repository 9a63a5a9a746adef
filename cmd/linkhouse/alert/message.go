package alert

import (
	"fmt"
	"strings"
	"time"
)

// Version is the version of the form of a [Message]. Fields may be added under it; none goes or changes its meaning.
const Version = 1

// Event is what a message is about.
type Event string

// The events.
const (
	Failure  Event = "failure"  // a run did not end complete
	Guard    Event = "guard"    // a guard stopped a removal
	Stale    Event = "stale"    // a resource was not read completely for too long
	Recovery Event = "recovery" // what was told of is well again
)

// Severity is how soon somebody should look.
type Severity string

// The severities. None is the one of what is not told at all.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Info     Severity = "info"
	None     Severity = "none"
)

// Message is an alert as programs read it.
type Message struct {
	Version  int      `json:"version"`
	Event    Event    `json:"event"`
	Severity Severity `json:"severity"`
	// Reminder says that this was told before and has not changed.
	Reminder bool   `json:"reminder"`
	Summary  string `json:"summary"`
	// Subject and Since together are the same for all messages of one incident, its recovery included.
	Subject string     `json:"subject"`
	Since   *time.Time `json:"since"`

	Job        string     `json:"job,omitempty"`
	RunID      int64      `json:"run_id,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
	ExitCode   *int       `json:"exit_code,omitempty"`
	ErrorClass string     `json:"error_class,omitempty"`
	Resources  []Resource `json:"resources"`
	Documents  *Documents `json:"documents,omitempty"`
	// LastComplete is of the resource that the message is about; nil: it was never read completely.
	LastComplete *time.Time `json:"last_complete_at,omitempty"`

	Host string    `json:"host"`
	Time time.Time `json:"time"`
	Help []Help    `json:"help"`
}

// Resource is how one resource stands: in the run that the message is about, or alone.
type Resource struct {
	Name       string `json:"resource"`
	State      string `json:"state"`
	ErrorClass string `json:"error_class,omitempty"`
	Listed     int64  `json:"listed"`
	New        int64  `json:"new"`
	Changed    int64  `json:"changed"`
	Removed    int64  `json:"removed"`
	Rejected   int64  `json:"rejected"`
	// Of a removal that was stopped: how many of how many are gone from the API.
	Gone int64 `json:"gone,omitempty"`
	Live int64 `json:"live,omitempty"`
}

// Documents is what became of the documents that waited.
type Documents struct {
	Archived int64 `json:"archived"`
	Absent   int64 `json:"absent"`
	Failed   int64 `json:"failed"`
}

// Help is something to do, and the exact command for it.
type Help struct {
	What    string `json:"what"`
	Command string `json:"command"`
}

// outcomes are how runs end, in words. One that does not stand here is told as it is called.
var outcomes = map[string]string{
	"partial":     "finished with rejects, failed documents or failed lists",
	"guarded":     "was stopped by a guard before a removal",
	"unavailable": "could not reach the API",
	"store":       "could not use the warehouse or the archive",
	"refused":     "was refused by the API: the credentials are not accepted",
	"locked":      "did not run, because another run holds the lock",
	"failed":      "failed",
}

// summarize writes the summary, once it is known when and why the message goes out.
func (m *Message) summarize() {
	words := outcomes[m.Outcome]
	switch {
	case m.Event == Recovery:
		words = "is well again"
	case m.Event == Stale && m.LastComplete == nil:
		words = "was never read completely"
	case m.Event == Stale:
		words = "was last read completely " + age(m.Time.Sub(*m.LastComplete)) + " ago"
	case m.Outcome == "":
		words = "cannot be reached"
	case words == "":
		words = "ended " + m.Outcome
	}
	var why []string
	if m.ExitCode != nil && *m.ExitCode != 0 {
		why = append(why, fmt.Sprintf("exit code %d", *m.ExitCode))
	}
	if m.Reminder && m.Since != nil {
		why = append(why, "since "+m.Since.UTC().Format("2006-01-02 15:04")+" UTC")
	}
	m.Summary = "linkhouse: " + m.Subject + " " + words
	if len(why) > 0 {
		m.Summary += " (" + strings.Join(why, ", ") + ")"
	}
	if m.Reminder {
		m.Summary = "Reminder: " + m.Summary
	}
}

// age is a duration in its two largest units.
func age(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd %dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
