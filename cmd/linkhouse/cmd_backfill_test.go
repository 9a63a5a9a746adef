package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// prints are fingerprints of the tables that hold documents and runs, one of what fits the condition (on subjects s) and one
// of all else. Every column counts, those of the bookkeeping too.
func (w *world) prints(condition string) (inside, outside string) {
	const of = `SELECT coalesce(md5(string_agg(line, E'\n' ORDER BY line)), 'none') FROM (
		SELECT 'd' || t::text AS line FROM employerlink.employer_documents t JOIN archive.subjects s ON s.source_id = employer_document_id WHERE @
		UNION ALL SELECT 'r' || t::text FROM employerlink.payroll_runs t JOIN archive.subjects s ON s.source_id = payroll_run_id WHERE @
		UNION ALL SELECT 'a' || t::text FROM archive.documents t JOIN archive.subjects s USING (resource, source_id) WHERE @
		UNION ALL SELECT 'hd' || t::text FROM history.employer_documents t JOIN archive.subjects s ON s.source_id = employer_document_id WHERE @
		UNION ALL SELECT 'hr' || t::text FROM history.payroll_runs t JOIN archive.subjects s ON s.source_id = payroll_run_id WHERE @) all_of_it`
	return w.text(strings.ReplaceAll(of, "@", condition)), w.text(strings.ReplaceAll(of, "@", "NOT ("+condition+")"))
}

func TestABackfillByEmployerAndDaysTouchesNothingElse(t *testing.T) {
	t.Parallel()
	w := archived(t)
	employer := w.text("SELECT employer_id FROM archive.subjects WHERE resource = 'payroll-runs' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
	first := w.text("SELECT (min(document_date) + 1)::text FROM archive.subjects WHERE resource = 'payroll-runs' AND employer_id = '" + employer + "'")
	scope := "s.resource = 'payroll-runs' AND s.employer_id = '" + employer + "' AND s.document_date >= '" + first + "'"
	// As if every row were another one now, in the scope and outside of it.
	w.exec("UPDATE employerlink.payroll_runs SET _row_hash = '\\x00', run_state = 'stale'")
	w.exec("UPDATE employerlink.employer_documents SET _row_hash = '\\x00', type = 'stale'")
	w.exec("UPDATE archive.documents SET state = 'failed' WHERE source_id LIKE '%1'")
	inside, outside := w.prints(scope)
	got := answer[syncAnswer](w, exitComplete, "backfill payroll-runs --employer "+employer+" --since "+first)
	if got.Total.Changed != w.number("SELECT count(*) FROM archive.subjects s WHERE "+scope) || got.Total.Changed == 0 || got.Total.Removed != 0 {
		t.Errorf("%+v", got.Total)
	}
	newInside, newOutside := w.prints(scope)
	if newInside == inside {
		t.Error("nothing was written in the scope")
	}
	if newOutside != outside {
		t.Error("something was written outside of the scope")
	}
	again := w.run(exitComplete, "backfill payroll-runs --employer "+employer+" --since "+first)
	if !strings.Contains(again.stdout, "\nNothing changed: no row was written.\n") {
		t.Errorf("%s", again.stdout)
	}
}

func TestABackfillOfDaysReadsThoseDaysBothIncluded(t *testing.T) {
	t.Parallel()
	all, w := archived(t), newWorld(t, tame)
	from := all.text("SELECT document_date::text FROM archive.subjects WHERE resource = 'employer-documents' ORDER BY 1 OFFSET 5 LIMIT 1")
	until := all.text("SELECT document_date::text FROM archive.subjects WHERE resource = 'employer-documents' ORDER BY 1 DESC OFFSET 5 LIMIT 1")
	w.run(exitComplete, "backfill employer-documents --since "+from+" --until "+until)
	const ids = "SELECT coalesce(string_agg(source_id, ' ' ORDER BY source_id), '') FROM archive.subjects WHERE resource = 'employer-documents'"
	if diff := cmp.Diff(all.text(ids+" AND document_date BETWEEN '"+from+"' AND '"+until+"'"), w.text(ids)); diff != "" {
		t.Error(diff)
	}
	if n, most := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'"), all.number("SELECT count(*) FROM archive.subjects WHERE resource = 'employer-documents'"); n == 0 || n == most {
		t.Errorf("%d documents of %d are archived", n, most)
	}
	if runs := w.run(exitComplete, "runs list"); !strings.Contains(runs.stdout, "backfill "+from+".."+until) {
		t.Errorf("%s", runs.stdout)
	}
}

func TestABackfillLeavesDocumentsForLaterOrFetchesThemAgainAsItIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	if got := w.run(exitComplete, "backfill employer-documents --dry-run"); !strings.HasSuffix(got.stdout, "\nNothing was sent and nothing written.\n") {
		t.Errorf("%s", got.stdout)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employer_documents") + w.number("SELECT count(*) FROM etl.runs"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	w.run(exitComplete, "backfill employer-documents --no-documents")
	waiting := w.number("SELECT count(*) FROM archive.documents WHERE state = 'pending'")
	if rows := w.number("SELECT count(*) FROM employerlink.employer_documents"); rows == 0 || waiting != rows {
		t.Errorf("%d rows, %d documents wait", rows, waiting)
	}
	got := w.run(exitComplete, "backfill employer-documents")
	if !strings.Contains(got.stdout, "\nDocuments: ") || !strings.Contains(got.stdout, "\nLinks were ") || !strings.HasSuffix(got.stdout, "\nNothing needs attention.\n") {
		t.Errorf("%s", got.stdout)
	}
	archived := int64(len(w.api.Truth().Documents["employer-documents"]))
	if again := answer[syncAnswer](w, exitComplete, "backfill employer-documents --refetch"); again.Documents.Unchanged != archived || again.Documents.Archived != 0 {
		t.Errorf("%+v, %d are archived", again.Documents, archived)
	}
}
