package main

import (
	"strings"
	"testing"
)

// Section 6 (backfill --dry-run): it sends and writes nothing, and what it foretells is what the backfill then does. Mutation:
// with p.From left out of the part in estimated it is red.
func TestAnEstimateSendsNothingAndForetellsCallsAndRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync")
	employer := w.text("SELECT employer_id FROM employerlink.employees GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
	middle := w.text("SELECT (percentile_disc(0.5) WITHIN GROUP (ORDER BY pay_date))::text FROM employerlink.statements")
	check := w.text("SELECT (percentile_disc(0.5) WITHIN GROUP (ORDER BY check_date))::text FROM employerlink.payroll_runs")
	for _, command := range []string{
		"backfill employees --employer " + employer + " --since " + middle,
		"backfill employees --include income,taxes",
		"backfill payroll-runs --refetch --until " + check,
		"backfill employer-deduction-types --employer " + employer,
		"backfill employers --employer " + employer,
		"backfill pay-link-accounts",
		"backfill tasks",
	} {
		sent, runs := w.requests(), w.number("SELECT count(*) FROM etl.runs")
		e := answer[estimate](w, exitComplete, command+" --dry-run")
		if w.requests() != sent || w.number("SELECT count(*) FROM etl.runs") != runs {
			t.Errorf("%s: an estimate sent or wrote something", command)
		}
		if !e.Known || e.PerSecond <= 0 || e.Seconds <= 0 || e.Basis == "" {
			t.Errorf("%s: %+v", command, e)
		}
		table := strings.TrimPrefix(e.Resource, "employer-")
		name := map[string]string{"employees": "employees", "payroll-runs": "payroll_runs", "deduction-types": "employer_deduction_types", "employers": "employers",
			"pay-link-accounts": "accounts", "tasks": "tasks"}[table]
		schema := "employerlink."
		if strings.HasPrefix(name, "accounts") || name == "tasks" {
			schema = "paylink."
		}
		before := w.number("SELECT count(*) FROM " + schema + name)
		w.run(exitComplete, command)
		// Behind a document without a link at present there is nothing to ask for.
		absent := int64(0)
		if e.Documents > 0 {
			absent = w.number("SELECT count(*) FROM archive.documents JOIN archive.subjects USING (resource, source_id) WHERE state = 'absent' AND document_date <= '" + check + "'" +
				" AND resource = 'payroll-runs'")
		}
		if got := w.requests() - sent; got != e.Calls-absent {
			t.Errorf("%s took %d calls, foretold were %+v", command, got, e)
		}
		if e.Rows == 0 || w.number("SELECT count(*) FROM "+schema+name) != before {
			t.Errorf("%s: %d rows were foretold", command, e.Rows)
		}
	}
}

// What the warehouse does not know is said to be unknown, not nothing.
func TestAnEstimateSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	if e := answer[estimate](w, exitComplete, "backfill employees --dry-run"); e.Known || e.PerSecond != 0 || e.Seconds != 0 || e.Calls != 1 {
		t.Errorf("%+v", e)
	}
	got := w.run(exitComplete, "backfill employees --dry-run")
	for _, want := range []string{
		"RESOURCE   LISTS  DETAILS  DOCUMENTS  CALLS  TAKES  ROWS\nemployees      1        0          0      1      ?     0\n",
		"How long it takes is not known: nothing was read to its end yet.\nThe warehouse has nothing of it yet: there may be any number of details and rows.\n",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is missing in\n%s", want, got.stdout)
		}
	}
	w.run(exitComplete, "sync employers")
	got = w.run(exitComplete, "backfill employees --dry-run")
	if !strings.Contains(got.stdout, " calls a second, as in the last list that was read; four times as long while another run is under way.\n") {
		t.Errorf("%s", got.stdout)
	}
	if n := w.requests(); n != int64(len(w.api.Served())) {
		t.Errorf("%d requests", n)
	}
}
