package sandbox

import "strings"

// employeeTraps are dealt out in this order; those without functions are in ghosts and badNumbers.
var employeeTraps = []*trap{
	{of: "T14", what: "optional arrays of a statement missing, null or []", statement: missingArrays},
	{of: "T14", what: "a bonus cheque with the date and period of the regular one", statement: sharedPeriod},
	{of: "T14", what: "the same statement twice", statement: twice},
	{of: "T14", what: "statements without any date", statement: undated},
	{of: "T47", what: "strings for numbers", employee: numberStrings, statement: statementStrings},
	{of: "T15", what: "negative amounts", statement: reversal},
	{what: "numbers with an exponent", employee: exponents, statement: statementExponents},
	{what: "numbers of twenty digits", employee: longNumbers, statement: statementLongNumbers},
	{what: "values that are no numbers", employee: noNumbers, statement: statementNoNumbers},
	{of: "T17", what: "one account whole and masked", employee: func(_ *world, e *employee) {
		d := e.deposits[0]
		d.account = masked(d.account)
		e.deposits = append(e.deposits, d)
	}},
	{of: "T17", what: "two accounts with the same last four digits", employee: func(_ *world, e *employee) {
		d := e.deposits[0]
		d.account = "00" + "7031" + d.account[len(d.account)-4:]
		e.deposits = append(e.deposits, d)
	}},
	{of: "T17", what: "one account twice, by percent and fixed", employee: func(_ *world, e *employee) {
		a, b := e.deposits[0], e.deposits[0]
		a.distribution, a.amount = "percent", whole(50)
		b.distribution, b.amount = "fixed", cents(12_550)
		e.deposits = []deposit{a, b}
	}},
	{of: "T17", what: "a total without an amount, an account without a distribution", employee: func(_ *world, e *employee) {
		a, b := e.deposits[0], e.deposits[0]
		a.distribution, a.amount, a.bank = "total", number{}, ""
		b.account, b.typ = "****"+b.account[len(b.account)-4:], "savings"
		b.withoutDistribution, b.amount = true, number{}
		e.deposits = []deposit{a, b}
	}},
	{of: "T14", what: "arrays of the detail null", employee: func(_ *world, e *employee) {
		e.depositForm, e.taxForm, e.timesheetForm = "null", "null", "null"
	}},
	{of: "T14", what: "arrays of the detail missing or empty", employee: func(_ *world, e *employee) {
		e.depositForm, e.taxForm, e.timesheetForm, e.statementForm = "-", "[]", "[]", "[]"
	}},
	{of: "T19", what: "a class code with leading zeros as a string", employee: func(_ *world, e *employee) { e.classJSON = `"0042"` }},
	{of: "T18", what: "active after the termination date", employee: func(w *world, e *employee) {
		e.statusJSON, e.termJSON = `"active"`, (w.day0 - 400).json(noon)
	}},
	{what: "values outside every enumeration", employee: unknownValues, statement: unknownCategories},
	{of: "T47", what: "Biweekly, and dates such as 6/4/98", employee: func(_ *world, e *employee) {
		e.incomeTypeJSON, e.payCycleJSON = `"Biweekly"`, `"BIWEEKLY"`
		e.birthJSON, e.startJSON = `"6/4/98"`, e.hired.json("")
	}},
	{of: "T21", what: "timestamps with an offset, with a time of day, and plain dates", statement: oddDates},
	{of: "T20", what: "tax years as strings and numbers, two forms for one year", employee: taxYears},
	{of: "T7", what: "time sheets of several shapes", employee: timesheetShapes},
	{what: "unknown fields on every level", employee: unknownFields, statement: unknownStatementFields},
	{of: "T45", what: "unknown fields that repeat the SSN", employee: echoes, statement: statementEcho},
	{what: "U+0000 in strings", employee: func(_ *world, e *employee) {
		e.titleJSON, e.lastJSON = quote("Night\x00Guard"), quote("O\x00Neil")
		e.addressJSON = `{"line1":"1\u0000 Main St.","city":"Boise"}`
	}, statement: relabel("Pay\x00Code 7")},
	{what: "lone surrogates", employee: func(_ *world, e *employee) { e.titleJSON = `"Clerk \ud83d"` }, statement: relabel("Tips \xed\xa0\xbd")},
	{what: "emoji, quotes, backslashes and very long strings", employee: func(_ *world, e *employee) {
		e.firstJSON, e.titleJSON = quote("Zoë 👩🏽‍🚀"), veryLong
		e.listFirst = "Zoë 👩🏽‍🚀"
	}, statement: relabel("Line \"1\"\n\tC:\\pay — ₿")},
	{what: "the years 0 and 10000", employee: func(_ *world, e *employee) {
		e.birthJSON, e.startJSON = `"0000-01-01T00:00:00.000Z"`, `"10000-01-01T00:00:00.000Z"`
		e.termJSON = `"-000001-06-01T00:00:00.000Z"`
	}, statement: farYears},
	{what: "statements with an _id, as in 2021", employee: func(_ *world, e *employee) {
		for i := range e.deposits {
			e.deposits[i].lead = `"_id":"` + e.id[:22] + string(appendHex(nil, uint64(i), 2)) + `"`
		}
	}, statement: statementIDs},
	{of: "T10", what: "names that the detail lacks", employee: func(_ *world, e *employee) { e.firstJSON, e.lastJSON = "", "null" }},
	{of: "T10", what: "a name that differs in the list", employee: func(_ *world, e *employee) { e.listFirst, e.listLast = "J.", "Maiden-Name" }},
	{what: "an SSN with dashes", employee: func(_ *world, e *employee) { e.ssnJSON = `"` + dashed(e.ssn) + `"` }},
	{what: "a masked SSN", employee: func(_ *world, e *employee) { e.ssnJSON = `"XXXXX` + e.ssn[5:] + `"` }},
	{what: "no SSN", employee: func(_ *world, e *employee) { e.ssnJSON = "null" }},
	{what: "an address that is null", employee: func(_ *world, e *employee) { e.addressJSON = "null" }},
	{what: "an address that is no object", employee: func(_ *world, e *employee) { e.addressJSON = `"1 Main St., Boise"` }},
	{of: "T47", what: "a numeric postal code", employee: func(_ *world, e *employee) { e.addressJSON = `{"line1":"1 Main St.","zipcode":1103}` }},
	{of: "T43", what: "scalars that are null", employee: func(_ *world, e *employee) {
		e.typeJSON, e.statusJSON, e.startJSON, e.classJSON = "null", "null", "null", "null"
		e.emailJSON, e.phoneJSON, e.birthJSON, e.incomeTypeJSON, e.payCycleJSON = "null", "null", "null", "null", "null"
		e.weeklyHours, e.unpaid = text("null"), text("null")
	}},
	{what: "objects where scalars are expected", employee: func(_ *world, e *employee) {
		e.titleJSON, e.phoneJSON = `{"name":"Clerk"}`, `["5551234567"]`
		e.weeklyHours = text(`{"hours":40}`)
	}},
	{what: "zero amounts, lines twice", statement: func(_ *employee, s *statement, _ int) func(*statement) {
		s.deductions = append(s.deductions, line{head: deductionHead("other", "Zero", "ZERO"), amount: whole(0), ytd: whole(0)})
		if n := len(s.earnings); n > 0 {
			s.earnings = append(s.earnings, s.earnings[n-1])
		}
		return nil
	}},
	{of: "T28", what: "listed, but gone"},
	{what: "an item without an id before it"},
	{what: "a string instead of an item before it"},
	{what: "null instead of an item before it"},
	{what: "an array instead of an item before it"},
}

