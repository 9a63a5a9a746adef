package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// commands are what a status says is to be done.
func commands(s statusAnswer) (all []string) {
	for _, n := range s.Needs {
		all = append(all, n.Command)
	}
	return all
}

func states(s statusAnswer) map[string]string {
	all := map[string]string{}
	for _, f := range s.Freshness {
		all[f.Resource] = f.State
	}
	return all
}

// Design 6, status: freshness against what the timetable makes one expect. Mutation: with alerts.stale_after for every resource in
// freshness, tasks are red; without it, payroll-runs are.
func TestStatusTellsWhatIsLateByTheTimetableAndHowToReadIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	jobs(w, `{name: often, cron: "* * * * *", resources: [tasks]}, {name: n, cron: "15 2 * * *", resources: [employers, employees]}`)
	w.env.Vars["LINKHOUSE_ALERTS_STALE_AFTER"] = "50h"
	w.run(exitComplete, "sync employers employees employer-deduction-types payroll-runs tasks")
	if diff := cmp.Diff(map[string]string{"employers": resourceFresh, "employees": resourceFresh, "payroll-runs": resourceFresh, "tasks": resourceFresh,
		"employer-documents": resourceNever, "employer-deduction-types": resourceFresh, "pay-link-accounts": resourceNever}, states(answer[statusAnswer](w, exitComplete, "status"))); diff != "" {
		t.Error(diff)
	}
	w.exec(`UPDATE etl.walks SET finished_at = now() - CASE resource WHEN 'tasks' THEN interval '17 minutes' WHEN 'payroll-runs' THEN interval '49 hours'
		WHEN 'employer-deduction-types' THEN interval '51 hours' WHEN 'employees' THEN interval '37 hours' ELSE interval '35 hours' END`)
	status := answer[statusAnswer](w, exitComplete, "status")
	late := []string{"employees", "employer-deduction-types", "tasks"}
	for name, state := range states(status) {
		if want := slices.Contains(late, name); want != (state == resourceLate) {
			t.Errorf("%s is %s", name, state)
		}
	}
	if got := commands(status); !slices.Equal(got, []string{"linkhouse sync employees employer-deduction-types tasks"}) {
		t.Errorf("%v", got)
	}
	said := w.run(exitComplete, "status").stdout
	for _, want := range []string{"tasks late 17m often 16m", "employees late 1d 13h n 1d 12h", "employers fresh 1d 11h n 1d 12h"} {
		found := false
		for line := range strings.Lines(said) {
			f := strings.Fields(line)
			found = found || !slices.ContainsFunc(strings.Fields(want), func(word string) bool {
				return !slices.ContainsFunc(f, func(have string) bool { return strings.HasPrefix(have, word) })
			})
		}
		if !found {
			t.Errorf("%q is missing:\n%s", want, said)
		}
	}
	delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
	if got := states(answer[statusAnswer](w, exitComplete, "status")); got["tasks"] != resourceUnread || got["pay-link-accounts"] != resourceUnread {
		t.Errorf("without users: %v", got)
	}
}

// Section 1, the operator: what fails in every night since the first is never late, and its run is soon not the last one.
// Mutations: without tried in statusOf it is red, with statusRuns in place of triedRuns, and without failedLists.
func TestStatusNamesTheListsThatFailedLastAndThoseThatWereNeverReadToTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	jobs(w, `{name: n, cron: "15 2 * * *", resources: [employers, payroll-runs]}, {name: other, cron: "15 3 * * *", resources: [tasks]}`)
	wrong := w.api.Inject(sandbox.Fault{Match: "/payroll-runs", Kind: sandbox.WrongShape})
	w.run(exitPartial, "sync --job n")
	if diff := cmp.Diff([]string{"linkhouse runs show 1", "linkhouse sync payroll-runs"}, commands(answer[statusAnswer](w, exitComplete, "status"))); diff != "" {
		t.Error(diff)
	}
	said := w.run(exitComplete, "status").stdout
	for _, want := range []string{"The last run did not read to the end: payroll-runs. To see why:\n  linkhouse runs show 1\n",
		"Never read to the end, though a run has tried: payroll-runs. To try again:\n  linkhouse sync payroll-runs\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing:\n%s", want, said)
		}
	}
	w.exec(`INSERT INTO etl.runs (job, resources, state, exit_code, started_at, updated_at, finished_at)
		SELECT 'often', ARRAY['employers'], 'complete', 0, now(), now(), now() FROM generate_series(1, 20)`)
	if diff := cmp.Diff([]string{"linkhouse sync payroll-runs"}, commands(answer[statusAnswer](w, exitComplete, "status"))); diff != "" {
		t.Error(diff)
	}
	if wrong.Stop(); wrong.Count() == 0 {
		t.Error("the list was never wrong")
	}
	w.run(exitComplete, "sync payroll-runs")
	if got := commands(answer[statusAnswer](w, exitComplete, "status")); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// Semantics 7: a guard stops a removal until it is approved. The command that approves it stays until the same was read to its
