package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

type schedulesCmd struct {
	List    schedulesListCmd    `cmd:"" help:"List the jobs, when they ran last and when they run next."`
	Next    schedulesNextCmd    `cmd:"" help:"Tell when jobs run next, without asking the warehouse."`
	Explain schedulesExplainCmd `cmd:"" help:"Tell when a job ran, when it runs next, and why."`
}

// knownJob is a job of the configuration, or one that comes with the program and that nobody has put on the timetable.
type knownJob struct {
	schedules.Job
	scheduled bool
	fires     schedules.Fires
}

// knownJobs are all jobs that can be named: those of the timetable first.
func (c *Config) knownJobs() ([]knownJob, error) {
	shipped, err := schedules.Shipped(known)
	if err != nil {
		return nil, err
	}
	var jobs []knownJob
	for i, job := range slices.Concat(c.Schedules.All, shipped) {
		if slices.ContainsFunc(jobs, func(j knownJob) bool { return j.Name == job.Name }) {
			continue
		}
		fires, err := job.Fires()
		if err != nil {
			return nil, fmt.Errorf("job %s: %w", job.Name, err)
		}
		jobs = append(jobs, knownJob{job, i < len(c.Schedules.All), fires})
	}
	return jobs, nil
}

// knownJob is the job of that name.
func (c *Config) knownJob(name string) (knownJob, error) {
	jobs, err := c.knownJobs()
	if err != nil {
		return knownJob{}, err
	}
	var names []string
	for _, job := range jobs {
		if job.Name == name {
			return job, nil
		}
		names = append(names, job.Name)
	}
	return knownJob{}, misuse("jobs are "+strings.Join(names, ", "), "there is no job "+name)
}

// readTimetable gives the warehouse to do, or nil where nothing was ever served: it has no tables yet.
func (a *app) readTimetable(ctx context.Context, c *Config, log *slog.Logger, do func(*load.Store) error) error {
	err := a.withStore(ctx, c, log, false, do)
	if errors.Is(err, errNoTables) {
		return do(nil)
	}
	return notAllowed(err)
}

// neverServed is what is said where only the future is known.
const neverServed = "No serve has run on this warehouse yet: only what is to come is known. To begin: "

// upcomingFire is a time at which a job comes due.
type upcomingFire struct {
	Job      string    `json:"job"`
	Fire     time.Time `json:"fire_at"`
	Local    string    `json:"local"` // the same in the job's zone
	TimeZone string    `json:"time_zone"`
	Starts   time.Time `json:"starts_at"` // jitter included
	Note     string    `json:"note,omitempty"`
}

// upcoming is a fire of the job, which may be past.
func (j *knownJob) upcoming(fire time.Time) upcomingFire {
	return upcomingFire{Job: j.Name, Fire: fire.UTC(), Local: fire.In(j.fires.Zone()).Format(time.RFC3339), TimeZone: j.TimeZone,
		Starts: j.fires.Ripe(fire).UTC(), Note: j.clockNote(fire)}
}

// after are the next fires after an instant.
func (j *knownJob) after(from time.Time, count int) []upcomingFire {
	next := []upcomingFire{}
	for fire := j.fires.Next(from); len(next) < count && !fire.IsZero(); fire = j.fires.Next(fire) {
		next = append(next, j.upcoming(fire))
	}
	return next
}

// clockNote says what a change of the clocks makes of a fire; "" for nothing.
func (j *knownJob) clockNote(fire time.Time) string {
	change, local := j.fires.ClockChange(fire), fire.In(j.fires.Zone())
	switch {
	case !change.Asked.IsZero() && change.Asked.Day() == local.Day():
		return change.Asked.Format("15:04 does not exist on 2006-01-02") + local.Format(": runs at 15:04")
	case !change.Asked.IsZero():
		return change.Asked.Format("15:04 does not exist on 2006-01-02") + local.Format(": runs on 2006-01-02 at 15:04")
	case change.Repeated && change.Both:
		return local.Format("15:04 comes twice on 2006-01-02: runs both times")
	case change.Repeated:
		return local.Format("15:04 comes twice on 2006-01-02: runs the first time only")
	}
	return ""
}

// local is a time in the job's zone.
func (j *knownJob) local(t time.Time) string {
	return t.In(j.fires.Zone()).Format("Mon 2006-01-02 15:04 MST")
}

// counts reports whether the job's times depend on its last one: then they are only a guess where that is not known.
func (j *knownJob) counts() bool { return strings.HasPrefix(j.Cron, "@every") }

// upcomingTable shows fires of jobs; starts says whether jitter moves some.
func upcomingTable(fires []upcomingFire, jobs []knownJob) table {
	t := table{columns: []column{{name: "job"}, {name: "in its zone"}, {name: "utc"}, {name: "starts (utc)", spare: true},
		{name: "note", spare: true, whole: true}}}
	for _, f := range fires {
		job := &jobs[slices.IndexFunc(jobs, func(j knownJob) bool { return j.Name == f.Job })]
		starts := ""
		if job.Jitter > 0 {
			starts = f.Starts.Format("15:04:05")
		}
		t.rows = append(t.rows, []string{f.Job, job.local(f.Fire), instant(f.Fire), starts, f.Note})
	}
	return t
}
