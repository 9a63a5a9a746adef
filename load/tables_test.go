package load_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

func rowsOf(walk *load.Walk) map[string]int64 {
	rows := map[string]int64{}
	for _, r := range walk.Tables() {
		rows[r.Table+" "+r.Operation] = r.Rows
	}
	return rows
}

// employee is an employee's record as the API's JSON makes it.
func employee(t *testing.T, id, detail string) *transform.Record {
	t.Helper()
	return resource(t, "employees").Normalize(transform.Item{
		ID: id, Rows: [][]byte{[]byte(`{"_id":"` + id + `","employer":"e"}`)}, Detail: []byte(detail), Include: []string{"income", "statements"},
	}, transform.Sealer{})
}

// Semantics 5 to 7: what a walk tells of the rows it wrote is what stands in the tables. Mutation: without the tally in
// tablePlan.write it is red.
func TestAWalkTellsOfEveryTableWhatItDidToItsRows(t *testing.T) {
	t.Parallel()
	w := open(t)
	const pay = `"statements":[{"date":"2026-01-02","deductions":[{"label":"a"},{"label":"b"}]}]`
	begin := func() (*load.Run, *load.Walk) { return w.walk(w.store, "employees", load.RunSpec{}) }
	finish := func(run *load.Run, walk *load.Walk, want map[string]int64) {
		t.Helper()
		if guarded, err := walk.Complete(t.Context(), load.Removal{Approved: true}); guarded != nil || err != nil {
			t.Fatalf("%v %v", guarded, err)
		}
		if diff := cmp.Diff(want, rowsOf(walk)); diff != "" {
			t.Error(diff)
		}
		if err := run.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	run, walk := begin()
	w.commit(walk, load.Page{Next: "2", Records: []*transform.Record{employee(t, "p1", `{"_id":"p1","income":5,`+pay+`}`)}})
	w.commit(walk, load.Page{Records: []*transform.Record{employee(t, "p2", `{"_id":"p2","income":5}`)}})
	finish(run, walk, map[string]int64{
		"employerlink.employees new": 2, "employerlink.employee_incomes new": 2,
		"employerlink.statements new": 1, "employerlink.statement_deductions lines": 2,
	})
	run, walk = begin()
	w.commit(walk, load.Page{Records: []*transform.Record{employee(t, "p1", `{"_id":"p1","income":6,"updatedAt":"2026-01-03T00:00:00Z"}`)}})
	finish(run, walk, map[string]int64{
		"employerlink.employees refreshed": 1, "employerlink.employee_incomes changed": 1,
		"employerlink.statements removed":       1, // the projection came back without it
		"employerlink.employees removed":        1,
		"employerlink.employee_incomes removed": 1,
	})
	run, walk = begin()
	w.commit(walk, load.Page{Records: []*transform.Record{employee(t, "p1", `{"_id":"p1","income":6,"updatedAt":"2026-01-03T00:00:00Z"}`), employee(t, "p2", `{"_id":"p2","income":5}`)}})
	finish(run, walk, map[string]int64{"employerlink.employees returned": 1, "employerlink.employee_incomes returned": 1})
	run, walk = begin()
	w.commit(walk, load.Page{Records: []*transform.Record{employee(t, "p1", `{"_id":"p1","income":6,"updatedAt":"2026-01-03T00:00:00Z"}`), employee(t, "p2", `{"_id":"p2","income":5}`)}})
	finish(run, walk, map[string]int64{})
}

// Semantics 8: a process that goes on with a walk tells what it did itself from what was done before it, and what Postgres
// refused was not written. Mutation: without w.Before in Run.Walk (load/walk.go) it is red.
func TestAWalkTellsWhatThisProcessCommittedAndNothingElse(t *testing.T) {
	t.Parallel()
	w := open(t)
	records := func(from, to int) (all []*transform.Record) {
		for i := from; i < to; i++ {
			all = append(all, employer(t, fmt.Sprint("e", i), fmt.Sprintf(`{"_id":"e%d","name":"Employer","note":"kept"}`, i)))
		}
		return all
	}
	_, walk := w.walk(w.store, "employers", load.RunSpec{})
	first := w.commit(walk, load.Page{Next: "2", Records: records(0, 3)})
	if walk.Before != (load.Counts{}) {
		t.Errorf("before it was %+v", walk.Before)
	}
	walk, err := w.takenOver(load.RunSpec{Resources: []string{"employers"}}).Walk(t.Context(), resource(t, "employers"), load.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if !walk.Begun || walk.Before != first || len(walk.Tables()) != 0 {
		t.Fatalf("begun %v, before it was %+v, %v", walk.Begun, walk.Before, walk.Tables())
	}
	page := records(3, 9)
	for _, set := range page[2].Sets {
		for i := range set.Rows {
			set.Rows[i].Extra = `{"not json`
		}
	}
	second := w.commit(walk, load.Page{Records: page})
	if second.Rejected != 1 {
		t.Fatalf("Postgres refused nothing: %+v", second)
	}
	if diff := cmp.Diff(map[string]int64{"employerlink.employers new": 5}, rowsOf(walk)); diff != "" {
		t.Error(diff)
	}
}

// Semantics 7: removals that were not committed are not told of. Mutation: with Counts.Removed added to before the commit in
// Complete (load/removal.go) it is red.
func TestRemovalsThatAreNotCommittedAreNotCounted(t *testing.T) {
	t.Parallel()
	w := open(t)
	run, walk := w.walk(w.store, "employers", load.RunSpec{})
	w.commit(walk, load.Page{Records: []*transform.Record{employer(t, "a", `{"_id":"a"}`), employer(t, "b", `{"_id":"b"}`)}})
	if _, err := walk.Complete(t.Context(), load.Removal{}); err != nil {
		t.Fatal(err)
	}
	if err := run.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.Exec(t.Context(), `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
		CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON etl.walks DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW WHEN (NEW.state = 'complete') EXECUTE FUNCTION public.refuse()`); err != nil {
		t.Fatal(err)
	}
	_, walk = w.walk(w.store, "employers", load.RunSpec{})
	w.commit(walk, load.Page{Records: []*transform.Record{employer(t, "a", `{"_id":"a"}`)}})
	if _, err := walk.Complete(t.Context(), load.Removal{Approved: true}); err == nil {
		t.Fatal("the walk came to its end")
	}
	if walk.Counts.Removed != 0 || len(walk.Tables()) != 0 || w.number("SELECT count(*) FROM employerlink.employers WHERE _removed_at IS NULL") != 2 {
		t.Errorf("counted %d removals and %v", walk.Counts.Removed, walk.Tables())
	}
	if _, err := w.db.Exec(t.Context(), "DROP TRIGGER refuse ON etl.walks"); err != nil {
		t.Fatal(err)
	}
	if _, err := walk.Complete(t.Context(), load.Removal{Approved: true}); err != nil || walk.Counts.Removed != 1 {
		t.Errorf("%d removed, %v", walk.Counts.Removed, err)
	}
}
