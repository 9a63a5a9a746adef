package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

type schedulesExplainCmd struct {
	output
	Job   string `arg:"" help:"The job, as linkhouse schedules list names it."`
	Limit int    `default:"10" placeholder:"N" help:"How many of the last times to tell of. Default: ${default}."`
}

// explainedNext is how many of the next times are told.
const explainedNext = 3

// Help is the long help of the verb.
func (schedulesExplainCmd) Help() string {
	return `Tells when a job was due lately and what became of it, and why: it ran on time; it was caught up with, because nobody was
there; it was missed for good; it was skipped, because the one before was still running; it was taken over from a process
that was gone; it was tried again. Then what it does now, and when it is due next.

Example:

    linkhouse schedules explain nightly`
}

// explainedJob is a job with its last fires.
type explainedJob struct {
	jobStanding
	Fires    []explainedFire `json:"fires"` // newest first
	Now      string          `json:"now"`
	Upcoming []upcomingFire  `json:"upcoming"`
}

// explainedFire is a fire with its story.
type explainedFire struct {
	load.FireRow
	Story string `json:"story"`
}

// Run explains the job.
func (c *schedulesExplainCmd) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return misuse("write --limit 1 or more", "there is nothing to tell")
	}
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	job, err := config.knownJob(c.Job)
	if err != nil {
		return err
	}
	return a.readTimetable(ctx, config, log, func(store *load.Store) error {
		now := time.Now()
		standings, err := standingsOf(ctx, store, []knownJob{job}, now)
		if err != nil {
			return err
		}
		e := explainedJob{jobStanding: standings[0], Fires: []explainedFire{}}
		if store != nil {
			fires, err := store.Fires(ctx, c.Job, c.Limit)
			if err != nil {
				return err
			}
			for _, f := range fires {
				e.Fires = append(e.Fires, explainedFire{f, job.story(f, f.State == load.FireRunning && e.State == jobRunning)})
			}
		}
		e.Now = e.nowWords(a)
		e.Upcoming = job.after(now, explainedNext)
		if e.Next != nil { // one whose jitter has not passed comes first, and so does one that counts from the last
			e.Upcoming = append([]upcomingFire{*e.Next}, job.after(e.Next.Fire, explainedNext-1)...)
		}
		if c.Output == "json" {
			return c.show(a.stdout, e, table{})
		}
		return e.write(a)
	})
}

// story is what became of a fire, and why. Held says that a process works on it now.
func (j *knownJob) story(f load.FireRow, held bool) string {
	said := []string{j.decision(f)}
	if f.TakenOver > 0 {
		from := "taken over"
		if f.TakenFrom != "" {
			from += " from " + f.TakenFrom
		}
		if f.TakenOver > 1 {
			from += fmt.Sprintf(" (%d times in all)", f.TakenOver)
		}
		said = append(said, from+", whose process was gone")
	}
	if tries := f.Attempts - f.TakenOver; tries > 1 {
		said = append(said, fmt.Sprintf("tried %d times", tries))
	}
	switch {
	case f.State == load.FireRunning && held:
		said = append(said, "runs now on "+f.Host)
	case f.State == load.FireRunning:
		said = append(said, "its process on "+f.Host+" is gone, and the next serve that looks goes on with it")
	case f.State == load.FireWaiting && f.RetryAt != nil:
		said = append(said, "ended "+f.Outcome+" and is tried again at "+instant(*f.RetryAt)+" UTC")
	case f.State == load.FireSuperseded:
		said = append(said, "did not come to its end before the next one was due, which went on with its run")
	case f.Outcome != "" && f.RunID != nil:
		said = append(said, fmt.Sprintf("run %d ended %s", *f.RunID, f.Outcome))
	case f.Outcome != "":
		said = append(said, "ended "+f.Outcome)
	}
	if note := j.clockNote(f.Fire); note != "" {
		said = append(said, note)
	}
	return strings.Join(said, "; ")
}

