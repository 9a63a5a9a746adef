package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

type schedulesListCmd struct{ output }

// Help is the long help of the verb.
func (schedulesListCmd) Help() string {
	return `Lists the jobs of the timetable and those that come with the program: their expression and zone, what they read, how the last
time that they were due went, when they are due next, and what they do now.

Examples:

    linkhouse schedules list
    linkhouse schedules list --output json`
}

// The states of a job.
const (
	jobUnscheduled = "not scheduled"
	jobUnserved    = "not served yet" // no serve knows it
	jobIdle        = "idle"
	jobDue         = "due" // its time has come, and nobody has decided on it
	jobRunning     = "running"
	jobWaiting     = "waiting" // to be tried again
	jobLeft        = "left"    // its process is gone, and nobody has taken over yet
)

// jobStanding is how a job stands.
type jobStanding struct {
	Job         string        `json:"job"`
	Description string        `json:"description"`
	Cron        string        `json:"cron"`
	TimeZone    string        `json:"time_zone"`
	Resources   []string      `json:"resources"`
	CatchUp     string        `json:"catch_up"`
	Window      int64         `json:"catch_up_window_seconds"`
	Jitter      int64         `json:"jitter_seconds"`
	Scheduled   bool          `json:"scheduled"`
	State       string        `json:"state"`
	Since       *time.Time    `json:"since"`    // of the state, where it has a beginning
	RetryAt     *time.Time    `json:"retry_at"` // of one that waits
	Last        *load.FireRow `json:"last_fire"`
	Next        *upcomingFire `json:"next_fire"`
	Would       string        `json:"due,omitempty"`        // of one that is due: on time, caught up or missed
	WouldMiss   int           `json:"due_missed,omitempty"` // and how many before it wait for a decision, too

	job *knownJob
}

// Run lists the jobs.
func (c *schedulesListCmd) Run(ctx context.Context, a *app) error {
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	jobs, err := config.knownJobs()
	if err != nil {
		return err
	}
	return a.readTimetable(ctx, config, log, func(store *load.Store) error {
		now := time.Now()
		standings, err := standingsOf(ctx, store, jobs, now)
		if err != nil {
			return err
		}
		if err := c.show(a.stdout, standings, standingsTable(standings)); err != nil || c.Output == "json" {
			return err
		}
		for _, s := range standings {
			if s.State != jobUnserved {
				continue
			}
			_, err := fmt.Fprintln(a.stdout, "\nNo serve has seen the jobs that are not served yet: only what is to come of them is known. To begin: "+
				a.command("serve"))
			return err
		}
		return nil
	})
}

// standingsOf asks how the jobs stand; without a store only the future is known.
func standingsOf(ctx context.Context, store *load.Store, jobs []knownJob, now time.Time) ([]jobStanding, error) {
	var rows []load.ScheduleRow
	var open []load.FireRow
	if store != nil {
		var err error
		if rows, err = store.Schedules(ctx); err != nil {
			return nil, err
		}
		if open, err = store.OpenFires(ctx); err != nil {
			return nil, err
		}
	}
	standings := make([]jobStanding, 0, len(jobs))
	for i := range jobs {
		s := jobs[i].standing(now)
		if s.Scheduled && store != nil {
			if err := s.ask(ctx, store, rows, open, now); err != nil {
				return nil, err
			}
		}
		standings = append(standings, s)
	}
	return standings, nil
}

// standing is what is known of a job from its declaration alone.
func (j *knownJob) standing(now time.Time) jobStanding {
	s := jobStanding{Job: j.Name, Description: j.Description, Cron: j.Cron, TimeZone: j.TimeZone, Resources: j.Resources, CatchUp: j.CatchUp,
		Window: int64(j.CatchUpWindow.Seconds()), Jitter: int64(j.Jitter.Seconds()), Scheduled: j.scheduled, State: jobUnserved, job: j}
	if !j.scheduled {
		s.State = jobUnscheduled
		return s
	}
	if next := j.after(now, 1); len(next) > 0 {
		s.Next = &next[0]
	}
	return s
}

// ask fills in what the warehouse knows.
func (s *jobStanding) ask(ctx context.Context, store *load.Store, rows []load.ScheduleRow, open []load.FireRow, now time.Time) error {
	last, err := store.Fires(ctx, s.Job, 1)
	if err != nil {
		return err
	}
	if len(last) > 0 {
		s.Last = &last[0]
	}
	for _, row := range rows {
		// Of another expression than the one that is configured now, the next start of serve counts anew.
		if row.Job != s.Job || row.LastFire == nil || row.Cron != s.Cron || row.TimeZone != s.TimeZone {
			continue
		}
		due, err := s.job.Due(*row.LastFire, now)
		if err != nil {
			return err
		}
		s.State = jobIdle
		if s.Next = nil; !due.Next.IsZero() {
			next := s.job.upcoming(due.Next)
			s.Next = &next
		}
		if !due.Fire.IsZero() {
			s.State, s.Since, s.Would, s.WouldMiss = jobDue, &due.Fire, due.Kind, due.Missed
		}
	}
	for i := range open {
		if open[i].Job != s.Job {
			continue
		}
		s.State, s.Since, s.RetryAt = jobWaiting, open[i].Begun, open[i].RetryAt
		if open[i].State == load.FireRunning {
			held, err := store.JobHeld(ctx, s.Job)
			if err != nil {
				return err
			}
			if s.State = jobLeft; held {
				s.State = jobRunning
			}
		}
	}
	return nil
}

// words are the state for people.
func (s *jobStanding) words() string {
	switch {
	case s.State == jobDue && s.Would == load.FireMissed:
		return "missed since " + instant(*s.Since)
	case s.State == jobDue:
		return "due since " + instant(*s.Since) + ": is serve running?"
	case s.State == jobRunning && s.Since != nil:
		return "running since " + instant(*s.Since)
	case s.State == jobLeft:
		return "left by its process: is serve running?"
	case s.State == jobWaiting && s.RetryAt != nil:
		return "waiting, tried again at " + s.RetryAt.UTC().Format("15:04")
	}
	return s.State
}

// lastWords are how the last fire went, in short.
func lastWords(f *load.FireRow) string {
	if f == nil {
		return ""
	}
	parts := []string{f.Kind}
	if f.Outcome != "" {
		parts = append(parts, f.Outcome)
	}
	if f.RunID != nil {
		parts = append(parts, fmt.Sprintf("run %d", *f.RunID))
	}
	return strings.Join(parts, ", ")
}

func standingsTable(standings []jobStanding) table {
	t := table{columns: []column{{name: "job"}, {name: "cron"}, {name: "zone"}, {name: "reads"},
		{name: "last (utc)", spare: true}, {name: "how", spare: true},
		{name: "next in its zone", spare: true}, {name: "next (utc)", spare: true}, {name: "starts", spare: true},
		{name: "state", whole: true}, {name: "note", spare: true, whole: true}}}
	for i := range standings {
		s := &standings[i]
		reads := counted(len(s.Resources), "resource")
		if len(s.Resources) == len(resources) {
			reads = "everything"
		}
		row := []string{s.Job, s.Cron, s.TimeZone, reads, "", lastWords(s.Last), "", "", "", s.words(), ""}
		if s.Last != nil {
			row[4] = instant(s.Last.Fire)
		}
		if s.Next != nil {
			row[6], row[7], row[10] = s.job.local(s.Next.Fire), instant(s.Next.Fire), s.Next.Note
			if s.job.Jitter > 0 {
				row[8] = s.Next.Starts.Format("15:04:05")
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}
