package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/load/embedded"
)

type psqlCmd struct {
	Command []string `short:"c" sep:"none" placeholder:"SQL" help:"Run this instead of asking for input; may be given several times."`
	Args    []string `arg:"" optional:"" help:"Further arguments for psql, after --."`
}

// Help is the long help of the verb.
func (psqlCmd) Help() string {
	return `Starts psql, connected to the warehouse. The private Postgres of this machine is started for as long. The password
is handed over in the environment, where other users of the machine do not see it.

Examples:

    linkhouse psql
    linkhouse psql -c 'select * from analytics.payroll_cost order by month'
    linkhouse psql -c 'table etl.freshness' -- --csv`
}

// psqlGrace is how long psql may take to end after an interrupt that came to us and not to the terminal.
const psqlGrace = 5 * time.Second

// Run starts psql and waits for it.
func (c *psqlCmd) Run(ctx context.Context, a *app) error {
	program, err := embedded.FindPsql()
	if err != nil {
		return err
	}
	return a.withWarehouse(ctx, func(w *warehouse, _ *slog.Logger) error {
		connection, password, err := withoutPassword(w.url)
		if err != nil {
			return err
		}
		args := []string{"--dbname=" + connection}
		for _, sql := range c.Command {
			args = append(args, "--command="+sql)
		}
		if len(c.Command) > 0 {
			args = append(args, "--no-psqlrc", "--set=ON_ERROR_STOP=1")
		}
		if a.env.Stdin == os.Stdin {
			// From a terminal Ctrl-C reaches psql itself, which cancels the query and lives on: so do we.
			signal.Ignore(os.Interrupt)
			defer signal.Reset(os.Interrupt)
		}
		psql := exec.CommandContext(ctx, program, append(args, c.Args...)...)
		psql.Cancel = func() error { return psql.Process.Signal(syscall.SIGTERM) }
		psql.WaitDelay = psqlGrace
		psql.Env = a.psqlEnvironment(password)
		psql.Dir = a.env.Dir
		psql.Stdin, psql.Stdout, psql.Stderr = a.env.Stdin, a.stdout, a.stderr
		return psqlFailure(psql.Run())
	})
}

func (a *app) psqlEnvironment(password string) []string {
	vars := maps.Clone(a.env.Vars)
	if vars == nil {
		vars = map[string]string{}
	}
	delete(vars, "PGPASSWORD")
	if password != "" {
		vars["PGPASSWORD"] = password
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		pairs = append(pairs, name+"="+vars[name])
	}
	return pairs
}

// psqlFailure keeps psql's own message, which the operator has read already, from being repeated.
func psqlFailure(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if exit.ExitCode() == 2 {
		return &failure{code: exitStore, err: errors.New("psql could not connect or lost the connection")}
	}
	return &failure{code: exitFailure, err: errors.New("psql ended with an error")}
}

// ours are parameters that our driver reads from a connection string and that psql refuses.
var ours = regexp.MustCompile(`^(pool_.*|default_query_exec_mode|statement_cache_capacity|description_cache_capacity)$`)

// keyword is one pair of a connection string in keyword form: its name and its value, quoted or not.
var keyword = regexp.MustCompile(`([A-Za-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

// withoutPassword splits the password off a connection string, so that it does not stand in the list of processes.
func withoutPassword(connection string) (stripped, password string, err error) {
	config, err := pgconn.ParseConfig(connection)
	if err != nil {
		return "", "", errors.New("warehouse.url cannot be read as a Postgres URL")
	}
	if !strings.Contains(connection, "://") {
		stripped = keyword.ReplaceAllStringFunc(connection, func(pair string) string {
			name := keyword.FindStringSubmatch(pair)[1]
			if name == "password" || ours.MatchString(name) {
				return ""
			}
			return pair
		})
		return strings.TrimSpace(stripped), config.Password, nil
	}
	u, err := url.Parse(connection)
	if err != nil {
		return "", "", errors.New("warehouse.url cannot be read as a Postgres URL")
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for name := range query {
		if name == "password" || ours.MatchString(name) {
			query.Del(name)
		}
	}
	u.RawQuery = query.Encode()
	return u.String(), config.Password, nil
}
