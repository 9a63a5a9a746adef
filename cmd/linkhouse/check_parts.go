package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/archive"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules"
)

const (
	// leastPostgres is the oldest version of Postgres that the warehouse works on.
	leastPostgres = 14
	// checkAttempts is how often a check asks the API: its caller waits.
	checkAttempts = 2
)

// checkAPI asks for one employer.
func (a *app) checkAPI(ctx context.Context, c *Config, log *slog.Logger) verdict {
	client, err := c.openAPI(log, extract.Config{MaxAttempts: checkAttempts, BackoffBase: a.env.backoff, BackoffMax: a.env.backoff})
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
	body, err := client.Get(ctx, extract.Request{Template: "/employers", Query: url.Values{"limit": {"1"}}})
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

// checkWarehouse looks at the database, its tables and, since a query may name them, the users.
func (a *app) checkWarehouse(ctx context.Context, c *Config, log *slog.Logger) []verdict {
	w, err := a.openWarehouse(ctx, c, log)
	if err != nil {
		return []verdict{failedBy("warehouse", err), a.checkUsers(ctx, c, nil)}
	}
	defer func() { _ = w.Close() }() // it was only looked at
	name := "the embedded Postgres"
	if w.cluster == nil {
		name = "Postgres"
	}
	i, err := load.Inspect(ctx, w.url)
	if err != nil {
		return []verdict{failed("warehouse", exitStore, err.Error(), "check that it runs, warehouse.url and the network"), a.checkUsers(ctx, c, nil)}
	}
	verdicts := []verdict{ok("warehouse", fmt.Sprintf("%s %s answers, database %s", name, i.Version, i.Database))}
	switch {
	case i.Major < leastPostgres:
		verdicts[0] = failed("warehouse", exitStore, fmt.Sprintf("Postgres %s is too old", i.Version), fmt.Sprintf("use version %d or newer", leastPostgres))
	case i.ReadOnly:
		verdicts[0] = failed("warehouse", exitStore, "the database is read only", "name the primary in warehouse.url")
	case !i.CanTemp:
		verdicts[0] = failed("warehouse", exitStore, "the user may not make temporary tables", "GRANT TEMPORARY ON DATABASE "+i.Database+" to it")
	case i.Refused > 0:
		verdicts[0] = failed("warehouse", exitStore, "the user may not read and write "+counted(int(i.Refused), "table"),
			"GRANT linkhouse_writer to it, or use the user who made the tables")
	}
	return append(verdicts, a.checkTables(ctx, w, i), a.checkUsers(ctx, c, w))
}

// checkTables compares the tables with what this program works with.
func (a *app) checkTables(ctx context.Context, w *warehouse, i load.Inspection) verdict {
	state, err := migrations.Status(ctx, w.url)
	switch {
	case err != nil:
		return failedBy("tables", storeFailure(err))
	case state.Version > state.Latest:
		return failedBy("tables", storeFailure(&migrations.NewerError{Version: state.Version, Latest: state.Latest}))
	case state.Version == state.Latest && !state.Dirty:
		return ok("tables", fmt.Sprintf("at version %d, as this program needs them", state.Version))
	case !i.CanCreate:
		return failed("tables", exitStore, fmt.Sprintf("at version %d of %d, and the user may not make them", state.Version, state.Latest),
			"GRANT CREATE ON DATABASE "+i.Database+" to it, or run linkhouse migrate up as a user who may")
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
func checkArchive(ctx context.Context, c *Config, log *slog.Logger) verdict {
	opened, err := c.openArchiveWith(ctx, archive.Options{Log: log, Attempts: 2}) // a person waits for the verdict
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

// checkTimetable sums the jobs up; the configuration has checked every expression.
func checkTimetable(c *Config) verdict {
	if len(c.Schedules.All) == 0 {
		return warning("schedules", "there is no job", "name one in schedules.files, or write one under schedules.jobs")
	}
	var jobs []string
	for _, job := range c.Schedules.All {
		if err := schedules.ValidateCron(job.Cron, job.TimeZone); err != nil {
			return failed("schedules", exitUsage, job.Name+": "+err.Error(), "correct its cron expression")
		}
		jobs = append(jobs, fmt.Sprintf("%s (%s, %s)", job.Name, job.Cron, job.TimeZone))
	}
	return ok("schedules", strings.Join(jobs, "; "))
}
