package page_test

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/page"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// Mutation: without the case of v.Empty in verdict (view.go) it is red.
func TestAnEmptyWarehouseNamesTheFirstStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	got := words(w.get("/", http.StatusOK))
	for _, want := range []string{"Nothing was read yet", "The job nightly fills it in ", "linkhouse sync", "linkhouse check",
		"No run is under way. Next: nightly",
		"No night yet", "No run yet.", "0 archived, none is missing.", "No rejects, and no drift"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// Section 6: freshness against what the timetable expects.
//
// Mutation: with 2*expected.Within in freshness (fresh.go) it is red.
func TestTheStateOfAResourceFollowsFromTheTimetable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	old := w.ran("complete", 40*time.Hour, time.Hour)
	for _, resource := range []string{"employees", "pay-link-accounts"} {
		w.walked(old, resource, "complete", 10, 1)
	}
	last := w.ran("partial", 3*time.Hour, time.Hour)
	for resource, state := range map[string]string{"employers": "complete", "employees": "failed", "tasks": "complete"} {
		w.walked(last, resource, state, 10, 1)
	}
	body := w.get("/", http.StatusOK)
	got := map[string]string{}
	for resource, cells := range table(t, body, "fresh") {
		got[resource] = cells[0]
	}
	want := map[string]string{"employers": "fresh", "employees": "late expected within 1d 12h",
		"employer-documents": "never read", "employer-deduction-types": "never read",
		"payroll-runs": "never read", "pay-link-accounts": "not read no user is configured", "tasks": "fresh no job reads it"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if employers := table(t, body, "fresh")["employers"]; !strings.Contains(employers[1], fmt.Sprintf("UTC 2h 0m ago, run %d",
		last)) || !strings.Contains(employers[2], ", by nightly") {
		t.Errorf("employers: %q", employers)
	}
	for _, want := range []string{"One thing needs attention",
		"Later than the timetable makes one expect: employees. To read them now:", "linkhouse sync employees"} {
		if !strings.Contains(words(body), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// Section 1, the operator: a list that has failed since the first night is never late, and all else may be well.
//
// Mutations: without the case of tried in freshness (fresh.go) it is red, and without readByJobs in tried (parts.go).
func TestAListThatWasNeverReadToItsEndIsNotAllWell(t *testing.T) {
	t.Parallel()
	tried := func(_ context.Context, unread []string) ([]string, error) { return unread, nil }
	w := newWorld(t, func(o *page.Options) { o.Tried = tried })
	run := w.ran("complete", 3*time.Hour, time.Hour)
	for _, resource := range []string{"employers", "employer-documents", "employer-deduction-types", "payroll-runs"} {
		w.walked(run, resource, "complete", 10, 1)
	}
	w.walked(run, "employees", "failed", 10, 1)
	body := w.get("/", http.StatusOK)
	for _, want := range []string{"One thing needs attention", "Never read to the end, though a run has tried: employees. To try again: ",
		"linkhouse sync employees "} {
		if !strings.Contains(words(body), want) {
			t.Errorf("%q is missing in\n%s", want, words(body))
		}
	}
	fresh := table(t, body, "fresh")
	if got := fresh["employees"][0]; got != "never read though a run has tried" {
		t.Errorf("employees: %s", got)
	}
	if got := fresh["tasks"][0]; got != "never read" { // no job reads them
		t.Errorf("tasks: %s", got)
	}
	w.exec("UPDATE etl.walks SET state = 'complete'")
	w.await("all is well", "/", func(body string) bool { return strings.Contains(body, "All is well") })
}

// Mutation: without the failed walks in Nights (load/nights.go) it is red.
func TestANightThatFailedIsMarkedAndToldInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.busy()
	nights := section(t, w.get("/", http.StatusOK), "nights")
	if n := strings.Count(nights, "<figure>"); n != len(resources) {
		t.Errorf("%d charts", n)
	}
	_, employees, _ := strings.Cut(nights, "<h3>employees</h3>")
	employees, _, _ = strings.Cut(employees, "</figure>")
	failed := time.Now().Add(-10 * 24 * time.Hour).UTC()
	for _, want := range []string{
		`role="img" aria-label="employees, 30 nights to `, "something was read in 28.",
		"280 rows written, 3 rejected. Failures on " + failed.Format("2 Jan") + ".",
		`<g class="bad"><title>` + failed.Format(time.DateOnly) + ": 20m 0s, 10 rows written, 1 failure</title>",
		"longest 20m 0s, 280 rows, 3 rejected, 1 night with a failure",
	} {
		if !strings.Contains(employees, want) {
			t.Errorf("%q is missing in\n%s", want, employees)
		}
	}
	if good, warn, bad := strings.Count(employees, `<g class="good"`), strings.Count(employees, `<g class="warn"`),
		strings.Count(employees, `<g class="bad"`); good != 26 || warn != 1 || bad != 1 {
		t.Errorf("%d good, %d warn, %d bad nights", good, warn, bad)
	}
	if n := strings.Count(employees, `<th scope="row">`); n != 28 {
		t.Errorf("%d nights in the figures", n)
	}
}

// Mutation: without the failed documents in attention (view.go) it is red.
func TestABusyWarehouseTellsItsBacklogItsSurprisesAndTheCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	last := w.busy()
	body := w.get("/", http.StatusOK)
	for _, want := range []string{"2 things need attention", "1234 records could not be loaded.",
		"5 documents could not be archived.", "378 archived.",
		"linkhouse documents retry", "linkhouse documents gaps", "linkhouse rejects list", "linkhouse rejects replay --all",
		"linkhouse drift list"} {
		if !strings.Contains(words(body), want) {
			t.Errorf("%q is missing in\n%s", want, words(body))
		}
	}
	var states []string
	for _, row := range rows.FindAllString(section(t, body, "documents"), -1) {
		states = append(states, words(row)[len("employer-documents "):])
	}
	for i, want := range []string{"without a link at present 2 ", "failed 5 ", "waiting 15 "} {
		if i >= len(states) || !strings.HasPrefix(states[i], want) || !strings.Contains(states[i], "2d 2h ago") {
			t.Errorf("documents: %q, want %q", states, want)
		}
	}
	odd := table(t, body, "odd")
	if got := odd["employees"]; got[0] != "1,234" || !strings.Contains(got[1], "3d 0h ago") || got[2] != "0" {
		t.Errorf("rejects of employees: %q", got)
	}
	if diff := cmp.Diff([]string{"0", "", "2", "1", "1"}, odd["tasks"]); diff != "" {
		t.Errorf("drift of tasks: %s", diff)
	}
	jobs := table(t, body, "schedule")
	if got := jobs["nightly"]; got[2] != "partial caught up, 2 earlier ones missed" || !strings.Contains(got[3], "02:15 E") ||
		!strings.Contains(got[3], "later (jitter)") || !strings.Contains(got[3], "UTC in ") {
		t.Errorf("nightly: %q", got)
	}
	if got := jobs["former"]; got[2] != "missed" || got[3] != "not by this process not in its configuration" {
		t.Errorf("former: %q", got)
	}
	runs := table(t, body, "runs")
	if got := runs[fmt.Sprintf("run %d", last)]; len(runs) != 10 || got[0] != "partial" || got[2] != "20m 0s" ||
		got[3] != "nightly" || got[4] != "everything" {
		t.Errorf("%d runs, the last one %q", len(runs), got)
	}
}

// Section 6: a run under way is shown with how far it is, its files included.
//
// Mutation: without the files in running (now.go) it is red.
func TestWhatRunsNowIsShownWithHowFarItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.night(24 * time.Hour)
	job := nightly()
	w.page.Began(job, load.FireRow{})
	run := w.running(job.Name, 500)
	w.exec(`INSERT INTO etl.walks (run_id, resource, scope, state, listed, started_at, updated_at, finished_at)
		VALUES ($1, 'employer-documents', 'all', 'complete', 40, now(), now(), now())`, run.ID)
	w.page.Progress(job.Name, schedules.Progress{Resource: "employer-documents files", Total: 40,
		Documents: &schedules.DocumentsReport{Archived: 10, Failed: 1}})
	now := section(t, w.get("/", http.StatusOK), "now")
	for _, want := range []string{fmt.Sprintf("Run %d is under way for ", run.ID), ": employees, employer-documents",
		"500 of about 2,000, about 3", "left, 7 rows written",
		"complete 40 listed", "employer-documents files 11 of 40, 1 failed"} {
		if !strings.Contains(words(now), want) {
			t.Errorf("%q is missing in\n%s", want, words(now))
		}
	}
	if !strings.Contains(now, `<progress value="500" max="2000" aria-label="employees: 500 of about 2,000`) {
		t.Errorf("no bar in\n%s", now)
	}
	w.exec("UPDATE etl.walks SET listed = 700 WHERE run_id = $1 AND resource = 'employees'", run.ID)
	w.await("the progress moves", "/now", func(body string) bool { return strings.Contains(body, `value="700"`) })
	if err := run.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	w.page.Ended(job, load.FireRow{}, &schedules.Report{}, nil)
	w.await("the run has ended", "/now", func(body string) bool {
		return strings.Contains(body, "No run is under way.") && strings.Contains(body, `data-key=""`)
	})
}

// Mutation: without stateLost in state (runs.go) it is red.
func TestARunHasAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.ran("partial", time.Hour, 25*time.Minute)
	w.exec("UPDATE etl.runs SET exit_code = 3 WHERE run_id = $1", id)
	w.walked(id, "tasks", "failed", 1200, 30)
	w.walked(id, "employers", "complete", 9, 4)
	w.exec("UPDATE etl.walks SET error_class = 'loop' WHERE resource = 'tasks'")
	lost := w.ran("running", 3*time.Hour, time.Hour)
	w.exec("UPDATE etl.runs SET finished_at = NULL, exit_code = NULL WHERE run_id = $1", lost)

	body := w.get(fmt.Sprint("/runs/", id), http.StatusOK)
	for _, want := range []string{fmt.Sprintf("Run %d partial", id),
		"It came to its end, with rejects, failed lists or failed documents.", "took 25m 0s", "read everything", "job nightly",
		"exit code 3", "machine etl-1", "version 1.2.3", fmt.Sprint("linkhouse runs show ", id), "Back to all resources and runs"} {
		if !strings.Contains(words(body), want) {
			t.Errorf("%q is missing in\n%s", want, words(body))
		}
	}
	want := map[string][]string{
		"employers": {"complete", "9", "9", "4", "0", "0", "0", "0", "0", "0", "4", "9", "0", "25m 0s"},
		"tasks":     {"failed the list did not end", "1,200", "1,200", "30", "0", "0", "0", "0", "0", "0", "30", "1,200", "0", "25m 0s"},
		"total":     {"", "1,209", "1,209", "34", "0", "0", "0", "0", "0", "0", "34", "1,209", "0", ""},
	}
	if diff := cmp.Diff(want, table(t, body, "walks")); diff != "" {
		t.Error(diff)
	}
	if got := words(w.get(fmt.Sprint("/runs/", lost), http.StatusOK)); !strings.Contains(got,
		fmt.Sprintf("Run %d lost Its process ended without a word.", lost)) || !strings.Contains(got, "It has read nothing yet.") {
		t.Error(got)
	}
	for _, path := range []string{"/runs/999", "/runs/0", "/runs/-1", "/runs/x", "/runs/99999999999999999999",
		"/runs/%3Cscript%3Ealert(1)%3C%2Fscript%3E"} {
		if got := w.get(path, http.StatusNotFound); !strings.Contains(got, "There is no run") || !strings.Contains(got,
			"linkhouse runs list") || strings.Contains(got, "alert(") {
			t.Errorf("%s: %s", path, words(got))
		}
	}
}

