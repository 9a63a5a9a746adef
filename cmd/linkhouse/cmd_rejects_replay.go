package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

type rejectsReplayCmd struct {
	output
	IDs []int64 `arg:"" optional:"" name:"id" help:"Numbers of the rejects, as linkhouse rejects list shows them."`
	All bool    `help:"All that are open."`
}

// Help is the long help of the verb.
func (rejectsReplayCmd) Help() string {
	return `Asks the API once more for the objects of rejects: after the source was corrected, or with a newer linkhouse that
understands them. The lists they stand in are read as well, of the objects only these. No object is marked as removed; what
one that was read no longer has, such as a pay statement, is.

Examples:

    linkhouse rejects replay 12 13
    linkhouse rejects replay --all`
}

// replayAnswer is what became of the rejects, as programs read it.
type replayAnswer struct {
	schedules.ReplayReport
	Open     int `json:"open"` // those that are still open
	ExitCode int `json:"exit_code"`
}

// Run asks again.
func (c *rejectsReplayCmd) Run(ctx context.Context, a *app) error {
	if c.All == (len(c.IDs) > 0) {
		return misuse("name rejects by their numbers, or all of them with --all", "which rejects is not clear")
	}
	shown, config, log, err := a.observedConfiguration()
	if err != nil {
		return err
	}
	if err := config.expectCredentials(); err != nil {
		return err
	}
	return a.withEngine(ctx, config, log, engineOptions{documents: true}, func(e *engine) error {
		rejects, err := c.open(ctx, a, e.store)
		if err != nil {
			return err
		}
		var report schedules.ReplayReport
		err = observed(ctx, shown, e, func() (err error) {
			report, err = e.runner.Replay(ctx, rejects, catalog, config.include())
			return err
		})
		if err != nil && report.Run != nil {
			t := telling{app: a, report: report.Run}
			return t.explained(report.Run.Outcome.ExitCode(), err)
		}
		if err != nil {
			return err
		}
		return c.tell(a, report, len(rejects))
	})
}

// open finds the rejects that were asked for and are still open.
func (c *rejectsReplayCmd) open(ctx context.Context, a *app, store *load.Store) ([]load.RejectRow, error) {
	if c.All {
		return store.Rejects(ctx, "", false, math.MaxInt32)
	}
	var rejects []load.RejectRow
	for _, id := range c.IDs {
		row, _, ok, err := store.Reject(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, noReject(a, id)
		}
		if row.State == "open" && !slices.ContainsFunc(rejects, func(r load.RejectRow) bool { return r.ID == id }) {
			rejects = append(rejects, row)
		}
	}
	return rejects, nil
}

func (c *rejectsReplayCmd) tell(a *app, report schedules.ReplayReport, asked int) error {
	answer := replayAnswer{ReplayReport: report, Open: asked - report.Resolved}
	if answer.Open > 0 {
		answer.ExitCode = exitPartial
	}
	if c.Output == "json" {
		if err := c.show(a.stdout, answer, table{}); err != nil {
			return err
		}
	} else if err := writeReplay(a, answer, asked); err != nil {
		return err
	}
	if answer.ExitCode != exitComplete {
		return &ended{answer.ExitCode}
	}
	return nil
}

func writeReplay(a *app, r replayAnswer, asked int) error {
	if asked == 0 {
		_, err := fmt.Fprintln(a.stdout, "Nothing to do: none of them is open.")
		return err
	}
	if r.Run != nil {
		if err := walkTable(r.Run).write(a.stdout); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return err
		}
	}
	words := fmt.Sprintf("%s asked for again; %s resolved, %s still open.", counted(r.Replayed, "reject"),
		thousands(int64(r.Resolved)), thousands(int64(r.Open)))
	if r.Unnamed > 0 {
		words += fmt.Sprintf("\nNot asked for: %s without an object's id; only a whole sync meets them again.", counted(r.Unnamed, "reject"))
	}
	if r.Open > 0 {
		words += "\nTo see why: " + a.command("rejects", "list")
	}
	_, err := fmt.Fprintln(a.stdout, words)
	return err
}

// include are the configured projections in the catalog's order.
func (c *Config) include() []string {
	include, _ := selection{}.include(c, schedules.Job{}, []*transform.Resource{resourceNamed("employees")}) // nothing is asked that can be wrong
	return include
}
