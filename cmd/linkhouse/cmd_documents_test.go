package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// archived is a world whose documents are archived.
func archived(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers employer-documents payroll-runs")
	return w
}

// file is where a document of the warehouse stands.
func (w *world) file(condition string) string {
	w.t.Helper()
	return strings.TrimPrefix(w.text("SELECT location FROM archive.documents WHERE state = 'archived' AND "+condition+" ORDER BY 1 LIMIT 1"), "file://")
}

// linked are the ids of the objects that have a link.
func (w *world) linked() (ids []string) {
	for _, documents := range w.api.Truth().Documents {
		ids = slices.AppendSeq(ids, maps.Keys(documents))
	}
	return ids
}

// flip changes one bit of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	writeFile(t, path, string(data))
}

func TestDocumentsAreListedByWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	w := archived(t)
	const from = `SELECT count(*) FROM archive.documents d JOIN archive.subjects s USING (resource, source_id) WHERE `
	employer := w.text("SELECT min(employer_id) FROM archive.subjects")
	day := w.text("SELECT document_date::text FROM archive.subjects ORDER BY document_date OFFSET 12 LIMIT 1")
	id := w.text("SELECT min(source_id) FROM archive.documents")
	for args, condition := range map[string]string{
		"":                          "true",
		"--resource payroll-runs":   "resource = 'payroll-runs'",
		"--employer " + employer:    "employer_id = '" + employer + "'",
		"--type 941":                "type = '941'",
		"--since " + day:            "document_date >= '" + day + "'",
		"--until " + day:            "document_date <= '" + day + "'",
		"--state absent":            "state = 'absent'",
		"--state archived,absent":   "state IN ('archived', 'absent')",
		id:                          "source_id = '" + id + "'",
		"--since " + day + " " + id: "document_date >= '" + day + "' AND source_id = '" + id + "'",
	} {
		rows := answer[[]load.DocumentRow](w, exitComplete, "documents list --limit 10000 "+args)
		if want := w.number(from + condition); int64(len(rows)) != want {
			t.Errorf("%q lists %d documents, want %d", args, len(rows), want)
		}
	}
	shown := w.run(exitComplete, "documents list --limit 3")
	if lines := strings.Split(shown.stdout, "\n"); len(lines) != 7 || !strings.HasPrefix(lines[0], "RESOURCE  ") ||
		lines[5] != "There may be more than these 3: --limit lists them." {
		t.Errorf("%s", shown.stdout)
	}
	if none := w.run(exitComplete, "documents list nobody"); none.stdout != "No such document.\n" {
		t.Errorf("%q", none.stdout)
	}
}

func TestGapsAreWhatTheAPIKnowsAndTheArchiveLacksUntilARetryClosesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	gone := w.api.Inject(sandbox.Fault{Match: "/documents/employer-documents/*", Kind: sandbox.StatusFault, Status: 404})
	w.run(exitComplete, "sync employers employer-documents payroll-runs")
	gaps := answer[[]load.DocumentGap](w, exitComplete, "documents gaps --resource employer-documents")
	var n int64
	for _, g := range gaps {
		if g.Resource != "employer-documents" || g.State == load.DocumentArchived || g.EmployerName == "" || g.Oldest == nil {
			t.Errorf("%+v", g)
		}
		n += g.Count
	}
	if want := w.number("SELECT count(*) FROM employerlink.employer_documents"); n != want || gone.Count() == 0 {
		t.Errorf("%d documents are in gaps, want %d", n, want)
	}
	gone.Stop()
	w.exec("UPDATE archive.documents SET state = 'failed', last_error = 'expired' WHERE state = 'absent'")
	scope := "--employer " + w.text(`SELECT min(employer_id) FROM archive.subjects WHERE employer_id NOT IN
		(SELECT employer_id FROM archive.subjects WHERE NOT source_id = ANY('{`+strings.Join(w.linked(), ",")+`}'))`)
	words := w.run(exitComplete, "documents gaps "+scope)
	if !strings.HasSuffix(words.stdout, "\nTo fetch them now: linkhouse documents retry "+scope+"\n") || !strings.Contains(words.stdout, "expired") {
		t.Errorf("%s", words.stdout)
	}
	w.run(exitComplete, "documents retry "+scope)
	if left := w.run(exitComplete, "documents gaps "+scope); left.stdout != "No gaps: every document that the API knows is archived.\n" {
		t.Errorf("%s", left.stdout)
	}
	if left := w.number("SELECT count(*) FROM archive.documents WHERE state = 'failed'"); left == 0 {
		t.Error("the retry went beyond its employer")
	}
}