var veryLong = quote(strings.Repeat("Senior ", 1500) + "\\ \"Ops\"")

func numberStrings(_ *world, e *employee) {
	for _, n := range []*number{&e.income, &e.weeklyHours, &e.unpaid} {
		n.quote()
	}
	for i := range e.deposits {
		e.deposits[i].amount.quote()
	}
	for i := range e.taxes {
		e.taxes[i].wages.quote()
	}
}

func (n *number) quote() {
	if n.form == plain {
		n.form = quoted
	}
}

func exponents(_ *world, e *employee) {
	e.income, e.weeklyHours = text("4.5E4"), text("4e1")
	e.deposits[0].amount = text("1e2")
}

func longNumbers(_ *world, e *employee) {
	e.income = text("98765432109876543210")
	e.deposits[0].amount = text("12345678901234567.891")
}

func noNumbers(_ *world, e *employee) {
	e.income, e.weeklyHours, e.unpaid = text(`"n/a"`), text(`""`), text("true")
}

func unknownValues(_ *world, e *employee) {
	e.typeJSON, e.statusJSON = `"gig-worker"`, `"on-leave"`
	e.incomeTypeJSON, e.payCycleJSON = `"per-diem"`, `"quarterly"`
	e.deposits[0].typ, e.deposits[0].distribution = "prepaid", "percentage"
}

func taxYears(_ *world, e *employee) {
	e.taxes = []tax{
		{typeJSON: `"w2"`, yearJSON: `"2019"`, year: whole(2019), wages: text(`"41000.55"`)},
		{typeJSON: `"w2"`, yearJSON: "2020", year: whole(2020), wages: whole(42_000)},
		{typeJSON: `"w2"`, yearJSON: `"2020-01-01T00:00:00.000Z"`, year: whole(2020), wages: whole(1_000)},
		{typeJSON: `"w2"`, yearJSON: `"2020-01-01T00:00:00.000Z"`, year: whole(2020), wages: whole(2_000)},
		{typeJSON: `"1099-NEC"`, yearJSON: `"2021-01-01"`, year: whole(2021)},
		{typeJSON: "null", yearJSON: "null", wages: whole(7)},
	}
}

func timesheetShapes(_ *world, e *employee) {
	e.timesheets = []string{
		`{"date":"2026-01-02","hours":8,"type":"overtime"}`,
		`{"date":"2026-01-02","hours":8,"type":"overtime"}`,
		`{"startTime":"2026-01-03T08:00:00-07:00","endTime":null,"status":"open"}`,
		`{"day":"Mon","punches":[{"in":"08:00","out":"12:00"},{"in":"12:30","out":"16:30"}]}`,
		`{"duration":"7.5","approved":true}`,
	}
}

func unknownFields(_ *world, e *employee) {
	e.employmentExtra = `"department":{"name":"Ops","costCenter":12},"supervisors":["A. Lead","B. Lead"]`
	e.identityExtra = `"preferredName":"Sam","middleInitial":null`
	e.addressJSON = strings.TrimSuffix(e.addressJSON, "}") + `,"county":"Ada"}`
	e.rowExtra = `"externalRef":"row-1"`
	for i := range e.deposits {
		e.deposits[i].extra = `"nickname":"main","priority":1`
	}
	for i := range e.taxes {
		e.taxes[i].extra = `"form":{"_id":"62a1","url":null},"localities":[{"localIncome":12.5}]`
	}
}

// echoes repeat secrets in the projection that has them, so that a program can know them.
func echoes(_ *world, e *employee) {
	e.identityExtra = `"legacy":{"taxId":"` + e.ssn + `","shown":["` + dashed(e.ssn) + `"]},"nationalId":` + e.ssn
	for i := range e.deposits {
		e.deposits[i].extra = `"iban":"` + e.deposits[i].account + `"`
	}
}
