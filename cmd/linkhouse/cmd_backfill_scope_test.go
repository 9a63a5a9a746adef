package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// ofStatements are the tables of statements and their lines, and those of their earlier versions.
var ofStatements = []string{"statements", "statement_deductions", "statement_earnings", "statement_net_amount_adjustments"}

// footprints are fingerprints of every row of the warehouse, those of the condition (on employees e and statements s) apart. Where
// a row stands and which transactions wrote or locked it is part of them: a row that was written as it was is another one.
func (w *world) footprints(condition string) (inside, outside string) {
	w.t.Helper()
	isOf := map[string]bool{}
	for _, name := range ofStatements {
		isOf["employerlink."+name], isOf["history."+name] = true, true
	}
	tables := strings.Fields(w.text(`SELECT string_agg(n.nspname || '.' || c.relname, ' ' ORDER BY 1) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('employerlink', 'paylink', 'history', 'archive') AND c.relkind = 'r'`))
	var in, out []string
	for _, table := range tables {
		row := "SELECT '" + table + "' || t.ctid::text || t.xmin::text || t.xmax::text || t::text AS line FROM " + table + " t"
		if !isOf[table] {
			out = append(out, row)
			continue
		}
		// A line is of the day of its statement, which is part of the statement's key.
		of := " WHERE (employee_id, statement_id) IN (SELECT s.employee_id, s.statement_id FROM employerlink.statements s JOIN employerlink.employees e USING (employee_id) WHERE " + condition + ")"
		in, out = append(in, row+of), append(out, row+strings.Replace(of, " WHERE (", " WHERE NOT (", 1))
	}
	if len(in) != 8 || len(out) < 30 {
		w.t.Fatalf("%d tables inside, %d in all", len(in), len(out))
	}
	print := func(parts []string) string {
		return w.text("SELECT count(*) || ' ' || coalesce(md5(string_agg(line, E'\\n' ORDER BY line)), '') FROM (" + strings.Join(parts, " UNION ALL ") + ") x")
	}
	return print(in), print(out)
}

// halfway is what the display said at half of the way, and what became of it.
type halfway struct {
	said time.Duration // the time left
	at   time.Time
}

// Semantics 8, and what a backfill promises: of one employer and some days, interrupted and gone on with by its number, it ends
// like an undisturbed one, touches nothing outside of its scope, and tells at half-way how long the rest takes. The clock of the
// display is the API: each request takes a tenth of a second. Mutations: without Record.Within, without set.Merge in it, or with
// the mark of a resumed step at 0 instead of at what was done before, it is red.
func TestABackfillOfAnEmployersStatementsKeepsToItsScopeAndTellsItsTime(t *testing.T) {
	t.Parallel()
	large := func(c *sandbox.Config) {
		tame(c)
		c.Bare, c.Employers, c.Employees, c.Statements, c.Lines, c.Users = true, 2, 400, 6, 3, 1
		c.Documents, c.PayrollRuns, c.DeductionTypes = 1, 1, 1
	}
	prepared := func() (w *world, command, condition string) {
		w = newWorld(t, large)
		w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "20", "2"
		w.run(exitComplete, "sync")
		employer := w.text("SELECT employer_id FROM employerlink.employees GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
		day := func(fraction string) string {
			return w.text("SELECT (percentile_disc(" + fraction + ") WITHIN GROUP (ORDER BY pay_date))::text FROM employerlink.statements")
		}
		from, until := day("0.3"), day("0.7")
		condition = "e.employer_id = '" + employer + "' AND s.pay_date BETWEEN '" + from + "' AND '" + until + "'"
		// As if every row were another one now, and as if the API had forgotten a statement of the scope and one beside it.
		for _, table := range []string{"statements", "employees", "employee_incomes", "taxes"} {
			w.exec("UPDATE employerlink." + table + " SET _row_hash = '\\x00'")
		}
		for _, where := range []string{condition, "NOT (" + condition + ")"} {
			w.exec(`INSERT INTO employerlink.statements (employee_id, statement_id, pay_date, _first_seen_at, _synced_at, _run_id, _row_hash)
				SELECT s.employee_id, 'forgotten-' || pay_date, pay_date, s._first_seen_at, s._synced_at, s._run_id, s._row_hash FROM employerlink.statements s
				JOIN employerlink.employees e USING (employee_id) WHERE ` + where + ` AND statement_id NOT LIKE 'forgotten%' ORDER BY 1, 2 LIMIT 1`)
		}
		return w, "backfill employees --employer " + employer + " --since " + from + " --until " + until, condition
	}
	w, command, condition := prepared()
	inside, outside := w.footprints(condition)
	start := time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)
	w.env.clock = func() time.Time { return start.Add(time.Duration(w.requests()) * 100 * time.Millisecond) }

	var asked atomic.Int64
	hang := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.Hang, When: func(*http.Request) bool { return asked.Add(1) > 50 }})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var group errgroup.Group
	group.Go(func() error {
		for ctx.Err() == nil && (hang.Count() == 0 || w.number("SELECT coalesce(max(listed), 0) FROM etl.walks WHERE scope <> 'all'") < 40) {
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		return nil
	})
	got := w.runWith(ctx, exitInterrupted, command)
	stop()
	_ = group.Wait()
	if !strings.Contains(got.stderr, "goes on where this one stopped: linkhouse "+command+"\n") || hang.Count() == 0 {
		t.Errorf("%d requests hung\n%s", hang.Count(), got.stderr)
	}
	hang.Stop()
	number := w.number("SELECT max(run_id) FROM etl.runs")
	if status := w.run(exitComplete, "status"); !strings.Contains(status.stdout, "linkhouse "+command+"\n") {
		t.Errorf("the status does not tell how to go on:\n%s", status.stdout)
	}

	var half halfway
	var first, last step
	w.env.watch = func(s step, now time.Time) {
		if first.name == "" {
			first = s
		}
		if !s.finished {
			last = s
		}
		if left, ok := s.left(now); ok && half.said == 0 && s.done >= s.total/2 {
			half = halfway{left, now}
		}
	}
	got = w.run(exitComplete, fmt.Sprintf("backfill --resume %d", number))
	if !strings.Contains(got.stdout, "gone on with where it had stopped") || w.number("SELECT max(run_id) FROM etl.runs") != number {
		t.Errorf("another run was begun:\n%s", got.stdout)
	}
	if first.before == 0 || first.done != first.before || last.done != last.total || last.total < 150 {
		t.Fatalf("it went from %+v to %+v", first, last)
	}
	took := w.env.clock().Sub(half.at)
	off := float64(half.said-took) / float64(took)
	t.Logf("at half-way of %d (%d before) %v were said to be left; it took %v: %+.1f %%", last.total, first.before, half.said, took, 100*off)
	if half.said == 0 || off < -0.2 || off > 0.2 {
		t.Errorf("at half-way %v were said to be left, and it took %v", half.said, took)
	}

	newInside, newOutside := w.footprints(condition)
	if newOutside != outside {
		t.Error("something was written outside of the scope")
	}
	if newInside == inside {
		t.Error("nothing was written in the scope")
	}
	for _, where := range []string{condition, "NOT (" + condition + ")"} {
		if n := w.number("SELECT count(*) FROM employerlink.statements s JOIN employerlink.employees e USING (employee_id) WHERE " + where +
			" AND statement_id LIKE 'forgotten%' AND s._removed_at IS NULL"); n != 1 {
			t.Errorf("%d forgotten statements stand where %s", n, where)
		}
	}
	other, same, _ := prepared()
	if same != command {
		t.Fatalf("%q and %q", same, command)
	}
	other.run(exitComplete, command)
	whole := `SELECT md5(string_agg(concat_ws('|', employee_id, statement_id, encode(s._row_hash, 'hex'), s._removed_at IS NULL,
			(SELECT count(*) FROM employerlink.statement_earnings l WHERE (l.employee_id, l.statement_id) = (s.employee_id, s.statement_id)),
			(SELECT count(*) FROM history.statements h WHERE (h.employee_id, h.statement_id) = (s.employee_id, s.statement_id))), E'\n' ORDER BY employee_id, statement_id))
		FROM employerlink.statements s`
	if w.text(whole) != other.text(whole) {
		t.Error("it differs from an undisturbed backfill")
	}
	if n := w.number("SELECT count(*) FROM employerlink.statements s JOIN employerlink.employees e USING (employee_id) WHERE " + condition +
		" AND s._row_hash = '\\x00' AND statement_id NOT LIKE 'forgotten%'"); n != 0 {
		t.Errorf("%d statements of the scope were not read", n)
	}
}

