package main

import (
	"context"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/schedules"
)

type backfillCmd struct {
	output
	Resource string `arg:"" help:"What to read: employer-documents or payroll-runs."`
	Employer string `placeholder:"ID" help:"Only those of this employer."`
	days
	Refetch     bool     `help:"Also fetch documents that are archived. Another content is kept as another version."`
	NoDocuments bool     `help:"Read the rows only, and leave the documents for a later run."`
	DryRun      bool     `help:"Read and compare, and write nothing but missing tables."`
	Fresh       bool     `help:"Begin anew instead of going on with an unfinished backfill."`
	NoMigrate   bool     `help:"Leave the tables as they are, even if migrations are pending."`
	Wait        waitFlag `help:"While another run holds the lock, wait for it instead of ending with exit code 4; --wait=30m waits for so long at most."`
}

// Help is the long help of the verb.
func (backfillCmd) Help() string {
	return `Reads one resource once, for one employer or some days, and archives its documents. With --since or --until, objects without
a date are left out, nothing is marked as removed, and nothing outside of those days is touched. What was read and
archived before is not written again: a second backfill over the same days writes nothing.

One that was interrupted is gone on with by the same command, within 24 hours.

Examples:

    linkhouse backfill employer-documents --since 2025-01-01 --until 2025-12-31
    linkhouse backfill payroll-runs --employer 60fee0c5a8fb5e0008d1e6b9 --no-documents
    linkhouse backfill employer-documents --refetch --output json`
}

// backfillJob is under what name backfills stand among the runs.
const backfillJob = "backfill"

// Run reads, and tells how it went.
func (c *backfillCmd) Run(ctx context.Context, a *app) error {
	if err := c.expect(); err != nil {
		return err
	}
	shown, config, log, err := a.observedConfiguration()
	if err != nil {
		return err
	}
	plan := schedules.Plan{
		Job: backfillJob, Resources: withDocuments(c.Resource), Employer: c.Employer, From: c.Since.Time, Until: c.Until.Time,
		Refetch: c.Refetch, NoDocuments: c.NoDocuments, Flags: c.shaping(), DryRun: c.DryRun, Fresh: c.Fresh, Version: strings.TrimPrefix(version, "v"),
	}
	var report *schedules.Report
	err = a.sync(ctx, config, log, shown, plan, !c.NoMigrate, c.Wait, &report)
	if report == nil {
		return err
	}
	t := telling{app: a, report: report, archiving: shown.archiving(), maxFraction: config.Removals.MaxFraction, verb: backfillJob,
		scope: append(scopeFlags(c.Employer, ""), c.flags()...)}
	return t.tell(c.output, err)
}

// shaping are the flags that say what becomes of the documents.
func (c *backfillCmd) shaping() (words []string) {
	if c.Refetch {
		words = append(words, "--refetch")
	}
	if c.NoDocuments {
		words = append(words, "--no-documents")
	}
	return words
}

// expect finds what cannot be backfilled.
func (c *backfillCmd) expect() error {
	if err := knownResource(c.Resource); err != nil {
		return err
	}
	switch {
	case !slices.Contains(documentResources, c.Resource):
		return misuse("linkhouse sync "+c.Resource+" reads all of them; backfill takes "+strings.Join(documentResources, " and "),
			"this version does not backfill "+c.Resource)
	case c.Refetch && c.NoDocuments:
		return misuse("leave one of them out", "--refetch fetches documents and --no-documents none")
	}
	return c.agree()
}
