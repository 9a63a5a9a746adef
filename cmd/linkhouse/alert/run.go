package alert

import (
	"errors"
	"fmt"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// Run is a run that has ended.
type Run struct {
	// Key names in the warehouse what was run; Subject names it in messages. They differ where the key tells of a person.
	Key, Subject string
	Job          string
	// Again are the words of the command that reads the same once more; nil for what is limited to one employer or user, whose
	// name is in no message.
	Again    []string
	Report   *schedules.Report
	Err      error
	ExitCode int
}

// sightingOf is what a run shows of its subject; ok is false when it shows nothing.
func (t *Teller) sightingOf(r Run) (s sighting, ok bool) {
	outcome := r.Report.Outcome
	if outcome == schedules.OutcomeInterrupted || r.Report.DryRun {
		return s, false
	}
	m := Message{
		Event: Failure, Severity: severityOf(outcome, t.Partial), Subject: r.Subject, Job: r.Job, RunID: r.Report.RunID,
		Outcome: string(outcome), ExitCode: &r.ExitCode, ErrorClass: errorClass(r.Err), Help: t.help(r),
	}
	if outcome == schedules.OutcomeGuarded {
		m.Event = Guard
	}
	if m.ErrorClass == classOther && outcome == schedules.OutcomeStore { // it was met before anything was opened
		m.ErrorClass = "warehouse or archive"
	}
	for _, w := range r.Report.Walks {
		c := w.Counts
		one := Resource{Name: w.Resource, State: w.State, ErrorClass: w.ErrorClass, Listed: c.Listed, New: c.New, Changed: c.Changed,
			Removed: c.Removed, Rejected: c.Rejected}
		if w.Guarded != nil {
			one.Gone, one.Live = w.Guarded.Gone, w.Guarded.Live
		}
		m.Resources = append(m.Resources, one)
	}
	if d := r.Report.Documents; d.Archived+d.Absent+d.Failed > 0 {
		m.Documents = &Documents{Archived: d.Archived, Absent: d.Absent, Failed: d.Failed}
	}
	s = sighting{key: r.Key, condition: string(outcome), message: m}
	if m.Severity == None {
		s.condition = load.AlertWell
	}
	return s, true
}

func severityOf(o schedules.Outcome, partial Severity) Severity {
	switch o {
	case schedules.OutcomeComplete:
		return None
	case schedules.OutcomePartial:
		return partial
	case schedules.OutcomeGuarded, schedules.OutcomeLocked:
		return Warning
	}
	return Critical
}

// classOther is the class of an error that nobody has sorted.
const classOther = "other"

// errorClass is the kind of what ended a run early, in the words of whoever met it. The text of the error goes nowhere: it may
// name what stands in a path.
func errorClass(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, load.ErrLocked):
		return "locked"
	case errors.Is(err, schedules.ErrArchive):
		return "archive"
	case load.ClassOf(err) != "":
		return "warehouse " + string(load.ClassOf(err))
	case extract.ClassOf(err) != "":
		return "api " + string(extract.ClassOf(err))
	}
	return classOther
}

// help is what to do about a run, the first thing first.
func (t *Teller) help(r Run) (help []Help) {
	add := func(what string, words ...string) { help = append(help, Help{what, t.Command(words...)}) }
	if id := r.Report.RunID; id > 0 {
		add("How it went:", "runs", "show", fmt.Sprint(id))
	}
	switch r.Report.Outcome {
	case schedules.OutcomeComplete:
	case schedules.OutcomeGuarded:
		if gone := walksIn(r.Report, load.WalkGuarded); r.Again != nil && len(gone) > 0 {
			add("Nothing was marked as removed. If it is right that so much is gone:", append(append([]string{"sync"}, gone...), "--approve-removals")...)
		}
	case schedules.OutcomePartial:
		t.helpPartial(r, add)
	case schedules.OutcomeUnavailable:
		if r.Again != nil {
			add("What was read is kept. To go on from there:", r.Again...)
		}
	case schedules.OutcomeRefused:
		add("Check atomic.api_key, atomic.api_secret and atomic.base_url:", "check")
	case schedules.OutcomeLocked:
		add("Which run is under way:", "status")
	default:
		add("What keeps a run from working:", "check")
	}
	return help
}

func (t *Teller) helpPartial(r Run, add func(string, ...string)) {
	if failed := walksIn(r.Report, load.WalkFailed); r.Again != nil && len(failed) > 0 {
		add("To read again what was not read to its end:", append([]string{"sync"}, failed...)...)
	}
	rejected := false
	for _, w := range r.Report.Walks {
		rejected = rejected || w.Counts.Rejected > 0
	}
	if rejected {
		add("The records that could not be loaded:", "rejects", "list")
	}
	if r.Report.Documents.Failed > 0 {
		add("Every run tries the failed documents again. To do so now:", "documents", "retry")
	}
}

// walksIn are the resources whose walks ended so.
func walksIn(report *schedules.Report, state string) (names []string) {
	for _, w := range report.Walks {
		if w.State == state {
			names = append(names, w.Resource)
		}
	}
	return names
}
