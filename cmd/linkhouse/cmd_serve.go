package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/metrics"
	"github.com/linkhouse/linkhouse/cmd/linkhouse/page"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

type serveCmd struct {
	NoMigrate bool `help:"Leave the tables as they are, even if migrations are pending."`
}

// Help is the long help of the verb.
func (serveCmd) Help() string {
	return `Runs the jobs of schedules.files and schedules.jobs when they are due, until it is ended. When each was due and what became
of it stands in the warehouse: a job that was missed is made up for once, one that still runs is not started twice, and any
number of these processes, on one machine or many, share the work. What one of them leaves unfinished another takes over
within seconds.

On server.listen it serves a page that shows how things stand, and /metrics, /healthz and /readyz for programs. Beyond
loopback it demands server.token.

The first Ctrl-C or SIGTERM saves what the runs under way have read and ends; the next start goes on with them.

Examples:

    linkhouse serve
    LINKHOUSE_SERVER_LISTEN=0.0.0.0:8321 LINKHOUSE_SERVER_TOKEN=... linkhouse serve --log-format json`
}

// listener hears of what a server does. Its methods are called from several goroutines and must not wait.
type listener interface {
	// Began tells that a run begins for a fire of a job.
	Began(job schedules.Job, fire load.FireRow)
	// Progress tells how far it is, after each commit.
	Progress(job string, p schedules.Progress)
	// Ended tells how it went. The report is never nil; why says what ended it early.
	Ended(job schedules.Job, fire load.FireRow, report *schedules.Report, why error)
}

// server is serve under way.
type server struct {
	*engine
	app       *app
	health    health
	page      *page.Page
	metrics   *metrics.Metrics
	listeners []listener
}

// Run serves until the context ends.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	if err := config.expectServable(); err != nil {
		return err
	}
	return a.withEngine(ctx, config, log, engineOptions{migrate: !c.NoMigrate, documents: true}, func(e *engine) error {
		s := &server{engine: e, app: a}
		scheduler := &schedules.Scheduler{Store: e.store, Jobs: config.Schedules.All, Run: s.run, Logger: log}
		if err := scheduler.Prepare(ctx); err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		if err := s.openPage(ctx); err != nil {
			return err
		}
		defer s.page.Wait()
		defer s.openAlerts(ctx)()
		s.measure()
		socket, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Server.Listen)
		if err != nil {
			return &failure{code: exitUsage, err: fmt.Errorf("server.listen: %w", errors.Unwrap(err)), hint: "choose another address, or end what uses this one"}
		}
		s.tellStart(socket.Addr())
		g.Go(func() error {
			scheduler.Serve(ctx, s.looked)
			return nil
		})
		g.Go(func() error { return s.answer(ctx, socket) })
		return g.Wait()
	})
}

// expectServable finds what keeps a server from being of use, before anything is opened.
func (c *Config) expectServable() error {
	if err := c.expectCredentials(); err != nil {
		return err
	}
	if len(c.Schedules.All) == 0 {
		return Problems{{key: "schedules.files", message: "there is no job to run", remedy: "name nightly in schedules.files, or write jobs under schedules.jobs"}}
	}
	var problems Problems
	for _, job := range c.Schedules.All {
		if p := c.unplanned(job.Name); p != nil {
			problems = append(problems, *p)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	if !c.safelyListens() {
		return Problems{{key: "server.token", message: "is not set, and server.listen is open to the network",
			remedy: "set server.token (LINKHOUSE_SERVER_TOKEN), or listen on 127.0.0.1"}}
	}
	return nil
}

// tellStart says in the log what was begun.
func (s *server) tellStart(at net.Addr) {
	var jobs []string
	for _, job := range s.config.Schedules.All {
		jobs = append(jobs, job.Name)
	}
	s.log.Info("serving", "page", "http://"+at.String()+"/", "jobs", jobs)
}

// looked hears how a look at the timetable went.
func (s *server) looked(err error) {
	if s.health.looked(time.Now(), err) && err != nil {
		s.log.Error("the timetable could not be read; trying on", "error", err)
	}
}

// run carries out a job that is due.
func (s *server) run(ctx context.Context, job schedules.Job, fire load.FireRow) schedules.Ran {
	for _, l := range s.listeners {
		l.Began(job, fire)
	}
	report, err := s.carryOut(ctx, job, fire)
	if report == nil { // it did not come about
		report = &schedules.Report{Job: job.Name, Outcome: outcomeOfFailure(ctx, err), Started: time.Now()}
	}
	level := slog.LevelInfo
	if report.Outcome != schedules.OutcomeComplete && report.Outcome != schedules.OutcomeInterrupted {
		level = slog.LevelWarn
	}
	said := []any{"job", job.Name, "run", report.RunID, "outcome", string(report.Outcome), "seconds", report.Seconds}
	if err != nil {
		said = append(said, "error", err)
	}
	s.log.Log(ctx, level, "job ended", said...)
	for _, l := range s.listeners {
		l.Ended(job, fire, report, err)
	}
	return schedules.Ran{RunID: report.RunID, Outcome: report.Outcome}
}

// carryOut runs the job's plan, with the users that are configured now. What a run for an earlier time has read and not come to its end
// with is read anew, and credentials that were refused then are tried once more.
func (s *server) carryOut(ctx context.Context, job schedules.Job, fire load.FireRow) (*schedules.Report, error) {
	plan, _, err := selection{Job: job.Name}.plan(s.config)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(plan.Resources, func(r *transform.Resource) bool { return r.PerUser }) {
		named, err := s.config.namedUsers()
		if err != nil {
			return nil, err
		}
		plan.Users = func(ctx context.Context) ([]string, error) { return s.config.usersOf(ctx, s.store, named) }
	}
	plan.NotBefore = fire.Fire
	s.runner.API.TryAgain()
	runner := *s.runner // each run has an observer of its own
	runner.Observe = func(p schedules.Progress) {
		for _, l := range s.listeners {
			l.Progress(job.Name, p)
		}
	}
	return runner.Run(ctx, plan)
}

// outcomeOfFailure is how a run ended that did not come about.
func outcomeOfFailure(ctx context.Context, err error) schedules.Outcome {
	switch {
	case ctx.Err() != nil:
		return schedules.OutcomeInterrupted
	case exitCode(err) == exitStore:
		return schedules.OutcomeStore
	}
	return schedules.OutcomeFailed
}
