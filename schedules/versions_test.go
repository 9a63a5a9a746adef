package schedules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// versionsOf tells the versions of a document, each with its state and the beginning of its digest.
func (w *world) versionsOf(resource, id string) []string {
	w.t.Helper()
	return w.texts(`SELECT concat_ws(' ', version, state, left(sha256, 1), last_error) FROM archive.documents
		WHERE resource = $1 AND source_id = $2 ORDER BY version`, resource, id)
}

// asked is how often the API was asked for the details of an object, and its file fetched, since the log was reset.
func (w *world) asked() (n int64) {
	for _, r := range w.api.Requests() {
		n += r.Count
	}
	return n
}

// twoVersions is a world with a document that has two versions, both archived.
func twoVersions(t *testing.T) (w *world, resource, id string) {
	t.Helper()
	w = newWorld(t, documents)
	w.sync(w.plan("employers", "employer-documents", "payroll-runs"), OutcomeComplete)
	for range 6 {
		w.api.AdvanceDay()
	}
	plan := w.plan("employer-documents", "payroll-runs")
	plan.ApproveRemovals = true
	w.sync(plan, OutcomeComplete)
	found := w.texts("SELECT resource || '/' || source_id FROM archive.documents WHERE version = 2 AND state = 'archived' ORDER BY 1 LIMIT 1")
	if len(found) == 0 {
		t.Fatal("no document has two versions after six days")
	}
	_, err := fmt.Sscanf(found[0], "employer-documents/%s", &id)
	if resource = "employer-documents"; err != nil {
		resource = "payroll-runs"
		if _, err = fmt.Sscanf(found[0], "payroll-runs/%s", &id); err != nil {
			t.Fatal(found)
		}
	}
	return w, resource, id
}

