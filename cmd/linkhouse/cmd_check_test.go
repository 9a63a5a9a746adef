package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// verdicts are what a check said, by what it looked at.
func verdicts(a checkAnswer) map[string]string {
	all := map[string]string{}
	for _, v := range a.Checks {
		all[v.Check] = v.Verdict
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
	want := slices.Sorted(slices.Values([]string{"configuration", "api", "warehouse", "tables", "users", "archive", "schedules"}))
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
		}, "warehouse", verdictFailed, exitStore, "may not read and write"},
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
