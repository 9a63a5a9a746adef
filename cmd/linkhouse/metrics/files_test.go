package metrics

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"
)

var fqName = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)

// described are the labels of every metric of ours, by its name.
func described(t *testing.T, m *Metrics) map[string][]string {
	t.Helper()
	out := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(out)
	close(out)
	labels := map[string][]string{}
	for d := range out {
		if found := fqName.FindStringSubmatch(d.String()); found != nil && strings.HasPrefix(found[1], "linkhouse_") {
			labels[found[1]] = strings.FieldsFunc(found[2], func(r rune) bool { return r == ',' || r == ' ' })
		}
	}
	if len(labels) < 30 {
		t.Fatalf("only %d metrics are described", len(labels))
	}
	return labels
}

func names(t *testing.T, m *Metrics) (names []string) {
	t.Helper()
	for name := range described(t, m) {
		names = append(names, name)
	}
	return names
}

// expression is a PromQL expression of one of the files.
type expression struct{ where, text string }

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(Alerts))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) < 10 {
		t.Fatalf("%+v", file)
	}
	return file.Groups[0].Rules
}

type panel struct {
	ID         int             `json:"id"`
	Type       string          `json:"type"`
	Title      string          `json:"title"`
	Datasource json.RawMessage `json:"datasource"`
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct {
		Expr, RefID string
		Datasource  json.RawMessage
	} `json:"targets"`
	FieldConfig json.RawMessage `json:"fieldConfig"`
	Options     json.RawMessage `json:"options"`
}

func panels(t *testing.T) []panel {
	t.Helper()
	var d struct {
		UID, Title    string
		SchemaVersion int
		Panels        []panel
		Templating    struct {
			List []struct{ Name, Type, Query string }
		}
	}
	if err := json.Unmarshal([]byte(Dashboard), &d); err != nil {
		t.Fatal(err)
	}
	// 39 is the schema of Grafana 11; newer ones migrate it.
	if d.UID == "" || d.Title == "" || d.SchemaVersion != 39 || len(d.Panels) < 20 || len(d.Templating.List) != 1 || d.Templating.List[0].Type != "datasource" {
		t.Fatalf("%q %q, schema %d, %d panels, %+v", d.UID, d.Title, d.SchemaVersion, len(d.Panels), d.Templating)
	}
	return d.Panels
}

func expressions(t *testing.T) (all []expression) {
	t.Helper()
	for _, r := range rules(t) {
		all = append(all, expression{r.Alert, r.Expr})
	}
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			all = append(all, expression{p.Title, strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")})
		}
	}
	return all
}

var (
	word     = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*`)
	quoted   = regexp.MustCompile(`"[^"]*"`)
	selected = regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`^([a-z_]+)(=|!=|=~|!~)"([^"]*)"$`)
	grouped  = regexp.MustCompile(`(?:by|on) \(([^)]*)\)`)
	duration = regexp.MustCompile(`\[[0-9]+[smhdw]\]|offset [0-9]+[smhdw]`)
	// What of PromQL the files use. Whoever uses more says so here, and looks whether it is written as it should be.
	language = strings.Fields(`sum max min count by on and or unless group_left time vector absent rate increase sort_desc label_replace offset bool`)
	foreign  = strings.Fields(`process_resident_memory_bytes process_cpu_seconds_total go_goroutines`)
)

