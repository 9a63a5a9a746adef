package page

import (
	"slices"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// schedule is the table of the jobs: those of this process, then others that the warehouse knows.
func (p *Page) schedule(known timetable, now time.Time) table {
	t := table{Caption: "Schedule: the last and the next time of each job", Columns: []column{{Name: "job"}, {Name: "cron"},
		{Name: "last fire"}, {Name: "how it went"}, {Name: "next fire"}}}
	for _, job := range p.jobs {
		zone, err := time.LoadLocation(job.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		last, went := firedCells(known.Fires[job.Name], zone, now)
		t.add(text(job.Name), noted(job.Cron, job.TimeZone), last, went, nextCell(job, zone, now))
	}
	for _, row := range known.Rows {
		if slices.ContainsFunc(p.jobs, func(j timedJob) bool { return j.Name == row.Job }) {
			continue
		}
		zone, err := time.LoadLocation(row.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		last, went := firedCells(known.Fires[row.Job], zone, now)
		t.add(text(row.Job), noted(row.Cron, row.TimeZone), last, went, cell{Text: "not by this process", Mark: "idle",
			Note: "not in its configuration"})
	}
	return t
}

// inZone is a time on the zone's clock; "" where that is UTC's.
func inZone(t time.Time, zone *time.Location) string {
	local := t.In(zone)
	if _, offset := local.Zone(); offset == 0 {
		return ""
	}
	return local.Format("Mon 2006-01-02 15:04 MST")
}

func firedCells(fire load.FireRow, zone *time.Location, now time.Time) (last, went cell) {
	if fire.Job == "" {
		return never, text("")
	}
	at := stampOf(fire.Fire, now)
	last = cell{When: &at, Note: inZone(fire.Fire, zone)}
	went = cell{Text: fire.Kind, Mark: "idle"}
	if fire.RunID != nil {
		went.Link = runLink(*fire.RunID)
	}
	switch {
	case fire.State == load.FireRunning:
		went.Text, went.Mark = "running", "good"
	case fire.State == load.FireWaiting:
		went.Text, went.Mark = "waits to be tried again", "warn"
		if fire.RetryAt != nil {
			went.Note = fire.Outcome + "; again " + relative(fire.RetryAt.Sub(now))
		}
		return last, went
	case fire.Kind == load.FireMissed, fire.Kind == load.FireSkipped:
	case fire.Outcome != "":
		went.Text, went.Mark = fire.Outcome, outcomeMark(fire.Outcome)
	}
	if fire.Kind == load.FireCaughtUp || fire.Missed > 0 {
		went.Note = fire.Kind + more(int64(fire.Missed), " earlier one missed", " earlier ones missed")
	}
	return last, went
}

func nextCell(job timedJob, zone *time.Location, now time.Time) cell {
	next := job.fires.Next(now)
	if next.IsZero() {
		return never
	}
	at := stampOf(next, now)
	c := cell{When: &at, Note: inZone(next, zone)}
	if late := job.fires.Ripe(next).Sub(next); late >= time.Second {
		if c.Note != "" {
			c.Note += ", "
		}
		c.Note += "starts " + span(late) + " later (jitter)"
	}
	return c
}

func outcomeMark(outcome string) string {
	switch schedules.Outcome(outcome) {
	case schedules.OutcomeComplete:
		return "good"
	case schedules.OutcomeInterrupted, schedules.OutcomeLocked:
		return "idle"
	case schedules.OutcomePartial:
		return "warn"
	}
	return "bad"
}
