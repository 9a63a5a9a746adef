package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/archive"
	"github.com/linkhouse/linkhouse/migrations"
)

const (
	// leastPostgres is the oldest version of Postgres that the warehouse works on.
	leastPostgres = 14
	// checkAttempts is how often a check asks the API: its caller waits.
	checkAttempts = 2
)

// checkAPI asks for one employer, and looks at the date of the answer.
func (a *app) checkAPI(ctx context.Context, c *Config, log *slog.Logger) (verdict, skew) {
	heard := newDating()
	v := a.askAPI(ctx, c, extract.Config{MaxAttempts: checkAttempts, BackoffBase: a.env.backoff, BackoffMax: a.env.backoff, Transport: heard}, log)
	return v, heard.found()
}

func (a *app) askAPI(ctx context.Context, c *Config, how extract.Config, log *slog.Logger) verdict {
	client, err := c.openAPI(log, how)
	var problems Problems
	if errors.As(err, &problems) {
		return failed("api", exitUsage, "atomic.api_key and atomic.api_secret are not both set",
			"set them, or "+keyAt("atomic.api_key").env()+" and "+keyAt("atomic.api_secret").env())
	}
	if err != nil {
		return failedBy("api", err)
	}
	defer client.CloseIdle()
	host := hostOf(c.Atomic.BaseURL)
	body, err := client.Get(ctx, extract.Request{Template: "/employers", Query: extract.NewQuery(url.Values{"limit": {"1"}})})
	if err == nil {
		_, err = extract.Unwrap(body, "employers")
	}
	var answered *extract.Error
	errors.As(err, &answered)
	switch extract.ClassOf(err) {
	case "":
		return ok("api", host+" takes the credentials")
	case extract.ClassRefused:
		return failed("api", exitRefused, fmt.Sprintf("%s refuses the credentials with status %d", host, answered.Status),
			"check atomic.api_key, atomic.api_secret and atomic.base_url: keys belong to one environment")
	case extract.ClassUnavailable, extract.ClassThrottled:
		return failed("api", exitAPI, host+" is not available: "+err.Error(), "check atomic.base_url and the network, or try again later")
	}
	return failed("api", exitAPI, host+" answers, but not as the API does: "+err.Error(), "check atomic.base_url and atomic.version")
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "the API"
	}
	return u.Host
}

// checkWarehouse looks at the database, its tables and, since a query may name them, the users. It also tells the clocks apart.
func (a *app) checkWarehouse(ctx context.Context, c *Config, log *slog.Logger) ([]verdict, skew) {
	w, err := a.openWarehouse(ctx, c, log)
	if err != nil {
		return []verdict{failedBy("warehouse", err), a.checkUsers(ctx, c, nil)}, skew{}
	}
	defer func() { _ = w.Close() }() // it was only looked at
	name := "the embedded Postgres"
	if w.cluster == nil {
		name = "Postgres"
	}
	i, err := load.Inspect(ctx, w.url)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == "53300":
		return []verdict{failed("warehouse", exitStore, "the server has no connection to spare", "raise max_connections, or see who holds them: pg_stat_activity"),
			a.checkUsers(ctx, c, nil)}, skew{}
	case err != nil:
		return []verdict{failed("warehouse", exitStore, err.Error(), "check that it runs, warehouse.url and the network"), a.checkUsers(ctx, c, nil)}, skew{}
	}
	warehouse := ok("warehouse", fmt.Sprintf("%s %s answers, database %s", name, i.Version, i.Database))
	switch {
	case i.Major < leastPostgres:
		warehouse = failed("warehouse", exitStore, fmt.Sprintf("Postgres %s is too old", i.Version), fmt.Sprintf("use version %d or newer", leastPostgres))
	case i.ReadOnly:
		warehouse = failed("warehouse", exitStore, "the database is read only", "name the primary in warehouse.url")
	}
	return []verdict{warehouse, checkRights(i), checkConnections(i), a.checkTables(ctx, w, i), a.checkUsers(ctx, c, w)},
		skew{whose: "the warehouse", known: true, ahead: i.Ahead, unsure: i.Unsure}
}

// checkRights looks at what the user may do to the tables that are there, and whether it may make new ones.
func checkRights(i load.Inspection) verdict {
	switch {
	case !i.CanTemp:
		return failed("rights", exitStore, "user "+i.User+" may not make temporary tables", "GRANT TEMPORARY ON DATABASE "+i.Database+" TO it")
	case i.Refused > 0:
		return failed("rights", exitStore, fmt.Sprintf("user %s may not read and write %d of %s", i.User, i.Refused, counted(int(i.Tables), "table")),
			"GRANT linkhouse_writer TO it, or use the user who made the tables")
	case i.Tables == 0 && i.CanCreate():
		return ok("rights", "user "+i.User+" may make the tables")
	case i.Tables == 0:
		return failed("rights", exitStore, "there are no tables, and user "+i.User+" may not make them",
			grantCreate(i))
	case !i.CanCreate():
		return ok("rights", fmt.Sprintf("user %s reads and writes %s; new ones of a later version are to be made by another, with migrate up",
			i.User, counted(int(i.Tables), "table")))
	}
	return ok("rights", fmt.Sprintf("user %s reads and writes %s, and may make new ones", i.User, counted(int(i.Tables), "table")))
}