// Mutation: without b.Missing in whole (view.go) it is red.
func TestAPartThatCannotBeReadCostsOnlyItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.busy()
	for _, part := range []struct{ id, table string }{{"odd", "etl.drift"}, {"documents", "archive.documents"}, {"schedule", "etl.fires"}} {
		w.exec("ALTER TABLE " + part.table + " RENAME TO hidden")
		fresh := newPage(t, w)
		body := words(section(t, fresh, part.id))
		if !strings.Contains(body, "This could not be read yet.") {
			t.Errorf("without %s, %s says %q", part.table, part.id, body)
		}
		if n := strings.Count(fresh, "This could not be read yet."); n != 1 && n != 2 { // what to do is made of several
			t.Errorf("without %s, %d parts are missing", part.table, n)
		}
		if len(table(t, fresh, "fresh")) != len(resources) || len(table(t, fresh, "runs")) != 10 {
			t.Errorf("without %s, the rest is not whole", part.table)
		}
		schema, name, _ := strings.Cut(part.table, ".")
		w.exec("ALTER TABLE " + schema + ".hidden RENAME TO " + name)
	}
}

// newPage is what a process says that has just begun.
func newPage(t *testing.T, w *world) string {
	t.Helper()
	p, err := page.New(t.Context(), page.Options{Store: w.store, Jobs: []schedules.Job{nightly()}, Resources: resources,
		Needs: needs, Command: command, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wait()
	mux, answer := http.NewServeMux(), httptest.NewRecorder()
	p.Register(mux, func(next http.Handler) http.Handler { return next })
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d", answer.Code)
	}
	return answer.Body.String()
}

// A warehouse that hangs keeps no reader waiting: the page answers while it does, with what it knew, and mends itself afterwards.
//
// Mutation: without <-ctx.Done() in get (kept.go) it hangs, and is red.
func TestAWarehouseThatHangsKeepsNoReaderWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *page.Options) { o.Patience = 10 * time.Millisecond })
	w.busy()
	full := func(body string) bool { return !strings.Contains(body, "could not be read yet") }
	w.await("all is read", "/", full)

	tx, err := w.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(),
		"LOCK TABLE etl.runs, etl.walks, archive.documents, etl.rejects IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	w.await("what was known is shown, and from when it is", "/", func(body string) bool {
		return full(body) && strings.Contains(section(t, body, "runs"), "this stands as it was at ") && len(table(t, body, "runs")) == 10
	})
	if got := words(w.get("/runs/1", http.StatusServiceUnavailable)); !strings.Contains(got, "The page tries again by itself.") {
		t.Error(got)
	}
	var waiting int
	if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&waiting); err != nil ||
		waiting == 0 || waiting > 2 {
		t.Errorf("%d questions wait for the warehouse (%v), which may be one or two", waiting, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.await("all is up to date again", "/", func(body string) bool {
		return full(body) && !strings.Contains(body,
			"this stands as it was")
	})
	w.await("the run is found", "/runs/1", func(body string) bool { return strings.Contains(words(body), "Run 1 complete") })
}

// Semantics 12: neither ids of people nor what a record says is on any page.
//
// Mutation: with run.Scope in what (now.go), or w.Error in walks (runs.go), it is red.
func TestNothingPersonalIsOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const mark = "Zoe-Personal-7731"
	id := w.ran("failed", time.Hour, time.Minute)
	w.exec("UPDATE etl.runs SET scope = $1, message = $2, flags = $3 WHERE run_id = $4", "user="+mark, mark, []string{"--users", mark}, id)
	w.exec(`INSERT INTO etl.walks (run_id, resource, scope, state, error_class, error, cursor, started_at, updated_at)
		VALUES ($1, 'tasks', $2, 'failed', 'unavailable', $3, $3, now(), now())`, id, "user="+mark, mark)
	w.exec(`INSERT INTO etl.rejects (resource, owner, source_id, place, reason, payload, payload_hash, first_seen_at, last_seen_at)
		VALUES ('tasks', $1, $1, $1, $1, $1, ''::bytea, now(), now())`, mark)
	w.exec("INSERT INTO etl.drift (resource, path, kind, value, times, first_seen_at, last_seen_at, first_run_id) VALUES ('tasks', $1, 'unknown_value', $1, 1, now(), now(), $2)", mark, id)
	w.exec("INSERT INTO archive.documents (resource, source_id, version, state, location, last_error, staged_at) VALUES ('employer-documents', $1, 1, 'failed', $1, $1, now())", mark)
	run, err := w.store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"tasks"}, Scope: load.Scope{User: mark}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Finish(t.Context(), load.RunComplete, 0, "") }()
	for path, want := range map[string]string{"/": "1 records could not be loaded.", "/now": ": tasks of one user",
		fmt.Sprint("/runs/", id): "everything of one user", fmt.Sprint("/runs/", run.ID): "tasks of one user"} {
		body := w.get(path, http.StatusOK)
		if strings.Contains(body, mark) || strings.Contains(body, "7731") {
			t.Errorf("%s names a person:\n%s", path, words(body))
		}
		if !strings.Contains(words(body), want) {
			t.Errorf("%s does not say %q:\n%s", path, want, words(body))
		}
	}
}

