package main

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// Semantics 6: what a lost file was is never overwritten, and the command line sends nobody to fetch what is not served.
// Mutation: without Lost in documentsVerifyCmd.next it is red.
func TestALostEarlierVersionIsToldAsSuchAndComesBackFromABackupOnly(t *testing.T) {
	t.Parallel()
	w := archived(t)
	for range 6 {
		w.api.AdvanceDay()
	}
	w.run(exitComplete, "sync employers employer-documents payroll-runs --approve-removals")
	id := w.text("SELECT min(source_id) FROM archive.documents WHERE version = 2 AND state = 'archived'")
	if id == "" {
		t.Fatal("no document has two versions after six days")
	}
	file := w.file("version = 1 AND source_id = '" + id + "'")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	const lost = "Lost, and no longer served by the API: one earlier version. Put back from a backup, a file is found by linkhouse documents verify."
	if found := w.run(exitPartial, "documents verify "+id); !strings.Contains(found.stdout, "missing") || !strings.HasSuffix(found.stdout, "1 as archived, 1 missing.\n"+lost+"\n") {
		t.Errorf("%s", found.stdout)
	}
	want := "Nothing to fetch: the newest version of each of them is archived.\n" + lost + " To see them: linkhouse documents list --state failed\n"
	if idle := w.run(exitComplete, "documents retry "+id); idle.stdout != want {
		t.Errorf("%q", idle.stdout)
	}
	if status := w.run(exitComplete, "status"); !strings.Contains(status.stdout, lost+" To see them:\n  linkhouse documents list --state failed\n") || strings.Contains(status.stdout, "documents retry") {
		t.Errorf("%s", status.stdout)
	}
	if list := w.run(exitComplete, "documents list --state failed"); !strings.Contains(list.stdout, "missing, superseded") {
		t.Errorf("%s", list.stdout)
	}
	if gaps := w.run(exitComplete, "documents gaps"); strings.Contains(gaps.stdout, "failed") {
		t.Errorf("%s", gaps.stdout)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if healed := answer[verifyAnswer](w, exitComplete, "documents verify "+id); healed.Sound != 2 || healed.Lost != 0 {
		t.Errorf("%+v", healed)
	}
	if n := w.number("SELECT count(*) FROM archive.documents WHERE state = 'failed'"); n != 0 {
		t.Errorf("%d documents still stand as failed", n)
	}
}

func TestAnInterruptedRefetchGoesOnWithARetryOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := archived(t)
	w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "2"
	total := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
	var asked atomic.Int64
	hang := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Hang, When: func(*http.Request) bool { return asked.Add(1) > 5 }})
	got := w.stopAt("documents retry --since 2000-01-01 --refetch", "SELECT CASE WHEN count(*) > 0 AND count(*) < "+
		strconv.FormatInt(total, 10)+" THEN 1 ELSE 0 END FROM archive.documents WHERE state = 'pending'", 1)
	hang.Stop()
	const command = "documents retry --since 2000-01-01"
	if !strings.HasSuffix(got.stderr, "goes on where this one stopped: linkhouse "+command+"\n") {
		t.Errorf("%s", got.stderr)
	}
	if status := w.run(exitComplete, "status"); !strings.Contains(status.stdout, "To go on:\n  linkhouse "+command+"\n") {
		t.Errorf("%s", status.stdout)
	}
	left := w.number("SELECT count(*) FROM archive.documents WHERE state = 'pending'")
	rest := answer[retryAnswer](w, exitComplete, command)
	if rest.Documents.Unchanged != left || left == 0 || left == total {
		t.Errorf("%d were fetched, %d of %d were left", rest.Documents.Unchanged, left, total)
	}
}
