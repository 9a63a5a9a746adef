package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/page"
	"github.com/linkhouse/linkhouse/load"
)

// openPage makes the status page of the server, and has it told of the runs.
func (s *server) openPage(ctx context.Context) (err error) {
	idle := map[string]string{}
	for _, r := range catalog {
		if r.PerUser && !s.config.Users.configured() {
			idle[r.Name] = "no user is configured"
		}
	}
	s.page, err = page.New(ctx, page.Options{
		Store: s.store, Jobs: s.config.Schedules.All, Resources: resources, Idle: idle, Needs: s.needs, Command: s.app.command,
		Version: strings.TrimPrefix(version, "v"), Logger: s.log,
	})
	if err == nil {
		s.listeners = append(s.listeners, s.page)
	}
	return err
}

// needs are what needs a person, in the words of status. Of a run that was limited to one employer or user the page names no id.
func (s *server) needs(runs []page.Run, attention load.Attention) []page.Need {
	status := &statusAnswer{Attention: attention}
	for _, run := range runs {
		status.LastRuns = append(status.LastRuns, listedRun{run.RunRow, run.Alive})
	}
	var needs []page.Need
	for _, n := range s.app.needs(status) {
		if len(runs) > 0 && runs[0].Scope != load.ScopeAll && strings.Contains(n.Command, s.app.command(status.LastRuns[0].again()...)) {
			n.Command = s.app.command("runs", "show", fmt.Sprint(runs[0].ID))
		}
		needs = append(needs, page.Need{What: n.What, Command: n.Command})
	}
	return needs
}
