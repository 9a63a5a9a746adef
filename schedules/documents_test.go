package schedules

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// memoryArchive keeps documents by resource, id and hash; the real archives have their own tests.
type memoryArchive struct {
	mu      sync.Mutex
	sums    map[string]string // resource/id -> sha256 of what was kept last
	objects map[string][]byte // by location
	puts    int
	err     error
}

func (a *memoryArchive) Keep(_ context.Context, doc load.Document, declared string, body io.Reader) (load.Archived, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return load.Archived{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return load.Archived{}, a.err
	}
	hash := sha256.Sum256(data)
	sum := hex.EncodeToString(hash[:])
	location := "memory/" + doc.Resource + "/" + doc.ID + "/" + sum
	a.sums[doc.Resource+"/"+doc.ID] = sum
	a.objects[location] = data
	a.puts++
	return load.Archived{SHA256: sum, Bytes: int64(len(data)), ContentType: "application/pdf", DeclaredType: declared, Location: location}, nil
}

func (a *memoryArchive) Verify(_ context.Context, location string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	data, ok := a.objects[location]
	if !ok {
		return fs.ErrNotExist
	}
	if hash := sha256.Sum256(data); !strings.HasSuffix(location, hex.EncodeToString(hash[:])) {
		return ErrDamaged
	}
	return nil
}

func (a *memoryArchive) List(_ context.Context, resource string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for location := range a.objects {
			if strings.HasPrefix(location, "memory/"+resource+"/") && !yield(location, nil) {
				return
			}
		}
	}
}

// equalsDocuments compares what is archived with the sandbox's truth.
func (w *world) equalsDocuments(resources ...string) {
	w.t.Helper()
	truth := w.api.Truth().Documents
	for _, resource := range resources {
		if len(truth[resource]) == 0 {
			w.t.Errorf("the sandbox has no %s to compare with", resource)
		}
		for id, sum := range truth[resource] {
			if got := w.texts("SELECT state || coalesce(sha256, '') FROM archive.documents WHERE resource = $1 AND source_id = $2 ORDER BY version DESC LIMIT 1", resource, id); len(got) != 1 || got[0] != "archived"+sum {
				w.t.Errorf("%s %s stands as %q, the sandbox serves %s", resource, id, got, sum)
			}
		}
	}
}

func documents(c *sandbox.Config) {
	tame(c)
	c.Employees, c.Users, c.Documents = 2, 1, 12
}

func TestDocumentsAreArchivedWholeThroughEveryFaultOfTheirLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employers"), OutcomeComplete)
	var log bytes.Buffer
	w.config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	faults := []*sandbox.Fired{
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Expired, Chance: 0.3, Times: 60}),
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Reset, Chance: 0.1, Times: 20}),
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Truncate, Chance: 0.1, Times: 20}),
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.StatusFault, Status: 503, Chance: 0.1, Times: 20}),
	}
	report := w.sync(w.plan("employer-documents", "payroll-runs"), OutcomeComplete)
	for i, f := range faults {
		if f.Count() == 0 {
			t.Errorf("fault %d never fired", i)
		}
	}
	if report.Documents.Failed != 0 || report.Documents.Archived < 90 || report.Documents.LinkAgeMax <= 0 || report.Documents.LinkAgeMax > linkMargin.Seconds() {
		t.Errorf("documents %+v", report.Documents)
	}
	w.equalsDocuments("employer-documents", "payroll-runs")
	for _, word := range []string{"X-Amz", "Signature", "/documents/"} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log holds %s", word)
		}
	}
}

func TestADocumentHostThatIsDownStopsTheRunAndTheNextOneCompletesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employers"), OutcomeComplete)
	fired := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Expired})
	report := w.sync(w.plan("employer-documents"), OutcomeUnavailable)
	if fired.Count() < failuresInARow*documentAttempts || report.Documents.Failed >= 2*failuresInARow {
		t.Errorf("fired %d times, documents %+v", fired.Count(), report.Documents)
	}
	fired.Stop()
	if report = w.sync(w.plan("employer-documents"), OutcomeComplete); !report.Resumed {
		t.Error("the run was not gone on with")
	}
	w.equalsDocuments("employer-documents")
}

