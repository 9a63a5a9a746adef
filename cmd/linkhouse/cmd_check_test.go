package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// verdicts are what a check said, by what it looked at.
func verdicts(a checkAnswer) map[string]string {
	all := map[string]string{}
	for _, v := range a.Checks {
		if all[v.Check] == "" || v.Verdict != verdictOK { // of several jobs, what is told of one of them
			all[v.Check] = v.Verdict
		}
	}
	return all
}

func TestACheckOfWhatWorksSaysSoWithOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.env.Vars["LINKHOUSE_PRIVACY_KEY"] = strings.Repeat("5ca1ab1e", 8)
	got := w.run(exitComplete, "check")
	if !strings.HasSuffix(got.stdout, "\nReady. To read everything: linkhouse sync\n") || w.requests() != 1 {
		t.Errorf("%d requests:\n%s", w.requests(), got.stdout)
	}
	all := verdicts(answer[checkAnswer](w, exitComplete, "check"))
	want := slices.Sorted(slices.Values([]string{"configuration", "api", "warehouse", "rights", "connections", "tables", "users", "clock", "archive", "schedules", "server"}))
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(all))); diff != "" {
		t.Error(diff)
	}
	for name, v := range all {
		if v != verdictOK {
			t.Errorf("%s: %s", name, v)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(w.env.Dir, "archive", "linkhouse-probe", "*")); len(left) != 0 {
		t.Errorf("the check left %v", left)
	}
}

