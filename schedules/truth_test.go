package schedules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// equalsTruth compares every table's live rows and every numeric column's sum with what the sandbox counts itself.
// equalsTruth compares the warehouse with the sandbox's truth: all tables, or those whose names begin with one of the words.
func (w *world) equalsTruth(beginning ...string) {
	w.t.Helper()
	truth := w.api.Truth()
	for table, want := range truth.Rows {
		if len(beginning) > 0 && !slices.ContainsFunc(beginning, func(b string) bool { return strings.HasPrefix(table, b) }) {
			continue
		}
		if table == "paylink.account_billing_history" && truth.Day > 0 { // merged: what slid out of the window stays
			if got := w.number("SELECT count(*) FROM " + table + " WHERE _removed_at IS NULL"); got < want {
				w.t.Errorf("%s has %d rows, fewer than the %d that the sandbox serves today", table, got, want)
			}
			continue
		}
		live := " WHERE _removed_at IS NULL"
		if strings.HasPrefix(table, "employerlink.statement_") {
			live = " l WHERE EXISTS (SELECT FROM employerlink.statements s WHERE s.employee_id = l.employee_id AND s.statement_id = l.statement_id AND s._removed_at IS NULL)"
		}
		if table == "paylink.companies" || table == "paylink.users" {
			live = ""
		}
		if got := w.number("SELECT count(*) FROM " + table + live); got != want {
			w.t.Errorf("%s has %d rows, the sandbox %d", table, got, want)
		}
		for column, sum := range truth.Sums[table] {
			got := w.texts(fmt.Sprintf("SELECT trim_scale(coalesce(sum(%s), 0)::numeric)::text FROM %s%s", column, table, live))[0]
			if got != sum {
				w.t.Errorf("%s.%s adds up to %s, the sandbox's to %s", table, column, got, sum)
			}
		}
	}
}

func TestASyncBringsEveryTableToTheSandboxsOwnTruth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	report := w.sync(w.plan(), OutcomePartial) // the odd world has items that must be rejected
	w.equalsTruth()
	if n := w.number("SELECT count(*) FROM history.users"); n != 0 {
		t.Errorf("%d users have an earlier version after the first run: to learn more is no change", n)
	}
	truth := w.api.Truth()
	rejects := map[string]int{}
	for _, walk := range report.Walks {
		if walk.Counts.Rejected > 0 {
			rejects[walk.Resource] = int(walk.Counts.Rejected)
		}
	}
	if diff := cmp.Diff(truth.Rejects, rejects); diff != "" {
		t.Errorf("rejects (-sandbox +run):\n%s", diff)
	}
	for resource, documents := range truth.Documents {
		for id, sum := range documents {
			if got := w.archive.sums[resource+"/"+id]; got != sum {
				t.Errorf("%s %s is archived as %q, the sandbox serves %q", resource, id, got, sum)
			}
		}
	}
	t.Log("\n" + describe(report))
}

func TestARunOverAnUnchangedWorldWritesNoRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Shuffle = true })
	w.sync(w.plan(), OutcomePartial)
	before := w.fingerprints()
	report := w.sync(w.plan(), OutcomePartial)
	for _, walk := range report.Walks {
		if walk.Counts.Rows > 0 || walk.Counts.New+walk.Counts.Changed+walk.Counts.Returned+walk.Counts.Removed > 0 {
			t.Errorf("%s wrote over an unchanged world: %+v", walk.Resource, walk.Counts)
		}
	}
	if diff := cmp.Diff(before, w.fingerprints()); diff != "" {
		t.Errorf("rows were written or locked:\n%s", diff)
	}
}

// fingerprints are, for every table of the warehouse and its history, a digest of where its rows stand and who wrote or
// locked them last.
func (w *world) fingerprints() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, table := range w.texts("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('employerlink', 'paylink', 'history')") {
		out[table] = w.texts("SELECT count(*) || coalesce(md5(string_agg(ctid::text || xmin || '/' || xmax, ',' ORDER BY ctid)), '') FROM " + table)[0]
	}
	return out
}
