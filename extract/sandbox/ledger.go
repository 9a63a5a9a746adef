package sandbox

import "strconv"

// maxLines bounds the kinds of line on each side of a statement.
const maxLines = 40

// entry is a kind of line that statements can have.
type entry struct {
	head  string // the line's JSON up to its amounts
	basis int64  // of the gross amount, in ten thousandths
	noYTD bool
	hours bool
}

// ledger is the choice of lines that all statements draw from. Heads are rendered once: statements are mostly lines.
type ledger struct {
	earnings, deductions []entry
	adjustments          []string // heads
	perEarnings          int      // lines of a full statement
	perDeductions        int
	perAdjustments       int
}

func newLedger(lines int) *ledger {
	l := &ledger{
		perEarnings:    min(maxLines, max(1, lines*35/100)),
		perDeductions:  min(maxLines, lines*55/100),
		perAdjustments: lines / 8,
	}
	if lines <= 0 {
		l.perEarnings = 0
	}
	for i := range maxLines {
		e, d := earningKinds[i%len(earningKinds)], deductionKinds[i%len(deductionKinds)]
		if n := i / len(earningKinds); n > 0 {
			e.label += " " + strconv.Itoa(n+1)
		}
		if n := i / len(deductionKinds); n > 0 {
			d.label, d.raw = d.label+" "+strconv.Itoa(n+1), d.raw+" "+strconv.Itoa(n+1)
		}
		l.earnings = append(l.earnings, entry{earningHead(e.category, e.label), e.basis, e.noYTD, e.hours})
		l.deductions = append(l.deductions, entry{deductionHead(d.category, d.label, d.raw), d.basis, false, false})
	}
	for _, a := range []string{"Mileage Reimbursement", "Advance Repayment", "Tool Allowance", "Rounding"} {
		l.adjustments = append(l.adjustments, adjustmentHead(a))
	}
	return l
}

var earningKinds = []struct {
	category, label string
	basis           int64
	noYTD, hours    bool
}{
	{"wage", "Regular Pay", 0, false, true},
	{"overtime", "Overtime Pay", 0, false, true},
	{"reimbursement", "Gas Card", 90, false, false},
	{"bonus", "Quarterly Bonus", 600, false, false},
	{"benefit", "Group Term Life", 15, true, false},
	{"wage", "Night Differential", 320, false, true},
	{"wage", "Holiday Pay", 410, false, true},
	{"wage", "Paid Time Off", 380, false, true},
	{"commission", "Commission", 700, false, false},
	{"benefit", "Cell Phone Stipend", 60, false, false},
}

var deductionKinds = []struct {
	category, label, raw string
	basis                int64
}{
	{"taxes", "Federal Income Tax", "Fed Withholding", 1130},
	{"taxes", "Social Security", "FICA EE", 620},
	{"taxes", "Medicare", "MED EE", 145},
	{"taxes", "State Income Tax", "SIT", 455},
	{"retirement", "401k", "401K PRE-TAX", 500},
	{"health", "Medical", "MED PPO EE+FAM", 410},
	{"health", "Dental", "DENTAL", 40},
	{"other", "Abc corp dd", "Abc corp dd", 210},
	{"retirement", "Roth 401k", "ROTH 401K", 200},
	{"health", "Vision", "VSP", 12},
	{"health", "Health Savings Account", "HSA EE", 150},
	{"garnishment", "Child Support", "CHLD SUPP", 330},
	{"insurance", "Life Insurance", "VOL LIFE", 25},
	{"taxes", "Local Tax", "CITY", 90},
	{"other", "Union Dues", "UNION LOC 12", 55},
	{"other", "Parking", "PARK PRETAX", 38},
}

func earningHead(category, raw string) string {
	return `{"category":` + quote(category) + `,"rawLabel":` + quote(raw)
}

func deductionHead(category, label, raw string) string {
	return `{"category":` + quote(category) + `,"label":` + quote(label) + `,"rawLabel":` + quote(raw)
}

func adjustmentHead(label string) string { return `{"label":` + quote(label) }
