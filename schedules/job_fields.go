package schedules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var jobFields = []string{"name", "description", "cron", "time_zone", "resources", "include", "catch_up", "catch_up_window", "jitter"}

// jobName is narrow on purpose: the name is a key in the database, a metric label and a command line argument.
var jobName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// jobReader reads one job and remembers every problem on the way, so that a person mends a file in one go.
type jobReader struct {
	origin, key string
	fields      map[string]*yaml.Node
	problems    Problems
}

func parseJob(node *yaml.Node, origin, key string, known Known) (Job, Problems) {
	if node.Kind != yaml.MappingNode {
		return Job{}, Problems{at(node, origin, key, "expected a job: name, cron and what to read")}
	}
	r := &jobReader{origin: origin, key: key, fields: map[string]*yaml.Node{}}
	r.collect(node)
	job := Job{
		Name:        r.text("name"),
		Description: r.text("description"),
		Cron:        r.text("cron"),
		TimeZone:    r.text("time_zone"),
		Resources:   r.names("resources", "resource", known.Resources),
		Include:     r.names("include", "projection", known.Projections),
		CatchUp:     r.text("catch_up"),
	}
	r.check(node, &job, known)
	return job, r.problems
}

func (r *jobReader) collect(node *yaml.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], resolve(node.Content[i+1])
		switch first, twice := r.fields[name.Value]; {
		case !slices.Contains(jobFields, name.Value):
			r.wrong(name, name.Value, "unknown key"+suggestion(name.Value, jobFields))
		case twice:
			r.wrong(name, name.Value, fmt.Sprintf("set twice, first at line %d; remove one", first.Line))
		default:
			r.fields[name.Value] = value
		}
	}
}

// check fills in the defaults and asks of the job what no single field can answer.
func (r *jobReader) check(node *yaml.Node, job *Job, known Known) {
	switch {
	case job.Name == "" && !r.complained("name"):
		r.wrong(node, "name", "missing; every job needs a name of its own")
	case job.Name != "" && !jobName.MatchString(job.Name):
		r.wrong(r.fields["name"], "name", "use up to 63 lower-case letters, digits, - and _")
	}
	if job.TimeZone == "" {
		job.TimeZone = "UTC"
	}
	if job.Cron == "" && !r.complained("cron") {
		r.wrong(node, "cron", `missing; write one such as "15 2 * * *"`)
	} else if job.Cron != "" {
		r.checkCron(job)
	}
	if len(job.Resources) == 0 {
		job.Resources = slices.Clone(known.Resources)
	}
	if job.Include != nil && !slices.Contains(job.Resources, "employees") {
		r.wrong(r.fields["include"], "include", "has a meaning for employees only; add employees to resources or remove it")
	}
	switch job.CatchUp {
	case "":
		job.CatchUp = CatchUpOne
	case CatchUpOne, CatchUpNone:
	default:
		r.wrong(r.fields["catch_up"], "catch_up", "must be one (run a missed start once) or none")
	}
	job.Jitter = r.duration("jitter", 0, maxJitter, 0, "5m")
	job.CatchUpWindow = r.duration("catch_up_window", time.Minute, 31*24*time.Hour, defaultCatchUpWindow, "12h")
}

func (r *jobReader) checkCron(job *Job) {
	if err := validateZone(job.TimeZone); err != nil {
		r.wrong(r.fields["time_zone"], "time_zone", err.Error())
		return
	}
	if err := ValidateCron(job.Cron, job.TimeZone); err != nil {
		r.wrong(r.fields["cron"], "cron", err.Error())
	}
}

// duration reads one between two bounds; absent is what otherwise says.
func (r *jobReader) duration(field string, least, most, otherwise time.Duration, example string) time.Duration {
	written := r.text(field)
	if written == "" {
		return otherwise
	}
	d, err := time.ParseDuration(written)
	if err != nil || d < least || d > most {
		r.wrong(r.fields[field], field, fmt.Sprintf("must be a duration from %s to %s, such as %s", hours(least), hours(most), example))
		return otherwise
	}
	return d
}

// hours writes a duration without its zeros.
func hours(d time.Duration) string {
	if d >= time.Hour && d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

func (r *jobReader) text(name string) string {
	node, ok := r.fields[name]
	if !ok || node.Tag == "!!null" {
		return ""
	}
	if node.Kind != yaml.ScalarNode {
		r.wrong(node, name, "expected a single value")
		return ""
	}
	return strings.TrimSpace(node.Value)
}

// names reads a list of known names; nil means that the field is absent.
func (r *jobReader) names(field, noun string, known []string) []string {
	node, ok := r.fields[field]
	if !ok || node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		r.wrong(node, field, "expected a list, such as ["+strings.Join(known[:min(2, len(known))], ", ")+"]")
		return nil
	}
	if len(node.Content) == 0 {
		r.wrong(node, field, "is an empty list; name at least one "+noun+", or leave the key out for the default")
		return nil
	}
	var names []string
	for _, item := range node.Content {
		item = resolve(item)
		switch {
		case item.Kind != yaml.ScalarNode:
			r.wrong(item, field, "expected the name of a "+noun)
		case !slices.Contains(known, item.Value):
			r.wrong(item, field, fmt.Sprintf("%q is no %s%s", item.Value, noun, suggestion(item.Value, known)))
		case slices.Contains(names, item.Value):
			r.wrong(item, field, fmt.Sprintf("%s stands here twice; remove one", item.Value))
		default:
			names = append(names, item.Value)
		}
	}
	return names
}

func (r *jobReader) wrong(node *yaml.Node, field, message string) {
	r.problems = append(r.problems, at(node, r.origin, joinKey(r.key, field), message))
}

func (r *jobReader) complained(field string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Key == joinKey(r.key, field) })
}

func joinKey(key, field string) string {
	if key == "" {
		return field
	}
	return key + "." + field
}

// resolve follows an alias to the node it names.
func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}
