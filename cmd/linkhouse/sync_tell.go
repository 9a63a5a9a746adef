package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/archive"
	"github.com/linkhouse/linkhouse/schedules"
)

// telling is what a run has to say to whoever started it.
type telling struct {
	app         *app
	report      *schedules.Report
	maxFraction float64
	verb        string        // of the command line; "" is sync
	scope       []string      // the flags that limited the run
	archiving   time.Duration // from the first document to the last
	notes       []string
}

// tell gives the report on standard output, and why it ended early, if it did, as the error. A run that came to its end
// says the one thing to do next below its table; its exit code says no more than that.
func (t *telling) tell(o output, err error) error {
	if t.report.NoUsers {
		t.notes = append(t.notes, "No PayLink user is configured, or where they are named stands none, so nothing of PayLink was read.")
	}
	if spared := sum(t.report).Spared; spared > 0 {
		t.notes = append(t.notes, fmt.Sprintf("%s details were not asked for: their objects seem unchanged (details.<resource>: changed).", thousands(spared)))
	}
	code := t.report.Outcome.ExitCode()
	next := ""
	if err == nil {
		next = t.attention()
	}
	if o.Output == "json" {
		if t.report.Walks == nil { // programs count them
			t.report.Walks = []schedules.WalkReport{}
		}
		answer := syncAnswer{Report: t.report, ExitCode: code, Total: sum(t.report), Notes: t.notes, NextStep: next}
		if answer.Notes == nil {
			answer.Notes = []string{}
		}
		if wrong := o.show(t.app.stdout, answer, table{}); wrong != nil {
			return wrong
		}
	} else if wrong := t.write(next); wrong != nil {
		return wrong
	}
	switch {
	case err != nil:
		return t.explained(code, err)
	case code != exitComplete:
		return &ended{code}
	}
	return nil
}

func (t *telling) write(next string) error {
	if err := writeReport(t.app.stdout, t.report, t.archiving); err != nil {
		return err
	}
	lines := t.notes
	if next != "" {
		lines = append(lines, next)
	}
	if len(lines) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(t.app.stdout, strings.Join(lines, "\n"))
	return err
}

// attention is what a person should look at first, and the command for it. A stopped removal comes before failed lists,
// because everything else mends itself with the next run.
func (t *telling) attention() string {
	var guarded, failed []string
	var stopped []string
	for _, w := range t.report.Walks {
		switch w.State {
		case load.WalkComplete:
		case load.WalkGuarded:
			guarded = append(guarded, w.Resource)
			if w.Guarded != nil {
				stopped = append(stopped, fmt.Sprintf("%s of %s %s", thousands(w.Guarded.Gone), thousands(w.Guarded.Live), w.Resource))
			}
		default:
			failed = append(failed, w.Resource)
		}
	}
	switch {
	case len(guarded) > 0:
		if len(stopped) == 0 { // an earlier process of this run met the guard
			stopped = guarded
		}
		return fmt.Sprintf("A guard stopped a removal: %s are gone from the API, more than removals.max_fraction (%g) believes. None was marked as removed.\nIf it is right: %s",
			listed(stopped), t.maxFraction, t.sync(guarded, "--approve-removals"))
	case len(failed) > 0:
		return fmt.Sprintf("Not read to the end: %s (%s). To try again: %s", listed(failed), t.why(failed[0]), t.again(failed))
	case t.report.Documents.Failed > 0:
		return fmt.Sprintf("Not archived: %s; every run tries them again. To do so now: %s",
			counted(int(t.report.Documents.Failed), "document"), t.app.command(append([]string{"documents", "retry"}, t.scope...)...))
	case sum(t.report).Rejected > 0 && t.report.DryRun:
		return "A run would not load " + counted(int(sum(t.report).Rejected), "record") + "."
	case sum(t.report).Rejected > 0:
		return fmt.Sprintf("Not loaded: %s. To see why: %s", counted(int(sum(t.report).Rejected), "record"), t.app.command("rejects", "list"))
	case t.report.Attention.NewDrift > 0:
		return fmt.Sprintf("The API sent %s for the first time that the references do not tell of; nothing is lost. To see them: %s",
			counted(int(t.report.Attention.NewDrift), "field or value"), t.app.command("drift", "list"))
	}
	return "Nothing needs attention."
}

func (t *telling) sync(resources []string, flags ...string) string {
	return t.app.command(append(append(append([]string{"sync"}, resources...), t.scope...), flags...)...)
}

// again is the command line that reads some resources once more.
func (t *telling) again(resources []string) string {
	return t.app.command(append(append([]string{cmp.Or(t.verb, "sync")}, resources...), t.scope...)...)
}

func (t *telling) why(resource string) string {
	for _, w := range t.report.Walks {
		if w.Resource == resource && w.Error != "" {
			return w.Error
		}
	}
	return "failed"
}

// explained says why a run ended early and what to do about it.
func (t *telling) explained(code int, err error) error {
	// Errors that were joined stand on lines of their own.
	f := &failure{code: code, err: errors.New(strings.ReplaceAll(err.Error(), "\n", ": "))}
	again := "the next run goes on where this one stopped: " + t.app.again()
	switch t.report.Outcome {
	case schedules.OutcomeRefused:
		status := ""
		var e *extract.Error
		if errors.As(err, &e) && e.Status != 0 {
			status = fmt.Sprintf(" with status %d", e.Status)
		}
		f.err = errors.New("the API refuses the credentials" + status)
		f.hint = "check atomic.api_key (LINKHOUSE_ATOMIC_API_KEY), atomic.api_secret (LINKHOUSE_ATOMIC_API_SECRET) and atomic.base_url: " +
			"keys belong to one environment"
	case schedules.OutcomeUnavailable:
		f.err = fmt.Errorf("the API is unavailable: %w", lastOf(err))
		if errors.Is(err, schedules.ErrDocumentHost) {
			f.err = fmt.Errorf("%w: %w", schedules.ErrDocumentHost, lastOf(err))
		}
		f.hint = again
	case schedules.OutcomeInterrupted:
		f.hint = "what was read is saved; " + again
	case schedules.OutcomeStore:
		f.hint = "check that it runs, and its rights; " + again
		if errors.Is(err, schedules.ErrArchive) {
			f.hint = "check archive.url, its free space and its rights; " + again
		}
		if unavailable := (*archive.UnavailableError)(nil); errors.As(err, &unavailable) {
			f.err = errors.New(unavailable.Reason)
			f.hint = cmp.Or(unavailable.Check, "check archive.url and the rights on it") + "; " + again
		}
	case schedules.OutcomeLocked:
		f.hint = "wait for it to end; " + t.app.command("status") + " shows it"
	}
	return f
}

// lastOf is the request that failed, without the words around it.
func lastOf(err error) error {
	var e *extract.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}

// scopeFlags are the flags that limit a run to an employer or a user.
func scopeFlags(employer, user string) []string {
	switch {
	case employer != "":
		return []string{"--employer", employer}
	case user != "":
		return []string{"--user", user}
	}
	return nil
}

func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
