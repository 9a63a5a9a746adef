package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

type documentsVerifyCmd struct {
	output
	documentChoice
	IDs      []string `arg:"" optional:"" name:"id" help:"Only the documents of these ids."`
	Sample   float64  `default:"1" placeholder:"PART" help:"Read only this part of the documents, above 0 and up to 1: other documents on other days."`
	NotSince moment   `placeholder:"TIME" help:"Leave out those that were verified at this time or later."`
	Orphans  bool     `help:"Also look for files in the archive that no document names."`
}

// Help is the long help of the verb.
func (documentsVerifyCmd) Help() string {
	return `Reads archived documents, every version, and compares each with the digest that was taken when it was archived. What is
missing or damaged is named, marked as failed, and fetched again by linkhouse documents retry and by every sync, if it is
the newest version; the API does not serve earlier ones. A file that was put back from a backup is found, and archived
again. Files that no document names (--orphans) are left by runs that were killed, and by runs that are under way.

The exit code is 3 when anything is missing, damaged or named by no document. A verification that was interrupted goes on
with the command that it ends with.

Examples:

    linkhouse documents verify
    linkhouse documents verify --sample 0.1
    linkhouse documents verify --not-since 2026-01-01 --resource payroll-runs
    linkhouse documents verify --orphans --output json`
}

// verifyAnswer is a verification as programs read it.
type verifyAnswer struct {
	schedules.VerifyReport
	Seconds  float64 `json:"seconds"`
	ExitCode int     `json:"exit_code"`
	NextStep string  `json:"next_step"`
}

// Run verifies, and tells what it found.
func (c *documentsVerifyCmd) Run(ctx context.Context, a *app) error {
	filter, err := c.filter(c.IDs)
	if err != nil {
		return err
	}
	if !(c.Sample > 0 && c.Sample <= 1) {
		return misuse("write a part such as 0.1; 1 is all", "--sample is above 0 and up to 1")
	}
	if chosen := c.words(c.IDs); c.Orphans && len(chosen) > 0 && (len(chosen) != 2 || c.Resource == "") {
		return misuse("look for them without other flags than --resource", "files that no document names belong to no employer, type or day")
	}
	shown, config, log, err := a.observedConfiguration()
	if err != nil {
		return err
	}
	filter.VerifiedBefore = c.NotSince.Time
	began := time.Now().UTC()
	return a.withStore(ctx, config, log, false, func(store *load.Store) error {
		opened, err := config.openArchive(ctx, log, store)
		if err != nil {
			return err
		}
		e := &engine{config: config, log: log, store: store,
			runner: &schedules.Runner{Store: store, Logger: log, Concurrency: config.Atomic.Concurrency}}
		var report schedules.VerifyReport
		err = observed(ctx, shown, e, func() (err error) {
			report, err = e.runner.VerifyDocuments(ctx, keeper{opened}, withDocuments(c.Resource),
				schedules.VerifyPlan{Filter: filter, Sample: c.Sample, Salt: c.salt(began), Orphans: c.Orphans})
			return errors.Join(err, ctx.Err())
		})
		answer := verifyAnswer{VerifyReport: report, Seconds: time.Since(began).Seconds(), NextStep: c.next(a, report)}
		return c.tell(ctx, a, answer, began, err)
	})
}

// salt chooses the same documents on the same day, and in a verification that is gone on with.
func (c *documentsVerifyCmd) salt(now time.Time) string {
	if !c.NotSince.IsZero() {
		now = c.NotSince.Time
	}
	return now.UTC().Format(time.DateOnly)
}

// tell gives what was found, also by a verification that did not come to its end.
func (c *documentsVerifyCmd) tell(ctx context.Context, a *app, v verifyAnswer, began time.Time, err error) error {
	var known *failure
	if err != nil {
		// What was read is noted: with the time of its beginning, or of the one it went on with, this one goes on.
		if c.NotSince.IsZero() {
			a.args = append(a.args, "--not-since", began.Truncate(time.Second).Format(time.RFC3339))
		}
		again := "what was read is noted; to go on: " + a.again()
		switch {
		case ctx.Err() != nil:
			err = &failure{code: exitInterrupted, err: ctx.Err(), hint: again}
		case !errors.As(err, &known) && errors.Is(err, schedules.ErrArchive):
			err = archiveFailure(err, "check archive.url and the rights on it")
			err = &failure{code: exitStore, err: err, hint: hintOf(err) + "; " + again}
		}
		v.ExitCode = exitCode(err)
	} else if v.Missing+v.Damaged+v.Orphans > 0 {
		v.ExitCode = exitPartial
	}
	if v.Findings == nil {
		v.Findings = []schedules.Finding{}
	}
	wrong := error(nil)
	if c.Output == "json" {
		wrong = c.show(a.stdout, v, table{})
	} else {
		wrong = v.write(a.stdout)
	}
	switch {
	case wrong != nil:
		return wrong
	case err != nil:
		return err
	case v.ExitCode != exitComplete:
		return &ended{v.ExitCode}
	}
	return nil
}

// next is the command that heals.
func (c *documentsVerifyCmd) next(a *app, v schedules.VerifyReport) string {
	if v.Missing+v.Damaged == v.Lost {
		return ""
	}
	return a.command(append([]string{"documents", "retry"}, c.words(c.IDs)...)...)
}

func (v *verifyAnswer) write(w io.Writer) error {
	t := table{columns: []column{{name: "found"}, {name: "resource"}, {name: "id", spare: true}, {name: "version", numeric: true, spare: true}, {name: "place", whole: true}}}
	for _, f := range v.Findings {
		number := ""
		if f.Version > 0 {
			number = strconv.Itoa(f.Version)
		}
		t.rows = append(t.rows, []string{f.What, f.Resource, f.SourceID, number, f.Location})
	}
	if len(t.rows) > 0 {
		if err := t.write(w); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	if all := v.Missing + v.Damaged + v.Orphans; all > int64(len(v.Findings)) {
		if _, err := fmt.Fprintf(w, "These are the first %s of %s.\n", thousands(int64(len(v.Findings))), thousands(all)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, v.words())
	return err
}

// words sum the verification up.
func (v *verifyAnswer) words() string {
	parts := []string{thousands(v.Sound) + " as archived"}
	for _, p := range []struct {
		n    int64
		what string
	}{{v.Missing, "missing"}, {v.Damaged, "damaged"}} {
		if p.n > 0 {
			parts = append(parts, thousands(p.n)+" "+p.what)
		}
	}
	words := fmt.Sprintf("%s verified (%s): %s.", counted(int(v.Checked), "document"), pace(v.Checked, v.Bytes, v.Seconds), strings.Join(parts, ", "))
	if v.Checked+v.Frozen == 0 {
		words = "No document was to be verified."
	}
	if v.Frozen > 0 {
		words += "\nIn a storage class that must give them back first, and not read: " + counted(int(v.Frozen), "document") + "."
	}
	if v.Orphans > 0 {
		words += "\nIn the archive, and named by no document: " + counted(int(v.Orphans), "file") + "."
	}
	if v.Lost > 0 {
		words += "\n" + lostWords(v.Lost)
	}
	if v.NextStep != "" {
		words += "\nTo fetch them again: " + v.NextStep
	}
	return words
}
