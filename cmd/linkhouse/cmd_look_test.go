package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

func TestStatusOfANewWarehouseNamesTheFirstStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	got := w.run(exitComplete, "status")
	for _, want := range []string{"employees                 never read  never", "No run is under way.", "Nothing was ever read.\n  linkhouse sync\n"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is missing:\n%s", want, got.stdout)
		}
	}
	if runs := w.run(exitComplete, "runs list"); runs.stdout != "No run yet. To begin: linkhouse sync\n" {
		t.Errorf("%q", runs.stdout)
	}
	if rejects := w.run(exitComplete, "rejects list"); rejects.stdout != "No rejects: every record is loaded.\n" {
		t.Errorf("%q", rejects.stdout)
	}
	for _, list := range []string{"runs list", "rejects list", "drift list"} {
		if got := w.run(exitComplete, list+" -o json"); got.stdout != "[]\n" {
			t.Errorf("%s: %q", list, got.stdout)
		}
	}
}

func TestStatusTellsFreshnessDocumentsAndWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	synced := answer[syncAnswer](w, exitPartial, "sync")
	status := answer[statusAnswer](w, exitComplete, "status")
	for _, f := range status.Freshness {
		if f.LastComplete == nil || time.Since(*f.LastComplete) > time.Hour || *f.RunID != synced.RunID {
			t.Errorf("%+v", f)
		}
	}
	if len(status.Freshness) != len(resources) || len(status.Running) != 0 || len(status.LastRuns) != 1 {
		t.Errorf("%d resources, %d running, %d runs", len(status.Freshness), len(status.Running), len(status.LastRuns))
	}
	if status.Documents[load.DocumentArchived] != synced.Documents.Archived || synced.Documents.Archived == 0 {
		t.Errorf("documents %v, the sync archived %d", status.Documents, synced.Documents.Archived)
	}
	var commands []string
	for _, n := range status.Needs {
		commands = append(commands, n.Command)
	}
	if diff := cmp.Diff([]string{"linkhouse rejects list", "linkhouse drift list"}, commands); diff != "" {
		t.Error(diff)
	}
	open := answer[[]load.RejectRow](w, exitComplete, "rejects list --limit 1000")
	if int64(len(open)) != status.Attention.OpenRejects || len(open) == 0 {
		t.Errorf("%d rejects are listed, %d are open", len(open), status.Attention.OpenRejects)
	}
}

func TestARunUnderWayIsToldFromOneWhoseProcessIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	store, err := load.Open(t.Context(), w.url, load.Options{Resources: catalog})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, scope := range []load.Scope{{}, {Employer: "e1"}} {
		held, err := store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employers"}, Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		status := answer[statusAnswer](w, exitComplete, "status")
		if len(status.Running) != 1 || status.Running[0].ID != held.ID || len(status.Needs) != 0 {
			t.Errorf("scope %s: running %+v, needs %+v", scope, status.Running, status.Needs)
		}
		if got := w.run(exitComplete, "status"); !strings.Contains(got.stdout, fmt.Sprintf("Run %d is under way for ", held.ID)) {
			t.Errorf("%s", got.stdout)
		}
		if err := held.Finish(t.Context(), load.RunRunning, 0, ""); err != nil { // as a killed process leaves it
			t.Fatal(err)
		}
		w.exec("UPDATE etl.runs SET finished_at = NULL, exit_code = NULL")
		if got := w.run(exitComplete, "runs list"); !strings.Contains(got.stdout, "  lost ") {
			t.Errorf("scope %s:\n%s", scope, got.stdout)
		}
		if got := w.run(exitComplete, "status"); !strings.Contains(got.stdout, "The last run did not come to its end. To go on:\n  linkhouse sync employers") {
			t.Errorf("scope %s:\n%s", scope, got.stdout)
		}
	}
}

func TestARunIsShownWithTheFiguresOfItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	synced := w.run(exitPartial, "sync --job nightly")
	shown := w.run(exitComplete, "runs show 1")
	if !strings.HasPrefix(shown.stdout, "Run 1 of the job nightly: everything, partial\n") {
		t.Errorf("%s", shown.stdout)
	}
	figures := func(text string) (rows []string) {
		for line := range strings.Lines(text) {
			if fields := strings.Fields(line); len(fields) > 12 && fields[0] != "Documents:" { // how fast they came is not kept
				rows = append(rows, strings.Join(fields[:len(fields)-1], " "))
			}
		}
		return rows
	}
	if diff := cmp.Diff(figures(synced.stdout), figures(shown.stdout)); diff != "" || len(figures(shown.stdout)) != len(resources)+2 {
		t.Errorf("-sync +runs show\n%s", diff)
	}
	if got := w.run(exitUsage, "runs show 99"); got.stderr != "linkhouse: there is no run 99\n  linkhouse runs list shows those there are\n" {
		t.Errorf("%s", got.stderr)
	}
}

func TestARejectIsListedShownAndResolvedByReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers")
	victim := w.text("SELECT min(employer_id) FROM employerlink.employers")
	broken := w.api.Inject(sandbox.Fault{Match: "/employers/" + victim, Kind: sandbox.HTML, Times: 12}) // it is asked for once more at the end
	w.run(exitPartial, "sync employers")
	rejects := answer[[]load.RejectRow](w, exitComplete, "rejects list --resource employers")
	if len(rejects) != 1 || broken.Count() != 12 {
		t.Fatalf("%d rejects after %d faults", len(rejects), broken.Count())
	}
	id := rejects[0].ID
	shown := w.run(exitComplete, fmt.Sprintf("rejects show %d", id))
	for _, want := range []string{fmt.Sprintf("Reject %d (open): ", id), "resource  employers\n", "object    " + rejects[0].SourceID + "\n"} {
		if !strings.Contains(shown.stdout, want) {
			t.Errorf("%q is missing:\n%s", want, shown.stdout)
		}
	}
	replayed := answer[replayAnswer](w, exitComplete, fmt.Sprintf("rejects replay %d", id))
	if replayed.Resolved != 1 || replayed.Open != 0 || replayed.Run.Walks[0].Counts.Fetched != 1 {
		t.Errorf("%+v", replayed)
	}
	if again := w.run(exitComplete, fmt.Sprintf("rejects replay %d", id)); again.stdout != "Nothing to do: none of them is open.\n" {
		t.Errorf("%q", again.stdout)
	}
	if got := w.run(exitComplete, "rejects list --resolved"); !strings.Contains(got.stdout, "resolved") {
		t.Errorf("%s", got.stdout)
	}
	if got := w.run(exitUsage, "rejects show 99"); !strings.Contains(got.stderr, "there is no reject 99") {
		t.Errorf("%s", got.stderr)
	}
}

func TestAReplayThatLeavesRejectsOpenExitsWith3(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(exitPartial, "sync")
	got := w.run(exitPartial, "rejects replay --all")
	if !strings.Contains(got.stdout, " still open.\n") || !strings.Contains(got.stdout, "To see why: linkhouse rejects list\n") {
		t.Errorf("%s", got.stdout)
	}
}

func TestDriftIsListedWhereItWasMet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees = 120 })
	w.run(exitPartial, "sync")
	drift := answer[[]load.DriftRow](w, exitComplete, "drift list --resource employees")
	if len(drift) == 0 {
		t.Fatal("the odd world has no drift")
	}
	got := w.run(exitComplete, "drift list")
	for _, d := range drift {
		if d.Resource != "employees" || !strings.Contains(got.stdout, d.Path) {
			t.Errorf("%+v", d)
		}
	}
}

func TestTheCommandThatGoesOnWithARunAsksForTheSameWork(t *testing.T) {
	all := load.RunRow{Resources: resources, Scope: load.ScopeAll, Include: projections}
	job, part, user := all, all, all
	job.Job, job.Include = "intraday", projections[:3]
	part.Resources, part.Scope, part.Include = resources[:2], "employer=e1", projections[:2]
	user.Resources, user.Scope, user.Include = resources[5:], "user=a b", nil
	a := &app{env: Env{Program: "linkhouse"}}
	for want, run := range map[string]load.RunRow{
		"linkhouse sync":                                      all,
		"linkhouse sync --job intraday":                       job,
		"linkhouse sync pay-link-accounts tasks --user 'a b'": user,
		"linkhouse sync employers employees --employer e1 --include depositAccounts,employment": part,
	} {
		if got := a.command(listedRun{RunRow: run}.again()...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
