package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/linkhouse/linkhouse/migrations"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Bring the tables to the version of this program."`
	Down   migrateDownCmd   `cmd:"" help:"Take tables back, with everything in them."`
	Status migrateStatusCmd `cmd:"" help:"Show the version of the tables and what is pending."`
}

type migrateUpCmd struct{}

// Help is the long help of the verb.
func (migrateUpCmd) Help() string {
	return `Applies the pending migrations, each as a whole or not at all. Several processes may do so at the same time: one
works, the others wait. What a killed process left half done is put in order first.

Example:

    LINKHOUSE_WAREHOUSE_URL=postgres://etl@db/warehouse linkhouse migrate up`
}

// Run applies what is pending.
func (migrateUpCmd) Run(ctx context.Context, a *app) error {
	return a.withWarehouse(ctx, func(w *warehouse, log *slog.Logger) error {
		result, err := migrations.Up(ctx, w.url, log)
		if err != nil {
			return storeFailure(err)
		}
		return a.tellMigrated(result)
	})
}

type migrateDownCmd struct {
	Steps int  `default:"1" placeholder:"N" help:"How many versions to take back."`
	All   bool `help:"Take everything back."`
	Yes   bool `help:"Confirm that the data in these tables may go."`
}

// Help is the long help of the verb.
func (migrateDownCmd) Help() string {
	return `Takes back the latest versions of the tables. Tables that go take their data with them, and only a backup brings it
back; the API holds no history. Therefore --yes is asked for.

Examples:

    linkhouse migrate down --yes
    linkhouse migrate down --all --yes`
}

// Run takes versions back.
func (c *migrateDownCmd) Run(ctx context.Context, a *app) error {
	switch {
	case c.Steps < 1:
		return misuse("write --steps 1 or more, or --all", "there is nothing to take back")
	case !c.Yes:
		return misuse("repeat the command with --yes if that is what you want", "this drops tables with everything in them")
	}
	steps := c.Steps
	if c.All {
		steps = 0
	}
	return a.withWarehouse(ctx, func(w *warehouse, log *slog.Logger) error {
		result, err := migrations.Down(ctx, w.url, steps, log)
		if err != nil {
			return storeFailure(err)
		}
		return a.tellMigrated(result)
	})
}

type migrateStatusCmd struct{ output }

// Help is the long help of the verb.
func (migrateStatusCmd) Help() string {
	return `Shows at which version the tables are, which this program knows, and what linkhouse migrate up would apply. It
changes nothing.`
}

type migrationStatus struct {
	Version uint               `json:"version"`
	Latest  uint               `json:"latest"`
	Dirty   bool               `json:"dirty"`
	Pending []pendingMigration `json:"pending"`
}

type pendingMigration struct {
	Version uint   `json:"version"`
	Name    string `json:"name"`
}

// Run shows the version.
func (c *migrateStatusCmd) Run(ctx context.Context, a *app) error {
	return a.withWarehouse(ctx, func(w *warehouse, _ *slog.Logger) error {
		state, err := migrations.Status(ctx, w.url)
		if err != nil {
			return storeFailure(err)
		}
		status := migrationStatus{Version: state.Version, Latest: state.Latest, Dirty: state.Dirty, Pending: []pendingMigration{}}
		t := table{columns: []column{{name: "version", numeric: true}, {name: "pending migration"}}}
		for _, p := range state.Pending {
			status.Pending = append(status.Pending, pendingMigration{Version: p.Version, Name: p.Name})
			t.rows = append(t.rows, []string{thousands(int64(p.Version)), p.Name})
		}
		if c.Output == "json" {
			return c.show(a.stdout, status, t)
		}
		words := fmt.Sprintf("The tables are at version %d of %d.", state.Version, state.Latest)
		if state.Dirty {
			words += " A migration was interrupted; linkhouse migrate up puts it in order."
		}
		if _, err := fmt.Fprintln(a.stdout, words); err != nil || len(t.rows) == 0 {
			return err
		}
		return t.write(a.stdout)
	})
}

func (a *app) tellMigrated(r migrations.Result) error {
	if r.Repaired {
		if _, err := fmt.Fprintln(a.stdout, "An interrupted migration was put in order."); err != nil {
			return err
		}
	}
	if r.From == r.To {
		_, err := fmt.Fprintf(a.stdout, "Nothing to do: the tables are at version %d.\n", r.To)
		return err
	}
	for _, name := range r.Applied {
		if _, err := fmt.Fprintln(a.stdout, "  "+name); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "The tables went from version %d to %d.\n", r.From, r.To)
	return err
}

// withWarehouse opens configuration and warehouse for a verb that works on the tables themselves.
func (a *app) withWarehouse(ctx context.Context, do func(*warehouse, *slog.Logger) error) (err error) {
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	w, err := a.openWarehouse(ctx, config, log)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := w.Close(); err == nil {
			err = stopped
		}
	}()
	return do(w, log)
}