// A run that is named is gone on with only while it is what it was. Mutation: without backfillCmd.same it is red.
func TestABackfillIsGoneOnWithByItsNumberOnlyWhereThatMakesSense(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "3", "1"
	w.run(exitComplete, "sync employers employees")
	file := filepath.Join(w.env.Dir, "ids.txt")
	ids := w.text("SELECT string_agg(employee_id, E'\\n') FROM (SELECT employee_id FROM employerlink.employees ORDER BY 1 LIMIT 30) e")
	writeFile(t, file, ids)
	const command = "backfill employees --employees ids.txt --include income,taxes"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w.env.clock = time.Now
	w.env.watch = func(s step, _ time.Time) {
		if s.total == 30 && s.done > 10 {
			stop()
		}
	}
	w.runWith(ctx, exitInterrupted, command)
	w.env.watch = func(step, time.Time) {}
	refused := func(args, want string) {
		t.Helper()
		if got := w.run(exitUsage, args); got.stderr != "linkhouse: "+want+"\n" {
			t.Errorf("%s: %q", args, got.stderr)
		}
	}
	again := "linkhouse backfill employees --employees " + file + " --include income,taxes"
	refused("backfill --resume 99", "there is no run 99\n  linkhouse runs list shows those there are")
	refused("backfill --resume 1", "run 1 is no backfill\n  what it does is done by: linkhouse sync employers employees")
	writeFile(t, file, ids+"\none-more")
	refused("backfill --resume 2", "the file holds others than when run 2 began\n  put back what it held, or begin anew: "+again)
	writeFile(t, file, "\n"+ids+"\n\n")
	elsewhere := *w
	elsewhere.env.Dir = t.TempDir()
	if got := elsewhere.run(exitComplete, "backfill --resume 2"); !strings.Contains(got.stdout, "gone on with where it had stopped") {
		t.Errorf("%s", got.stdout)
	}
	refused("backfill --resume 2", "run 2 came to its end (complete)\n  to read the same once more: "+again)
	if n := w.number("SELECT count(*) FROM etl.runs WHERE include = '{income,taxes}'"); n != 1 {
		t.Errorf("%d runs asked for them", n)
	}
}
