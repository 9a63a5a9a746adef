package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/embedded"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/transform"
)

// app is what every verb starts from: where it runs and where its words go. What a verb needs beyond that it opens step by
// step, configuration, then warehouse, then tables, so that no verb waits for what it does not use.
type app struct {
	env            Env
	args           []string // as they were given
	globals        globals
	stdout, stderr io.Writer
}

// configuration reads and checks everything that is configured, and makes the log.
func (a *app) configuration() (*Config, *slog.Logger, error) {
	in := configInput{path: a.configPath(), dir: a.env.Dir, vars: a.env.Vars, flags: map[string]string{}, flagged: map[string]string{}}
	for _, flag := range []struct{ key, name, value string }{
		{"log.level", "--log-level", string(a.globals.LogLevel)},
		{"log.format", "--log-format", string(a.globals.LogFormat)},
	} {
		if flag.value != "" {
			in.flags[flag.key], in.flagged[flag.key] = flag.value, flag.name
		}
	}
	config, err := loadConfig(in)
	if err != nil {
		return nil, nil, err
	}
	log := newLogger(a.stderr, config.Log)
	for _, name := range config.Unused {
		log.Warn("this variable sets nothing", "variable", name)
	}
	return config, log, nil
}

// configPath is the file that was asked for; "" leaves it to the default one.
func (a *app) configPath() string {
	if a.globals.Config != "" {
		return a.globals.Config
	}
	return a.env.Vars[configVariable]
}

// log is the log of a verb that needs no configuration.
func (a *app) log() *slog.Logger {
	return newLogger(a.stderr, LogConfig{Level: string(a.globals.LogLevel), Format: string(a.globals.LogFormat)})
}

// command is a command line that a person can paste: the program as it was called, with the same configuration file, and
// quoted where a shell asks for it.
func (a *app) command(words ...string) string {
	var config []string
	if a.globals.Config != "" {
		config = []string{"--config", a.globals.Config}
	}
	return a.line(append(config, words...))
}

// again is the command line that was given.
func (a *app) again() string { return a.line(a.args) }

func (a *app) line(words []string) string {
	line := []string{a.env.Program}
	for _, word := range words {
		line = append(line, a.shellWord(word))
	}
	return strings.Join(line, " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@%+-]+$`)

// shellWord leaves a word alone that every shell reads as it stands, and writes the home directory short.
func (a *app) shellWord(word string) string {
	if plainWord.MatchString(word) {
		if below, ok := strings.CutPrefix(word, a.env.Vars["HOME"]+"/"); ok && a.env.Vars["HOME"] != "" {
			return "~/" + below
		}
		return word
	}
	return shellQuoted(word)
}

// path is where a path on the command line leads.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.env.Dir, name)
}

// dataPath is a place under data_dir.
func (c *Config) dataPath(name string) (string, error) {
	if c.DataDir == "" {
		return "", &failure{code: exitUsage, err: errors.New("no place for data: HOME is not set"),
			hint: "set data_dir (" + envPrefix + "DATA_DIR), or both warehouse.url and archive.url"}
	}
	return filepath.Join(c.DataDir, name), nil
}

// warehouse is a Postgres that answers: the configured one, or the embedded one until Close.
type warehouse struct {
	url     string // holds a password
	cluster *embedded.Cluster
}

func (a *app) openWarehouse(ctx context.Context, c *Config, log *slog.Logger) (*warehouse, error) {
	if c.Warehouse.URL.IsSet() {
		return &warehouse{url: c.Warehouse.URL.Reveal()}, nil
	}
	dir, err := c.dataPath("postgres")
	if err != nil {
		return nil, err
	}
	cluster, err := embedded.Start(ctx, embedded.Config{Dir: dir, Log: log, Fsync: true})
	if err != nil {
		return nil, &failure{code: exitStore, err: err, hint: "or set warehouse.url to a Postgres that is there already"}
	}
	return &warehouse{url: cluster.URL(embedded.Database), cluster: cluster}, nil
}

// Close stops the embedded server, if this process started it.
func (w *warehouse) Close() error {
	if w.cluster == nil {
		return nil
	}
	return w.cluster.Stop()
}

// openStore makes the tables what this program expects, unless the operator keeps that apart, and opens them.
func (w *warehouse) openStore(ctx context.Context, resources []*transform.Resource, migrate bool, log *slog.Logger) (*load.Store, error) {
	if migrate {
		if _, err := migrations.Up(ctx, w.url, log); err != nil {
			return nil, storeFailure(err)
		}
	}
	store, err := load.Open(ctx, w.url, load.Options{Resources: resources, Logger: log})
	if err != nil {
		return nil, storeFailure(err)
	}
	return store, nil
}

// tablesBehind is a warehouse whose tables this program cannot work with yet.
func tablesBehind(state migrations.State, command string) error {
	err := errNoTables
	if state.Version > 0 {
		err = fmt.Errorf("the tables of the warehouse are at version %d, and this program works with %d", state.Version, state.Latest)
	}
	return &failure{code: exitStore, err: err, hint: "make them with: " + command}
}

// errNoTables is a warehouse in which nothing was ever read.
var errNoTables = errors.New("the warehouse has no tables yet")

// notAllowed puts into words that the user of the warehouse may not read what a verb looks at: an analyst's, mostly.
func notAllowed(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "42501" {
		return err
	}
	return &failure{code: exitStore, err: errors.New("the user of warehouse.url may not read the tables in which linkhouse keeps its runs"),
		hint: "name the user of linkhouse sync in warehouse.url, or GRANT linkhouse_writer to this one; what analysts may read is in schema analytics"}
}

// storeFailure gives an error of the warehouse its exit code.
func storeFailure(err error) error {
	var newer *migrations.NewerError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, load.ErrLocked):
		return err
	case errors.As(err, &newer):
		return &failure{code: exitFailure, err: err, hint: "install the version of linkhouse that migrated this warehouse, or a newer one"}
	}
	return &failure{code: exitStore, err: err, hint: "check that the warehouse runs, and warehouse.url with its rights"}
}
