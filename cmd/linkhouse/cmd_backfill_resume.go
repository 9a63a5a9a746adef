package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// shaping are the flags that the run's row does not tell otherwise.
func (c *backfillCmd) shaping(a *app) (words []string) {
	for _, file := range [][2]string{{"--employees", c.Employees}, {"--users", c.Users}} {
		if file[1] != "" {
			words = append(words, file[0], a.path(file[1])) // whoever goes on may stand elsewhere
		}
	}
	if len(c.Include) > 0 {
		words = append(words, "--include", strings.Join(c.Include, ","))
	}
	if c.Refetch {
		words = append(words, "--refetch")
	}
	if !c.Documents {
		words = append(words, "--no-documents")
	}
	return words
}

// scope are the flags that limit the backfill.
func (c *backfillCmd) scope(a *app) []string {
	words := append(scopeFlags(c.Employer, ""), days{c.Since, c.Until}.flags()...)
	return append(words, slices.DeleteFunc(c.shaping(a), func(word string) bool { return word == "--refetch" || word == "--no-documents" })...)
}

// words are the whole command line of the backfill.
func (c *backfillCmd) words(a *app) []string {
	words := append([]string{backfillJob, c.Resource}, scopeFlags(c.Employer, "")...)
	return append(append(words, days{c.Since, c.Until}.flags()...), c.shaping(a)...)
}

// backfill is the command line of a backfill as its row tells it.
func (r listedRun) backfill() []string {
	words := append([]string{backfillJob}, r.Resources...)
	if employer, ok := strings.CutPrefix(r.Scope, "employer="); ok {
		words = append(words, "--employer", employer)
	}
	for _, part := range strings.Fields(r.Job)[1:] {
		from, until, _ := strings.Cut(part, "..")
		switch {
		case strings.HasPrefix(part, selectionMark):
			continue // the flag of the file stands among the others
		case from != "":
			words = append(words, "--since", from)
		}
		if until != "" {
			words = append(words, "--until", until)
		}
	}
	return append(words, r.Flags...)
}

// resume goes on with the run of that number: what it was to read stands in its row.
func (c *backfillCmd) resume(ctx context.Context, a *app) error {
	alone := backfillCmd{Documents: true}
	if !slices.Equal(c.words(a), alone.words(a)) || c.DryRun || c.Fresh {
		return misuse("leave everything else out", "a run that is gone on with has words of its own")
	}
	var run load.RunRow
	err := a.readStore(ctx, func(store *load.Store) (err error) {
		var ok bool
		if run, ok, err = store.RunByID(ctx, c.Resume); err == nil && !ok {
			err = misuse(a.command("runs", "list")+" shows those there are", fmt.Sprintf("there is no run %d", c.Resume))
		}
		return err
	})
	if err != nil {
		return err
	}
	row := listedRun{RunRow: run}
	kind, _, _ := strings.Cut(run.Job, " ")
	switch {
	case kind != backfillJob:
		return misuse("what it does is done by: "+a.command(row.again()...), fmt.Sprintf("run %d is no backfill", run.ID))
	case slices.Contains([]string{load.RunComplete, load.RunPartial, load.RunGuarded}, run.State):
		return misuse("to read the same once more: "+a.command(row.again()...), fmt.Sprintf("run %d came to its end (%s)", run.ID, run.State))
	}
	same, err := parsedBackfill(row.backfill())
	if err != nil {
		return fmt.Errorf("read the command line of run %d: %w", run.ID, err)
	}
	same.output, same.NoMigrate, same.Wait = c.output, c.NoMigrate, c.Wait
	if err := same.agree(); err != nil {
		return err
	}
	return same.read(ctx, a, &run)
}

// same makes the plan the run's: what the run asked for, and only while its file holds what it held.
func (c *backfillCmd) same(a *app, plan *schedules.Plan, run *load.RunRow) error {
	if plan.Selection != "" && !slices.Contains(strings.Fields(run.Job), plan.Selection) {
		return misuse("put back what it held, or begin anew: "+a.command(c.words(a)...),
			fmt.Sprintf("the file holds others than when run %d began", run.ID))
	}
	plan.Resume, plan.Include = run.ID, run.Include
	return nil
}

// parsedBackfill reads a command line of this verb.
func parsedBackfill(line []string) (*backfillCmd, error) {
	var grammar cli
	parser, err := kong.New(&grammar, kong.NoDefaultHelp(), groups, worldSize())
	if err == nil {
		_, err = parser.Parse(line)
	}
	return &grammar.Backfill, err
}
