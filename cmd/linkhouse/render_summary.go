package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// resourceResult is what a run did to one resource. The names in JSON are those of the columns of etl.walks.
type resourceResult struct {
	Resource  string  `json:"resource"`
	State     string  `json:"state"` // complete, guarded, interrupted, unavailable, failed
	Listed    int64   `json:"listed"`
	Fetched   int64   `json:"fetched"`
	New       int64   `json:"new"`
	Changed   int64   `json:"changed"`
	Unchanged int64   `json:"unchanged"`
	Removed   int64   `json:"removed"`
	Rejected  int64   `json:"rejected"`
	Drift     int64   `json:"drift"`
	APICalls  int64   `json:"api_calls"`
	Retries   int64   `json:"retries"`
	Seconds   float64 `json:"seconds"`
}

func (r resourceResult) cells() []string {
	cells := []string{r.Resource, r.State}
	for _, n := range []int64{r.Listed, r.Fetched, r.New, r.Changed, r.Unchanged, r.Removed, r.Rejected, r.Drift, r.APICalls, r.Retries} {
		cells = append(cells, thousands(n))
	}
	return append(cells, strconv.FormatFloat(r.Seconds, 'f', 1, 64))
}

// total adds the counts up. Resources are read side by side, so their seconds do not add up: the run's own are given.
func total(results []resourceResult, seconds float64) resourceResult {
	sum := resourceResult{Resource: "total", Seconds: seconds}
	for _, r := range results {
		sum.Listed += r.Listed
		sum.Fetched += r.Fetched
		sum.New += r.New
		sum.Changed += r.Changed
		sum.Unchanged += r.Unchanged
		sum.Removed += r.Removed
		sum.Rejected += r.Rejected
		sum.Drift += r.Drift
		sum.APICalls += r.APICalls
		sum.Retries += r.Retries
	}
	return sum
}

// writeSummary closes a run: a line per resource, and the one thing to do next.
func writeSummary(w io.Writer, results []resourceResult, seconds float64) error {
	t := table{columns: []column{{name: "resource"}, {name: "state"}}}
	for _, name := range []string{"listed", "fetched", "new", "changed", "unchanged", "removed", "rejected", "drift", "api calls", "retries", "seconds"} {
		t.columns = append(t.columns, column{name: name, numeric: true})
	}
	for _, r := range results {
		t.rows = append(t.rows, r.cells())
	}
	if len(results) > 1 {
		t.rows = append(t.rows, total(results, seconds).cells())
	}
	if err := t.write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s\n", attention(results))
	return err
}

// attention is what a person should look at first, and the command for it. A stopped removal comes before failed lists,
// because everything else mends itself with the next run.
func attention(results []resourceResult) string {
	var guarded, unfinished []string
	for _, r := range results {
		switch r.State {
		case "complete":
		case "guarded":
			guarded = append(guarded, r.Resource)
		default:
			unfinished = append(unfinished, r.Resource)
		}
	}
	sum := total(results, 0)
	switch {
	case len(guarded) > 0:
		return fmt.Sprintf("Too much of %s is gone from the API to be believed; nothing was removed. If it is right: linkhouse sync %s --approve-removals",
			listed(guarded), strings.Join(guarded, " "))
	case len(unfinished) > 0:
		return fmt.Sprintf("Not finished: %s. What was read is saved. To go on: linkhouse sync %s",
			listed(unfinished), strings.Join(unfinished, " "))
	case sum.Rejected > 0:
		return fmt.Sprintf("Not loaded: %s. To see why: linkhouse rejects list", counted(int(sum.Rejected), "record"))
	case sum.Drift > 0:
		return "The API sent fields or values that are not known yet; they are kept. To see them: linkhouse drift list"
	default:
		return "Nothing needs attention."
	}
}

func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
