package load_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Semantics 11: numbers are exact, whatever their size or scale.
func TestValuesArriveAsTheyWereSaid(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, walk := w.walk(w.store, "employer-deduction-types", load.RunSpec{})
	amounts := []string{
		"0", "1", "-1", "10", "9999", "10000", "10001", "100000000", "0.1", "0.0001", "0.00001", "-0.000000001", "1.5", "12345.6789",
		"123456789012345678901234567890.123456789012345678901234567891", "-99999999999999999999", "0.5000500005", "1000000.0000001",
	}
	var records []*transform.Record
	for i, amount := range amounts {
		id := fmt.Sprintf("%024d", i)
		records = append(records, resource(t, "employer-deduction-types").Normalize(transform.Item{
			ID: id, Rows: [][]byte{[]byte(`{"_id":"` + id + `","employer":"e","label":"naïve 💸 \"x\"","startDate":"1969-12-31T23:00:00-05:00","amount":` + amount + `}`)},
		}, transform.Sealer{}))
	}
	w.commit(walk, load.Page{Records: records})
	for i, amount := range amounts {
		got := w.text("SELECT amount::text FROM employerlink.employer_deduction_types WHERE employer_deduction_type_id = $1", fmt.Sprintf("%024d", i))
		if got != amount {
			t.Errorf("%s arrived as %s", amount, got)
		}
	}
	if got := w.text("SELECT DISTINCT label || start_date FROM employerlink.employer_deduction_types"); got != `naïve 💸 "x"1970-01-01` {
		t.Errorf("label and date arrived as %s", got)
	}
}

// Semantics 9: a value that Postgres refuses costs its own record; the page is written without it.
func TestARecordThatPostgresRefusesBecomesARejectAndBlocksNoPage(t *testing.T) {
	t.Parallel()
	w := open(t)
	run, walk := w.walk(w.store, "employers", load.RunSpec{})
	var records []*transform.Record
	for i := range 9 {
		records = append(records, employer(t, fmt.Sprint("e", i), `{"name":"Employer","note":"kept"}`))
	}
	for _, bad := range []int{2, 7} {
		for _, set := range records[bad].Sets {
			for i := range set.Rows {
				set.Rows[i].Extra = `{"not json`
			}
		}
	}
	counts := w.commit(walk, load.Page{Next: "c2", Records: records})
	if counts.New != 7 || counts.Rejected != 2 || walk.Cursor != "c2" {
		t.Errorf("counts %+v, cursor %s", counts, walk.Cursor)
	}
	if got := w.text("SELECT string_agg(employer_id, ' ' ORDER BY 1) FROM employerlink.employers"); got != "e0 e1 e3 e4 e5 e6 e8" {
		t.Errorf("employers %s", got)
	}
	if got := w.text("SELECT string_agg(source_id || ': ' || reason, ', ' ORDER BY 1) FROM etl.rejects"); got != "e2: refused by Postgres, SQLSTATE 22P02, e7: refused by Postgres, SQLSTATE 22P02" {
		t.Errorf("rejects %s", got)
	}
	if got := w.text("SELECT payload FROM etl.rejects LIMIT 1"); !strings.Contains(got, "Employer") {
		t.Errorf("the reject is not whole: %s", got)
	}
	if guarded, err := walk.Complete(t.Context(), load.Removal{MaxFraction: 0.2}); guarded != nil || err != nil {
		t.Errorf("%+v %v", guarded, err)
	}
	if err := run.Finish(t.Context(), load.RunPartial, 3, ""); err != nil {
		t.Fatal(err)
	}
	// What comes whole the next time closes its reject.
	_, walk = w.walk(w.store, "employers", load.RunSpec{})
	for i := range records {
		records[i] = employer(t, fmt.Sprint("e", i), `{"name":"Employer","note":"kept"}`)
	}
	counts = w.commit(walk, load.Page{Records: records})
	if counts.New != 2 || counts.Unchanged != 7 || w.number("SELECT count(*) FROM etl.rejects WHERE state = 'open'") != 0 {
		t.Errorf("counts %+v, %d open rejects", counts, w.number("SELECT count(*) FROM etl.rejects WHERE state = 'open'"))
	}
}

// A walk that failed is begun anew by the next process, and counts what its list holds from the start.
func TestAWalkThatFailedIsBegunAnewAndCountsItsListAnew(t *testing.T) {
	t.Parallel()
	w := open(t)
	run, walk := w.walk(w.store, "employers", load.RunSpec{})
	page := func() load.Page {
		return load.Page{Next: "c2", Listed: 2, Fetched: 2, Requests: 3, Records: []*transform.Record{employer(t, "e1", `{"name":"A"}`), employer(t, "e2", `{"name":"B"}`)}}
	}
	w.commit(walk, page())
	if err := walk.Stop(t.Context(), load.WalkFailed, "failed", "for a test"); err != nil {
		t.Fatal(err)
	}
	if err := run.Finish(t.Context(), load.RunFailed, 1, ""); err != nil {
		t.Fatal(err)
	}
	next, walk := w.walk(w.process(), "employers", load.RunSpec{})
	if c := walk.Counts; !next.Resumed || walk.Begun || !walk.FirstSight("", "e1") || c.Pages != 0 || c.Listed != 0 || c.Fetched != 0 || c.New != 2 || c.Requests != 3 {
		t.Errorf("taken up: resumed %v, begun %v, %+v", next.Resumed, walk.Begun, c)
	}
	w.commit(walk, page())
	got := w.text("SELECT concat_ws(' ', pages, listed, fetched, unchanged, new, api_calls) FROM etl.walks")
	if got != "1 2 2 2 2 6" || walk.Counts.Pages-walk.Before.Pages != 1 {
		t.Errorf("pages, listed, fetched, unchanged, new and calls are %s, the walk says %+v", got, walk.Counts)
	}
}

