package alert

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/schedules"
)

// The tests of this package prove section 1 of the design for the operator ("gets paged when one fails"), and that alerts never
// repeat each other. Mutation: with "updated_at" in place of "told_at" in ClaimAlerts this one is red.
func TestEachChangeIsToldOnceAndTroubleThatLastsEachDayAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	p.Resources = nil
	for i, step := range []struct {
		pass    time.Duration
		outcome schedules.Outcome // "": no run
		want    []string
	}{
		{0, schedules.OutcomeComplete, []string{}},
		{time.Hour, schedules.OutcomeUnavailable, []string{"failure critical job nightly unavailable"}},
		{5 * time.Minute, schedules.OutcomeUnavailable, []string{}},
		{23 * time.Hour, schedules.OutcomeUnavailable, []string{}},
		{56 * time.Minute, "", []string{"failure critical job nightly unavailable again"}},
		{23 * time.Hour, "", []string{}},
		{time.Minute, schedules.OutcomeInterrupted, []string{}},
		{time.Minute, schedules.OutcomeRefused, []string{"failure critical job nightly refused"}},
		{time.Minute, schedules.OutcomeComplete, []string{"recovery info job nightly complete"}},
		{time.Minute, schedules.OutcomeComplete, []string{}},
		{time.Minute, schedules.OutcomeGuarded, []string{"guard warning job nightly guarded"}},
		{time.Minute, schedules.OutcomePartial, []string{"failure warning job nightly partial"}},
		{time.Minute, schedules.OutcomeLocked, []string{"failure warning job nightly locked"}},
		{time.Minute, schedules.OutcomeStore, []string{"failure critical job nightly store"}},
		{time.Minute, schedules.OutcomeFailed, []string{"failure critical job nightly failed"}},
	} {
		w.time.pass(step.pass)
		if step.outcome == "" {
			p.round(t.Context())
		} else {
			p.ran(t.Context(), nightly(int64(i), step.outcome))
		}
		if diff := cmp.Diff(step.want, w.hook.summaries()); diff != "" {
			t.Errorf("step %d, %s:\n%s", i, step.outcome, diff)
		}
	}
}

// Mutation: with began_at taken from every row in NoteAlert this is red.
func TestARecoveryIsToldByAProcessThatWasStartedLaterAndNamesTheSameIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process().ran(t.Context(), nightly(1, schedules.OutcomeRefused))
	failed, _ := w.hook.told()
	w.time.pass(time.Hour)
	w.process().ran(t.Context(), nightly(2, schedules.OutcomeFailed))
	w.hook.told()
	w.time.pass(time.Hour)
	w.process().ran(t.Context(), nightly(3, schedules.OutcomeComplete))
	well, _ := w.hook.told()
	if len(failed) != 1 || len(well) != 1 || well[0].Event != Recovery || well[0].RunID != 3 {
		t.Fatalf("%+v, %+v", failed, well)
	}
	if failed[0].Since == nil || well[0].Since == nil || !failed[0].Since.Equal(*well[0].Since) || failed[0].Subject != well[0].Subject {
		t.Errorf("%s since %v, %s since %v", failed[0].Subject, failed[0].Since, well[0].Subject, well[0].Since)
	}
}

// Semantics of a shared warehouse: whoever meets a change first tells it, and nobody else.
// Mutation: without the condition on claimed_until in ClaimAlerts it is red.
func TestProcessesThatShareAWarehouseTellEachChangeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hook.will(func(rw http.ResponseWriter, r *http.Request) { time.Sleep(20 * time.Millisecond) }) // so that both have time to ask
	processes := []*Teller{w.process(), w.process(), w.process()}
	for _, p := range processes {
		p.round(t.Context())
	}
	const changes = 6
	for i := range changes {
		w.time.pass(time.Hour)
		outcome := []schedules.Outcome{schedules.OutcomeFailed, schedules.OutcomeComplete}[i%2]
		processes[i%len(processes)].see(nightly(int64(i), outcome))
		var all errgroup.Group
		for _, p := range processes {
			all.Go(func() error {
				p.round(t.Context())
				p.round(t.Context())
				return nil
			})
		}
		_ = all.Wait() // it has no error to give
		if _, asked := w.hook.told(); asked != 1 {
			t.Errorf("change %d was told %d times", i, asked)
		}
	}
}