func TestAFlippedByteAndADeletedFileAreNamedByVerifyAndHealedByRetry(t *testing.T) {
	t.Parallel()
	w := archived(t)
	total := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
	if sound := w.run(exitComplete, "documents verify"); !strings.HasPrefix(sound.stdout, fmt.Sprintf("%d documents verified (", total)) ||
		!strings.HasSuffix(sound.stdout, fmt.Sprintf("): %d as archived.\n", total)) {
		t.Errorf("%q", sound.stdout)
	}
	damaged, missing := w.file("resource = 'employer-documents'"), w.file("resource = 'payroll-runs'")
	flip(t, damaged)
	if err := os.Remove(missing); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(filepath.Dir(missing), strings.Repeat("0", 64)+".pdf"), "left by a crash")

	found := answer[verifyAnswer](w, exitPartial, "documents verify --orphans")
	got := map[string]string{}
	for _, f := range found.Findings {
		got[f.What] = strings.TrimPrefix(f.Location, "file://")
	}
	want := map[string]string{"damaged": damaged, "missing": missing, "orphan": filepath.Join(filepath.Dir(missing), strings.Repeat("0", 64)+".pdf")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if found.Checked != total || found.Sound != total-2 || found.ExitCode != exitPartial || found.NextStep != "linkhouse documents retry" {
		t.Errorf("%+v", found)
	}
	healed := w.run(exitComplete, "documents retry")
	if !strings.HasPrefix(healed.stdout, "Documents: 2 archived (") {
		t.Errorf("%q", healed.stdout)
	}
	if whole := answer[verifyAnswer](w, exitComplete, "documents verify"); whole.Sound != total {
		t.Errorf("%+v", whole)
	}
	one := w.text("SELECT min(source_id) FROM archive.documents WHERE state = 'archived'")
	if idle := w.run(exitComplete, "documents retry "+one); idle.stdout != "Nothing to do: all of them are archived.\n" {
		t.Errorf("%q", idle.stdout)
	}
	words := w.run(exitPartial, "documents verify --orphans")
	if !strings.Contains(words.stdout, "\nIn the archive, and named by no document: one file.\n") || strings.Contains(words.stdout, "retry") {
		t.Errorf("%s", words.stdout)
	}
}

// A disk that is not mounted is not an archive that has lost everything.
// Mutation: without Filed in openArchive it is red.
func TestAnArchiveWhoseDiskIsNotMountedExitsWith7AndLosesNothing(t *testing.T) {
	t.Parallel()
	w := archived(t)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(w.file("true"))))
	const state = "SELECT string_agg(d::text, E'\n' ORDER BY d::text) FROM archive.documents d"
	before := w.text(state)
	if err := os.Rename(dir, dir+".unmounted"); err != nil {
		t.Fatal(err)
	}
	w.api.AdvanceDay()
	for _, verb := range []string{"documents verify", "documents retry --refetch", "documents get " + w.text("SELECT min(source_id) FROM archive.documents WHERE state = 'archived'"),
		"sync employer-documents", "check"} {
		got := w.run(exitStore, verb)
		if said := got.stdout + got.stderr; !strings.Contains(said, "holds nothing, and ") || !strings.Contains(said, "mount its disk") {
			t.Errorf("%s: %s", verb, said)
		}
		if _, err := os.Lstat(dir); err == nil {
			t.Fatalf("%s made a directory", verb)
		}
	}
	if diff := cmp.Diff(before, w.text(state)); diff != "" {
		t.Errorf("the warehouse's books: %s", diff)
	}
	if err := os.Rename(dir+".unmounted", dir); err != nil {
		t.Fatal(err)
	}
	w.run(exitComplete, "documents verify --orphans")
	w.run(exitComplete, "sync employers employer-documents payroll-runs")
}

func TestVerifyReadsWhatWasChosen(t *testing.T) {
	t.Parallel()
	w := archived(t)
	runs := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived' AND resource = 'payroll-runs'")
	total := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
	if got := answer[verifyAnswer](w, exitComplete, "documents verify --resource payroll-runs"); got.Checked != runs || runs == 0 {
		t.Errorf("%d were read of %d", got.Checked, runs)
	}
	if rest := answer[verifyAnswer](w, exitComplete, "documents verify --not-since 2026-01-01"); rest.Checked != total-runs {
		t.Errorf("%d were read of %d that were not verified", rest.Checked, total-runs)
	}
	if none := w.run(exitComplete, "documents verify --not-since 2026-01-01T00:00:00Z"); none.stdout != "No document was to be verified.\n" {
		t.Errorf("%q", none.stdout)
	}
	if part := answer[verifyAnswer](w, exitComplete, "documents verify --sample 0.5"); part.Checked == 0 || part.Checked == total {
		t.Errorf("%d were read of %d", part.Checked, total)
	}
}

func TestARefetchOfUnchangedDocumentsKeepsOneVersion(t *testing.T) {
	t.Parallel()
	w := archived(t)
	before := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
	got := answer[retryAnswer](w, exitComplete, "documents retry --refetch")
	if got.Documents.Unchanged != before || got.Documents.Archived != 0 || got.Documents.LinkAgeMax <= 0 || got.Outcome != schedules.OutcomeComplete {
		t.Errorf("%+v", got)
	}
	if after := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'"); after != before {
		t.Errorf("%d versions, there were %d", after, before)
	}
}

func TestARetryThatLeavesFailuresExitsWith3AndTheCommandThatShowsThem(t *testing.T) {
	t.Parallel()
	w := archived(t)
	w.exec("UPDATE archive.documents SET state = 'failed' WHERE source_id = (SELECT min(source_id) FROM archive.documents WHERE state = 'archived')")
	broken := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.StatusFault, Status: 400})
	got := w.run(exitPartial, "documents retry")
	if !strings.Contains(got.stdout, "1 failed") || !strings.HasSuffix(got.stdout, "\nTo see why: linkhouse documents list --state failed\n") {
		t.Errorf("%s", got.stdout)
	}
	if broken.Count() == 0 {
		t.Error("the fault never fired")
	}
	if got := w.run(exitUsage, "documents retry nobody"); got.stderr != "linkhouse: there is no document nobody\n  linkhouse documents list shows those there are\n" {
		t.Errorf("%q", got.stderr)
	}
}
