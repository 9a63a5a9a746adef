package load_test

import (
	"context"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// takenOver has another process take over what the run of a store holds: its locks go with their connection, which the server
// ends, while the process itself knows nothing.
func (w *warehouse) takenOver(spec load.RunSpec) *load.Run {
	w.t.Helper()
	if n := w.number(`SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) q`); n == 0 {
		w.t.Fatal("nobody holds a lock")
	}
	next := w.process()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		run, err := next.BeginRun(w.t.Context(), spec)
		if err == nil {
			w.t.Cleanup(func() { _ = run.Finish(context.WithoutCancel(w.t.Context()), load.RunComplete, 0, "") })
			return run
		}
		if time.Now().After(end) {
			w.t.Fatalf("the locks are not given free: %v", err)
		}
	}
}

// state is a fingerprint of all that a process that was overtaken could still touch.
func (w *warehouse) state() string {
	w.t.Helper()
	return w.text(`SELECT concat_ws('; ', (SELECT string_agg(r::text, ', ') FROM etl.runs r), (SELECT string_agg(a::text, ', ') FROM etl.walks a),
		(SELECT string_agg(p::text, ', ') FROM etl.walk_pages p), (SELECT string_agg(d::text, ', ') FROM archive.documents d),
		(SELECT string_agg(e::text, ', ') FROM employerlink.employers e))`)
}

// Semantics 8: of two processes only the one that took over writes, whichever step the other was held up at: before its walk,
// in its pages, at its documents, at its end. That holds whether the other goes on with the same run, begins anew, or reads other
// resources besides.
//
// Mutation: without fenceOff in begin, the condition stillOurs in Walk and Finish, or s.fence in MarkArchived, it is red.
func TestWhoeverWasOvertakenWritesNothingAtAnyStep(t *testing.T) {
	t.Parallel()
	both := []string{"employer-documents", "employers"}
	for name, next := range map[string]load.RunSpec{
		"by the same run":            {Resources: both},
		"by a run that begins anew":  {Resources: both, Fresh: true},
		"by a run of fewer":          {Resources: both[:1]},
		"by a run of others besides": {Resources: append([]string{"employees"}, both...)},
		"by a run of one employer":   {Resources: both, Scope: load.Scope{Employer: "e1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			ctx := t.Context()
			held, err := w.store.BeginRun(ctx, load.RunSpec{Resources: both})
			if err != nil {
				t.Fatal(err)
			}
			page := load.Page{Next: "c1", Records: []*transform.Record{employer(t, "e1", `{"name":"A"}`)}}
			walk, err := held.Walk(ctx, resource(t, "employers"), load.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			w.commit(walk, page)
			if _, err := w.db.Exec(ctx, "INSERT INTO archive.documents (resource, source_id, version, state, staged_at) VALUES ('employer-documents', 'd1', 1, 'pending', now())"); err != nil {
				t.Fatal(err)
			}
			w.takenOver(next)
			before := w.state()
			doc := load.Document{Resource: "employer-documents", ID: "d1", Version: 1}
			steps := []struct {
				name string
				do   func() error
			}{
				{"takes up a walk", func() error { _, err := held.Walk(ctx, resource(t, "employer-documents"), load.Scope{}); return err }},
				{"commits a page", func() error { _, err := walk.Commit(ctx, page); return err }},
				{"commits a page of what it recognised", func() error {
					same := transform.Same(resource(t, "employers"), transform.Item{ID: "e1"})
					same.Place = transform.Place{Number: 1}
					_, err := walk.Commit(ctx, load.Page{Next: "c2", Records: []*transform.Record{same}})
					return err
				}},
				{"marks a document as archived", func() error { _, err := w.store.MarkArchived(ctx, doc, load.Archived{SHA256: "5e"}); return err }},
				{"marks a document as absent", func() error { return w.store.MarkNotArchived(ctx, doc, load.DocumentAbsent, "absent") }},
				{"completes a walk", func() error { _, err := walk.Complete(ctx, load.Removal{}); return err }},
				{"ends the run", func() error { return held.Finish(ctx, load.RunFailed, 1, "too late") }},
			}
			for _, step := range steps {
				if err := step.do(); load.ClassOf(err) != load.ClassFenced {
					t.Errorf("whoever was overtaken %s: %v", step.name, err)
				}
			}
			if err := walk.Restart(ctx); err != nil {
				t.Error(err)
			}
			if err := walk.Stop(ctx, load.WalkFailed, "", ""); err != nil {
				t.Error(err)
			}
			if after := w.state(); after != before {
				t.Errorf("something was written:\n%s\n%s", before, after)
			}
		})
	}
}
