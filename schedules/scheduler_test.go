package schedules

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// nights is an injected time that stands still until it is set.
type nights struct {
	mu  sync.Mutex
	now time.Time
}

func (n *nights) Now() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

func (n *nights) set(t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = t
}

// machine is a process with a scheduler, on a world's warehouse.
type machine struct {
	*Scheduler
	w    *world
	stop context.CancelFunc
	ctx  context.Context
	runs int
}

// machine starts a process that serves the jobs; each run is a real one over the world.
func (w *world) machine(at *nights, jobs ...Job) *machine {
	w.t.Helper()
	store, err := load.Open(w.t.Context(), w.url, load.Options{Resources: catalog(), Clock: at.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	m := &machine{w: w}
	m.ctx, m.stop = context.WithCancel(w.t.Context())
	m.Scheduler = &Scheduler{Store: store, Jobs: jobs, Now: at.Now, Logger: slog.New(slog.DiscardHandler), Run: m.run}
	if err := m.Prepare(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (m *machine) run(ctx context.Context, job Job, _ load.FireRow) Ran {
	r := m.w.runner()
	r.Store.Close()
	r.Store = m.Store
	plan := m.w.plan(job.Resources...)
	plan.Job = job.Name
	report, _ := r.Run(ctx, plan) // the outcome says it
	m.runs++
	return Ran{report.RunID, report.Outcome}
}

// look has the machine look at the timetable and waits for what it begins.
func (m *machine) look() time.Time {
	m.w.t.Helper()
	wake, err := m.Look(m.ctx)
	if err != nil {
		m.w.t.Fatal(err)
	}
	m.Wait()
	return wake
}

func nightly(zone string) Job {
	return Job{Name: "nightly", Cron: "30 2 * * *", TimeZone: zone, Resources: []string{"employers", "payroll-runs"}, CatchUp: CatchUpOne, Jitter: 5 * time.Minute}
}

// A month around each change of the clocks, on two machines that share a warehouse: one is restarted twice, the other is lost
// in the middle of a run. Every night runs exactly once, and the warehouse equals the sandbox each morning.
// Mutation: without the claim in look, or with asWall left out in Fires.Next, it is red.
func TestEveryNightOfAMonthRunsExactlyOnceThoughClocksChangeAndAMachineIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, zone, from string }{
		{"New York in spring", "America/New_York", "2026-02-25T12:00:00Z"},
		{"New York in autumn", "America/New_York", "2026-10-20T12:00:00Z"},
		{"Santiago in autumn", "America/Santiago", "2026-03-20T12:00:00Z"},
		{"Santiago in spring", "America/Santiago", "2026-08-25T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *sandbox.Config) { documents(c); c.Documents, c.Employers = 1, 3 })
			at := &nights{}
			begin, _ := time.Parse(time.RFC3339, c.from)
			at.set(begin)
			job := nightly(c.zone)
			job.Cron = "30 2 * * *"
			if c.zone == "America/Santiago" {
				job.Cron = "30 0 * * *" // its clocks change at midnight
			}
			one, two := w.machine(at, job), w.machine(at, job)
			lost := w.machine(at, job)
			lost.Run = func(ctx context.Context, job Job, fire load.FireRow) Ran {
				lost.stop() // in the middle: nothing is written down any more
				<-ctx.Done()
				return Ran{Outcome: OutcomeInterrupted}
			}
			const month = 30
			for night := 0; at.Now().Before(begin.AddDate(0, 0, month)); night++ {
				wake := one.look()
				if wake.IsZero() {
					t.Fatal("nothing is due any more")
				}
				at.set(wake)
				switch night {
				case 8, 21: // restarts, on the minute
					again := w.machine(at, job)
					again.runs, one = one.runs, again
				case 14:
					lost.look()
				}
				w.api.AdvanceDay()
				first, second := one, two
				if night%2 == 1 {
					first, second = two, one
				}
				first.look()
				second.look()
				at.set(wake.Add(time.Minute))
				first.look()
				second.look()
			}
			fires := w.texts(`SELECT to_char(fire_at AT TIME ZONE $1, 'YYYY-MM-DD') || ' ' || state || ' ' || kind FROM etl.fires ORDER BY fire_at`, c.zone)
			zone, _ := time.LoadLocation(c.zone)
			var want []string
			for d := begin.In(zone).AddDate(0, 0, 1); len(want) < len(fires); d = d.AddDate(0, 0, 1) {
				want = append(want, d.Format(time.DateOnly)+" ended on time")
			}
			if diff := cmp.Diff(want, fires); diff != "" || len(fires) < month {
				t.Errorf("%d nights (-want +got):\n%s", len(fires), diff)
			}
			if n := w.number("SELECT count(*) FROM etl.runs WHERE job = 'nightly'"); n != int64(len(fires)) {
				t.Errorf("%d runs in %d nights", n, len(fires))
			}
			if taken := w.number("SELECT sum(taken_over) FROM etl.fires"); taken != 1 || one.runs == 0 || two.runs == 0 {
				t.Errorf("%d fires were taken over, want the lost machine's; the others ran %d and %d", taken, one.runs, two.runs)
			}
			w.equalsSome("employerlink.employers", "employerlink.payroll_runs")
			t.Logf("%d nights, each once; %d runs here, %d there", len(fires), one.runs, two.runs)
		})
	}
}

func TestAJobThatStillRunsIsNotStartedTwiceAndWhatCameDueMeanwhileIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	at := &nights{}
	at.set(time.Date(2026, 1, 15, 2, 0, 30, 0, time.UTC))
	job := Job{Name: "often", Cron: "* * * * *", TimeZone: "UTC", CatchUp: CatchUpOne, Resources: []string{"employers"}}
	one, two := w.machine(at, job), w.machine(at, job)
	begun, proceed := make(chan struct{}), make(chan struct{})
	one.Run = func(context.Context, Job, load.FireRow) Ran {
		close(begun)
		<-proceed
		return Ran{Outcome: OutcomeComplete}
	}
	at.set(at.Now().Add(time.Minute))
	if _, err := one.Look(one.ctx); err != nil {
		t.Fatal(err)
	}
	<-begun
	for range 3 {
		at.set(at.Now().Add(time.Minute))
		two.look()
		if _, err := one.Look(one.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if two.runs != 0 {
		t.Errorf("it was started a second time")
	}
	close(proceed)
	one.Wait()
	at.set(at.Now().Add(time.Minute))
	two.look()
	want := []string{"02:01 on time ended 0", "02:04 skipped ended 2", "02:05 on time ended 0"}
	if diff := cmp.Diff(want, w.texts("SELECT to_char(fire_at AT TIME ZONE 'UTC', 'HH24:MI') || ' ' || kind || ' ' || state || ' ' || missed FROM etl.fires ORDER BY fire_at")); diff != "" {
		t.Error(diff)
	}
}

// What another run kept from its locks has not begun, and is tried as often as any other once it has.
// Mutation: with the locked ones counted in GoOn it is red.
func TestARunThatWaitedForItsLocksIsTriedAgainLikeAnyOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	at := &nights{}
	at.set(time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC))
	m := w.machine(at, Job{Name: "nightly", Cron: "15 2 * * *", TimeZone: "UTC", CatchUp: CatchUpOne, Resources: []string{"employers"}})
	m.Run = func(context.Context, Job, load.FireRow) Ran {
		if m.runs++; m.runs <= 2*retryTimes {
			return Ran{Outcome: OutcomeLocked}
		}
		return Ran{Outcome: OutcomeUnavailable}
	}
	at.set(m.look())
	var waits []time.Duration
	for {
		before := at.Now()
		m.look()
		next := m.look()
		if next.Sub(before) > 12*time.Hour {
			break
		}
		at.set(next)
		waits = append(waits, next.Sub(before))
	}
	want := append(slices.Repeat([]time.Duration{lockedRetry}, 2*retryTimes), 5*time.Minute, 10*time.Minute, 20*time.Minute, 40*time.Minute, time.Hour, time.Hour)
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("after %d runs:\n%s", m.runs, diff)
	}
}

