package main

import (
	"context"
	"fmt"
	"time"
)

type schedulesNextCmd struct {
	output
	Job   string `arg:"" optional:"" help:"Only this job. It need not be on the timetable. Default: every job that is."`
	Count int    `default:"5" placeholder:"N" help:"How many times to tell of each. Default: ${default}."`
	From  moment `placeholder:"TIME" help:"Tell those after this time, as 2026-01-31T02:15:00Z or a date. Default: now."`
}

// mostUpcoming bounds what somebody may ask for by mistake.
const mostUpcoming = 10_000

// Help is the long help of the verb.
func (schedulesNextCmd) Help() string {
	return `Tells when jobs run next, in the zone of each and in UTC, and what the next changes of the clocks make of it: a time that is
skipped comes as much later as the clocks are put forward, one that is repeated comes the first time only; jobs for every
hour go on through both. It asks neither the warehouse nor the API.

Examples:

    linkhouse schedules next
    linkhouse schedules next nightly --from 2027-03-13 --count 3`
}

// Run tells the times.
func (c *schedulesNextCmd) Run(_ context.Context, a *app) error {
	if c.Count < 1 || c.Count > mostUpcoming {
		return misuse(fmt.Sprintf("write --count from 1 to %d", mostUpcoming), "there is nothing to tell")
	}
	config, _, err := a.configuration()
	if err != nil {
		return err
	}
	jobs, err := config.knownJobs()
	if err != nil {
		return err
	}
	if c.Job != "" {
		job, err := config.knownJob(c.Job)
		if err != nil {
			return err
		}
		jobs = []knownJob{job}
	}
	from := c.From.Time
	if from.IsZero() {
		from = time.Now()
	}
	fires := []upcomingFire{}
	for i := range jobs {
		if jobs[i].scheduled || c.Job != "" {
			next := jobs[i].after(from, c.Count)
			if jobs[i].counts() && len(next) > 0 {
				next[0].Note = "counted from " + instant(from) + "; serve counts from the last one"
			}
			fires = append(fires, next...)
		}
	}
	t := upcomingTable(fires, jobs)
	t.empty = "No job is on the timetable: schedules.files and schedules.jobs name none."
	if err := c.show(a.stdout, fires, t); err != nil {
		return err
	}
	if c.Output == "json" || c.Job == "" || jobs[0].scheduled {
		return nil
	}
	_, err = fmt.Fprintf(a.stdout, "\n%s is not on the timetable: to have serve run it, name it in schedules.files.\n", c.Job)
	return err
}