// A parser of PromQL is a large dependency; this finds what goes wrong in practice: names and labels that are not there any more.
// Mutation: with a metric renamed, or a label in a rule that its metric does not have, it is red.
func TestTheFilesSpeakOfMetricsAndLabelsThatAreThere(t *testing.T) {
	t.Parallel()
	known := described(t, measure(t).Metrics)
	known["linkhouse_run_duration_seconds_sum"] = known["linkhouse_run_duration_seconds"]
	known["linkhouse_run_duration_seconds_count"] = known["linkhouse_run_duration_seconds"]
	used := map[string]bool{}
	for _, e := range expressions(t) {
		if open := strings.Count(e.text, "("); open != strings.Count(e.text, ")") || strings.Count(e.text, "{") != strings.Count(e.text, "}") || strings.Count(e.text, `"`)%2 != 0 {
			t.Errorf("%s: what is opened is not closed: %s", e.where, e.text)
		}
		var labels []string // of all its metrics
		rest := grouped.ReplaceAllString(selected.ReplaceAllString(duration.ReplaceAllString(e.text, ""), "$1"), "")
		for _, w := range word.FindAllString(quoted.ReplaceAllString(rest, ""), -1) {
			its, ours := known[w]
			switch {
			case ours:
				used[strings.TrimSuffix(strings.TrimSuffix(w, "_sum"), "_count")] = true
				labels = append(labels, its...)
			case slices.Contains(foreign, w):
			case !slices.Contains(language, w):
				t.Errorf("%s: there is no %s", e.where, w)
			}
		}
		for _, s := range selected.FindAllStringSubmatch(e.text, -1) {
			for _, m := range strings.Split(s[2], ",") {
				if found := matcher.FindStringSubmatch(strings.TrimSpace(m)); found == nil || !slices.Contains(known[s[1]], found[1]) {
					t.Errorf("%s: %s has no label as in %s", e.where, s[1], m)
				}
			}
		}
		for _, g := range grouped.FindAllStringSubmatch(e.text, -1) {
			for _, l := range strings.Split(g[1], ",") {
				if l = strings.TrimSpace(l); l != "instance" && !slices.Contains(labels, l) {
					t.Errorf("%s: no metric of it has a label %s: %s", e.where, l, e.text)
				}
			}
		}
	}
	for name := range known {
		if base := strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count"); base != "linkhouse_timetable_up" && !used[base] {
			t.Errorf("%s is shown on no panel", name)
		}
	}
}

func TestEveryRuleSaysHowBadItIsAndNamesTheRemedy(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rules(t) {
		if seen[r.Alert] || !strings.HasPrefix(r.Alert, "Linkhouse") {
			t.Errorf("%s: not a name of its own", r.Alert)
		}
		seen[r.Alert] = true
		if s := r.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s: severity %q", r.Alert, s)
		}
		for _, key := range []string{"summary", "description"} {
			if r.Annotations[key] == "" {
				t.Errorf("%s: no %s", r.Alert, key)
			}
		}
		// A label that the expression does not keep would be told as nothing.
		for _, l := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(r.Annotations["summary"]+r.Annotations["description"], -1) {
			if by := grouped.FindStringSubmatch(r.Expr); by == nil || !strings.Contains(by[1], l[1]) {
				t.Errorf("%s: speaks of %s, and its expression has %v", r.Alert, l[1], by)
			}
		}
	}
	for _, name := range strings.Fields("Down ResourceStale RunFailed RemovalStopped DocumentsLate Throttled") {
		if !seen["Linkhouse"+name] {
			t.Errorf("no rule for %s", name)
		}
	}
}

func TestThePanelsOfTheDashboardStandBesideEachOther(t *testing.T) {
	t.Parallel()
	ids, places := map[int]bool{}, map[[2]int]string{}
	types := strings.Fields("stat timeseries bargauge state-timeline table row")
	for _, p := range panels(t) {
		if ids[p.ID] || p.Title == "" || !slices.Contains(types, p.Type) {
			t.Errorf("panel %d %q of type %s", p.ID, p.Title, p.Type)
		}
		ids[p.ID] = true
		g := p.GridPos
		if g.W < 1 || g.H < 1 || g.X < 0 || g.X+g.W > 24 {
			t.Errorf("%s: at %+v", p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other := places[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies over %s", p.Title, other)
				}
				places[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || len(p.FieldConfig) == 0 || len(p.Options) == 0 || !strings.Contains(string(p.Datasource), `"${datasource}"`) {
			t.Errorf("%s: %d targets, data source %s", p.Title, len(p.Targets), p.Datasource)
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if refs[target.RefID] || target.RefID == "" || !strings.Contains(string(target.Datasource), `"${datasource}"`) {
				t.Errorf("%s: target %q from %s", p.Title, target.RefID, target.Datasource)
			}
			refs[target.RefID] = true
		}
	}
}

// An outcome that the panel does not know would be shown as complete.
func TestTheDashboardKnowsEveryOutcome(t *testing.T) {
	t.Parallel()
	for _, p := range panels(t) {
		if p.Type != "state-timeline" {
			continue
		}
		for _, o := range outcomes {
			if !strings.Contains(p.Targets[0].Expr, `"`+o+`"`) || !strings.Contains(string(p.FieldConfig), `"text": "`+o+`"`) {
				t.Errorf("%s does not know %s", p.Title, o)
			}
		}
		return
	}
	t.Error("no panel shows outcomes")
}
