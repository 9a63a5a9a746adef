package schedules

import (
	"net/http"
	"testing"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// A walk whose cursor is refused reads its list anew. It tells how long the list is, not how much it read; what it did about the
// objects is counted whole, in the report and for who watches.
//
// Mutation: without Walk.countAnew it tells of more objects and pages than there are.
func TestAListThatIsReadAnewIsCountedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	fired := w.api.Inject(sandbox.Fault{
		Match: "/employees", When: func(r *http.Request) bool { return r.URL.Query().Has("nextCursor") }, Kind: sandbox.StatusFault, Status: 422, Skip: 1, Times: 1,
	})
	r := w.runner()
	var last Progress
	r.Observe = func(p Progress) { last = p }
	report, err := r.Run(t.Context(), w.plan("employees"))
	if err != nil || report.Outcome != OutcomeComplete || fired.Count() != 1 {
		t.Fatalf("the fault fired %d times: %v\n%s", fired.Count(), err, describe(report))
	}
	here := w.api.Truth().Rows["employerlink.employees"]
	c := report.Walks[0].Counts
	if c.Unchanged == 0 {
		t.Fatalf("nothing was read twice\n%s", describe(report))
	}
	if c.Pages != 3 || c.Listed != here+c.Vanished || c.Fetched != here || c.New != here {
		t.Errorf("of %d employees it tells\n%s", here, describe(report))
	}
	if n := w.number("SELECT listed FROM etl.walks WHERE resource = 'employees'"); n != c.Listed {
		t.Errorf("etl.walks says %d were listed, the report %d", n, c.Listed)
	}
	if did := last.Counts.Pages - last.Before.Pages; did != 5 {
		t.Errorf("who watches hears of %d pages that were committed, and it was 5", did)
	}
	if sent := w.number("SELECT api_calls FROM etl.walks WHERE resource = 'employees'"); sent < 2+c.Unchanged+c.Pages+c.Fetched {
		t.Errorf("%d requests are counted, fewer than were sent\n%s", sent, describe(report))
	}
}
