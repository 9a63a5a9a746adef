package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walk counts a world by reading the API: the second opinion on Truth.
type walk struct {
	client
	rows      map[string]int64
	sums      map[string]map[string]*big.Rat
	documents map[string]map[string]string
	rejects   map[string]int
	ghosts    map[string][]string
	companies map[string]bool
}

func (w *walk) row(table string, v any, columns ...string) {
	w.rows[table]++
	for _, c := range columns {
		name, key, _ := strings.Cut(c, "=")
		if w.sums[table] == nil {
			w.sums[table] = map[string]*big.Rat{}
		}
		if w.sums[table][name] == nil {
			w.sums[table][name] = new(big.Rat)
		}
		m, _ := v.(map[string]any)
		value := m[key]
		if s, ok := value.(string); ok && name == "year" && len(s) > 4 {
			value = s[:4]
		}
		if r := ratOf(value); r != nil {
			w.sums[table][name].Add(w.sums[table][name], r)
		}
	}
}

// resource reads a list and the detail of every id in it.
func (w *walk) resource(k kind, each func(row, detail any)) {
	items, bad := split(flat(w.pages("/"+k.String(), listKeys[k], "limit=37")))
	if bad > 0 {
		w.rejects[k.String()] = bad
	}
	for _, row := range items {
		status, b := w.body("/" + k.String() + "/" + str(row, "_id"))
		if status == http.StatusNotFound {
			w.ghosts[k.String()] = append(w.ghosts[k.String()], str(row, "_id"))
			continue
		}
		detail := at(decode(w.t, b), "data")
		if link := str(detail, "url"); strings.HasPrefix(link, "http") {
			w.documents[k.String()][str(detail, "_id")] = w.download(link)
		}
		each(row, detail)
	}
}