// Mutation: with a lease of a year it is red.
func TestWhatAProcessHadInHandWhenItWasKilledIsToldByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dead, alive := w.process(), w.process()
	dead.see(nightly(1, schedules.OutcomeFailed))
	dead.settle(t.Context())
	if rows, err := dead.Store.ClaimAlerts(t.Context(), dead.keys(), lease, remindEvery); err != nil || len(rows) != 1 {
		t.Fatalf("%d claimed, %v", len(rows), err)
	}
	alive.round(t.Context())
	if got := w.hook.summaries(); len(got) != 0 {
		t.Errorf("told while it was in another's hand: %v", got)
	}
	w.time.pass(lease)
	alive.round(t.Context())
	if diff := cmp.Diff([]string{"failure critical job nightly failed"}, w.hook.summaries()); diff != "" {
		t.Error(diff)
	}
}

// Mutation: without AlertsLater in deliver it is red.
func TestWhatAWebhookDoesNotTakeIsToldWhenItDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	w.hook.will(status(http.StatusInternalServerError))
	p.ran(t.Context(), nightly(1, schedules.OutcomeFailed))
	p.ran(t.Context(), Run{Key: JobKey("intraday"), Subject: JobKey("intraday"), Report: &schedules.Report{Outcome: schedules.OutcomeFailed}})
	if _, asked := w.hook.told(); asked != attempts*2 {
		t.Errorf("asked %d times", asked)
	}
	p.round(t.Context())
	if _, asked := w.hook.told(); asked != 0 {
		t.Errorf("asked %d times before its time", asked)
	}
	w.hook.will(nil)
	w.time.pass(LookEvery)
	w.process().round(t.Context())
	if got := w.hook.summaries(); len(got) != 2 {
		t.Errorf("told %v", got)
	}
	w.hook.will(status(http.StatusInternalServerError))
	w.time.pass(time.Hour)
	p.ran(t.Context(), nightly(2, schedules.OutcomePartial))
	w.hook.will(nil)
	w.time.pass(time.Hour)
	p.ran(t.Context(), nightly(3, schedules.OutcomeComplete))
	if diff := cmp.Diff([]string{"recovery info job nightly complete"}, w.hook.summaries()); diff != "" {
		t.Error(diff)
	}
}

// Mutation: without row.Known in seeResource it is red.
func TestAResourceThatIsNotReadForLongIsToldAndSoIsThatItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walked("employees", 35*time.Hour)
	p := w.process()
	for _, step := range []struct {
		name string
		do   func()
		want []string
	}{
		{"at first", func() {}, []string{}},
		{"2 hours later", func() { w.time.pass(2 * time.Hour) }, []string{"stale critical resource employees"}},
		{"a minute later", func() { w.time.pass(time.Minute) }, []string{}},
		{"36 hours after the first look", func() { w.time.pass(34 * time.Hour) }, []string{"stale critical resource employees again", "stale critical resource tasks"}},
		{"employees are read", func() { w.walked("employees", time.Minute) }, []string{"recovery info resource employees"}},
		{"tasks are read", func() { w.walked("tasks", time.Minute) }, []string{"recovery info resource tasks"}},
		{"nothing", func() { w.time.pass(time.Hour) }, []string{}},
	} {
		step.do()
		p.round(t.Context())
		got := w.hook.summaries()
		slices.Sort(got) // of what is due together the order is nobody's
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s:\n%s", step.name, diff)
		}
	}
}

// Mutation: without what was told in note it is red.
func TestAWarehouseThatStaysAwayIsToldPastItOnceAndSoIsThatItIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	p.round(t.Context())
	w.reachable(false)
	for range missedLooks - 1 {
		w.time.pass(p.Every)
		p.round(t.Context())
	}
	if got := w.hook.summaries(); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	p.see(nightly(1, schedules.OutcomeStore))
	for range 4 {
		w.time.pass(p.Every)
		p.round(t.Context())
	}
	if diff := cmp.Diff([]string{"failure critical job nightly store", "failure critical warehouse"}, w.hook.summaries()); diff != "" {
		t.Error(diff)
	}
	w.reachable(true)
	w.time.pass(p.Every)
	p.ran(t.Context(), nightly(1, schedules.OutcomeComplete))
	if got := w.hook.summaries(); len(got) != 2 || !strings.HasPrefix(strings.Join(got, " "), "recovery info") || !strings.Contains(strings.Join(got, " "), "recovery info warehouse") {
		t.Errorf("told %v", got)
	}
	w.time.pass(p.Every)
	if p.round(t.Context()); len(w.hook.summaries()) != 0 {
		t.Error("told once more")
	}
}

