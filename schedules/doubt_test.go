package schedules

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Semantics 9: a detail that cannot be had costs only itself, and an outage that passes meanwhile costs nothing.
// Mutations: without doubts.settle in doubts.sure, and without Healed in load's commit, it is red.
func TestWhatFailedIsAskedForOnceMoreBeforeItsWalkEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.config.PageSize = 5 // so that there are pages after the victim's that are not read ahead of it
	w.sync(w.plan("employees"), OutcomeComplete)
	victim := w.texts("SELECT employee_id FROM employerlink.employees ORDER BY 1 LIMIT 1")[0]
	w.api.AdvanceDay()
	fired := w.api.Inject(sandbox.Fault{Match: "/employees/" + victim, Kind: sandbox.StatusFault, Status: 500, Times: 6})
	report := w.sync(w.plan("employees"), OutcomeComplete)
	if fired.Count() != 6 {
		t.Errorf("the fault fired %d times", fired.Count())
	}
	listed := int64(len(w.texts("SELECT employee_id FROM employerlink.employees WHERE _removed_at IS NULL")))
	if c := report.Walks[0].Counts; c.Rejected != 0 || c.Listed != listed || c.Fetched != listed || c.New+c.Changed+c.Unchanged+c.Returned != listed {
		t.Errorf("%d objects, counts %+v", listed, c)
	}
	if states := w.texts("SELECT source_id || ' ' || state FROM etl.rejects"); !slices.Equal(states, []string{victim + " resolved"}) {
		t.Errorf("rejects %q: its page was to be committed with one, and that to be closed", states)
	}
	w.equalsSome("employerlink.employees", "employerlink.statements", "employerlink.employee_incomes")
}

// Semantics 8 and 9: a list whose last details fail because the API is down has not come to its end.
// Mutation: without reader.alive in doubts.settle it is red.
func TestAnOutageAtTheEndOfAListIsNotTakenForBadRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	const asked = 7 // the list and six of nine details
	fired := w.api.Inject(sandbox.Fault{Match: "/employers*", Kind: sandbox.StatusFault, Status: 503, Skip: asked})
	report := w.sync(w.plan("employers"), OutcomeUnavailable)
	if report.Walks[0].State != load.WalkUnavailable || fired.Count() == 0 || fired.Count() > 6*7 { // twice three details, and the list
		t.Errorf("walk %s, fired %d times", report.Walks[0].State, fired.Count())
	}
	if n := w.number("SELECT count(*) FROM etl.rejects"); n != 0 {
		t.Errorf("%d details were taken for bad records", n)
	}
	fired.Stop()
	if report = w.sync(w.plan("employers"), OutcomeComplete); !report.Resumed {
		t.Error("the run was not gone on with")
	}
	w.equalsSome("employerlink.employers", "employerlink.employer_locations")
}

// Semantics 9: bad records at the very end of a list never block it.
func TestBadRecordsAtTheEndOfAListCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	fired := w.api.Inject(sandbox.Fault{Match: "/employers/*", Kind: sandbox.StatusFault, Status: 503, Skip: 6})
	report := w.sync(w.plan("employers"), OutcomePartial)
	if c := report.Walks[0].Counts; c.Rejected != 3 || c.New != 6 || report.Walks[0].State != load.WalkComplete || fired.Count() != 36 {
		t.Errorf("walk %s, counts %+v, fired %d times", report.Walks[0].State, c, fired.Count())
	}
}

// Semantics 9: users whose lists cannot be had cost only themselves, wherever they stand among the others.
// Mutation: when reader.probes asks the first user only, it is red.
func TestUsersWhoseListsFailAtBothEndsCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	users := w.api.UserIdentifiers()
	slices.Sort(users)
	for _, user := range []string{users[0], users[len(users)-1]} {
		w.api.Inject(sandbox.Fault{Match: "/" + user + "/pay-link/accounts", Kind: sandbox.StatusFault, Status: 500})
	}
	report := w.sync(w.plan("pay-link-accounts"), OutcomePartial)
	if c := report.Walks[0].Counts; c.Rejected != 2 || c.New == 0 || report.Walks[0].State != load.WalkComplete {
		t.Errorf("walk %s, counts %+v", report.Walks[0].State, c)
	}
	if unfired := w.api.Unfired(); len(unfired) != 0 {
		t.Errorf("unfired: %+v", unfired)
	}
	w.api.Recover()
	w.sync(w.plan("pay-link-accounts"), OutcomeComplete)
	w.equalsSome("paylink.accounts")
}