// Mutation: without X-Frame-Options, or any other header, in send (page.go) it is red.
func TestABrowserIsAllowedNothingButWhatIsInThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.busy()
	for _, path := range []string{"/", "/now", "/runs/1", "/runs/999"} {
		answer, err := http.Get(w.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		body, policy := string(data), answer.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "connect-src 'self'", "img-src 'self'", "base-uri 'none'",
			"form-action 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %q is missing in %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") {
			t.Errorf("%s: %s", path, policy)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		for _, tag := range []string{"style", "script"} {
			if path == "/now" {
				continue
			}
			_, inside, _ := strings.Cut(body, "<"+tag+">")
			inside, _, ok := strings.Cut(inside, "</"+tag+">")
			sum := sha256.Sum256([]byte(inside))
			if !ok || !strings.Contains(policy, tag+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("%s: the %s in the page is not the one that is allowed", path, tag)
			}
		}
		for _, foreign := range []string{"http://", "https://", `="//`, " style=", " onclick=", "javascript:", "@import", "url("} {
			if strings.Contains(body, foreign) {
				t.Errorf("%s: %q in the page", path, foreign)
			}
		}
	}
}

// Mutation: without guard in Register (page.go) it is red.
func TestEverythingIsBehindTheGuard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	mux := http.NewServeMux()
	w.page.Register(mux, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	})
	for _, path := range []string{"/", "/now", "/runs/1", "/favicon.svg"} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != http.StatusUnauthorized || answer.Body.Len() > 0 {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
	for path, want := range map[string]int{"/": http.StatusMethodNotAllowed, "/elsewhere": http.StatusNotFound} {
		answer, err := http.Post(w.server.URL+path, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("POST %s: %d", path, answer.StatusCode)
		}
	}
}

// Mutation: without Close of the packer in send (page.go) it is red.
func TestThePageIsPackedForWhoUnpacksIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.busy()
	ask := httptest.NewRequest(http.MethodGet, "/", nil)
	ask.Header.Set("Accept-Encoding", "gzip, br")
	answer := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(answer, ask)
	packed := answer.Body.Len()
	reader, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(reader)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(body)), "</html>") || answer.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%d bytes, %v, %v", len(body), answer.Header(), err)
	}
	if packed > 25_000 {
		t.Errorf("a busy page is %d bytes, packed", packed)
	}
}
