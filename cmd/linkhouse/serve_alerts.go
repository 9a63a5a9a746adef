package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/alert"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// AlertsConfig is who is told when something goes wrong.
type AlertsConfig struct {
	Webhook         Secret // the URL, which may hold a token
	Format          string
	StaleAfter      time.Duration
	PartialSeverity string
}

// webhookURL never repeats the value: it may hold a token.
func webhookURL(v string) error {
	const remedy = "write one such as https://hooks.example.com/services/..."
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return faultf(remedy, "is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return faultf(remedy, "must begin with https://")
	case u.Scheme == "http" && !nearby(u.Hostname()):
		return faultf("write https://", "would send alerts unencrypted; http is for a receiver on this machine or network")
	}
	return nil
}

// teller is who tells the webhook; nil when none is configured. Without a store every trouble is told, each time.
func (a *app) teller(c *Config, store *load.Store, log *slog.Logger) *alert.Teller {
	if !c.Alerts.Webhook.IsSet() {
		return nil
	}
	host, _ := os.Hostname() // only for people
	o := alert.Options{
		Webhook: alert.NewWebhook(c.Alerts.Webhook.Reveal(), c.Alerts.Format, "linkhouse/"+strings.TrimPrefix(version, "v")),
		Store:   store, Partial: alert.Severity(c.Alerts.PartialSeverity), StaleAfter: c.staleAfter, Command: a.command, Host: host, Logger: log,
	}
	for _, job := range c.Schedules.All {
		o.Jobs = append(o.Jobs, job.Name)
		for _, name := range job.Resources {
			if !slices.Contains(o.Resources, name) && c.reads(name) {
				o.Resources = append(o.Resources, name)
			}
		}
	}
	return alert.New(o)
}

// staleAfter is how old a resource may become before it is told of. One that is read more rarely than that may be as old as
// the timetable makes it.
func (c *Config) staleAfter(resource string) time.Duration {
	expected, err := schedules.Expect(c.Schedules.All, resource, time.Now())
	if err != nil { // the jobs were checked; without them the setting decides
		return c.Alerts.StaleAfter
	}
	return max(c.Alerts.StaleAfter, expected.Within)
}

// serverAlerts has the webhook told of what a server does.
type serverAlerts struct{ teller *alert.Teller }

// openAlerts begins to tell the webhook, if there is one, until stop is called.
func (s *server) openAlerts(ctx context.Context) (stop func()) {
	teller := s.app.teller(s.config, s.store, s.log)
	if teller == nil {
		return func() {}
	}
	s.listeners = append(s.listeners, serverAlerts{teller})
	return teller.Start(ctx)
}

// Began is nothing to tell of.
func (serverAlerts) Began(schedules.Job, load.FireRow) {}

// Progress is nothing to tell of.
func (serverAlerts) Progress(string, schedules.Progress) {}

// Ended tells how a run went.
func (l serverAlerts) Ended(job schedules.Job, _ load.FireRow, report *schedules.Report, why error) {
	l.teller.Ended(jobRun(job.Name, report, why))
}

// jobRun is a run of a job, as alerts speak of it.
func jobRun(job string, report *schedules.Report, why error) alert.Run {
	return alert.Run{Key: alert.JobKey(job), Subject: alert.JobKey(job), Job: job, Again: []string{"sync", "--job", job},
		Report: report, Err: why, ExitCode: report.Outcome.ExitCode()}
}

// tellAlert tells the webhook how a run of this command went. One that waits for its turn has not gone yet.
func (a *app) tellAlert(ctx context.Context, c *Config, store *load.Store, log *slog.Logger, plan schedules.Plan,
	report *schedules.Report, why error) {
	teller := a.teller(c, store, log)
	if teller == nil || plan.Job == backfillJob || ctx.Err() != nil {
		return
	}
	if report == nil { // it did not come about
		report = &schedules.Report{Job: plan.Job, Outcome: outcomeOfFailure(ctx, why), DryRun: plan.DryRun}
	}
	run := syncRun(plan, report, why)
	if code := exitCode(why); why != nil && report.RunID == 0 {
		run.ExitCode = code
	}
	teller.Once(ctx, run)
}

// syncRun is a run that somebody else started, as alerts speak of it. Of one that is limited to an employer or a user they do
// not say to whom.
func syncRun(plan schedules.Plan, report *schedules.Report, why error) alert.Run {
	limited := plan.Employer != "" || plan.User != ""
	if plan.Job != "" && !limited {
		return jobRun(plan.Job, report, why)
	}
	words := []string{"sync"}
	for _, r := range plan.Resources {
		words = append(words, r.Name)
	}
	run := alert.Run{Key: strings.Join(words, " "), Subject: "sync", Again: words, Report: report, Err: why, ExitCode: report.Outcome.ExitCode()}
	switch {
	case plan.Employer != "":
		run.Subject = "sync of one employer"
	case plan.User != "":
		run.Subject = "sync of one user"
	case len(plan.Resources) < len(resources):
		run.Subject = "sync of " + listed(words[1:])
	}
	if limited { // by a digest, so that nobody stands there by name
		run.Again = nil
		run.Key = fmt.Sprintf("%s %x", run.Key, sha256.Sum256([]byte(plan.Employer+"\x00"+plan.User)))
	}
	return run
}

// waitsForTurn reports whether a run that ended so will be tried again by the command that waits.
func (w waitFlag) waitsForTurn(err error) bool { return w.on && errors.Is(err, load.ErrLocked) }
