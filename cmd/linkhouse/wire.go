package main

import (
	"context"
	"encoding/hex"
	"log/slog"
	"strings"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

// engine is what a run is made of.
type engine struct {
	config *Config
	log    *slog.Logger
	api    *extract.Client
	store  *load.Store
	runner *schedules.Runner
}

// engineOptions say what of the engine a verb needs.
type engineOptions struct {
	migrate   bool // bring the tables up to date first
	documents bool // open the archive
}

// withEngine puts together what a run needs and gives it to do. What can be wrong is found in the order of its cost: the
// configuration before anything is opened, the warehouse and the archive before a request is sent.
func (a *app) withEngine(ctx context.Context, c *Config, log *slog.Logger, o engineOptions, do func(*engine) error) (err error) {
	api, err := c.openAPI(log, extract.Config{BackoffBase: a.env.backoff, BackoffMax: a.env.backoff, RetryAfterMax: a.env.patience})
	if err != nil {
		return err
	}
	defer api.CloseIdle()
	downloads, err := extract.NewDownloader(extract.DownloadConfig{
		AllowedHosts: c.Archive.AllowedHosts, AllowPrivate: c.Archive.AllowPrivateHosts, Logger: log,
	})
	if err != nil {
		return misuse("check archive.allowed_hosts", err.Error())
	}
	defer downloads.CloseIdle()
	return a.withStore(ctx, c, log, o.migrate, func(store *load.Store) error {
		e := &engine{config: c, log: log, api: api, store: store, runner: &schedules.Runner{
			API: api, Documents: downloads, Store: store, Sealer: c.sealer(), Logger: log,
			Printer:  transform.NewPrinter(c.Atomic.APISecret.Reveal(), c.Privacy.Key.Reveal()),
			PageSize: c.Atomic.PageSize, Concurrency: c.Atomic.Concurrency, MaxRemoval: c.Removals.MaxFraction, Details: c.Details,
		}}
		if o.documents {
			opened, err := c.openArchive(ctx, log, store)
			if err != nil {
				return err
			}
			e.runner.Archive = keeper{opened}
		}
		return do(e)
	})
}

// withStore opens the warehouse and its tables for as long as do takes.
func (a *app) withStore(ctx context.Context, c *Config, log *slog.Logger, migrate bool, do func(*load.Store) error) (err error) {
	w, err := a.openWarehouse(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := w.Close(); err == nil {
			err = stopped
		}
	}()
	if !migrate {
		if err := a.expectTables(ctx, w); err != nil {
			return err
		}
	}
	store, err := w.openStore(ctx, catalog, migrate, log)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(store)
}

// readStore is withStore for verbs that only look.
func (a *app) readStore(ctx context.Context, do func(*load.Store) error) error {
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	return notAllowed(a.withStore(ctx, config, log, false, do))
}

// expectTables says what to do when the tables are not there yet, which Postgres would only say in its own way.
func (a *app) expectTables(ctx context.Context, w *warehouse) error {
	state, err := migrations.Status(ctx, w.url)
	switch {
	case err != nil:
		return storeFailure(err)
	case state.Version > state.Latest:
		return storeFailure(&migrations.NewerError{Version: state.Version, Latest: state.Latest})
	case state.Version < state.Latest:
		return tablesBehind(state, a.command("migrate", "up"))
	}
	return nil
}

// openAPI makes the client. Of base, what the configuration has no key for is taken.
func (c *Config) openAPI(log *slog.Logger, base extract.Config) (*extract.Client, error) {
	if err := c.expectCredentials(); err != nil {
		return nil, err
	}
	base.BaseURL, base.Version = c.Atomic.BaseURL, c.Atomic.Version
	base.APIKey, base.APISecret = c.Atomic.APIKey.Reveal(), c.Atomic.APISecret.Reveal()
	base.PageSize, base.Concurrency = c.Atomic.PageSize, c.Atomic.Concurrency
	base.RequestsPerSecond, base.Timeout = c.Atomic.RequestsPerSecond, c.Atomic.Timeout
	base.Logger, base.UserAgent = log, "linkhouse/"+strings.TrimPrefix(version, "v")
	client, err := extract.New(base)
	if err != nil {
		return nil, misuse("check the keys under atomic", err.Error())
	}
	return client, nil
}

// expectCredentials finds that nothing can be read before anything is opened for it.
func (c *Config) expectCredentials() error {
	var problems Problems
	for _, one := range []struct {
		key   string
		value Secret
	}{{"atomic.api_key", c.Atomic.APIKey}, {"atomic.api_secret", c.Atomic.APISecret}} {
		if !one.value.IsSet() {
			problems = append(problems, Problem{key: one.key, message: "is not set, and nothing can be read without it",
				remedy: "set " + keyAt(one.key).env() + ", or the key in the configuration file"})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

func (c *Config) sealer() transform.Sealer {
	key, _ := hex.DecodeString(c.Privacy.Key.Reveal()) // the configuration has checked it
	return transform.NewSealer(key)
}