// Documents that nobody can have any more, more of them than make an outage, stop none of the others, not even where they end together.
// Mutations: when a document that was archived does not break the streak, or othersCanBeHad does not ask, it is red.
func TestDocumentsThatFailAmongOthersAreNoOutage(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"at the beginning", "in between"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, documents)
			w.sync(w.plan("employers"), OutcomeComplete)
			plan := w.plan("employer-documents")
			plan.NoDocuments = true
			w.sync(plan, OutcomeComplete)
			bad, all := map[string]bool{}, w.texts("SELECT source_id FROM archive.documents ORDER BY 1")
			for i, id := range all {
				if where == "in between" && i%3 == 1 || where != "in between" && i < 2*failuresInARow {
					bad[id] = true
				}
			}
			if len(bad) < failuresInARow+5 || len(all) < len(bad)+failuresInARow {
				t.Fatalf("%d of %d documents", len(bad), len(all))
			}
			fired := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.StatusFault, Status: 503, When: func(r *http.Request) bool {
				return bad[path.Base(path.Dir(r.URL.Path))]
			}})
			report, err := w.runner().ArchiveDocuments(t.Context(), DocumentsPlan{Resources: catalog("employer-documents")})
			if d := report.Documents; err != nil || d.Failed < failuresInARow+5 || d.Archived < failuresInARow || d.Archived+d.Absent+d.Failed != int64(len(all)) {
				t.Errorf("%d of %d documents are bad: %+v, %v", len(bad), len(all), d, err)
			}
			if want := documentAttempts * int(report.Documents.Failed); fired.Count() != want {
				t.Errorf("fired %d times, want %d", fired.Count(), want)
			}
			fired.Stop()
			w.sync(w.plan("employer-documents"), OutcomeComplete)
			w.equalsDocuments("employer-documents")
		})
	}
}

// What documents come from, and what they go to, keeps no row from being read.
// Mutation: without the second away in walkAll it is red.
func TestDocumentsThatCannotBeHadOrKeptCostNoWalk(t *testing.T) {
	t.Parallel()
	for what, outcome := range map[string]Outcome{"their host is down": OutcomeUnavailable, "the archive is full": OutcomeStore} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, documents)
			var down *sandbox.Fired
			r := w.runner()
			if outcome == OutcomeUnavailable {
				down = w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Expired})
			} else {
				w.archive.err = errors.New("no space left on device")
			}
			failed := make(chan struct{})
			r.Observe = func(p Progress) {
				if p.Resource == "employer-documents files" && p.Done {
					close(failed)
				}
				if p.Resource == "employees" { // its walk goes on when the documents have failed, and has its end to write at least
					select {
					case <-failed:
					case <-time.After(time.Minute):
						t.Error("no document failed")
					}
				}
			}
			report, _ := r.Run(t.Context(), w.plan("employers", "employees", "employer-documents"))
			r.Store.Close()
			if report.Outcome != outcome || report.Documents.Archived > 0 || down != nil && down.Count() < failuresInARow {
				t.Errorf("%s: %s", report.Outcome, describe(report))
			}
			for _, walk := range report.Walks {
				if walk.State != load.WalkComplete {
					t.Errorf("%s is %s: %s", walk.Resource, walk.State, walk.Error)
				}
			}
			w.equalsSome("employerlink.employees", "employerlink.statements")
			w.archive.err = nil
			if down != nil {
				down.Stop()
			}
			w.sync(w.plan("employers", "employees", "employer-documents"), OutcomeComplete)
			w.equalsDocuments("employer-documents")
		})
	}
}

func TestADocumentIsFetchedAgainOnlyWhenItsRowChangedOrItIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	first := w.sync(w.plan("employer-documents", "payroll-runs"), OutcomeComplete)
	puts := w.archive.puts
	if second := w.sync(w.plan("employer-documents", "payroll-runs"), OutcomeComplete); second.Documents.Archived != 0 || w.archive.puts != puts {
		t.Errorf("an unchanged world was archived again: %+v", second.Documents)
	}
	// Asked for again, every document is fetched and none becomes a version.
	r := w.runner()
	again, err := r.ArchiveDocuments(t.Context(), DocumentsPlan{Resources: catalog("employer-documents", "payroll-runs"), Refetch: true})
	if err != nil || again.Documents.Unchanged != first.Documents.Archived || again.Documents.Archived != 0 {
		t.Errorf("refetched %+v, %v", again.Documents, err)
	}
	r.Store.Close()
	if n := w.number("SELECT max(version) FROM archive.documents"); n != 1 {
		t.Errorf("the same content became version %d", n)
	}
	for range 6 {
		w.api.AdvanceDay()
	}
	plan := w.plan("employer-documents", "payroll-runs")
	plan.ApproveRemovals = true
	w.sync(plan, OutcomeComplete)
	w.equalsDocuments("employer-documents", "payroll-runs")
	if n := w.number("SELECT count(*) FROM archive.documents WHERE version = 2 AND state = 'archived'"); n == 0 {
		t.Error("no document has a second version after six days")
	}
	if n := w.number("SELECT count(*) FROM (SELECT FROM archive.documents WHERE state = 'archived' GROUP BY resource, source_id, sha256 HAVING count(*) > 1) q"); n != 0 {
		t.Errorf("%d documents have two versions of the same content", n)
	}
}

