package schedules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// Semantics 7 and 13 (T36): an account that was away for a night returns with all its bills, those included that have slid out of the
// window meanwhile. Mutation: with said for what merges as well in reviveChildren the first bill stays away.
func TestAnAccountThatReturnsBringsItsOlderBillsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	user := w.api.UserIdentifiers()[3]
	var night atomic.Int64
	w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/" + user + "/pay-link/accounts", Rewrite: func([]byte) []byte {
		bill := func(month int) string {
			return fmt.Sprintf(`{"date":"2024-%02d-20T18:00:54.761Z","amount":%d}`, month, month)
		}
		account := func(months ...int) string {
			bills := make([]string, len(months))
			for i, m := range months {
				bills[i] = bill(m)
			}
			return `{"_id":"a","company":{"_id":"c","name":"C"},"account":{"type":"subscription","billing":{"amount":1,"history":[` + strings.Join(bills, ",") + `]}}}`
		}
		accounts := []string{account(9, 10), "", account(10, 11)}[night.Load()]
		return []byte(`{"accounts":[` + accounts + `]}`)
	}})
	for ; night.Load() < 3; night.Add(1) {
		plan := w.plan("pay-link-accounts")
		plan.ApproveRemovals = true
		c := counts(w.sync(plan, OutcomeComplete))
		if n := night.Load(); n == 1 && c.Removed != 1 || n == 2 && c.Returned != 1 {
			t.Fatalf("night %d: %+v", n, c)
		}
	}
	live := w.texts("SELECT left(billing_history_key, 7) FROM paylink.account_billing_history WHERE account_id = 'a' AND _removed_at IS NULL ORDER BY 1")
	if !slices.Equal(live, []string{"2024-09", "2024-10", "2024-11"}) {
		t.Errorf("bills %q", live)
	}
	if away := w.texts("SELECT left(billing_history_key, 7) FROM history.account_billing_history WHERE account_id = 'a' ORDER BY 1"); !slices.Equal(away, []string{"2024-09", "2024-10"}) {
		t.Errorf("versions that were away %q", away)
	}
}

// Semantics 9: lines that cannot be read cost only themselves. What stands of their statement stays, and is whole again when they are.
// Mutation: without Broken in tablePlan.row the lines go to history.
func TestLinesThatCannotBeReadLeaveTheirStatementAsItStands(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{"no array": `"deductions":"none","was":[`, "an element that is none": `"deductions":["none",`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tame)
			w.sync(w.plan("employees"), OutcomeComplete)
			lines := w.texts("SELECT to_jsonb(t)::text FROM employerlink.statement_deductions t ORDER BY 1")
			odd := w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/employees/*", Rewrite: func(body []byte) []byte {
				return bytes.ReplaceAll(body, []byte(`"deductions":[{`), []byte(broken+"{"))
			}})
			if c := counts(w.sync(w.plan("employees"), OutcomePartial)); c.Changed != 0 || c.Rejected == 0 || odd.Count() == 0 {
				t.Errorf("%+v", c)
			}
			odd.Stop()
			if now := w.texts("SELECT to_jsonb(t)::text FROM employerlink.statement_deductions t ORDER BY 1"); !slices.Equal(lines, now) || len(lines) == 0 {
				t.Errorf("%d lines, and before %d", len(now), len(lines))
			}
			if c := counts(w.sync(w.plan("employees"), OutcomeComplete)); c.Rows != 0 || c.Recognised != c.Listed {
				t.Errorf("mended: %+v", c)
			}
			if n := w.number("SELECT (SELECT count(*) FROM history.statements) + (SELECT count(*) FROM history.statement_deductions) + (SELECT count(*) FROM etl.rejects WHERE state = 'open')"); n != 0 {
				t.Errorf("%d versions and open rejects", n)
			}
		})
	}
}