// Semantics 5: a retrieval time that moves alone is refreshed in place and leaves no version.
func TestARetrievalTimeThatMovesAloneLeavesNoVersion(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, walk := w.walk(w.store, "employers", load.RunSpec{})
	w.commit(walk, load.Page{Records: []*transform.Record{employer(t, "e", `{"name":"A","updatedAt":"2026-01-01T00:00:00Z"}`)}})
	written := w.text("SELECT _synced_at::text FROM employerlink.employers")
	counts := w.commit(walk, load.Page{Records: []*transform.Record{employer(t, "e", `{"name":"A","updatedAt":"2026-01-02T00:00:00Z"}`)}})
	if counts.Unchanged != 1 || counts.Changed != 0 {
		t.Errorf("counts %+v", counts)
	}
	if got := w.text("SELECT atomic_updated_at::text FROM employerlink.employers"); got != "2026-01-02 00:00:00+00" {
		t.Errorf("updated at %s", got)
	}
	if w.text("SELECT _synced_at::text FROM employerlink.employers") != written || w.number("SELECT count(*) FROM history.employers") != 0 {
		t.Error("the refresh made a version")
	}
	counts = w.commit(walk, load.Page{Records: []*transform.Record{employer(t, "e", `{"name":"B","updatedAt":"2026-01-03T00:00:00Z"}`)}})
	if counts.Changed != 1 || w.text("SELECT name || atomic_updated_at FROM history.employers") != "A2026-01-02 00:00:00+00" {
		t.Errorf("counts %+v, history %s", counts, w.text("SELECT name || atomic_updated_at FROM history.employers"))
	}
}

// Semantics 8: a process that was overtaken cannot commit any more, not even once.
func TestAProcessThatWasOvertakenCommitsNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, old := w.walk(w.store, "employers", load.RunSpec{})
	w.commit(old, load.Page{Next: "c2", Records: []*transform.Record{employer(t, "e1", `{"name":"A"}`)}})
	// Its connection dies without a word, so that its locks are free, but the process lives on.
	if n := w.number("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n == 0 {
		t.Fatal("no lock was held")
	}
	next := w.process()
	var run *load.Run
	var err error
	for range 100 {
		if run, err = next.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employers"}}); err == nil {
			break
		}
	}
	if err != nil || !run.Resumed {
		t.Fatalf("the run is not taken over: %v", err)
	}
	taken, err := run.Walk(t.Context(), resource(t, "employers"), load.Scope{})
	if err != nil || taken.Cursor != "c2" {
		t.Fatalf("cursor %s, %v", taken.Cursor, err)
	}
	if _, err := old.Commit(t.Context(), load.Page{Next: "c3", Records: []*transform.Record{employer(t, "e2", `{"name":"B"}`)}}); load.ClassOf(err) != load.ClassFenced {
		t.Errorf("the overtaken process got %v", err)
	}
	if _, err := old.Complete(t.Context(), load.Removal{}); load.ClassOf(err) != load.ClassFenced {
		t.Errorf("the overtaken process got %v", err)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employers"); n != 1 {
		t.Errorf("%d employers", n)
	}
	w.commit(taken, load.Page{Records: []*transform.Record{employer(t, "e2", `{"name":"B"}`)}})
}

// Semantics 10: drift is counted by path, and counted on.
func TestDriftIsCountedByPath(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, walk := w.walk(w.store, "employers", load.RunSpec{})
	page := load.Page{Records: []*transform.Record{
		employer(t, "e1", `{"name":"A","tier":"gold"}`), employer(t, "e2", `{"name":"B","tier":"gold","locations":[{"planet":"Mars"}]}`),
	}}
	w.commit(walk, page)
	w.commit(walk, page)
	if got := w.text("SELECT string_agg(path || ' ' || kind || ' ' || times, ', ' ORDER BY path) FROM etl.drift"); got != "locations[].planet unknown_field 2, tier unknown_field 4" {
		t.Errorf("drift %s", got)
	}
	if got := w.text("SELECT _extra::text FROM employerlink.employer_locations"); got != `{"planet": "Mars"}` {
		t.Errorf("kept %s", got)
	}
}

// Errors of the database are told without what Postgres says of the values.
func TestAnErrorOfTheDatabaseTellsNoValue(t *testing.T) {
	t.Parallel()
	w := open(t)
	_, walk := w.walk(w.store, "employers", load.RunSpec{})
	record := employer(t, "e1", `{"name":"Jane Appleseed"}`)
	if _, err := w.db.Exec(t.Context(), "ALTER TABLE employerlink.employers ADD CHECK (name <> 'Jane Appleseed'), ADD COLUMN more text NOT NULL"); err != nil {
		t.Fatal(err)
	}
	if counts := w.commit(walk, load.Page{Records: []*transform.Record{record}}); counts.Rejected != 1 {
		t.Fatalf("counts %+v", counts)
	}
	if _, err := w.db.Exec(t.Context(), "DROP TABLE employerlink.employers CASCADE"); err != nil {
		t.Fatal(err)
	}
	_, err := walk.Commit(t.Context(), load.Page{Records: []*transform.Record{record}})
	if err == nil || err.Error() != "write rows of employers: SQLSTATE 42P01" || strings.Contains(fmt.Sprintf("%v %+v", err, err), "Appleseed") {
		t.Errorf("error %v", err)
	}
}
