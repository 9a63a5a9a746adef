package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Design 6: runs can be looked at, also by programs. Mutation: with the walks of the second run laid over those of the first
// (one side for both) it is red.
func TestTwoRunsStandSideBySideWithWhatDiffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers payroll-runs")
	w.api.AdvanceDay()
	w.run(exitComplete, "sync employers tasks")
	w.exec(`UPDATE etl.walks SET changed = 3, unchanged = listed - 3, api_calls = 1010, finished_at = started_at + interval '2.5 seconds' WHERE run_id = 2 AND resource = 'employers'`)
	w.exec(`UPDATE etl.walks SET new = 9, api_calls = 10, finished_at = started_at + interval '4 seconds' WHERE run_id = 1 AND resource = 'employers'`)
	got := answer[runsDifference](w, exitComplete, "runs diff 1 2")
	var walks []string
	for _, d := range got.Walks {
		walks = append(walks, d.Resource+": "+strings.Join(d.Differs, ", "))
	}
	want := []string{"employers: new, changed, unchanged, api calls", "payroll-runs: state", "tasks: state"}
	if diff := cmp.Diff(want, walks); diff != "" {
		t.Error(diff)
	}
	if got.A.ID != 1 || got.B.ID != 2 || !cmp.Equal(got.Differs, []string{"resources", "include"}) && !cmp.Equal(got.Differs, []string{"resources"}) {
		t.Errorf("run %d, run %d, %v", got.A.ID, got.B.ID, got.Differs)
	}
	if e := got.Walks[0]; e.A.Counts.New != 9 || e.B.Counts.New != 0 || e.A.Seconds != 4 || e.B.Seconds != 2.5 || got.Walks[1].B != nil || got.Walks[2].A != nil {
		t.Errorf("%+v", got.Walks)
	}
	said := w.run(exitComplete, "runs diff 1 2").stdout
	for _, line := range []string{"RESOURCE FIGURE RUN 1 RUN 2 BY", "employers new 9 0 -9", "employers changed 0 3 +3", "employers api calls 10 1,010 +1,000",
		"employers seconds 4.0 2.5 -1.5", "payroll-runs state complete not read", "tasks state not read complete"} {
		found := false
		for l := range strings.Lines(said) {
			found = found || strings.Join(strings.Fields(l), " ") == line
		}
		if !found {
			t.Errorf("%q is missing:\n%s", line, said)
		}
	}
	for range 3 { // the first brings the day's changes
		w.run(exitComplete, "sync employers payroll-runs --fresh")
	}
	same := w.run(exitComplete, "runs diff 4 5").stdout
	if !strings.HasSuffix(same, "\nThe same in both, seconds aside: employers, payroll-runs.\n") || strings.Contains(same, "FIGURE") {
		t.Errorf("%s", same)
	}
	for _, args := range []string{"runs diff 1 99", "runs diff 99 1"} {
		if got := w.run(exitUsage, args); got.stderr != "linkhouse: there is no run 99\n  linkhouse runs list shows those there are\n" {
			t.Errorf("%s", got.stderr)
		}
	}
}
