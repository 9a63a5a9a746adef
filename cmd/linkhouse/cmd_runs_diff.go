package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

type runsDiffCmd struct {
	output
	A int64 `arg:"" help:"Number of the one run, as linkhouse runs list shows it."`
	B int64 `arg:"" help:"Number of the other run, mostly the later one."`
}

// Help is the long help of the verb.
func (runsDiffCmd) Help() string {
	return `Puts two runs side by side, resource by resource, and shows what differs: states, counts, requests to the API and seconds.
As JSON it has all figures of both.

Examples:

    linkhouse runs diff 16 17
    linkhouse runs diff 16 17 --output json`
}

// runsDifference is two runs side by side as programs read them.
type runsDifference struct {
	A       listedRun        `json:"a"`
	B       listedRun        `json:"b"`
	Differs []string         `json:"differs"` // of the runs themselves
	Walks   []walkDifference `json:"walks"`   // in the order of the catalog
}

// walkDifference is what two runs did with a resource; a side is null when it did not read it.
type walkDifference struct {
	Resource string      `json:"resource"`
	Scope    string      `json:"scope"`
	A        *walkFigure `json:"a"`
	B        *walkFigure `json:"b"`
	Differs  []string    `json:"differs"` // by the names of the figures; seconds aside, which always do
}

// walkFigure are the figures of a walk.
type walkFigure struct {
	State      string      `json:"state"`
	ErrorClass string      `json:"error_class,omitempty"`
	Counts     load.Counts `json:"counts"`
	Seconds    float64     `json:"seconds"`
}

// Run shows the difference.
func (c *runsDiffCmd) Run(ctx context.Context, a *app) error {
	if c.A == c.B {
		return misuse("name two runs; "+a.command("runs", "show", fmt.Sprint(c.A))+" shows this one", "a run does not differ from itself")
	}
	return a.readStore(ctx, func(store *load.Store) error {
		one, err := a.shownRun(ctx, store, c.A)
		if err != nil {
			return err
		}
		two, err := a.shownRun(ctx, store, c.B)
		if err != nil {
			return err
		}
		d := differenceOf(one, two)
		if c.Output == "json" {
			return c.show(a.stdout, d, table{})
		}
		return d.write(a)
	})
}

func differenceOf(one, two *shownRun) runsDifference {
	d := runsDifference{A: one.listedRun, B: two.listedRun, Differs: []string{}, Walks: []walkDifference{}}
	for _, row := range d.runRows() {
		if row[1] != row[2] {
			d.Differs = append(d.Differs, row[0])
		}
	}
	for _, side := range []struct {
		run *shownRun
		of  func(*walkDifference) **walkFigure
	}{{one, func(w *walkDifference) **walkFigure { return &w.A }}, {two, func(w *walkDifference) **walkFigure { return &w.B }}} {
		for i, w := range side.run.report().Walks {
			at := slices.IndexFunc(d.Walks, func(have walkDifference) bool { return have.Resource == w.Resource && have.Scope == w.Scope })
			if at < 0 {
				at = len(d.Walks)
				d.Walks = append(d.Walks, walkDifference{Resource: w.Resource, Scope: w.Scope})
			}
			*side.of(&d.Walks[at]) = &walkFigure{w.State, side.run.report().Walks[i].ErrorClass, w.Counts, w.Seconds}
		}
	}
	slices.SortStableFunc(d.Walks, func(a, b walkDifference) int {
		if by := slices.Index(resources, a.Resource) - slices.Index(resources, b.Resource); by != 0 {
			return by
		}
		return strings.Compare(a.Scope, b.Scope)
	})
	for i := range d.Walks {
		w := &d.Walks[i]
		w.Differs = []string{}
		for _, row := range w.rows() {
			if row[0] != "seconds" && row[1] != row[2] {
				w.Differs = append(w.Differs, row[0])
			}
		}
	}
	return d
}

