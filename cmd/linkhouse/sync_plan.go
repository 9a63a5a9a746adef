package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

// selection is what of the API a command line asks for.
type selection struct {
	Resources []string
	Job       string
	Employer  string
	User      string
	Include   []string
}

// plan makes a plan of it; leftOut says that PayLink was asked for by nobody's word and is left out, because no user is
// configured. Every error is the command line's.
func (s selection) plan(c *Config) (plan schedules.Plan, leftOut bool, err error) {
	job, err := s.job(c)
	if err != nil {
		return plan, false, err
	}
	if err := s.agree(); err != nil {
		return plan, false, err
	}
	plan = schedules.Plan{Job: s.Job, Employer: s.Employer, User: s.User, Version: strings.TrimPrefix(version, "v")}
	for _, r := range catalog {
		switch {
		case len(s.Resources) > 0 && !slices.Contains(s.Resources, r.Name):
		case len(job.Resources) > 0 && !slices.Contains(job.Resources, r.Name):
		case s.Employer != "" && r.PerUser, s.User != "" && !r.PerUser:
		case r.PerUser && s.User == "" && !c.Users.configured():
			if len(s.Resources) > 0 {
				return plan, false, Problems{{key: "users", message: "no user is configured, and " + r.Name + " are read user by user",
					remedy: "set users.file, users.list or users.query, or name one with --user"}}
			}
			leftOut = true
		default:
			plan.Resources = append(plan.Resources, r)
		}
	}
	switch {
	case len(plan.Resources) == 0 && leftOut:
		return plan, false, Problems{{key: "users", message: "no user is configured, and the job " + s.Job + " reads PayLink only",
			remedy: "set users.file, users.list or users.query"}}
	case len(plan.Resources) == 0:
		return plan, false, misuse("leave --employer or --user out, or choose another job", "nothing of the job "+s.Job+" is left to be read")
	}
	plan.Include, err = s.include(c, job, plan.Resources)
	plan.LeftOut, plan.Narrowed = c.besides(plan.Include)
	return plan, leftOut, err
}

// besides tells what jobs of the timetable ask of employees beside these projections, and whether one of them asks for all of these, and
// more. Without a job that reads them, employees.include is what is asked.
func (c *Config) besides(include []string) (leftOut []string, narrowed bool) {
	if include == nil {
		return nil, false
	}
	var asked [][]string
	for _, job := range c.Schedules.All {
		if len(projected(job)) > 0 {
			asked = append(asked, c.askedBy(job))
		}
	}
	if len(asked) == 0 {
		asked = [][]string{c.Employees.Include}
	}
	lacks := func(a, b []string) bool {
		return slices.ContainsFunc(b, func(p string) bool { return !slices.Contains(a, p) })
	}
	for _, other := range asked {
		narrowed = narrowed || lacks(include, other) && !lacks(other, include)
		for _, p := range other {
			if !slices.Contains(include, p) && !slices.Contains(leftOut, p) {
				leftOut = append(leftOut, p)
			}
		}
	}
	return leftOut, narrowed
}

// askedBy are the projections that a job asks for: no more than employees.include, since what is left out there is left out for a reason.
func (c *Config) askedBy(job schedules.Job) []string {
	return slices.DeleteFunc(slices.Clone(c.Employees.Include), func(p string) bool { return job.Include != nil && !slices.Contains(job.Include, p) })
}

// projected are the resources of a job that have projections.
func projected(job schedules.Job) []string {
	return slices.DeleteFunc(slices.Clone(job.Resources), func(name string) bool { return resourceNamed(name).Projections == nil })
}

// unplanned says why a job of the timetable can never be run, however often it comes due; nil where it can.
func (c *Config) unplanned(job string) *Problem {
	_, _, err := selection{Job: job}.plan(c)
	if err == nil {
		return nil
	}
	var problems Problems
	if errors.As(err, &problems) {
		return &Problem{key: problems[0].key, message: problems[0].message, remedy: problems[0].remedy}
	}
	return &Problem{key: "schedules", message: err.Error(), remedy: hintOf(err)}
}

// job is the job of that name: one of the configuration, or one that comes with the program.
func (s selection) job(c *Config) (schedules.Job, error) {
	if s.Job == "" {
		return schedules.Job{}, nil
	}
	if len(s.Resources) > 0 {
		return schedules.Job{}, misuse("leave out either the resources or --job", "a job has resources of its own")
	}
	shipped, err := schedules.Shipped(known)
	if err != nil {
		return schedules.Job{}, err
	}
	var names []string
	for _, job := range slices.Concat(c.Schedules.All, shipped) {
		if job.Name == s.Job {
			return job, nil
		}
		if !slices.Contains(names, job.Name) {
			names = append(names, job.Name)
		}
	}
	return schedules.Job{}, misuse("jobs are "+strings.Join(names, ", "), "there is no job "+s.Job)
}

// agree finds words of the command line that contradict each other.
func (s selection) agree() error {
	if err := words("resource", s.Resources, resources); err != nil {
		return err
	}
	if s.Employer != "" && s.User != "" {
		return misuse("run it once for each", "an employer is EmployerLink's and a user is PayLink's: no resource has both")
	}
	for _, name := range s.Resources {
		switch r := resourceNamed(name); {
		case s.Employer != "" && r.PerUser:
			return misuse("leave out --employer, or name one with --user", name+" belong to users, not to employers")
		case s.User != "" && !r.PerUser:
			return misuse("leave out --user, or name one with --employer", name+" belong to employers, not to users")
		}
	}
	return nil
}

// include are the projections to ask for, in the catalog's order: the same ones are the same run. It is nil when no
// resource has any.
func (s selection) include(c *Config, job schedules.Job, chosen []*transform.Resource) ([]string, error) {
	if err := words("projection", s.Include, projections); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(chosen, func(r *transform.Resource) bool { return r.Projections != nil }) {
		if len(s.Include) > 0 {
			return nil, misuse("leave it out, or sync employees as well", "--include chooses what to read of employees, and they are not among the resources")
		}
		return nil, nil
	}
	// A job may ask for less than employees.include and never for more: what is left out there is left out for a reason.
	asked := c.Employees.Include
	if len(s.Include) > 0 {
		asked = s.Include
	}
	var include []string
	for _, p := range projections {
		if slices.Contains(asked, p) && (len(s.Include) > 0 || job.Include == nil || slices.Contains(job.Include, p)) {
			include = append(include, p)
		}
	}
	if len(include) == 0 {
		return nil, misuse("add one of its projections to employees.include, or leave employees out of the job",
			"the job "+job.Name+" asks only for projections that employees.include leaves out")
	}
	return include, nil
}

// words finds one that is none of the known ones.
func words(noun string, given, known []string) error {
	for _, word := range given {
		if slices.Contains(known, word) {
			continue
		}
		hint := noun + "s are " + strings.Join(known, ", ")
		if near := schedules.Nearest(word, known); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return misuse(hint, "there is no "+noun+" "+word)
	}
	return nil
}