// Semantics 9: when everything that one resource asks for fails, the answers that others get do not hide it.
// Mutation: without own in reader.failed it is red.
func TestFailuresInARowOfOneWalkAreAnOutageWhateverOthersHear(t *testing.T) {
	t.Parallel()
	down := &extract.Error{Class: extract.ClassUnavailable, Status: 503}
	r := &reader{resource: catalog("employees")[0], streak: new(streak)}
	for i := range failuresInARow {
		record, silent, err := r.failed(t.Context(), transform.Item{ID: "a"}, failedDetail, down)
		if last := i == failuresInARow-1; !silent || errors.Is(err, errUnavailable) != last || (record == nil) != last {
			t.Fatalf("failure %d: %v", i+1, err)
		}
		r.streak.broken() // another walk was answered
	}
}

// Semantics 9: a total outage is one, also where there are fewer users than failures that make one.
// Mutation: without doubts (pages committed as they come) it is red.
func TestAnOutageIsOneAlsoForAFewUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Users = 3 })
	fired := w.api.Inject(sandbox.Fault{Kind: sandbox.Reset})
	report := w.sync(w.plan("pay-link-accounts"), OutcomeUnavailable)
	if n := w.number("SELECT count(*) FROM etl.rejects"); n != 0 || fired.Count() == 0 || report.Walks[0].State != load.WalkUnavailable {
		t.Errorf("%d rejects, walk %s, fired %d times", n, report.Walks[0].State, fired.Count())
	}
	fired.Stop()
	w.sync(w.plan("pay-link-accounts"), OutcomeComplete)
	w.equalsSome("paylink.accounts")
}

// Semantics 9: a user whose list failed is read whole when it is asked for once more.
func TestAUserWhoseListFailedForAWhileIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	users := w.api.UserIdentifiers()
	slices.Sort(users)
	w.api.Inject(sandbox.Fault{Match: "/user/" + users[len(users)-1] + "/tasks", Kind: sandbox.StatusFault, Status: 500, Times: 6})
	w.sync(w.plan("tasks"), OutcomeComplete)
	if unfired := w.api.Unfired(); len(unfired) != 0 {
		t.Errorf("unfired: %+v", unfired)
	}
	w.equalsSome("paylink.tasks")
	if n := w.number("SELECT count(*) FROM etl.rejects"); n != 0 {
		t.Errorf("%d rejects", n)
	}
}

func rowsIn(t *testing.T, lines string) (rows []json.RawMessage) {
	t.Helper()
	for _, row := range strings.Fields(lines) {
		rows = append(rows, json.RawMessage(row))
	}
	return rows
}

// A list that gives the same objects under cursors that are always new fails after so many pages, and a page of rows
// without ids tells nothing of it.
func TestOnlyPagesThatRepeatObjectsAreStale(t *testing.T) {
	met := map[string]bool{}
	r := &reader{resource: catalog("employers")[0], first: func(_, id string) bool {
		again := met[id]
		met[id] = true
		return !again
	}}
	for _, tc := range []struct {
		rows string
		want sights
	}{
		{`{"_id":"a"} {"_id":"b"} {"_id":"b"}`, sights{first: 2}},
		{`{"_id":"a"} {"_id":"c"}`, sights{first: 1, again: 1}},
		{`{"_id":"a"} {"_id":"c"}`, sights{again: 2}},
		{`{"name":"x"} null`, sights{}},
	} {
		pieces, got := r.sorted("", rowsIn(t, tc.rows))
		if got != tc.want {
			t.Errorf("%s: %+v of %d pieces", tc.rows, got, len(pieces))
		}
	}
}

