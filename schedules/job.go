package schedules

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// What becomes of a fire that no process was there to see.
const (
	CatchUpOne  = "one"  // run once, however many were missed
	CatchUpNone = "none" // wait for the next one
)

// Job is one entry of the timetable: when to run and what to read. It says nothing of where the data goes.
type Job struct {
	Name        string // the job's key in etl.schedules; lower-case letters, digits, hyphens
	Description string
	Cron        string   // five cron fields, a descriptor such as @daily, or @every with a duration
	TimeZone    string   // IANA name in which Cron is read; never empty after parsing
	Resources   []string // API path names, never empty after parsing
	Include     []string // employee projections; nil: what employees.include says
	CatchUp     string   // CatchUpOne or CatchUpNone
	// CatchUpWindow is how late a missed fire may still be made up for; never 0 after parsing.
	CatchUpWindow time.Duration
	Jitter        time.Duration
	// Narrowed are the resources of which another job reads more, so that this one does not make them current. Parsing leaves it empty.
	Narrowed []string
}

// Known are the names that a job may use. The caller supplies them, so that this package needs no resource's meaning.
type Known struct {
	Resources   []string
	Projections []string
}

// defaultCatchUpWindow is a day: a nightly job that was missed is made up for until the next one is due.
const defaultCatchUpWindow = 24 * time.Hour

// maxJitter keeps a jittered start nearer to its own fire than to a daily job's next one.
const maxJitter = 6 * time.Hour

//go:embed *.yaml
var shipped embed.FS

// Shipped returns the jobs that come with the program, in order of their file names.
// An error means that the binary was built with a broken file.
func Shipped(known Known) ([]Job, error) {
	names, err := fs.Glob(shipped, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list shipped jobs: %w", err)
	}
	var jobs []Job
	for _, name := range names {
		data, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read shipped job: %w", err)
		}
		parsed, err := ParseJobs(data, path.Join("schedules", name), known)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, parsed...)
	}
	return jobs, nil
}

// ParseJobs reads a schedule file: one job (a mapping) or several (a list of mappings). Origin is the file's name as
// errors shall show it. All problems of the file come back together, as Problems.
func ParseJobs(data []byte, origin string, known Known) ([]Job, error) {
	var root yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	if err := decoder.Decode(&root); err != nil {
		return nil, syntaxProblem(origin, err)
	}
	var more yaml.Node
	if err := decoder.Decode(&more); err == nil {
		return nil, Problems{{Origin: origin, Line: more.Line, Column: more.Column,
			Message: "a second document begins here; write several jobs as one list"}}
	}
	if len(root.Content) == 0 {
		return nil, syntaxProblem(origin, io.EOF)
	}
	node := root.Content[0]
	if node.Kind == yaml.MappingNode {
		job, problems := parseJob(node, origin, "", known)
		if len(problems) > 0 {
			return nil, problems
		}
		return []Job{job}, nil
	}
	return JobsFromNode(node, origin, "", known)
}

// JobsFromNode reads a list of jobs that stands inside another document; key is the path at which it stands there
// ("schedules.jobs"). Positions in Problems are those of the node's own document.
func JobsFromNode(list *yaml.Node, origin, key string, known Known) ([]Job, error) {
	if list.Kind != yaml.SequenceNode {
		return nil, Problems{at(list, origin, key, "expected a list of jobs, each with a name and a cron expression")}
	}
	var jobs []Job
	var problems Problems
	seen := map[string]int{}
	for i, node := range list.Content {
		job, wrong := parseJob(resolve(node), origin, fmt.Sprintf("%s[%d]", key, i), known)
		problems = append(problems, wrong...)
		if line, twice := seen[job.Name]; twice && job.Name != "" {
			problems = append(problems, at(node, origin, fmt.Sprintf("%s[%d]", key, i),
				fmt.Sprintf("job %q stands at line %d already; give each job its own name", job.Name, line)))
		}
		seen[job.Name] = node.Line
		jobs = append(jobs, job)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return jobs, nil
}

func syntaxProblem(origin string, err error) error {
	if errors.Is(err, io.EOF) {
		return Problems{{Origin: origin, Line: 1, Column: 1, Message: "the file holds no job"}}
	}
	return fmt.Errorf("%s: not readable as YAML: %s", origin, strings.TrimPrefix(err.Error(), "yaml: "))
}
