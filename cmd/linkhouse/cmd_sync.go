package main

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

type syncCmd struct {
	output
	Resources       []string `arg:"" optional:"" help:"Resources to read, by their names in the API. Default: all."`
	Job             string   `placeholder:"NAME" help:"Read what this job of the timetable reads: nightly, intraday or one of your own."`
	Employer        string   `placeholder:"ID" help:"Read the EmployerLink resources of this employer only."`
	User            string   `placeholder:"ID" help:"Read the PayLink resources of this user only."`
	Include         []string `placeholder:"WORDS" help:"Projections to ask of employees, instead of employees.include."`
	ApproveRemovals bool     `help:"Let removals pass that the guard would stop (exit code 8)."`
	DryRun          bool     `help:"Read and compare, and write nothing but missing tables."`
	Fresh           bool     `help:"Begin anew instead of going on with an unfinished run."`
	NoMigrate       bool     `help:"Leave the tables as they are, even if migrations are pending."`
	Wait            waitFlag `help:"While another run holds the lock, wait for it instead of ending with exit code 4; --wait=30m waits for so long at most."`
}

// Help is the long help of the verb.
func (syncCmd) Help() string {
	return `Reads what the API has now and brings the warehouse to it: what is new is added, what changed keeps its old version in
schema history, what is gone is marked as removed, documents are archived. A second run over unchanged data writes
nothing. A run that was interrupted is gone on with by the same command, within 24 hours.

Resources: employers, employees, employer-documents, employer-deduction-types, payroll-runs (EmployerLink),
pay-link-accounts, tasks (PayLink, for the users named under users in the configuration).

Examples:

    linkhouse sync
    linkhouse sync employees payroll-runs --employer 60fee0c5a8fb5e0008d1e6b9
    linkhouse sync --job intraday --output json
    linkhouse sync employees --approve-removals --dry-run`
}

// Run reads, and tells how it went.
func (c *syncCmd) Run(ctx context.Context, a *app) error {
	shown, config, log, err := a.observedConfiguration()
	if err != nil {
		return err
	}
	plan, leftOut, err := selection{c.Resources, c.Job, c.Employer, c.User, c.Include}.plan(config)
	if err != nil {
		return err
	}
	plan.ApproveRemovals, plan.DryRun, plan.Fresh = c.ApproveRemovals, c.DryRun, c.Fresh
	var report *schedules.Report
	err = a.sync(ctx, config, log, shown, plan, !c.NoMigrate, c.Wait, &report)
	if report == nil || c.Wait.waitsForTurn(err) {
		a.tellAlert(ctx, config, nil, log, plan, report, err)
	}
	if report == nil {
		return err
	}
	t := telling{app: a, report: report, archiving: shown.archiving(), maxFraction: config.Removals.MaxFraction, scope: scopeFlags(c.Employer, c.User)}
	if leftOut {
		t.notes = append(t.notes, "PayLink was left out: no user is configured (users.file, users.list or users.query).")
	}
	return t.tell(c.output, err)
}

// observedConfiguration is the configuration of a verb that shows progress. Where there are bars, they and what follows
// them tell what the log would: unless somebody asked for more, it is left to what went wrong.
func (a *app) observedConfiguration() (*display, *Config, *slog.Logger, error) {
	shown := newDisplay(a.stderr)
	if a.env.watch != nil {
		shown.now, shown.watch = a.env.clock, a.env.watch
	}
	a.stderr = shown // the log has to go around the bars
	config, log, err := a.configuration()
	if err != nil {
		return nil, nil, nil, err
	}
	if _, asked := config.configured["log.level"]; shown.width != nil && !asked {
		config.Log.Level = "warn"
		log = newLogger(a.stderr, config.Log)
	}
	return shown, config, log, nil
}

// sync carries out a plan. The report is nil when the run did not come about.
func (a *app) sync(ctx context.Context, c *Config, log *slog.Logger, shown *display, plan schedules.Plan, migrate bool, wait waitFlag,
	report **schedules.Report) error {
	if err := c.expectCredentials(); err != nil {
		return err
	}
	perUser := plan.User == "" && plan.Users == nil && slices.ContainsFunc(plan.Resources, func(r *transform.Resource) bool { return r.PerUser })
	var users []string
	var err error
	if perUser {
		if users, err = c.namedUsers(); err != nil {
			return err
		}
	}
	documents := !plan.DryRun && slices.ContainsFunc(plan.Resources, func(r *transform.Resource) bool { return r.Document })
	turn := &waiting{app: a, flag: wait, private: !c.Warehouse.URL.IsSet(), begun: time.Now()}
	return turn.takesTurns(ctx, report, func() error {
		return a.withEngine(ctx, c, log, engineOptions{migrate: migrate, documents: documents}, func(e *engine) error {
			if perUser {
				asked, err := c.usersOf(ctx, e.store, users)
				if err != nil {
					return err
				}
				plan.Users = func(context.Context) ([]string, error) { return asked, nil }
			}
			err := e.run(ctx, shown, plan, report)
			if wait.waitsForTurn(err) {
				turn.tell(ctx, e.store, plan)
			} else {
				a.tellAlert(ctx, c, e.store, log, plan, *report, err)
			}
			return err
		})
	})
}

// run runs the plan under the eyes of the display.
func (e *engine) run(ctx context.Context, shown *display, plan schedules.Plan, report **schedules.Report) error {
	return observed(ctx, shown, e, func() (err error) {
		*report, err = e.runner.Run(ctx, plan)
		return err
	})
}

// observed shows the progress of what do does with the runner.
func observed(ctx context.Context, shown *display, e *engine, do func() error) error {
	e.runner.Observe = shown.observe
	watching, done := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	group.Go(func() error {
		shown.run(watching, e.log)
		return nil
	})
	err := do()
	done()
	_ = group.Wait() // it has no error to give
	return err
}

// observe turns the words of a run into bars.
func (d *display) observe(p schedules.Progress) {
	if n := p.Documents; n != nil {
		d.update(step{name: p.Resource, done: n.Archived + n.Unchanged + n.Absent + n.Failed, total: p.Total, bytes: n.Bytes, files: true, finished: p.Done})
		return
	}
	// How many there will be is known to a run that is measured only: a list tells its end and not its length.
	d.update(step{name: p.Resource, done: max(p.Counts.Listed, p.Read), before: p.Before.Listed, total: p.Total, finished: p.State == load.WalkComplete || p.State == load.WalkGuarded})
}
