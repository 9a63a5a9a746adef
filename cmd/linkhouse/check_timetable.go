package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/schedules"
)

// checkTimetable looks at every job and at what they are to each other.
func checkTimetable(c *Config, now time.Time) []verdict {
	if len(c.Schedules.All) == 0 {
		return []verdict{warning("schedules", "there is no job", "name one in schedules.files, or write one under schedules.jobs")}
	}
	jobs, err := c.knownJobs()
	if err != nil {
		return []verdict{failed("schedules", exitUsage, err.Error(), "correct its cron expression")}
	}
	var verdicts []verdict
	for i := range jobs {
		if !jobs[i].scheduled {
			continue
		}
		if p := c.unplanned(jobs[i].Name); p != nil {
			verdicts = append(verdicts, failed("schedules", exitUsage, p.message, p.remedy))
			continue
		}
		verdicts = append(verdicts, jobs[i].check(now))
		for k := range i {
			if v, found := jobs[k].meets(&jobs[i], now); found {
				verdicts = append(verdicts, v)
			}
		}
	}
	return verdicts
}

// check says when a job is due next, and what somebody may not have meant.
func (j *knownJob) check(now time.Time) verdict {
	next := j.fires.Next(now)
	if next.IsZero() {
		return failed("schedules", exitUsage, j.Name+" is never due", "correct its cron expression")
	}
	v := ok("schedules", fmt.Sprintf("%s (%s, %s) is due next at %s", j.Name, j.Cron, j.TimeZone, j.local(next)))
	if rare := j.fires.Next(next); j.CatchUp == schedules.CatchUpNone && (rare.IsZero() || rare.Sub(next) > 20*time.Hour) {
		v.Verdict, v.Message = verdictWarning, v.Message+"; when nobody is there then, that day is not read"
		v.Remedy = "catch_up: one has it read as soon as somebody is there"
	}
	if fire := j.moved(now); !fire.IsZero() {
		v.Message += "; " + j.clockNote(fire)
		v.Remedy = strings.TrimPrefix(v.Remedy+"; at an hour that no change of the clocks touches, or in UTC, it would not be moved", "; ")
	}
	return v
}

// moved is the first fire within a year that a change of the clocks moves; zero for none.
func (j *knownJob) moved(now time.Time) time.Time {
	_, change := now.In(j.fires.Zone()).ZoneBounds()
	for ; !change.IsZero() && change.Sub(now) < 366*24*time.Hour; _, change = change.ZoneBounds() {
		// What is skipped comes within as long as is skipped: a day at most.
		for fire := j.fires.Next(change.Add(-time.Second)); !fire.IsZero() && fire.Sub(change) < 24*time.Hour; fire = j.fires.Next(fire) {
			if moved := j.fires.ClockChange(fire); !moved.Asked.IsZero() {
				return fire
			}
		}
	}
	return time.Time{}
}

// meets warns of two jobs that come due at once and read the same: the later one waits for the lock.
func (j *knownJob) meets(other *knownJob, now time.Time) (verdict, bool) {
	at, shared, err := schedules.Collide(&j.Job, &other.Job, now)
	if err != nil || at.IsZero() {
		return verdict{}, false
	}
	if len(shared) > 2 {
		shared = []string{counted(len(shared), "resource")}
	}
	return warning("schedules", fmt.Sprintf("%s and %s both read %s and are due at the same minute, next at %s UTC: the second waits until the first is over",
		j.Name, other.Name, strings.Join(shared, " and "), instant(at)), "move one of them by more than the other takes"), true
}

// checkServer looks at who could see what serve shows.
func checkServer(c *Config) verdict {
	if !c.safelyListens() {
		return failed("server", exitUsage, "server.listen ("+c.Server.Listen+") is open to the network and server.token is not set: serve does not begin",
			"set server.token (LINKHOUSE_SERVER_TOKEN), or listen on 127.0.0.1")
	}
	if c.listensLocally() {
		return ok("server", "serve would listen on "+c.Server.Listen+", on this machine only")
	}
	return ok("server", "serve would listen on "+c.Server.Listen+", and ask for server.token")
}

// safelyListens reports whether nobody but this machine, or who knows the token, sees what serve shows.
func (c *Config) safelyListens() bool { return c.listensLocally() || c.Server.Token.IsSet() }

// listensLocally reports whether only this machine reaches server.listen.
func (c *Config) listensLocally() bool {
	host, _, err := net.SplitHostPort(c.Server.Listen)
	if err != nil { // the configuration has checked it
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