// Semantics 6: nothing is overwritten for ever, the word of what a lost file was least of all.
// Mutation: without the digest in what heals (MarkArchived) it is red.
func TestAnEarlierVersionThatWasLostIsNeitherFetchedNorFalsified(t *testing.T) {
	t.Parallel()
	w, resource, id := twoVersions(t)
	resources := catalog("employer-documents", "payroll-runs")
	before := w.texts("SELECT concat_ws('|', version, sha256, location) FROM archive.documents WHERE source_id = $1 ORDER BY version", id)
	location := w.texts("SELECT location FROM archive.documents WHERE source_id = $1 AND version = 1", id)[0]
	kept := w.archive.objects[location]
	delete(w.archive.objects, location)
	r := w.runner()
	found, err := r.VerifyDocuments(t.Context(), w.archive, resources, VerifyPlan{})
	if err != nil || found.Missing != 1 || found.Lost != 1 || !found.Findings[0].Superseded {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, refetch := range []bool{false, true} {
		w.api.ResetLog()
		report, err := r.ArchiveDocuments(t.Context(), DocumentsPlan{Resources: resources, Refetch: refetch, Filter: load.DocumentFilter{IDs: []string{id}}})
		if err != nil || report.Documents.Archived != 0 || report.Outcome != OutcomeComplete {
			t.Fatalf("%+v, %v", report.Documents, err)
		}
		if n := w.asked(); !refetch && n != 0 || refetch && n != 2 {
			t.Errorf("refetch %v: %d requests were sent", refetch, n)
		}
	}
	w.sync(w.plan(resource), OutcomeComplete)
	if got := w.versionsOf(resource, id); len(got) != 2 || got[0][:8] != "1 failed" || got[1][:10] != "2 archived" {
		t.Errorf("versions %q", got)
	}
	if diff := cmp.Diff(before, w.texts("SELECT concat_ws('|', version, sha256, location) FROM archive.documents WHERE source_id = $1 ORDER BY version", id)); diff != "" {
		t.Errorf("the word of what was archived changed:\n%s", diff)
	}
	if again, err := r.VerifyDocuments(t.Context(), w.archive, resources, VerifyPlan{}); err != nil || again.Missing != 1 || again.Lost != 1 {
		t.Errorf("a second verification finds %+v, %v", again, err)
	}
	w.archive.objects[location] = kept // from a backup
	if healed, err := r.VerifyDocuments(t.Context(), w.archive, resources, VerifyPlan{}); err != nil || len(healed.Findings) != 0 {
		t.Errorf("%+v, %v", healed, err)
	}
	if got := w.versionsOf(resource, id); got[0][:10] != "1 archived" {
		t.Errorf("what was put back stands as %q", got)
	}
}

// Semantics 6. Mutation: when PendingDocuments also lists what is not the newest, or a lost row takes other content, it is red.
func TestANewestVersionThatWasLostAndReplacedAtTheAPIStaysLostBesideTheNewOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employers", "payroll-runs", "employer-documents"), OutcomeComplete)
	before := w.api.Truth().Documents
	for range 6 {
		w.api.AdvanceDay()
	}
	resource, id := "", ""
	for _, name := range []string{"employer-documents", "payroll-runs"} {
		for document, sum := range w.api.Truth().Documents[name] {
			if old := before[name][document]; old != "" && old != sum {
				resource, id = name, document
			}
		}
	}
	if id == "" {
		t.Fatal("no document's content changed in six days")
	}
	delete(w.archive.objects, w.texts("SELECT location FROM archive.documents WHERE source_id = $1", id)[0])
	r := w.runner()
	if found, err := r.VerifyDocuments(t.Context(), w.archive, catalog(resource), VerifyPlan{Filter: load.DocumentFilter{IDs: []string{id}}}); err != nil || found.Missing != 1 || found.Lost != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	report, err := r.ArchiveDocuments(t.Context(), DocumentsPlan{Resources: catalog(resource), Filter: load.DocumentFilter{IDs: []string{id}}})
	if err != nil || report.Documents.Archived != 1 {
		t.Fatalf("%+v, %v", report.Documents, err)
	}
	got := w.texts("SELECT concat_ws(' ', version, state, sha256) FROM archive.documents WHERE source_id = $1 ORDER BY version", id)
	want := []string{"1 failed " + before[resource][id], "2 archived " + w.api.Truth().Documents[resource][id]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestContentIsAVersionWhenItIsNotTheNewestOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	r := w.runner()
	doc := load.Document{Resource: "payroll-runs", ID: "r", Version: 1}
	steps := []struct {
		content string // "" says that the row's page staged it
		lose    int    // this version first
		fresh   bool
		want    []string
	}{
		{content: "", want: []string{"1 pending"}},
		{content: "a", fresh: true, want: []string{"1 archived a"}},
		{content: "a", want: []string{"1 archived a"}},
		{content: "", want: []string{"1 archived a", "2 pending"}},
		{content: "a", want: []string{"1 archived a"}}, // the row changed, its file did not
		{content: "b", fresh: true, want: []string{"1 archived a", "2 archived b"}},
		{content: "a", fresh: true, want: []string{"1 archived a", "2 archived b", "3 archived a"}}, // back to what it was
		{content: "a", lose: 3, fresh: true, want: []string{"1 archived a", "2 archived b", "3 archived a"}},
		{content: "", lose: 2, want: []string{"1 archived a", "2 failed b missing", "3 archived a", "4 pending"}},
		{content: "b", fresh: true, want: []string{"1 archived a", "2 archived b", "3 archived a", "4 archived b"}}, // and it heals
		{content: "c", lose: 4, fresh: true, want: []string{"1 archived a", "2 archived b", "3 archived a", "4 failed b missing", "5 archived c"}},
	}
	for i, step := range steps {
		if step.lose > 0 {
			if still, err := r.Store.MarkLost(t.Context(), w.version(doc.Resource, doc.ID, step.lose), "missing"); err != nil || !still {
				t.Fatal(still, err)
			}
		}
		if step.content == "" {
			if _, err := w.db.Exec(t.Context(), `INSERT INTO archive.documents (resource, source_id, version, state, staged_at)
				SELECT 'payroll-runs', 'r', 1 + count(*), 'pending', now() FROM archive.documents`); err != nil {
				t.Fatal(err)
			}
		} else if fresh, err := r.Store.MarkArchived(t.Context(), doc, load.Archived{SHA256: step.content, Location: "at " + step.content}); err != nil || fresh != step.fresh {
			t.Fatalf("step %d: fresh %v, %v", i, fresh, err)
		}
		if diff := cmp.Diff(step.want, w.versionsOf(doc.Resource, doc.ID)); diff != "" {
			t.Fatalf("step %d:\n%s", i, diff)
		}
	}
}

// version is a version of a document as the warehouse has it.
func (w *world) version(resource, id string, number int) load.DocumentRow {
	w.t.Helper()
	r := w.runner()
	defer r.Store.Close()
	rows, err := r.Store.Documents(w.t.Context(), load.DocumentFilter{Resources: []string{resource}, IDs: []string{id}}, load.DocumentKey{}, 100)
	if err != nil || len(rows) < number {
		w.t.Fatalf("%d versions, %v", len(rows), err)
	}
	return rows[number-1]
}

// A verification that has found an object missing does not mark what a run has archived anew meanwhile.
// Mutation: without the condition on archived_at in MarkLost it is red.
func TestWhatARunArchivedAnewIsNotMarkedAsLostByWhoLookedBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	r := w.runner()
	doc := load.Document{Resource: "payroll-runs", ID: "r", Version: 1}
	archive := func() {
		t.Helper()
		if _, err := r.Store.MarkArchived(t.Context(), doc, load.Archived{SHA256: "a", Location: "at a"}); err != nil {
			t.Fatal(err)
		}
	}
	archive()
	seen := w.version(doc.Resource, doc.ID, 1)
	for _, lost := range []bool{true, false} { // by another verification; a run heals it; now we
		if still, err := r.Store.MarkLost(t.Context(), seen, "missing"); err != nil || still != lost {
			t.Fatalf("marked %v, want %v: %v", still, lost, err)
		}
		w.clock.mu.Lock()
		w.clock.now = w.clock.now.Add(time.Minute)
		w.clock.mu.Unlock()
		archive()
	}
	if diff := cmp.Diff([]string{"1 archived a"}, w.versionsOf(doc.Resource, doc.ID)); diff != "" {
		t.Error(diff)
	}
}

