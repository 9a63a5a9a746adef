package schedules

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// become waits for a condition.
func become(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("it never became true that %s", what)
			return
		}
	}
}

// Section 6 (backfill): while another run is under way, in a process of its own, a backfill takes a quarter of what its limiter
// would allow, says so once, and takes all again when the other has ended. Mutation: without y.watch in yielding it is red.
func TestABackfillLeavesMostRequestsToAnotherRunAsLongAsThatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	hang := w.api.Inject(sandbox.Fault{Match: "/employers/*", Kind: sandbox.Hang})
	var log bytes.Buffer
	r := w.runner()
	r.Logger = slog.New(slog.NewTextHandler(&log, nil))
	limit := func() int { return r.API.Stats().Limiter.Limit }
	var once sync.Once
	r.Observe = func(Progress) {
		once.Do(func() { // the backfill stands still meanwhile
			if limit() != 8 {
				t.Errorf("alone it may have %d requests in flight", limit())
			}
			for i := range 2 {
				ctx, stop := context.WithCancel(t.Context())
				var nightly errgroup.Group
				nightly.Go(func() error {
					_, err := w.runner().Run(ctx, w.plan("employers"))
					return err
				})
				become(t, "the other run waits for an answer", func() bool { return hang.Count() > i })
				become(t, "the backfill yields", func() bool { return limit() == 2 })
				stop()
				if err := nightly.Wait(); err == nil {
					t.Error("the other run was over before it was stopped")
				}
				become(t, "the backfill has all again", func() bool { return limit() == 8 })
			}
		})
	}
	plan := w.plan("payroll-runs")
	plan.Job, plan.YieldEvery, plan.Measure = "backfill", 5*time.Millisecond, true
	report, err := r.Run(t.Context(), plan)
	if err != nil || report.Outcome != OutcomeComplete {
		t.Fatalf("%v\n%s", err, describe(report))
	}
	if n := strings.Count(log.String(), "another run is under way"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, log.String())
	}
	if hang.Count() < 2 {
		t.Errorf("%d requests hung", hang.Count())
	}
}

// Two backfills that yielded to each other would both crawl.
func TestABackfillDoesNotYieldToAnotherOneNorToARunThatIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	r := w.runner()
	y := &yield{run: &run{Runner: r, plan: &Plan{Job: "backfill"}, held: &load.Run{}}}
	yields := func(want bool) {
		t.Helper()
		if _, busy, err := y.other(t.Context()); err != nil || busy != want {
			t.Errorf("it yields: %v, %v", busy, err)
		}
	}
	begin := func(job, resource string) *load.Run {
		t.Helper()
		held, err := w.runner().Store.BeginRun(t.Context(), load.RunSpec{Job: job, Resources: []string{resource}})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	yields(false)
	begin("backfill 2026-01-01..", "payroll-runs")
	yields(false)
	night := begin("nightly", "tasks")
	yields(true)
	if err := night.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	yields(false)
	if n := w.number("INSERT INTO etl.runs (resources, state, started_at, updated_at) VALUES ('{employers}', 'running', now(), now()) RETURNING 1"); n == 1 {
		yields(false)
	}
}