// end, whatever else ran since. Mutation: with the last run's state alone asked for, it is red.
func TestStatusNamesAStoppedRemovalUntilItIsSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employer-deduction-types employers")
	empty := w.api.Inject(sandbox.Fault{Match: "/employer-deduction-types", Kind: sandbox.EmptyList})
	w.run(exitGuard, "sync employer-deduction-types")
	w.run(exitComplete, "sync employers") // not the last run any more
	if empty.Count() == 0 {
		t.Fatal("the list was not emptied")
	}
	want := []string{"linkhouse runs show 2", "linkhouse sync employer-deduction-types --approve-removals"}
	if diff := cmp.Diff(want, commands(answer[statusAnswer](w, exitComplete, "status"))); diff != "" {
		t.Error(diff)
	}
	if got := w.run(exitComplete, "status"); !strings.Contains(got.stdout, "A guard stopped the removal of employer-deduction-types in run 2. To look:\n  linkhouse runs show 2\n") {
		t.Errorf("%s", got.stdout)
	}
	w.run(exitComplete, "sync employer-deduction-types --approve-removals")
	if got := commands(answer[statusAnswer](w, exitComplete, "status")); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// Mutation: without LastListed in runningOf it is red.
func TestStatusTellsHowFarARunIsByTheLengthOfTheListLastTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers payroll-runs")
	store, err := load.Open(t.Context(), w.url, load.Options{Resources: catalog})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	held, err := store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employers", "payroll-runs"}})
	if err != nil {
		t.Fatal(err)
	}
	w.exec(fmt.Sprintf(`INSERT INTO etl.walks (run_id, resource, scope, state, listed, started_at, updated_at)
		SELECT %d, 'payroll-runs', 'all', 'running', 7, now(), now()`, held.ID))
	runs := w.number("SELECT listed FROM etl.walks WHERE run_id = 1 AND resource = 'payroll-runs'")
	status := answer[statusAnswer](w, exitComplete, "status")
	if len(status.Running) != 1 || status.Running[0].About["payroll-runs"] != runs || runs == 0 {
		t.Errorf("%+v", status.Running)
	}
	want := fmt.Sprintf("\nStill to be read: employers 0 of about 9, payroll-runs 7 of about %d.\n", runs)
	if got := w.run(exitComplete, "status"); !strings.Contains(got.stdout, want) {
		t.Errorf("%q is missing:\n%s", want, got.stdout)
	}
	if err := held.Finish(t.Context(), load.RunInterrupted, exitInterrupted, ""); err != nil {
		t.Fatal(err)
	}
}

// Design 5: an analyst sees analytics only, and is told so in words. Mutation: without notAllowed in readStore it is red.
func TestAnAnalystWhoAsksForTheStatusIsToldTheRemedy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers")
	whole := w.env.Vars["LINKHOUSE_WAREHOUSE_URL"]
	w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] = whole + "&role=linkhouse_analyst"
	for _, verb := range []string{"status", "runs list", "runs show 1", "runs diff 1 2", "schedules list", "rejects list", "documents list"} {
		got := w.run(exitStore, verb)
		if !strings.HasPrefix(got.stderr, "linkhouse: the user of warehouse.url may not read the tables in which linkhouse keeps its runs\n  name the user of linkhouse sync") {
			t.Errorf("%s: %s", verb, got.stderr)
		}
	}
	w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] = whole + "&role=linkhouse_writer"
	if f := answer[statusAnswer](w, exitComplete, "status").Freshness[0]; f.State != resourceFresh || time.Since(*f.LastComplete) > time.Hour {
		t.Errorf("%+v", f)
	}
}