// Mutation: without StageMissing in drain it is red.
func TestADocumentThatTheWarehousesBooksHaveLostIsStagedByARunAndByARetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employers", "employer-documents", "payroll-runs"), OutcomeComplete)
	for _, again := range []func() (DocumentsReport, error){
		func() (DocumentsReport, error) {
			return w.sync(w.plan("employer-documents", "payroll-runs"), OutcomeComplete).Documents, nil
		},
		func() (DocumentsReport, error) {
			report, err := w.runner().ArchiveDocuments(t.Context(), DocumentsPlan{Resources: catalog("employer-documents", "payroll-runs")})
			return report.Documents, err
		},
	} {
		tag, err := w.db.Exec(t.Context(), `DELETE FROM archive.documents WHERE (resource, source_id) IN (
			(SELECT resource, min(source_id) FROM archive.documents WHERE state = 'archived' GROUP BY resource)
			UNION (SELECT resource, max(source_id) FROM archive.documents WHERE state = 'archived' GROUP BY resource))`)
		if err != nil || tag.RowsAffected() != 4 {
			t.Fatal(tag, err)
		}
		if report, err := again(); err != nil || report.Archived != 4 {
			t.Errorf("%+v, %v", report, err)
		}
		w.equalsDocuments("employer-documents", "payroll-runs")
	}
}

// Semantics 8: gone on with, a run does not ask again for what it has. Mutation: with time.Now() in place of the run's start
// in archiveOf it is red.
func TestARefetchThatWasStoppedFetchesTheRestOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	plan := w.plan("payroll-runs")
	w.sync(w.plan("employers", "payroll-runs"), OutcomeComplete)
	all := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
	plan.Job, plan.Refetch = "again", true
	ctx, cancel := context.WithCancel(t.Context())
	r := w.runner()
	r.Concurrency = 1
	r.Observe = func(p Progress) {
		if p.Documents != nil && p.Documents.Unchanged == all/2 {
			cancel()
		}
	}
	stopped, err := r.Run(ctx, plan)
	cancel()
	r.Store.Close()
	if stopped.Outcome != OutcomeInterrupted || stopped.Documents.Unchanged < all/2 || stopped.Documents.Unchanged == all {
		t.Fatalf("%s %+v, %v", stopped.Outcome, stopped.Documents, err)
	}
	rest := w.sync(plan, OutcomeComplete)
	if got := stopped.Documents.Unchanged + rest.Documents.Unchanged; !rest.Resumed || got != all {
		t.Errorf("resumed %v, %d documents were fetched once more, want %d", rest.Resumed, got, all)
	}
	third := w.sync(plan, OutcomeComplete) // another run begins anew
	if third.Documents.Unchanged != all {
		t.Errorf("%+v", third.Documents)
	}
}

// Mutation: with a bare return where the context ended in inOrder it is red.
func TestWhoRangesOverDocumentsLearnsOfTheEndOfTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	batches := [][]load.Document{{{ID: "a"}, {ID: "b"}}, {{ID: "c"}}, nil}
	var seen []string
	var last error
	for doc, err := range inOrder(ctx, func(after load.DocumentKey) ([]load.Document, error) {
		if after.ID != "" {
			cancel() // while nothing else is under way that could tell
		}
		batch := batches[0]
		batches = batches[1:]
		return batch, nil
	}) {
		if last = err; err == nil {
			seen = append(seen, doc.ID)
		}
	}
	if !slices.Equal(seen, []string{"a", "b", "c"}) || !errors.Is(last, context.Canceled) {
		t.Errorf("seen %q, %v", seen, last)
	}
}

func TestASampleIsThatPartOfTheDocumentsAndAnotherOnAnotherDay(t *testing.T) {
	t.Parallel()
	var one, other, both int
	for i := range 10_000 {
		id := fmt.Sprint("document-", i)
		a, b := sampled("2026-01-01"+id, 0.1), sampled("2026-01-02"+id, 0.1)
		if a {
			one++
		}
		if b {
			other++
		}
		if a && b {
			both++
		}
	}
	if one < 900 || one > 1100 || other < 900 || other > 1100 || both > 200 {
		t.Errorf("%d, %d, and %d in both", one, other, both)
	}
}

// Semantics 8. Mutation: with another cursor than the last key of the batch in inOrder it is red.
func TestEveryPendingDocumentIsFetchedOnceHoweverManyBatchesTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { documents(c); c.Employers, c.Documents, c.DocumentBytes = 3, 400, 64 })
	report := w.sync(w.plan("employers", "employer-documents"), OutcomeComplete)
	if all := int64(len(w.api.Truth().Documents["employer-documents"])); report.Documents.Archived != all || all <= 2*drainBatch || int64(w.archive.puts) != all {
		t.Errorf("%+v, %d puts, the sandbox has %d", report.Documents, w.archive.puts, all)
	}
}