func TestAFailingArchiveEndsTheRunAndTheNextOneCompletesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.archive.err = errors.New("no space left on device")
	if report := w.sync(w.plan("employer-documents"), OutcomeStore); report.Outcome.ExitCode() != 7 {
		t.Errorf("exit code %d", report.Outcome.ExitCode())
	}
	w.archive.err = nil
	if report := w.sync(w.plan("employer-documents"), OutcomeComplete); !report.Resumed || report.Documents.Archived == 0 {
		t.Errorf("resumed %v, documents %+v", report.Resumed, report.Documents)
	}
}

func TestADocumentThatIsRedirectedElsewhereIsRefusedAndTheSecretStaysAtHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	var mu sync.Mutex
	var got []http.Header
	stranger := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		answer.WriteHeader(http.StatusBadGateway)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Header.Clone())
	}))
	defer stranger.Close()
	w.sync(w.plan("employers"), OutcomeComplete)
	fired := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Redirect, URL: "http://169.254.169.254/latest/meta-data", Times: 1})
	also := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Redirect, URL: stranger.URL, Times: 1})
	report := w.sync(w.plan("employer-documents"), OutcomePartial)
	if fired.Count() != 1 || also.Count() != 1 || report.Documents.Failed != 1 {
		t.Errorf("fired %d and %d times, documents %+v", fired.Count(), also.Count(), report.Documents)
	}
	if classes := w.texts("SELECT last_error FROM archive.documents WHERE state = 'failed'"); len(classes) != 1 || classes[0] != string(extract.ClassInvalid) {
		t.Errorf("classes %q", classes)
	}
	if len(got) != 1 { // allowed here, because sandboxes are on this machine
		t.Fatalf("the other host was asked %d times", len(got))
	}
	for name := range got[0] {
		if strings.HasPrefix(strings.ToLower(name), "x-a") || name == "Authorization" || name == "Referer" {
			t.Errorf("the other host was told %s", name)
		}
	}
	w.sync(w.plan("employer-documents"), OutcomeComplete) // what failed is tried again
	w.equalsDocuments("employer-documents")
}

func TestVerificationNamesWhatIsMissingDamagedOrUnknownAndRetryHealsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employer-documents", "payroll-runs"), OutcomeComplete)
	r := w.runner()
	resources := catalog("employer-documents", "payroll-runs")
	sound, err := r.VerifyDocuments(t.Context(), w.archive, resources, VerifyPlan{Orphans: true})
	if err != nil || sound.Sound != sound.Checked || sound.Checked == 0 || len(sound.Findings) != 0 {
		t.Fatalf("%+v, %v", sound, err)
	}
	locations := w.texts("SELECT location FROM archive.documents WHERE state = 'archived' ORDER BY location LIMIT 2")
	delete(w.archive.objects, locations[0])
	w.archive.objects[locations[1]][7] ^= 1
	w.archive.objects["memory/payroll-runs/nobody/00"] = []byte("x")
	found, err := r.VerifyDocuments(t.Context(), w.archive, resources, VerifyPlan{Orphans: true})
	if err != nil || found.Missing != 1 || found.Damaged != 1 || found.Orphans != 1 || len(found.Findings) != 3 {
		t.Fatalf("%+v, %v", found, err)
	}
	report, err := r.ArchiveDocuments(t.Context(), DocumentsPlan{Resources: resources})
	if err != nil || report.Documents.Archived != 2 {
		t.Fatalf("%+v, %v", report.Documents, err)
	}
	delete(w.archive.objects, "memory/payroll-runs/nobody/00")
	if healed, err := r.VerifyDocuments(t.Context(), w.archive, resources, VerifyPlan{Orphans: true}); err != nil || healed.Sound != sound.Sound || len(healed.Findings) != 0 {
		t.Errorf("%+v, %v", healed, err)
	}
	w.equalsDocuments("employer-documents", "payroll-runs")
}

// frozen is an archive that has to give some objects back before they can be read.
type frozen struct {
	Inspector
	locations []string
}

func (f frozen) Verify(ctx context.Context, location string) error {
	if slices.Contains(f.locations, location) {
		return ErrFrozen
	}
	return f.Inspector.Verify(ctx, location)
}

func TestVerificationPassesOverWhatIsFrozenAndMarksItNeitherWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employer-documents", "payroll-runs"), OutcomeComplete)
	locations := w.texts("SELECT location FROM archive.documents WHERE state = 'archived' ORDER BY location LIMIT 2")
	found, err := w.runner().VerifyDocuments(t.Context(), frozen{w.archive, locations}, catalog("employer-documents", "payroll-runs"), VerifyPlan{})
	if err != nil || found.Frozen != 2 || found.Sound != found.Checked || found.Checked == 0 || len(found.Findings) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if n := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived' AND verified_at IS NULL"); n != 2 {
		t.Errorf("%d archived ones are not verified, and 2 are frozen", n)
	}
}

func TestABackfillByEmployerAndDaysTouchesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employers"), OutcomeComplete)
	employer := w.texts("SELECT employer_id FROM employerlink.employers ORDER BY employer_id DESC LIMIT 1")[0]
	w.sync(w.plan("employer-documents"), OutcomeComplete) // to know what there is
	all := w.texts("SELECT document_date::text FROM employerlink.employer_documents WHERE employer_id = $1 ORDER BY document_date", employer)
	if _, err := w.db.Exec(t.Context(), "TRUNCATE employerlink.employer_documents, archive.documents"); err != nil {
		t.Fatal(err)
	}
	from, until := all[len(all)/3], all[2*len(all)/3]
	plan := w.plan("employer-documents")
	plan.Job, plan.Employer = "backfill", employer
	plan.From, _ = time.Parse(time.DateOnly, from)
	plan.Until, _ = time.Parse(time.DateOnly, until)
	w.api.ResetLog()
	report := w.sync(plan, OutcomeComplete)
	want := 0
	for _, date := range all {
		if date >= from && date <= until {
			want++
		}
	}
	if got := w.number("SELECT count(*) FROM employerlink.employer_documents WHERE employer_id = $1 AND document_date BETWEEN $2::text::date AND $3::text::date", employer, from, until); got != int64(want) || want == 0 || want == len(all) {
		t.Errorf("%d documents are there, want %d of %d", got, want, len(all))
	}
	if n := w.number("SELECT count(*) FROM employerlink.employer_documents"); n != int64(want) || report.Walks[0].Counts.Fetched != int64(want) {
		t.Errorf("%d documents are there, %d were fetched, want %d", n, report.Walks[0].Counts.Fetched, want)
	}
}

// Semantics 9 and 11: documents that are gone for good, of which signed links are refused like links whose time is over, cost only
// themselves, although they come first and are many: all others are archived, in the same run and in every one after.
//
// Mutation: without othersCanBeHad the first run stops, without Attempts in hostDown the second.
func TestDocumentsThatAreGoneForGoodCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { documents(c); c.Employers = 30 })
	w.sync(w.plan("employers"), OutcomeComplete)
	plan := w.plan("employer-documents")
	plan.NoDocuments = true
	w.sync(plan, OutcomeComplete)
	ids := w.texts("SELECT source_id FROM archive.documents WHERE resource = 'employer-documents' ORDER BY source_id")
	const gone = 2 * failuresInARow
	if len(ids) < 3*gone {
		t.Fatalf("%d documents", len(ids))
	}
	for _, id := range ids[:gone] {
		w.api.Inject(sandbox.Fault{Match: "/documents/*/" + id + "/*", Kind: sandbox.Expired})
	}
	for night := range 2 {
		report := w.sync(w.plan("employer-documents"), OutcomePartial)
		if d := report.Documents; d.Failed < gone-3 || d.Failed+d.Absent != gone || night == 0 && int(d.Archived) != len(ids)-gone {
			t.Errorf("night %d: of %d documents %+v", night, len(ids), d)
		}
	}
	if n := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'"); int(n) != len(ids)-gone {
		t.Errorf("%d of %d are archived", n, len(ids))
	}
}

// Semantics 9: a document whose detail keeps failing costs only itself, however often it was asked for. Mutation: without errNoLink in
// fetchPatiently one document is taken for an outage.
func TestADocumentWhoseDetailKeepsFailingIsNoOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	w.sync(w.plan("employers", "employer-documents"), OutcomeComplete)
	id := w.texts("SELECT min(source_id) FROM archive.documents WHERE resource = 'employer-documents'")[0]
	if _, err := w.db.Exec(t.Context(), "UPDATE archive.documents SET state = 'absent', sha256 = NULL WHERE source_id = $1", id); err != nil {
		t.Fatal(err)
	}
	away := w.api.Inject(sandbox.Fault{Match: "/employer-documents/" + id, Kind: sandbox.StatusFault, Status: 500})
	r := w.runner()
	report, err := r.ArchiveDocuments(t.Context(), DocumentsPlan{Resources: catalog("employer-documents")})
	if err != nil || report.Outcome != OutcomePartial || report.Documents.Failed != 1 || away.Count() == 0 {
		t.Errorf("%v, %s after %d failures", err, describe(report), away.Count())
	}
	r.Store.Close()
	if states := w.texts("SELECT state || ' ' || last_error FROM archive.documents WHERE source_id = $1", id); len(states) != 1 || states[0] != "failed unavailable" {
		t.Errorf("%q", states)
	}
}