// Semantics 9: objects that cannot be served end together, after the others of their page, because each is asked for several times. That
// is no outage: it would end every run at the same page.
// Mutation: when isThere does not ask, it is red.
func TestManyBadObjectsOfOnePageCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Users = 40 })
	w.config.BackoffBase, w.config.BackoffMax = 50*time.Millisecond, 50*time.Millisecond
	w.config.Concurrency = 40 // a page, and the next, are under way at once
	w.sync(w.plan("employees", "tasks"), OutcomeComplete)
	bad := func(sql string) map[string]bool {
		ids := map[string]bool{}
		for _, id := range w.texts(sql) {
			ids[id] = true
		}
		if len(ids) != failuresInARow+2 {
			t.Fatalf("%d objects", len(ids))
		}
		return ids
	}
	employees := bad("SELECT employee_id FROM employerlink.employees ORDER BY 1 LIMIT 12")
	users := bad("SELECT DISTINCT user_identifier FROM paylink.tasks ORDER BY 1 LIMIT 12")
	delete(users, w.texts("SELECT max(user_identifier) FROM paylink.tasks")[0]) // one is answered
	w.api.AdvanceDay()
	fired := w.api.Inject(sandbox.Fault{Kind: sandbox.StatusFault, Status: 500, When: func(r *http.Request) bool {
		_, id, _ := strings.Cut(r.URL.Path, "/employees/")
		user, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/user/"), "/")
		return employees[id] || users[user] && strings.HasSuffix(r.URL.Path, "/tasks")
	}})
	r := w.runner()
	defer r.Store.Close()
	r.Concurrency, r.PageSize = 40, 40
	report, err := r.Run(t.Context(), w.plan("employees", "tasks"))
	if report.Outcome != OutcomePartial {
		t.Fatalf("%s: %v\n%s", report.Outcome, err, describe(report))
	}
	for _, walk := range report.Walks {
		want := int64(len(employees))
		if walk.Resource == "tasks" {
			want = int64(len(users))
		}
		if walk.State != load.WalkComplete || walk.Counts.Rejected != want {
			t.Errorf("%s: %s, %+v", walk.Resource, walk.State, walk.Counts)
		}
	}
	if fired.Count() < 6*2*failuresInARow {
		t.Errorf("fired %d times", fired.Count())
	}
	fired.Stop()
	w.sync(w.plan("employees", "tasks"), OutcomeComplete)
	w.equalsSome("employerlink.employees", "employerlink.statements", "paylink.tasks")
}

// A user whose list could not be had was not heard: what was rejected of them before is not mended for that.
// Mutation: without list in Complete it is red.
func TestWhatWasRejectedOfAUserStandsUntilTheUserIsHeardAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("tasks"), OutcomeComplete)
	task := w.texts("SELECT task_id || ' ' || user_identifier FROM paylink.tasks ORDER BY 1 LIMIT 1")[0]
	id, user, _ := strings.Cut(task, " ")
	open := func() []string {
		return w.texts("SELECT concat_ws(' ', owner, source_id, state) FROM etl.rejects ORDER BY source_id")
	}
	detail := w.api.Inject(sandbox.Fault{Match: "/task/" + id + "/details", Kind: sandbox.StatusFault, Status: 422})
	w.sync(w.plan("tasks"), OutcomePartial)
	detail.Stop()
	list := w.api.Inject(sandbox.Fault{Match: "/user/" + user + "/tasks", Kind: sandbox.StatusFault, Status: 422})
	w.sync(w.plan("tasks"), OutcomePartial)
	if diff := cmp.Diff([]string{user + "  open", user + " " + id + " open"}, open()); diff != "" || list.Count() == 0 || detail.Count() == 0 {
		t.Error(diff)
	}
	list.Stop()
	w.sync(w.plan("tasks"), OutcomeComplete)
	if diff := cmp.Diff([]string{user + "  resolved", user + " " + id + " resolved"}, open()); diff != "" {
		t.Error(diff)
	}
}

// Semantics 8: an API that answers everything with something that is no detail is down, however well-formed that is.
// Mutation: without detailIn in isThere it is red.
func TestAnAPIThatAnswersNonsenseInTheMiddleIsAnOutage(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"data":{}}`, `{"message":"maintenance"}`, `[]`} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tame)
			w.config.PageSize = 10
			nonsense := w.api.Inject(sandbox.Fault{Kind: sandbox.Verbatim, Body: body, Match: "/employees/*", Skip: 15})
			report := w.sync(w.plan("employees"), OutcomeUnavailable)
			if report.Walks[0].State != load.WalkUnavailable || report.Walks[0].Counts.Rejected >= failuresInARow || nonsense.Count() < failuresInARow {
				t.Errorf("fired %d times\n%s", nonsense.Count(), describe(report))
			}
			nonsense.Stop()
			plan := w.plan("employees")
			plan.Fresh = true
			w.sync(plan, OutcomeComplete)
			w.equalsSome("employerlink.employees")
		})
	}
}
