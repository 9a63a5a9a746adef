package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

type backfillCmd struct {
	output
	Resource  string   `arg:"" optional:"" help:"What to read, by its name in the API."`
	Employer  string   `placeholder:"ID" help:"Only what belongs to this employer."`
	Employees string   `placeholder:"FILE" help:"Only the employees of this file, one id a line."`
	Users     string   `placeholder:"FILE" help:"The PayLink users of this file, one identifier a line, instead of the configured ones."`
	Include   []string `placeholder:"WORDS" help:"Projections to ask of employees, instead of employees.include."`
	Since     day      `placeholder:"DATE" help:"Only what is dated this day or later, as 2026-01-31: statements by their pay date, payroll runs by their check date, documents by their date."`
	Until     day      `placeholder:"DATE" help:"Only what is dated this day or earlier."`
	Documents bool     `default:"true" negatable:"" help:"Archive the documents, too. With --no-documents they are left for a later run."`
	Refetch   bool     `help:"Also fetch documents that are archived. Another content is kept as another version."`
	Resume    int64    `placeholder:"RUN" help:"Go on with this unfinished backfill, by its number in linkhouse runs list."`
	DryRun    bool     `help:"Send nothing; estimate calls, time and rows from what the warehouse knows."`
	Fresh     bool     `help:"Begin anew instead of going on with an unfinished backfill."`
	NoMigrate bool     `help:"Leave the tables as they are, even if migrations are pending."`
	Wait      waitFlag `help:"While another run holds the lock, wait for it instead of ending with exit code 4; --wait=30m waits for so long at most."`
}

// Help is the long help of the verb.
func (backfillCmd) Help() string {
	return `Reads one resource once: all of it, or what belongs to an employer, to some employees or users, or to some days. Of
employees, days choose pay statements: only those paid then are read into the warehouse, with their lines. With days or a
file, nothing outside of them is written and no object is marked as removed; with a file, what an object that was read no
longer has, such as a pay statement, is. What has no date is left out. What was read and archived before is not written
again: a second backfill of the same writes nothing.

One that was interrupted is gone on with by the same command, within 24 hours, or by --resume. A file that holds others by
then is other work. While a run of another kind is under way, a backfill takes a quarter of the requests that it may send.

Examples:

    linkhouse backfill employees --employer 60fee0c5a8fb5e0008d1e6b9 --since 2025-01-01 --until 2025-12-31 --dry-run
    linkhouse backfill employees --employees ids.txt --include identity,income
    linkhouse backfill tasks --users new-users.txt
    linkhouse backfill employer-documents --refetch --output json
    linkhouse backfill --resume 17`
}

const (
	// backfillJob is under what name backfills stand among the runs.
	backfillJob = "backfill"
	// yieldEvery is how often a backfill looks whether another run is under way.
	yieldEvery = 3 * time.Second
)

// Run reads, and tells how it went.
func (c *backfillCmd) Run(ctx context.Context, a *app) error {
	if c.Resume != 0 {
		return c.resume(ctx, a)
	}
	if err := c.agree(); err != nil {
		return err
	}
	if c.DryRun {
		return c.estimate(ctx, a)
	}
	return c.read(ctx, a, nil)
}

// read carries the backfill out, or goes on with the run that is given.
func (c *backfillCmd) read(ctx context.Context, a *app, run *load.RunRow) error {
	shown, config, log, err := a.observedConfiguration()
	if err != nil {
		return err
	}
	plan, err := c.plan(a, config)
	if err != nil {
		return err
	}
	if run != nil {
		if err := c.same(a, &plan, run); err != nil {
			return err
		}
	}
	var report *schedules.Report
	err = a.sync(ctx, config, log, shown, plan, !c.NoMigrate, c.Wait, &report)
	switch {
	case errors.Is(err, load.ErrNotResumable):
		return &failure{code: exitUsage, err: fmt.Errorf("run %d cannot be gone on with", plan.Resume),
			hint: "it is over, it began more than 24 hours ago, or a later run took its place; to begin anew: " + a.command(c.words(a)...)}
	case report == nil:
		return err
	}
	t := telling{app: a, report: report, archiving: shown.archiving(), maxFraction: config.Removals.MaxFraction, verb: backfillJob,
		scope: c.scope(a), notes: strangers(report, plan.IDs)}
	return t.tell(c.output, err)
}

// strangers tells how many of the ids were not met in a list that was read to its end.
func strangers(report *schedules.Report, ids []string) []string {
	if ids == nil || len(report.Walks) != 1 || report.Walks[0].State != load.WalkComplete {
		return nil
	}
	missing := int64(len(ids)) - report.Walks[0].Counts.Listed
	if missing <= 0 {
		return nil
	}
	return []string{fmt.Sprintf("Of %s of the file, the API's list does not have %s.", counted(len(ids), "id"), thousands(missing))}
}