// Design 6: each with a plain verdict. Mutations: with the sign of ahead turned in newDating, without freeConnections' limit of the
// database, without ZoneBounds in moved, without unplanned in checkTimetable, or without the token in safelyListens, it is red.
func TestACheckNamesWhatIsBrokenAndExitsWithTheWorst(t *testing.T) {
	tests := []struct {
		name    string
		damage  func(*testing.T, *world)
		check   string
		verdict string
		code    int
		says    string
	}{
		{"a wrong key", func(_ *testing.T, w *world) { w.env.Vars["LINKHOUSE_ATOMIC_API_KEY"] = "wrong" }, "api", verdictFailed, exitRefused, "status 401"},
		{"no key", func(_ *testing.T, w *world) { delete(w.env.Vars, "LINKHOUSE_ATOMIC_API_KEY") }, "api", verdictFailed, exitUsage, "LINKHOUSE_ATOMIC_API_KEY"},
		{"no API", func(_ *testing.T, w *world) { w.env.Vars["LINKHOUSE_ATOMIC_BASE_URL"] = "http://127.0.0.1:1" }, "api", verdictFailed, exitAPI, "not available"},
		{"another server", func(_ *testing.T, w *world) { w.api.Inject(sandbox.Fault{Kind: sandbox.WrongShape}) }, "api", verdictFailed, exitAPI, "not as the API does"},
		{"no warehouse", func(_ *testing.T, w *world) {
			w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] = "postgres://u:hunter2@127.0.0.1:1/none"
		}, "warehouse", verdictFailed, exitStore, "cannot be reached"},
		{"no tables", func(_ *testing.T, w *world) { w.run(exitComplete, "migrate down --all --yes") }, "tables", verdictWarning, exitComplete, "at version 0"},
		{"a read-only warehouse", func(_ *testing.T, w *world) {
			w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] += "&default_transaction_read_only=on"
		}, "warehouse", verdictFailed, exitStore, "read only"},
		{"a user without rights", func(_ *testing.T, w *world) {
			w.exec("DROP ROLE IF EXISTS check_guest")
			w.exec("CREATE ROLE check_guest")
			w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] += "&role=check_guest"
		}, "rights", verdictFailed, exitStore, "user check_guest may not read and write "},
		{"a user who may not see the tables' version", func(_ *testing.T, w *world) {
			w.exec("DROP ROLE IF EXISTS check_guest")
			w.exec("CREATE ROLE check_guest")
			w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] += "&role=check_guest"
		}, "tables", verdictFailed, exitStore, "may not read the tables in which linkhouse keeps its runs"},
		{"few connections", func(_ *testing.T, w *world) {
			w.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 5', current_database()); END $$")
		}, "connections", verdictWarning, exitComplete, "5 connections free within the limit of the database at this moment, and a run takes up to 13"},
		{"no connections", func(_ *testing.T, w *world) {
			w.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 1', current_database()); END $$")
		}, "connections", verdictFailed, exitStore, "one connection free within the limit of the database: no run can begin"},
		{"a warehouse in another time", func(_ *testing.T, w *world) {
			w.exec(`CREATE SCHEMA elsewhen; CREATE FUNCTION elsewhen.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT now() - interval '1 hour' $$`)
			w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] += "&search_path=elsewhen,pg_catalog"
		}, "clock", verdictFailed, exitFailure, " ahead of that of the warehouse; it agrees with that of the API: signed requests"},
		{"an API whose clock is behind", func(t *testing.T, w *world) { shiftAPI(t, w, -20*time.Second) }, "clock", verdictWarning, exitComplete,
			" ahead of that of the API; it agrees with that of the warehouse"},
		{"an API whose clock is ahead", func(t *testing.T, w *world) { shiftAPI(t, w, 10*time.Minute) }, "clock", verdictFailed, exitFailure, " behind that of the API"},
		{"a clock that is nearly right", func(t *testing.T, w *world) { shiftAPI(t, w, 4*time.Second) }, "clock", verdictOK, exitComplete, "agrees with that of the API and of the warehouse"},
		{"a page for everybody", func(_ *testing.T, w *world) { w.env.Vars["LINKHOUSE_SERVER_LISTEN"] = "0.0.0.0:8321" }, "server", verdictFailed, exitUsage,
			"server.listen (0.0.0.0:8321) is open to the network and server.token is not set"},
		{"a page for those who know the token", func(_ *testing.T, w *world) {
			w.env.Vars["LINKHOUSE_SERVER_LISTEN"], w.env.Vars["LINKHOUSE_SERVER_TOKEN"] = ":8321", "tok"
		}, "server", verdictOK, exitComplete, "ask for server.token"},
		{"a night that nobody makes up for", func(_ *testing.T, w *world) { jobs(w, `{name: n, cron: "15 2 * * *", catch_up: none}`) }, "schedules", verdictWarning, exitComplete,
			"when nobody is there then, that day is not read"},
		{"two jobs at once", func(_ *testing.T, w *world) {
			jobs(w, `{name: m, cron: "0 4 * * *", resources: [tasks]}, {name: n, cron: "0 5 * * *", time_zone: Africa/Lagos, resources: [tasks, employers]}`)
		}, "schedules", verdictWarning, exitComplete, "m and n both read tasks and are due at the same minute, next at "},
		{"two jobs over other resources", func(_ *testing.T, w *world) {
			jobs(w, `{name: m, cron: "0 4 * * *", resources: [tasks]}, {name: n, cron: "0 4 * * *", resources: [employers]}`)
		}, "schedules", verdictOK, exitComplete, "n (0 4 * * *, UTC) is due next at "},
		{"a job that the clocks move", func(_ *testing.T, w *world) { jobs(w, `{name: n, cron: "30 2 * * *", time_zone: America/New_York}`) }, "schedules", verdictOK, exitComplete,
			": runs at 03:30"},
		{"a job for what is not asked for", func(_ *testing.T, w *world) {
			w.env.Vars["LINKHOUSE_SCHEDULES_FILES"], w.env.Vars["LINKHOUSE_EMPLOYEES_INCLUDE"] = "nightly,intraday", "identity,statements"
		}, "schedules", verdictFailed, exitUsage, "the job intraday asks only for projections that employees.include leaves out"},
		{"a job for users of whom there is none", func(_ *testing.T, w *world) {
			delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
			jobs(w, `{name: m, cron: "0 4 * * *"}, {name: n, cron: "0 5 * * *", resources: [tasks]}`)
		}, "schedules", verdictFailed, exitUsage, "no user is configured, and the job n reads PayLink only"},
		{"no job", func(_ *testing.T, w *world) { w.env.Vars["LINKHOUSE_SCHEDULES_FILES"] = "[]" }, "schedules", verdictWarning, exitComplete, "there is no job"},
		{"an archive in the way", func(t *testing.T, w *world) { writeFile(t, filepath.Join(w.env.Dir, "archive"), "") }, "archive", verdictFailed, exitStore, "not a directory"},
		{"no users file", func(_ *testing.T, w *world) { w.env.Vars["LINKHOUSE_USERS_FILE"] = "none.txt" }, "users", verdictFailed, exitUsage, "cannot be read"},
		{"a users query that is no SQL", func(_ *testing.T, w *world) {
			delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
			w.env.Vars["LINKHOUSE_USERS_QUERY"] = "selct 1"
		}, "users", verdictFailed, exitUsage, "SQLSTATE 42601"},
		{"no users", func(_ *testing.T, w *world) { delete(w.env.Vars, "LINKHOUSE_USERS_FILE") }, "users", verdictWarning, exitComplete, "PayLink is left out"},
		{"a wrong value", func(_ *testing.T, w *world) { w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"] = "0" }, "configuration", verdictFailed, exitUsage, "too small"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, tame)
			test.damage(t, w)
			got := answer[checkAnswer](w, test.code, "check")
			if got.ExitCode != test.code || verdicts(got)[test.check] != test.verdict {
				t.Errorf("%+v", got)
			}
			words := w.run(test.code, "check").stdout
			if !strings.Contains(words, test.says) || strings.Contains(words, "hunter2") {
				t.Errorf("%q is missing:\n%s", test.says, words)
			}
		})
	}
}