// Mutation: with Warning in place of partial in severityOf it is red.
func TestARunThatFinishedWithRejectsIsToldAsTheOperatorWants(t *testing.T) {
	t.Parallel()
	for severity, want := range map[Severity][]string{
		Critical: {"failure critical job nightly partial"}, Info: {"failure info job nightly partial"}, None: {},
	} {
		w := newWorld(t)
		p := w.process()
		p.Partial = severity
		p.ran(t.Context(), nightly(1, schedules.OutcomePartial))
		if diff := cmp.Diff(want, w.hook.summaries()); diff != "" {
			t.Errorf("%s: %s", severity, diff)
		}
	}
}

// Mutation: with an hour in place of lastWords in Start it is red.
func TestAWebhookThatHangsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	w.hook.will(hang)
	stop := p.Start(t.Context())
	begun := time.Now()
	for i := range backlog + 10 {
		p.Ended(nightly(int64(i), schedules.OutcomeFailed))
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("taking note of runs took %s", took)
	}
	for asked := 0; asked == 0; _, asked = w.hook.told() {
		time.Sleep(10 * time.Millisecond)
	}
	begun = time.Now()
	if stop(); time.Since(begun) > lastWords+noteWithin+2*time.Second {
		t.Errorf("the end took %s", time.Since(begun))
	}
	w.hook.will(nil)
	w.time.pass(lease)
	w.process().round(t.Context())
	if diff := cmp.Diff([]string{"failure critical job nightly failed"}, w.hook.summaries()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatHappenedLastIsToldBeforeTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	stop := p.Start(t.Context())
	p.Ended(nightly(1, schedules.OutcomeFailed))
	stop()
	if diff := cmp.Diff([]string{"failure critical job nightly failed"}, w.hook.summaries()); diff != "" {
		t.Error(diff)
	}
}

// Under cron nobody looks between two nights. What the webhook did not take in one of them is told in the next, however that one went,
// and before it; what was told is not told again for that.
// Mutations: with settle before the first owes in Once it is red, and without the second.
func TestAFailureThatCouldNotBeSentIsToldInTheNextNightThatIsComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, step := range []struct {
		outcome schedules.Outcome
		down    bool
		want    []string
	}{
		{schedules.OutcomeFailed, true, []string{}},
		{schedules.OutcomeComplete, true, []string{}},
		{schedules.OutcomeComplete, false, []string{"failure critical job nightly failed", "recovery info job nightly complete"}},
		{schedules.OutcomeComplete, false, []string{}},
		{schedules.OutcomeRefused, true, []string{}},
		{schedules.OutcomeFailed, false, []string{"failure critical job nightly refused", "failure critical job nightly failed"}},
		{schedules.OutcomeComplete, true, []string{}},
		{schedules.OutcomeComplete, false, []string{"recovery info job nightly complete"}},
		{schedules.OutcomeFailed, false, []string{"failure critical job nightly failed"}},
		{schedules.OutcomeComplete, false, []string{"recovery info job nightly complete"}},
		{schedules.OutcomeFailed, true, []string{}},
		{schedules.OutcomeFailed, false, []string{"failure critical job nightly failed"}},
	} {
		w.hook.will(nil)
		if step.down {
			w.hook.will(status(http.StatusInternalServerError))
		}
		w.time.pass(25 * time.Hour)
		w.process().Once(t.Context(), nightly(int64(i), step.outcome))
		if diff := cmp.Diff(step.want, w.hook.summaries()); diff != "" {
			t.Errorf("night %d, %s:\n%s", i, step.outcome, diff)
		}
	}
}

// Mutation: with ctx in place of noting in settle it is red.
func TestARunThatEndsWhileAWebhookHangsAtTheEndOfAServerIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	w.hook.will(hang)
	stop := p.Start(t.Context())
	p.Ended(nightly(1, schedules.OutcomeFailed))
	for asked := 0; asked == 0; _, asked = w.hook.told() {
		time.Sleep(10 * time.Millisecond)
	}
	p.Ended(Run{Key: JobKey("intraday"), Subject: JobKey("intraday"), Report: &schedules.Report{Outcome: schedules.OutcomeFailed}})
	stop()
	w.hook.will(nil)
	w.time.pass(lease)
	w.process().round(t.Context())
	got := w.hook.summaries()
	slices.Sort(got)
	if diff := cmp.Diff([]string{"failure critical job intraday failed", "failure critical job nightly failed"}, got); diff != "" {
		t.Error(diff)
	}
}
