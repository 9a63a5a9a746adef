package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/linkhouse/linkhouse/schedules"
)

// inlineJobs reads schedules.jobs: a list in the file, or the same list as YAML text in its variable.
func inlineJobs(c *Config, s setting) error {
	c.Schedules.Jobs = nil
	node := s.node
	if node == nil {
		if s.text == "" {
			return nil
		}
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(s.text), &document); err != nil || len(document.Content) != 1 {
			return faultf(`write them as one line of YAML: [{name: nightly, cron: "15 2 * * *"}]`, "is not a list of jobs")
		}
		node = document.Content[0]
	}
	jobs, err := schedules.JobsFromNode(node, s.name, "schedules.jobs", known)
	c.Schedules.Jobs = jobs
	return err
}

// checkTogether asks what no single key can answer.
func (r *configReader) checkTogether() {
	r.oneWayToTheUsers()
	r.keyNeedsKMS()
	r.encryptionNeedsS3()
	r.collectJobs()
}

func (r *configReader) oneWayToTheUsers() {
	u := r.config.Users
	var set []string
	for key, given := range map[string]bool{"users.file": u.File != "", "users.list": len(u.List) > 0, "users.query": u.Query != ""} {
		if given {
			set = append(set, key)
		}
	}
	if len(set) < 2 {
		return
	}
	slices.Sort(set)
	last := set[len(set)-1]
	r.problems = append(r.problems, Problem{source: r.config.configured[last], key: last,
		message: "users are named in more than one way: " + strings.Join(set, ", "), remedy: "keep one of them"})
}

func (r *configReader) keyNeedsKMS() {
	if a := r.config.Archive; a.KMSKey != "" && a.SSE != "aws:kms" {
		r.problems = append(r.problems, Problem{source: r.config.configured["archive.kms_key"], key: "archive.kms_key",
			message: "has no effect without archive.sse: aws:kms", remedy: "set both or neither"})
	}
}

// encryptionNeedsS3 keeps documents from being stored in the clear that somebody wants encrypted.
func (r *configReader) encryptionNeedsS3() {
	if a := r.config.Archive; a.SSE != "" && !strings.HasPrefix(a.URL, "s3://") {
		r.problems = append(r.problems, Problem{source: r.config.configured["archive.sse"], key: "archive.sse",
			message: "is for an archive on S3, and archive.url names a directory", remedy: "encrypt the file system below it, or set archive.url to s3://bucket/prefix"})
	}
}

// collectJobs puts the jobs of all files and the inline ones together; a name is a key in the database, so it must be unique.
func (r *configReader) collectJobs() {
	s := r.config
	at := s.configured["schedules.files"]
	from := map[string]string{}
	add := func(origin string, jobs []schedules.Job) {
		for _, job := range jobs {
			if first, twice := from[job.Name]; twice {
				r.problems = append(r.problems, Problem{source: at, key: "schedules",
					message: fmt.Sprintf("the job %q stands in %s and in %s", job.Name, first, origin), remedy: "rename one of them"})
				continue
			}
			from[job.Name] = origin
			s.Schedules.All = append(s.Schedules.All, job)
		}
	}
	for _, name := range s.Schedules.Files {
		jobs, err := r.jobsFrom(name)
		var wrong schedules.Problems
		switch {
		case errors.As(err, &wrong):
			r.problems = append(r.problems, jobProblems(wrong)...)
		case err != nil:
			r.problems = append(r.problems, Problem{source: at, key: "schedules.files", message: bare(err),
				remedy: "name a YAML file, or one of the jobs that come with the program: " + strings.Join(shippedNames(), ", ")})
		default:
			add(name, jobs)
		}
	}
	add("schedules.jobs", s.Schedules.Jobs)
	for i, job := range s.Schedules.All {
		if _, narrowed := s.besides(s.askedBy(job)); narrowed {
			s.Schedules.All[i].Narrowed = projected(job)
		}
	}
}

// jobsFrom reads one entry of schedules.files: the name of a shipped job, or a file.
func (r *configReader) jobsFrom(name string) ([]schedules.Job, error) {
	if !strings.ContainsAny(name, `/\.`) {
		jobs, err := schedules.Shipped(known)
		if err != nil {
			return nil, err
		}
		for _, job := range jobs {
			if job.Name == name {
				return []schedules.Job{job}, nil
			}
		}
		return nil, fmt.Errorf("no job %q comes with the program", name)
	}
	s := r.settings["schedules.files"]
	s.home = r.in.vars["HOME"]
	path, err := s.path(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: %s", name, bare(err))
	}
	return schedules.ParseJobs(data, name, known)
}

func shippedNames() []string {
	jobs, _ := schedules.Shipped(known)
	var names []string
	for _, job := range jobs {
		names = append(names, job.Name)
	}
	return names
}