// jobs puts these jobs on the timetable and no others.
func jobs(w *world, list string) {
	w.env.Vars["LINKHOUSE_SCHEDULES_FILES"], w.env.Vars["LINKHOUSE_SCHEDULES_JOBS"] = "[]", "["+list+"]"
}

// shiftAPI puts something before the API that tells another time.
func shiftAPI(t *testing.T, w *world, by time.Duration) {
	base, err := url.Parse(w.env.Vars["LINKHOUSE_ATOMIC_BASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }, ModifyResponse: func(r *http.Response) error {
		r.Header.Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat))
		return nil
	}}
	shifted := httptest.NewServer(proxy)
	t.Cleanup(shifted.Close)
	w.env.Vars["LINKHOUSE_ATOMIC_BASE_URL"] = shifted.URL
}

func TestABucketThatIsNotThereIsNamedAfterItWasAskedForAsItIsConfigured(t *testing.T) {
	var encryption atomic.Value
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			encryption.Store(r.Header.Get("X-Amz-Server-Side-Encryption") + " " + r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"))
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>"))
	}))
	defer bucket.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "someone")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
	w := newWorld(t, tame)
	w.env.Vars["LINKHOUSE_ARCHIVE_URL"] = "s3://docs/linkhouse?region=us-east-1&path_style=true&endpoint=" + bucket.URL
	w.env.Vars["LINKHOUSE_ARCHIVE_SSE"], w.env.Vars["LINKHOUSE_ARCHIVE_KMS_KEY"] = "aws:kms", "key-1"
	got := w.run(exitStore, "check")
	if !strings.Contains(got.stdout, "s3://docs/linkhouse cannot be written: ") || strings.Contains(got.stdout, "hunter2") {
		t.Errorf("%s", got.stdout)
	}
	if encryption.Load() != "aws:kms key-1" {
		t.Errorf("it was put with %v", encryption.Load())
	}
	synced := w.run(exitStore, "sync employer-documents")
	if !strings.Contains(synced.stderr, "docs") || !strings.Contains(synced.stderr, "; the next run goes on where this one stopped: linkhouse sync employer-documents\n") {
		t.Errorf("%s", synced.stderr)
	}
}
