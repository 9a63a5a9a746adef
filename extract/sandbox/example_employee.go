package sandbox

// exampleEmployee makes the first employee the reference's own, whose list row is John Doe and whose detail is Jane
// Appleseed. The second one has a list row only in the reference, so its detail is made up.
func (w *world) exampleEmployee(e *employee) {
	if e.i != 0 {
		return
	}
	e.created, e.updated = w.exampleStamps(anEmployee, e.i, e.day, "2023-02-28T19:57:26.445Z", "2023-02-28T21:18:55.490Z")
	e.deposits = []deposit{
		{
			routing: "123123123", account: "1122330000", typ: "checking", bank: "Molecular Bank",
			distribution: "percent", amount: whole(80),
		},
		{
			routing: "456456456", account: "XXXX1111", typ: "savings", bank: "Molecular Bank",
			distribution: "percent", amount: whole(20),
		},
	}
	e.typeJSON, e.statusJSON, e.titleJSON = `"fulltime"`, `"active"`, `"Product Manager"`
	e.startJSON, e.termJSON = `"2017-04-19T12:00:00.000Z"`, `"2019-09-01T12:00:00.000Z"`
	e.weeklyHours, e.classJSON = whole(40), "8810"
	e.firstJSON, e.lastJSON, e.birthJSON = `"Jane"`, `"Appleseed"`, `"1984-04-12T12:00:00.000Z"`
	e.emailJSON, e.phoneJSON = `"janeappleseed@example.com"`, `"5558881111"`
	e.ssn, e.ssnJSON = "111223333", `"111223333"`
	e.addressJSON = `{"line1":"123 Example St.","line2":"Apt. 345","city":"Salt Lake City","state":"UT","zipcode":"84111","country":"USA"}`
	e.income, e.incomeTypeJSON, e.payCycleJSON = whole(45_000), `"yearly"`, `"weekly"`
	e.nextPayJSON, e.periodStart, e.periodEnd, e.unpaid = "", "", "", number{}
	e.taxes = []tax{
		{typeJSON: `"w2"`, yearJSON: `"2020-01-01T00:00:00.000Z"`, year: whole(2020), wages: whole(50_000)},
		{typeJSON: `"w2"`, yearJSON: `"2021-01-01T00:00:00.000Z"`, year: whole(2021), wages: whole(55_000)},
	}
	e.timesheets = nil
	e.fixed = exampleStatements()
}

// exampleStatements share one period, and the second lacks much of what the first has (T14).
func exampleStatements() []statement {
	federal := deductionHead("taxes", "Federal Income Tax", "Federal Income Tax")
	state := deductionHead("taxes", "State Income Tax", "Utah State Tax")
	split := deductionHead("other", "Abc corp dd", "Abc corp dd")
	start, end := stamp{on: civil(2020, 5, 27)}, stamp{on: civil(2020, 6, 12)}
	return []statement{
		{
			date: stamp{on: civil(2020, 6, 15)}, start: start, end: end,
			gross: whole(1000), ytdGross: whole(10_000), net: whole(800), ytdNet: whole(8000),
			methodJSON: `"deposit"`, hours: whole(39),
			deductions: []line{
				{head: federal, amount: whole(200), ytd: whole(2000)},
				{head: state, amount: whole(50), ytd: whole(500)},
				{head: split, amount: whole(5), ytd: whole(50)},
			},
			earnings: []line{
				{head: earningHead("benefit", "Social Security (Disability)"), amount: whole(1000)},
				{head: earningHead("bonus", "Quarterly Bonus"), amount: whole(2000), ytd: whole(6000)},
				{head: earningHead("overtime", "Overtime Pay"), amount: whole(100), ytd: whole(1000), hours: whole(10), rate: whole(15)},
				{head: earningHead("reimbursement", "Gas Card"), amount: cents(2547), ytd: cents(8574)},
			},
			adjustments: []line{{head: adjustmentHead("Mileage Reimbursement"), amount: whole(25)}},
		},
		{
			date: stamp{on: civil(2020, 6, 30)}, start: start, end: end,
			gross: whole(1000), methodJSON: `"check"`, hours: whole(37),
			deductions: []line{
				{head: federal, amount: whole(200)},
				{head: state, amount: whole(50)},
				{head: split, amount: whole(5)},
			},
			earningForm: "-", adjustmentForm: "-",
		},
	}
}