// runRows are the facts of the runs as a whole: name, one side, the other.
func (d *runsDifference) runRows() [][3]string {
	of := func(r *listedRun) []string {
		exit := ""
		if r.ExitCode != nil {
			exit = strconv.Itoa(*r.ExitCode)
		}
		return []string{r.Job, strings.Join(r.Resources, " "), r.Scope, strings.Join(r.Include, " "), strings.Join(r.Flags, " "),
			r.state(), exit, r.Version, r.Host}
	}
	one, two := of(&d.A), of(&d.B)
	var rows [][3]string
	for i, name := range []string{"job", "resources", "scope", "include", "flags", "state", "exit code", "version", "host"} {
		rows = append(rows, [3]string{name, one[i], two[i]})
	}
	return rows
}

// rows are the figures of a walk: name, one side, the other; none where only one side read it.
func (w *walkDifference) rows() [][3]string {
	if w.A == nil || w.B == nil {
		state := func(f *walkFigure) string {
			if f == nil {
				return "not read"
			}
			return f.State
		}
		return [][3]string{{"state", state(w.A), state(w.B)}}
	}
	rows := [][3]string{{"state", w.A.State, w.B.State}, {"error", w.A.ErrorClass, w.B.ErrorClass}}
	for _, c := range walkColumns {
		rows = append(rows, [3]string{c.name, thousands(c.of(&w.A.Counts)), thousands(c.of(&w.B.Counts))})
	}
	return append(rows, [3]string{"seconds", strconv.FormatFloat(w.A.Seconds, 'f', 1, 64), strconv.FormatFloat(w.B.Seconds, 'f', 1, 64)})
}

func (d *runsDifference) write(a *app) error {
	var out strings.Builder
	for _, r := range []*listedRun{&d.A, &d.B} {
		began := "began"
		if r.Job != "" {
			began = "of the job " + r.Job + " began"
		}
		fmt.Fprintf(&out, "Run %d %s %s UTC: %s, %s, took %s.\n", r.ID, began, instant(r.Started), r.what(), r.state(), span(r.took(time.Now())))
	}
	one, two := fmt.Sprintf("run %d", d.A.ID), fmt.Sprintf("run %d", d.B.ID)
	t := table{columns: []column{{name: "resource"}, {name: "figure"}, {name: one, numeric: true}, {name: two, numeric: true},
		{name: "by", numeric: true, spare: true}}}
	for _, row := range d.runRows() {
		if slices.Contains(d.Differs, row[0]) {
			t.rows = append(t.rows, []string{"(the run)", row[0], row[1], row[2], ""})
		}
	}
	var same []string
	for i := range d.Walks {
		w := &d.Walks[i]
		if len(w.Differs) == 0 {
			same = append(same, w.name())
			continue
		}
		for _, row := range w.rows() {
			if row[1] != row[2] {
				t.rows = append(t.rows, []string{w.name(), row[0], row[1], row[2], by(row[1], row[2])})
			}
		}
	}
	if len(t.rows) > 0 {
		out.WriteString("\n" + t.text(terminalWidth(a.stdout)))
	}
	if len(same) > 0 {
		out.WriteString("\nThe same in both, seconds aside: " + strings.Join(same, ", ") + ".\n")
	}
	_, err := fmt.Fprint(a.stdout, out.String())
	return err
}

// name is the resource, with its scope where that is not all.
func (w *walkDifference) name() string {
	if w.Scope == load.ScopeAll {
		return w.Resource
	}
	return w.Resource + " (" + w.Scope + ")"
}

// by is by how much one figure differs from the other; "" for words.
func by(one, two string) string {
	a, wrong := strconv.ParseFloat(strings.ReplaceAll(one, ",", ""), 64)
	b, worse := strconv.ParseFloat(strings.ReplaceAll(two, ",", ""), 64)
	switch {
	case wrong != nil || worse != nil:
		return ""
	case strings.Contains(one, "."):
		return fmt.Sprintf("%+.1f", b-a)
	case b > a:
		return "+" + thousands(int64(b-a))
	}
	return thousands(int64(b - a))
}