func TestARunThatCouldNotReachTheAPIIsTriedAgainUntilTheNextIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	at := &nights{}
	at.set(time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC))
	job := Job{Name: "nightly", Cron: "15 2 * * *", TimeZone: "UTC", CatchUp: CatchUpOne, Resources: []string{"employers"}}
	m := w.machine(at, job)
	outcome := OutcomeUnavailable
	m.Run = func(context.Context, Job, load.FireRow) Ran { m.runs++; return Ran{Outcome: outcome} }
	at.set(m.look())
	var waits []time.Duration
	for range 4 {
		before := at.Now()
		m.look()
		at.set(m.look())
		waits = append(waits, at.Now().Sub(before))
	}
	if diff := cmp.Diff([]time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute}, waits); diff != "" || m.runs != 4 {
		t.Errorf("after %d runs:\n%s", m.runs, diff)
	}
	outcome = OutcomeComplete
	if next := m.look(); m.runs != 5 {
		t.Errorf("%d runs, next %s", m.runs, next)
	}
	if next := m.look(); !next.Equal(time.Date(2026, 1, 16, 2, 15, 0, 0, time.UTC)) {
		t.Errorf("next %s", next)
	}
	// A night whose run is still tried again gives way to the next one.
	outcome = OutcomeStore
	at.set(time.Date(2026, 1, 16, 2, 15, 0, 0, time.UTC))
	m.look()
	at.set(time.Date(2026, 1, 17, 2, 15, 0, 0, time.UTC))
	outcome = OutcomeComplete
	m.look()
	want := []string{"2026-01-15 ended complete 5", "2026-01-16 superseded store 1", "2026-01-17 ended complete 1"}
	if diff := cmp.Diff(want, w.texts("SELECT concat_ws(' ', fire_at::date, state, outcome, attempts) FROM etl.fires ORDER BY fire_at")); diff != "" {
		t.Error(diff)
	}
}

func TestARestartMakesUpForAMissedNightOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	at := &nights{}
	at.set(time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC))
	job := nightly("UTC")
	w.machine(at, job).look()
	at.set(time.Date(2026, 1, 19, 12, 0, 0, 0, time.UTC))
	for range 3 {
		m := w.machine(at, job)
		m.look()
		m.look()
	}
	want := []string{"2026-01-19 caught up ended 3 complete"}
	if diff := cmp.Diff(want, w.texts("SELECT concat_ws(' ', fire_at::date, kind, state, missed, outcome) FROM etl.fires ORDER BY fire_at")); diff != "" {
		t.Error(diff)
	}
	// With another expression nothing of the past is due.
	job.Cron = "0 3 * * *"
	m := w.machine(at, job)
	if next := m.look(); m.runs != 0 || next.Day() != 20 || next.Hour() != 3 {
		t.Errorf("%d runs, next %s", m.runs, next)
	}
}

func TestAClaimGoesWithItsProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	at := &nights{}
	at.set(time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC))
	one, two := w.machine(at), w.machine(at)
	held, err := one.Store.Claim(t.Context(), "nightly")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Store.Claim(t.Context(), "nightly"); !errors.Is(err, load.ErrLocked) {
		t.Errorf("%v", err)
	}
	held.Release()
	again, err := two.Store.Claim(t.Context(), "nightly")
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}

// A process that stood still until another had taken its job over and brought it to its end does not open it again.
// Mutation: without stillTaken in End it is red.
func TestAProcessThatWasOvertakenDoesNotOpenAJobAgainThatHasEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, documents)
	at := &nights{}
	at.set(time.Date(2026, 1, 15, 2, 29, 0, 0, time.UTC))
	job := nightly("UTC")
	one, two := w.machine(at, job), w.machine(at, job)
	at.set(time.Date(2026, 1, 15, 2, 36, 0, 0, time.UTC))
	one.Run = func(context.Context, Job, load.FireRow) Ran {
		if n := w.number("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); n == 0 {
			t.Error("the claim was not held")
		}
		for deadline := time.Now().Add(time.Minute); two.runs == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			two.look()
		}
		return Ran{Outcome: OutcomeStore} // what it had begun was taken from it
	}
	one.look()
	want := []string{"ended complete 2 1"}
	if diff := cmp.Diff(want, w.texts("SELECT concat_ws(' ', state, outcome, attempts, taken_over) FROM etl.fires")); diff != "" || two.runs != 1 {
		t.Errorf("%d runs there\n%s", two.runs, diff)
	}
	at.set(at.Now().Add(2 * time.Hour))
	if one.look(); two.runs != 1 || w.number("SELECT count(*) FROM etl.runs") != 1 {
		t.Error("it was run again")
	}
}

// A run that has ended is not done again for want of a last word about its job.
// Mutations: without Finished in decide, and with OutcomeComplete in place of finished in carry, it is red.
func TestAJobWhoseRunHadEndedIsNotRunAgain(t *testing.T) {
	t.Parallel()
	for what, broken := range map[string]bool{"another process did something by the same name": false, "the process was killed before it could note it": false, "it was told to stop meanwhile": true} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, documents)
			at := &nights{}
			at.set(time.Date(2026, 1, 15, 2, 29, 0, 0, time.UTC))
			job := nightly("UTC")
			one, two := w.machine(at, job), w.machine(at, job)
			at.set(time.Date(2026, 1, 15, 2, 36, 0, 0, time.UTC))
			outcome := OutcomeComplete
			if broken {
				outcome = OutcomePartial
				w.api.Inject(sandbox.Fault{Match: "/payroll-runs/*", Kind: sandbox.StatusFault, Status: 422})
			}
			one.Run = func(ctx context.Context, job Job, fire load.FireRow) Ran {
				ran := one.run(ctx, job, fire)
				if ran.Outcome != outcome {
					t.Errorf("outcome %s", ran.Outcome)
				}
				one.stop()
				if !broken {
					ran.Outcome = OutcomeInterrupted // nothing is written down any more
				}
				return ran
			}
			one.look()
			const told = "SELECT concat_ws(' ', state, outcome, run_id) FROM etl.fires"
			want := []string{"ended " + string(outcome) + " 1"}
			if diff := cmp.Diff(want, w.texts(told)); (diff == "") != broken {
				t.Errorf("left behind is\n%s", diff)
			}
			others := strings.HasPrefix(what, "another")
			if others {
				if _, err := w.db.Exec(t.Context(), "UPDATE etl.runs SET pid = pid + 1"); err != nil {
					t.Fatal(err)
				}
				want = []string{"ended complete 2"}
			}
			for range 2 {
				two.look()
			}
			if diff := cmp.Diff(want, w.texts(told)); diff != "" || (two.runs != 0) != others {
				t.Errorf("%d runs there\n%s", two.runs, diff)
			}
		})
	}
}
