package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

// agree finds words of the command line that make no sense together.
func (c *backfillCmd) agree() error {
	if c.Resource == "" {
		return misuse("name one of "+strings.Join(resources, ", ")+"; or go on with an unfinished one by --resume", "what to read is not named")
	}
	if err := words("resource", []string{c.Resource}, resources); err != nil {
		return err
	}
	r := resourceNamed(c.Resource)
	dated := r.Dated != "" || r.Period != nil
	switch {
	case c.Employer != "" && r.PerUser:
		return misuse("leave out --employer, or name users with --users", r.Name+" belong to users, not to employers")
	case c.Users != "" && !r.PerUser:
		return misuse("leave out --users, or name one employer with --employer", r.Name+" belong to employers, not to users")
	case c.Employees != "" && r.Projections == nil:
		return misuse("leave it out", "--employees chooses employees, and "+r.Name+" are none")
	case len(c.Include) > 0 && r.Projections == nil:
		return misuse("leave it out", "--include chooses what to read of employees, and "+r.Name+" are none")
	case c.bounded() && !dated:
		return misuse("leave --since and --until out; dates have "+listed(datedResources()), r.Name+" have no date")
	case !r.Document && c.Refetch:
		return misuse("leave out --refetch; documents have "+listed(documentResources), r.Name+" have no documents")
	case !r.Document && !c.Documents:
		return misuse("leave out --no-documents; documents have "+listed(documentResources), r.Name+" have no documents")
	case c.Refetch && !c.Documents:
		return misuse("leave one of them out", "--refetch fetches documents and --no-documents none")
	}
	return days{c.Since, c.Until}.agree()
}

// datedResources are the names of the resources of which days can be chosen.
func datedResources() (names []string) {
	for _, r := range catalog {
		if r.Dated != "" || r.Period != nil {
			names = append(names, r.Name)
		}
	}
	return names
}

func (c *backfillCmd) bounded() bool { return !c.Since.IsZero() || !c.Until.IsZero() }

// plan makes a plan of the command line. Users of the configuration are left to whoever carries it out.
func (c *backfillCmd) plan(a *app, config *Config) (schedules.Plan, error) {
	r := resourceNamed(c.Resource)
	plan := schedules.Plan{
		Job: backfillJob, Resources: []*transform.Resource{r}, Employer: c.Employer, From: c.Since.Time, Until: c.Until.Time,
		Refetch: c.Refetch, NoDocuments: !c.Documents, Flags: c.shaping(a), Fresh: c.Fresh, Version: strings.TrimPrefix(version, "v"),
		Measure: true, YieldEvery: yieldEvery, Reread: true,
	}
	var err error
	if plan.Include, err = c.include(config, r); err != nil {
		return plan, err
	}
	plan.LeftOut, plan.Narrowed = config.besides(plan.Include)
	switch {
	case c.Employees != "":
		plan.IDs, err = a.linesOf("--employees", c.Employees)
		plan.Selection = selectionOf(plan.IDs)
	case c.Users != "":
		var users []string
		users, err = a.linesOf("--users", c.Users)
		plan.Users, plan.Selection = usersFrom(users), selectionOf(users)
	case r.PerUser && !config.Users.configured():
		err = Problems{{key: "users", message: "no user is configured, and " + r.Name + " are read user by user",
			remedy: "set users.file, users.list or users.query, or name some with --users"}}
	}
	return plan, err
}

// include are the projections to ask for. Days choose statements, and so nothing else of an employee.
func (c *backfillCmd) include(config *Config, r *transform.Resource) ([]string, error) {
	include, err := selection{Resources: []string{r.Name}, Include: c.Include}.include(config, schedules.Job{}, []*transform.Resource{r})
	if err != nil || r.Period == nil || !c.bounded() {
		return include, err
	}
	only := r.Period.Projection
	switch {
	case len(c.Include) > 0 && !slices.Equal(include, []string{only}):
		return nil, misuse("leave out --include, or the days", "of "+r.Name+" only "+only+" have a date")
	case !slices.Contains(include, only):
		return nil, misuse("add --include "+only+" if they are to be read all the same",
			"employees.include leaves out "+only+", and only they have a date")
	}
	return []string{only}, nil
}

// linesOf reads a file of identifiers, one a line, each once and in their order.
func (a *app) linesOf(flag, name string) ([]string, error) {
	lines, err := linesIn(a.path(name))
	if err != nil {
		return nil, misuse("check the path; it holds one identifier a line", fmt.Sprintf("%s %s cannot be read: %s", flag, name, bare(err)))
	}
	slices.Sort(lines)
	if lines = slices.Compact(lines); len(lines) == 0 {
		return nil, misuse("write one identifier a line into it", fmt.Sprintf("%s %s is empty", flag, name))
	}
	return lines, nil
}

func linesIn(path string) (lines []string, err error) {
	data, err := os.ReadFile(path)
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, err
}

// selectionOf names a selection by its content: the same identifiers in another file are the same work.
func selectionOf(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return selectionMark + hex.EncodeToString(sum[:6])
}

const selectionMark = "of="