// grantCreate says how the user comes to the tables.
func grantCreate(i load.Inspection) string {
	grants := make([]string, len(i.Lacks))
	for n, what := range i.Lacks {
		grants[n] = "GRANT CREATE ON " + what + " TO it"
	}
	return strings.Join(grants, " and ") + ", or run linkhouse migrate up as a user who may"
}

// What a run holds at most: its pool, and the connection of its locks; and what it cannot do without.
const mostConnections, leastConnections = 13, 2

// checkConnections compares what is free with what a run takes.
func checkConnections(i load.Inspection) verdict {
	free, remedy := counted(int(max(i.Free, 0)), "connection"), "raise "+i.Limit+", or see who holds them: pg_stat_activity"
	switch {
	case i.Free < leastConnections:
		return failed("connections", exitStore, fmt.Sprintf("%s free within %s: no run can begin", free, i.Limit), remedy)
	case i.Free < mostConnections:
		return warning("connections", fmt.Sprintf("%s free within %s at this moment, and a run takes up to %d", free, i.Limit, mostConnections), remedy)
	}
	return ok("connections", fmt.Sprintf("%s free within %s, and a run takes up to %d", free, i.Limit, mostConnections))
}

// checkTables compares the tables with what this program works with.
func (a *app) checkTables(ctx context.Context, w *warehouse, i load.Inspection) verdict {
	state, err := migrations.Status(ctx, w.url)
	switch {
	case err != nil:
		return failedBy("tables", notAllowed(storeFailure(err)))
	case state.Version > state.Latest:
		return failedBy("tables", storeFailure(&migrations.NewerError{Version: state.Version, Latest: state.Latest}))
	case state.Version == state.Latest && !state.Dirty:
		return ok("tables", fmt.Sprintf("at version %d, as this program needs them", state.Version))
	case !i.CanCreate():
		return failed("tables", exitStore, fmt.Sprintf("at version %d of %d, and the user may not make them", state.Version, state.Latest), grantCreate(i))
	}
	return warning("tables", fmt.Sprintf("at version %d of %d", state.Version, state.Latest), "the next sync brings them up, or "+a.command("migrate", "up"))
}

// checkUsers reads the list of PayLink users. Without a warehouse a query cannot be tried.
func (a *app) checkUsers(ctx context.Context, c *Config, w *warehouse) verdict {
	if !c.Users.configured() {
		return warning("users", "no PayLink user is configured: PayLink is left out", "set users.file, users.list or users.query, if you use PayLink")
	}
	users, err := c.namedUsers()
	if err == nil && c.Users.Query != "" {
		if w == nil {
			return warning("users", "users.query could not be tried: there is no warehouse", "")
		}
		users, err = c.tryQuery(ctx, w)
	}
	var problems Problems
	switch {
	case errors.As(err, &problems):
		return failed("users", exitUsage, problems[0].key+" "+problems[0].message, problems[0].remedy)
	case err != nil:
		return failedBy("users", storeFailure(err))
	}
	slices.Sort(users)
	if users = slices.Compact(users); len(users) == 0 {
		return warning("users", c.Users.source()+" names no user: nothing of PayLink will be read", "check that it is the right one")
	}
	return ok("users", counted(len(users), "PayLink user")+" from "+c.Users.source())
}

func (c *Config) tryQuery(ctx context.Context, w *warehouse) ([]string, error) {
	store, err := load.Open(ctx, w.url, load.Options{Resources: catalog})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return c.queriedUsers(ctx, store)
}

// checkArchive stores a document of its own, reads it back and deletes it.
func (a *app) checkArchive(ctx context.Context, c *Config, log *slog.Logger) verdict {
	opened, err := c.openArchiveWith(ctx, archive.Options{Log: log, Attempts: 2, // a person waits for the verdict
		Filed: func(ctx context.Context, below string) (int64, error) { return a.countFiled(ctx, c, log, below) }})
	if errors.Is(err, errNoWarehouse) {
		return warning("archive", "not tried: it holds nothing yet, and there is no warehouse to ask whether it should", "mend the warehouse first")
	}
	if err != nil {
		return failedBy("archive", err)
	}
	err = opened.Probe(ctx)
	if err == nil {
		return ok("archive", opened.String()+" writes, reads and deletes")
	}
	step := "cannot be used"
	var probe *archive.ProbeError
	if errors.As(err, &probe) {
		step = map[string]string{"write": "cannot be written", "read": "does not give back what was stored",
			"delete": "does not let documents be deleted"}[probe.Step]
		err = probe.Err
	}
	why := archiveFailure(err, "check the rights on it and its free space")
	v := failed("archive", exitStore, opened.String()+" "+step+": "+why.Error(), hintOf(why))
	if probe != nil && probe.Step == "delete" {
		v = warning("archive", v.Message, "erasing a person needs that")
	}
	return v
}

var errNoWarehouse = errors.New("there is no warehouse")

// countFiled asks the warehouse for the documents in a directory that holds none.
func (a *app) countFiled(ctx context.Context, c *Config, log *slog.Logger, below string) (int64, error) {
	w, err := a.openWarehouse(ctx, c, log)
	if err != nil {
		return 0, errNoWarehouse
	}
	defer func() { _ = w.Close() }() // it was only looked at
	store, err := load.Open(ctx, w.url, load.Options{Resources: catalog})
	if err != nil {
		return 0, errNoWarehouse
	}
	defer store.Close()
	return store.CountFiled(ctx, below)
}
