package sandbox

import (
	"math/big"
	"strings"
)

// tally counts the rows and sums of the warehouse's tables, from the world itself: no JSON is made or read for it.
type tally map[string]*counted

// counted is one table. Its columns are numeric.
type counted struct {
	rows int64
	cols []string
	sums []sum
}

// sum is exact. What hundredths cannot say goes to rest.
type sum struct {
	cents int64
	rest  *big.Rat
}

func (t tally) table(name string, cols ...string) *counted {
	c := t[name]
	if c == nil {
		c = &counted{cols: cols, sums: make([]sum, len(cols))}
		t[name] = c
	}
	return c
}

// add counts a row with its values, in the order of the columns.
func (c *counted) add(values ...number) {
	c.rows++
	for i := range values {
		s, v := &c.sums[i], &values[i]
		switch v.form {
		case absent:
		case verbatim:
			if r, ok := v.exact(); ok {
				if s.rest == nil {
					s.rest = new(big.Rat)
				}
				s.rest.Add(s.rest, r)
			}
		default:
			s.cents += v.cents
		}
	}
}

// String is the sum as a decimal without trailing zeros.
func (s sum) String() string {
	if s.rest == nil {
		return string(appendCents(nil, s.cents, true))
	}
	all := new(big.Rat).Add(s.rest, big.NewRat(s.cents, 100))
	digits, _ := all.FloatPrec()
	d := all.FloatString(digits)
	if strings.Contains(d, ".") {
		d = strings.TrimRight(strings.TrimRight(d, "0"), ".")
	}
	return d
}

func (w *world) tallyEmployers(t tally, day int) {
	employers := t.table("employerlink.employers")
	locations := t.table("employerlink.employer_locations")
	w.each(anEmployer, day, func(i int) {
		e := w.employer(i, day)
		employers.add()
		if e.locationsForm == "" {
			locations.rows += int64(len(e.locations))
		}
	})
}

func (w *world) tallyEmployees(t tally, day int) {
	employees := t.table("employerlink.employees")
	identities := t.table("employerlink.employee_identities")
	employments := t.table("employerlink.employee_employments", "weekly_hours")
	incomes := t.table("employerlink.employee_incomes", "income", "unpaid_hours_in_pay_period")
	deposits := t.table("employerlink.deposit_accounts", "distribution_amount")
	taxes := t.table("employerlink.taxes", "year", "total_wages")
	sheets := t.table("employerlink.timesheets")
	pay := w.payTally(t)
	w.each(anEmployee, day, func(i int) {
		e := w.employee(i, day)
		employees.add()
		identities.add()
		employments.add(e.weeklyHours)
		incomes.add(e.income, e.unpaid)
		if e.depositForm == "" {
			for n := range e.deposits {
				deposits.add(e.deposits[n].amount)
			}
		}
		if e.taxForm == "" {
			for n := range e.taxes {
				taxes.add(e.taxes[n].year, e.taxes[n].wages)
			}
		}
		if e.timesheetForm == "" {
			sheets.rows += int64(len(e.timesheets))
		}
		if e.statementForm == "" {
			w.statements(&e, pay)
		}
	})
}

func (w *world) payTally(t tally) func(*statement) {
	statements := t.table("employerlink.statements",
		"gross_amount", "ytd_gross_amount", "net_amount", "ytd_net_amount", "hours")
	deductions := t.table("employerlink.statement_deductions", "amount", "ytd_amount")
	earnings := t.table("employerlink.statement_earnings", "amount", "ytd_amount", "hours", "rate")
	adjustments := t.table("employerlink.statement_net_amount_adjustments", "amount")
	return func(s *statement) {
		statements.add(s.gross, s.ytdGross, s.net, s.ytdNet, s.hours)
		if s.deductionForm == "" {
			for i := range s.deductions {
				l := &s.deductions[i]
				deductions.add(l.amount, l.ytd)
			}
		}
		if s.earningForm == "" {
			for i := range s.earnings {
				l := &s.earnings[i]
				earnings.add(l.amount, l.ytd, l.hours, l.rate)
			}
		}
		if s.adjustmentForm == "" {
			for i := range s.adjustments {
				adjustments.add(s.adjustments[i].amount)
			}
		}
	}
}

func (w *world) tallyEmployerObjects(t tally, day int) {
	documents := t.table("employerlink.employer_documents")
	w.each(aDocument, day, func(int) { documents.add() })
	runs := t.table("employerlink.payroll_runs")
	w.each(aRun, day, func(int) { runs.add() })
	deductions := t.table("employerlink.employer_deduction_types", "amount")
	w.each(aDeduction, day, func(i int) { deductions.add(w.deductionType(i, day).amount) })
}

func (w *world) tallyPayLink(t tally, day int) {
	accounts := t.table("paylink.accounts", "billing_amount")
	suggestions := t.table("paylink.account_suggestions", "monthly_savings")
	identities := t.table("paylink.account_identities")
	items := t.table("paylink.account_billing_items", "amount")
	history := t.table("paylink.account_billing_history", "amount")
	methods := t.table("paylink.account_payment_methods")
	plans := t.table("paylink.account_plans")
	usage := t.table("paylink.account_usage")
	actions := t.table("paylink.account_actions")
	tasks := t.table("paylink.tasks")
	t.table("paylink.users").rows = int64(w.Users)
	companies := map[string]bool{}
	w.each(anAccount, day, func(i int) {
		a := w.account(i, day)
		companies[a.company] = true
		for n := range a.suggestions {
			suggestions.add(a.suggestions[n].savings)
		}
		identities.rows += int64(len(a.identities))
		plans.rows += int64(len(a.plans))
		usage.rows += int64(len(a.usage))
		actions.rows += int64(len(a.actions))
		b := &a.billing
		if b.form != "" {
			accounts.add(number{})
			return
		}
		accounts.add(b.amount)
		methods.rows += int64(len(b.methods))
		for n := range b.items {
			items.add(b.items[n].amount)
		}
		for n := range b.history {
			history.add(b.history[n].amount)
		}
	})
	w.each(aTask, day, func(i int) {
		k := w.task(i, day)
		for row := &k; row != nil; row = row.twin {
			tasks.add()
		}
		for _, c := range []*company{k.company, k.connector} {
			if c != nil {
				companies[c.id] = true
			}
		}
	})
	delete(companies, "")
	t.table("paylink.companies").rows = int64(len(companies))
}

// each calls do for every object that is present.
func (w *world) each(k kind, day int, do func(i int)) {
	w.span(k, day, func(i int) {
		if w.present(k, i, day) {
			do(i)
		}
	})
}

// span calls do for every object there may be on a day, present or not.
func (w *world) span(k kind, day int, do func(i int)) {
	n, size, used := w.count(k, day), 1, 1
	if k == aTask {
		size, used = taskSlots, firstNewTask+day+1
	}
	for from := 0; from < n; from += size {
		for i := from; i < from+used; i++ {
			do(i)
		}
	}
}
