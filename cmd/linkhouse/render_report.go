package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// syncAnswer is a run as programs read it: the report, and what it comes to.
type syncAnswer struct {
	*schedules.Report
	ExitCode int         `json:"exit_code"`
	Total    load.Counts `json:"total"`
	Notes    []string    `json:"notes"`
	NextStep string      `json:"next_step"`
}

// walkColumns are the counts of a walk in the order of the closing table.
var walkColumns = []struct {
	name string
	of   func(*load.Counts) int64
}{
	{"listed", func(c *load.Counts) int64 { return c.Listed }},
	{"fetched", func(c *load.Counts) int64 { return c.Fetched }},
	{"new", func(c *load.Counts) int64 { return c.New }},
	{"changed", func(c *load.Counts) int64 { return c.Changed }},
	{"unchanged", func(c *load.Counts) int64 { return c.Unchanged }},
	{"returned", func(c *load.Counts) int64 { return c.Returned }},
	{"removed", func(c *load.Counts) int64 { return c.Removed }},
	{"rejected", func(c *load.Counts) int64 { return c.Rejected }},
	{"drift", func(c *load.Counts) int64 { return c.Drift }},
	{"api calls", func(c *load.Counts) int64 { return c.Requests }},
	{"retries", func(c *load.Counts) int64 { return c.Retries }},
}

// walkTable is a line per resource and their sum. Resources are read side by side, so their seconds do not add up: the
// run's own are given.
func walkTable(r *schedules.Report) table {
	t := table{columns: []column{{name: "resource"}, {name: "state"}}}
	for _, c := range walkColumns {
		t.columns = append(t.columns, column{name: c.name, numeric: true})
	}
	t.columns = append(t.columns, column{name: "seconds", numeric: true})
	row := func(name, state string, counts load.Counts, seconds float64) {
		cells := []string{name, state}
		for _, c := range walkColumns {
			cells = append(cells, thousands(c.of(&counts)))
		}
		t.rows = append(t.rows, append(cells, strconv.FormatFloat(seconds, 'f', 1, 64)))
	}
	for _, w := range r.Walks {
		row(w.Resource, w.State, w.Counts, w.Seconds)
	}
	if len(r.Walks) > 1 {
		row("total", "", sum(r), r.Seconds)
	}
	return t
}

// sum adds the walks up.
func sum(r *schedules.Report) load.Counts {
	var all load.Counts
	for _, w := range r.Walks {
		all.Add(w.Counts)
	}
	return all
}

// documentsLine is what became of the documents and how fast; "" when there was nothing to do.
func documentsLine(d schedules.DocumentsReport, seconds float64) string {
	if d == (schedules.DocumentsReport{}) {
		return ""
	}
	var parts []string
	if d.Archived > 0 {
		parts = append(parts, thousands(d.Archived)+" archived ("+pace(d.Archived, d.Bytes, seconds)+")")
	}
	for _, p := range []struct {
		n    int64
		what string
	}{{d.Unchanged, "as they were"}, {d.Absent, "without a link at present"}, {d.Failed, "failed"}} {
		if p.n > 0 {
			parts = append(parts, thousands(p.n)+" "+p.what)
		}
	}
	line := "Documents: " + strings.Join(parts, ", ") + "."
	if d.LinkAgeMax > 0 {
		line += fmt.Sprintf("\nLinks were %s old when used on average, %s at most.", brief(d.LinkAgeMean), brief(d.LinkAgeMax))
	}
	return line
}

// brief writes seconds to the millisecond: 12ms, 1.204s.
func brief(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).String()
}

// pace is how much was moved and, where there was time enough to tell, how fast.
func pace(files, bytes int64, seconds float64) string {
	if seconds < 1 {
		return size(bytes)
	}
	return fmt.Sprintf("%s, %.0f files/s, %s/s", size(bytes), float64(files)/seconds, size(int64(float64(bytes)/seconds)))
}

// writeReport is the closing table of a run with what belongs to it.
func writeReport(w io.Writer, r *schedules.Report, archiving time.Duration) error {
	if len(r.Walks) == 0 {
		return nil
	}
	var head string
	switch {
	case r.DryRun:
		head = "Dry run: this is what a run would do; nothing was written.\n\n"
	case r.Resumed:
		head = fmt.Sprintf("Run %d, gone on with where it had stopped.\n\n", r.RunID)
	}
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	if err := walkTable(r).write(w); err != nil {
		return err
	}
	lines := []string{""}
	if line := documentsLine(r.Documents, archiving.Seconds()); line != "" {
		lines = append(lines, line)
	}
	if all := sum(r); !r.DryRun && r.Outcome != schedules.OutcomeInterrupted && all.Pages > 0 && all.Rows+all.Removed+r.Documents.Archived == 0 {
		lines = append(lines, "Nothing changed: no row was written.")
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(lines, "\n"), "\n"))
	return err
}

// size writes bytes for people: 1.5 MB.
func size(bytes int64) string {
	value, unit := float64(bytes), "bytes"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if value < 1000 {
			break
		}
		value, unit = value/1000, next
	}
	if unit == "bytes" {
		return thousands(bytes) + " bytes"
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + unit
}
