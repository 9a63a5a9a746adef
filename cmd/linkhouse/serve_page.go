package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/page"
	"github.com/linkhouse/linkhouse/load"
)

// openPage makes the status page of the server, and has it told of the runs.
func (s *server) openPage(ctx context.Context) (err error) {
	idle := map[string]string{}
	for _, r := range catalog {
		if !s.config.reads(r.Name) {
			idle[r.Name] = "no user is configured"
		}
	}
	s.page, err = page.New(ctx, page.Options{
		Store: s.store, Jobs: s.config.Schedules.All, Resources: resources, Idle: idle, StaleAfter: s.config.Alerts.StaleAfter,
		Tried:  func(ctx context.Context, unread []string) ([]string, error) { return tried(ctx, s.store, unread) },
		Failed: func(ctx context.Context, last load.RunRow) ([]string, error) { return failedLists(ctx, s.store, last) },
		Needs:  s.needs, Command: s.app.command, Version: strings.TrimPrefix(version, "v"), Logger: s.log,
	})
	if err == nil {
		s.listeners = append(s.listeners, s.page)
	}
	return err
}

// needs are what needs a person, in the words of status. Of what was limited to one employer or user the page names no id.
func (s *server) needs(runs []page.Run, guarded []load.GuardedWalk, attention load.Attention) []page.Need {
	status := &statusAnswer{Attention: attention, Guarded: []guardedWalk{}}
	for _, run := range runs {
		status.LastRuns = append(status.LastRuns, listedRun{run.RunRow, run.Alive})
	}
	if len(runs) > 0 {
		status.failed = runs[0].Failed
	}
	show := func(run int64) string { return s.app.command("runs", "show", strconv.FormatInt(run, 10)) }
	var needs []page.Need
	for _, w := range guarded {
		if w.Scope != load.ScopeAll {
			needs = append(needs, page.Need{What: fmt.Sprintf("A guard stopped a removal of %s in run %d, which was limited. To look:", w.Resource, w.RunID), Command: show(w.RunID)})
			continue
		}
		status.Guarded = append(status.Guarded, guardedWalk{w, listedRun{RunRow: load.RunRow{Resources: []string{w.Resource},
			Scope: w.Scope}}.again()})
	}
	for _, n := range s.app.needs(status) {
		if len(runs) > 0 && runs[0].Scope != load.ScopeAll && strings.Contains(n.Command, s.app.command(status.LastRuns[0].again()...)) {
			n.Command = show(runs[0].ID)
		}
		needs = append(needs, page.Need{What: n.What, Command: n.Command})
	}
	return needs
}