func (w *walk) download(link string) string {
	res, err := http.Get(link)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || len(b) != w.s.world.DocumentBytes {
		w.t.Fatalf("document: %v, status %d, %d bytes", err, res.StatusCode, len(b))
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func (w *walk) employerLink() {
	w.resource(anEmployer, func(_, d any) {
		w.row("employerlink.employers", d)
		for _, l := range list(d, "locations") {
			w.row("employerlink.employer_locations", l)
		}
	})
	w.resource(anEmployee, func(_, d any) { w.employee(d) })
	w.resource(aDocument, func(_, d any) { w.row("employerlink.employer_documents", d) })
	w.resource(aDeduction, func(_, d any) { w.row("employerlink.employer_deduction_types", d, "amount=amount") })
	w.resource(aRun, func(_, d any) { w.row("employerlink.payroll_runs", d) })
}

func (w *walk) employee(d any) {
	w.row("employerlink.employees", d)
	w.row("employerlink.employee_identities", d)
	w.row("employerlink.employee_employments", d, "weekly_hours=weeklyHours")
	w.row("employerlink.employee_incomes", d, "income=income", "unpaid_hours_in_pay_period=unpaidHoursInPayPeriod")
	for _, v := range list(d, "depositAccounts") {
		w.row("employerlink.deposit_accounts", v, "distribution_amount=distributionAmount")
	}
	for _, v := range list(d, "taxes") {
		w.row("employerlink.taxes", v, "year=year", "total_wages=totalWages")
	}
	for _, v := range list(d, "timesheets") {
		w.row("employerlink.timesheets", v)
	}
	for _, s := range list(d, "statements") {
		w.row("employerlink.statements", s, "gross_amount=grossAmount", "ytd_gross_amount=ytdGrossAmount",
			"net_amount=netAmount", "ytd_net_amount=ytdNetAmount", "hours=hours")
		for _, l := range list(s, "deductions") {
			w.row("employerlink.statement_deductions", l, "amount=amount", "ytd_amount=ytdAmount")
		}
		for _, l := range list(s, "earnings") {
			w.row("employerlink.statement_earnings", l, "amount=amount", "ytd_amount=ytdAmount", "hours=hours", "rate=rate")
		}
		for _, l := range list(s, "netAmountAdjustments") {
			w.row("employerlink.statement_net_amount_adjustments", l, "amount=amount")
		}
	}
}

func (w *walk) payLink() {
	for _, user := range w.s.UserIdentifiers() {
		w.row("paylink.users", nil)
		accounts, bad := split(list(w.get(accountsPath(user)), "accounts"))
		if bad > 0 {
			w.rejects[accountsName] += bad
		}
		for _, a := range accounts {
			w.account(a)
		}
		gone := map[string]bool{}
		for _, row := range list(w.get(tasksPath(user)), "data", "tasks") {
			id := str(row, "_id")
			if id == "" {
				w.rejects[tasksName]++
				continue
			}
			status, b := w.body("/task/" + id + "/details")
			if status == http.StatusNotFound {
				if !gone[id] {
					w.ghosts[tasksName] = append(w.ghosts[tasksName], id)
				}
				gone[id] = true
				continue
			}
			w.row("paylink.tasks", row)
			task := at(decode(w.t, b), "data", "task")
			w.companies[str(task, "company", "_id")] = true
			w.companies[str(task, "connector", "_id")] = true
		}
	}
	delete(w.companies, "")
	w.rows["paylink.companies"] = int64(len(w.companies))
}

func (w *walk) account(a any) {
	w.companies[str(a, "company", "_id")] = true
	w.row("paylink.accounts", at(a, "account", "billing"), "billing_amount=amount")
	for table, keys := range map[string][]string{
		"identities":      {"account", "identities"},
		"payment_methods": {"account", "billing", "paymentMethods"},
		"plans":           {"account", "data", "plans"},
		"usage":           {"account", "data", "usage"},
		"actions":         {"actions"},
	} {
		for _, v := range list(a, keys...) {
			w.row("paylink.account_"+table, v)
		}
	}
	for _, v := range list(a, "account", "suggestions") {
		w.row("paylink.account_suggestions", v, "monthly_savings=monthlySavings")
	}
	for _, v := range list(a, "account", "billing", "items") {
		w.row("paylink.account_billing_items", v, "amount=amount")
	}
	for _, v := range list(a, "account", "billing", "history") {
		w.row("paylink.account_billing_history", v, "amount=amount")
	}
}

func TestTheTruthIsWhatReadingTheWholeAPIGives(t *testing.T) {
	for _, of := range []struct {
		world Config
		day   int
	}{{small(), 0}, {small(), 9}, {calmWorld(), 2}} {
		day := of.day
		c := start(t, of.world)
		for range day {
			c.s.AdvanceDay()
		}
		w := &walk{
			client: c, rows: map[string]int64{}, sums: map[string]map[string]*big.Rat{},
			documents: map[string]map[string]string{documentsName: {}, runsName: {}},
			rejects:   map[string]int{}, ghosts: map[string][]string{}, companies: map[string]bool{},
		}
		w.employerLink()
		w.payLink()
		got := c.s.Truth()
		if d := cmp.Diff(w.rows, got.Rows); d != "" {
			t.Errorf("day %d: rows: %s", day, d)
		}
		for table, columns := range w.sums {
			for column, sum := range columns {
				r, ok := new(big.Rat).SetString(got.Sums[table][column])
				if !ok || r.Cmp(sum) != 0 {
					t.Errorf("day %d: %s.%s is %s, read %s", day, table, column, got.Sums[table][column], sum.FloatString(25))
				}
			}
		}
		if d := cmp.Diff(w.documents, got.Documents); d != "" {
			t.Errorf("day %d: documents: %s", day, d)
		}
		if d := cmp.Diff(w.rejects, got.Rejects); d != "" {
			t.Errorf("day %d: rejects: %s", day, d)
		}
		if d := cmp.Diff(w.ghosts, got.Ghosts); d != "" {
			t.Errorf("day %d: ghosts: %s", day, d)
		}
		if of.world.Odd && (len(got.Ghosts) < 4 || len(got.Rejects) < 7 || len(got.Documents[runsName]) == 0 || len(got.Rows) != 28) {
			t.Errorf("day %d: the world is too tame: %v %v, %d tables", day, got.Ghosts, got.Rejects, len(got.Rows))
		}
	}
}

func TestSumsAreExactDecimals(t *testing.T) {
	ta := tally{}
	c := ta.table("t", "a")
	for _, n := range []number{cents(10), text("1e2"), text(`"-0.000000000000000000001"`), text("12345678901234567890.12"), text(`"n/a"`), {}, text("null")} {
		c.add(n)
	}
	if got, want := c.sums[0].String(), "12345678901234567990.219999999999999999999"; got != want || c.rows != 7 {
		t.Errorf("got %s in %d rows, want %s", got, c.rows, want)
	}
}

func TestTheTruthCanBeSentAsJSON(t *testing.T) {
	c := start(t, small())
	b, err := json.Marshal(c.s.Truth())
	if err != nil {
		t.Fatal(err)
	}
	var back Truth
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.s.Truth(), back); d != "" {
		t.Error(d)
	}
}