// decision is what was decided about a fire, and why.
func (j *knownJob) decision(f load.FireRow) string {
	switch f.Kind {
	case load.FireOnTime:
		return "on time"
	case load.FireCaughtUp:
		late := "later"
		if f.Begun != nil {
			late = span(f.Begun.Sub(f.Fire)) + " later"
		}
		said := "caught up " + late + ", because nobody was there"
		if f.Missed > 0 {
			said += "; once for itself and " + before(f.Missed, " that was missed", " that were missed")
		}
		return said
	case load.FireMissed:
		said := "missed: nobody was there, "
		if j.CatchUp == schedules.CatchUpNone {
			said += "and catch_up is none"
		} else {
			said += "and by then it was too late to catch up (catch_up_window " + brieflySpan(j.CatchUpWindow) + ")"
		}
		return said + alike(f.Missed)
	case load.FireSkipped:
		return "skipped: the one before was still running" + alike(f.Missed)
	}
	return f.Kind
}

// alike tells of earlier ones that went the same way.
func alike(earlier int) string {
	switch earlier {
	case 0:
		return ""
	case 1:
		return "; so was " + before(1, "", "")
	}
	return "; so were " + before(earlier, "", "")
}

// before names the earlier ones.
func before(n int, one, many string) string {
	if n == 1 {
		return "the one before it" + one
	}
	return fmt.Sprintf("the %d before it%s", n, many)
}

// nowWords are what the job does now, and why.
func (s *jobStanding) nowWords(a *app) string {
	switch s.State {
	case jobUnscheduled:
		return "It is not on the timetable: it comes with the program, and runs by " + a.command("sync", "--job", s.Job) +
			", or when schedules.files names it."
	case jobUnserved:
		return neverServed + a.command("serve")
	case jobDue:
		said := "Nobody has decided on what was due at " + instant(*s.Since) + " UTC"
		if s.WouldMiss > 0 {
			said += ", nor on " + before(s.WouldMiss, "", "")
		}
		said += ": no serve seems to run. One that began now would "
		switch s.Would {
		case load.FireMissed:
			said += "note it as missed and wait for the next."
		case load.FireCaughtUp:
			said += "catch up with it at once, one time for all."
		default:
			said += "run it at once."
		}
		return said
	case jobLeft:
		return "Its process is gone: the next serve that looks goes on with it."
	case jobRunning:
		return "It is running: " + a.command("status") + " shows how far it is."
	case jobWaiting:
		if s.RetryAt != nil {
			return "It is tried again at " + instant(*s.RetryAt) + " UTC."
		}
	}
	return "It waits for the next time."
}

// habits are what the job's declaration says, in words.
func (s *jobStanding) habits() string {
	said := s.Cron + " in " + s.TimeZone
	if s.Jitter > 0 {
		said += ", up to " + brieflySpan(s.job.Jitter) + " later (jitter)"
	}
	if s.CatchUp == schedules.CatchUpNone {
		return said + ". What is missed is not caught up with (catch_up none)."
	}
	return said + ". What is missed is caught up with once, up to " + brieflySpan(s.job.CatchUpWindow) + " later."
}

func (e *explainedJob) write(a *app) error {
	var out strings.Builder
	width := terminalWidth(a.stdout)
	paragraph := func(text string) { out.WriteString(strings.Join(folded(visible(text), width), "\n") + "\n") }
	title := "Job " + e.Job
	if e.Description != "" {
		title += ": " + e.Description
	}
	paragraph(title)
	paragraph(e.habits())
	paragraph("It reads " + strings.Join(e.Resources, ", ") + ".")
	out.WriteString("\n")
	if len(e.Fires) > 0 {
		t := table{columns: []column{{name: "was due"}, {name: "utc"}, {name: "what became of it", whole: true}}}
		for _, f := range e.Fires {
			t.rows = append(t.rows, []string{e.job.local(f.Fire), instant(f.Fire), f.Story})
		}
		out.WriteString(t.text(0) + "\n") // a story on its line, however long: below the time it would stand alone
	}
	paragraph(e.Now)
	if len(e.Upcoming) > 0 {
		out.WriteString("\n" + upcomingTable(e.Upcoming, []knownJob{*e.job}).text(width))
	}
	_, err := fmt.Fprint(a.stdout, out.String())
	return err
}
