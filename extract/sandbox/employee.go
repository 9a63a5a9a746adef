package sandbox

import "strconv"

// employee is one employee on one day. Fields ending in JSON are served as they are, and left out when empty.
type employee struct {
	i, day int
	id     string
	trap   *trap
	echo   bool // identity is served too, so that a statement may repeat the SSN
	seed   uint64
	life
	created, updated string

	// the list row
	listFirst, listLast, employer string
	rowExtra                      string

	// employment
	typeJSON, statusJSON, titleJSON, startJSON, termJSON, classJSON string
	weeklyHours                                                     number
	employmentExtra                                                 string

	// identity
	firstJSON, lastJSON, birthJSON, emailJSON, phoneJSON, ssnJSON, addressJSON string
	ssn                                                                        string // nine digits
	identityExtra                                                              string

	// income
	income                                                            number
	incomeTypeJSON, payCycleJSON, nextPayJSON, periodStart, periodEnd string
	unpaid                                                            number

	deposits      []deposit
	depositForm   string // as in js.rows
	taxes         []tax
	taxForm       string
	timesheets    []string // JSON objects
	timesheetForm string

	// what statements follow from
	statementForm           string
	fixed                   []statement // instead of all below
	cycle                   cycle
	anchor                  int
	hired                   date
	salary                  int64 // of a year, in cents, on day 0
	firstPeriod, lastPeriod int
}

type tax struct {
	typeJSON, yearJSON string
	year               number // what the tax counts as in the truth
	wages              number
	extra              string
}

func (w *world) employee(i, day int) employee {
	r := w.rng(anEmployee, i, 1)
	e := employee{i: i, day: day, id: w.id(anEmployee, i), seed: r.next(), life: w.live(i, day)}
	e.created, e.updated = w.stamps(anEmployee, i, day)
	e.employer = w.id(anEmployer, w.home(anEmployee, i, day))
	e.trap = w.employeeTrap(i)
	w.employ(&e, &r)
	w.identify(&e, &r)
	w.compensate(&e)
	e.deposits = w.deposits(&e)
	if w.isExample(anEmployee, i) {
		w.exampleEmployee(&e)
	} else if e.trap != nil && e.trap.employee != nil {
		e.trap.employee(w, &e)
	}
	return e
}

// employ fixes how somebody is employed and which periods have been paid.
func (w *world) employ(e *employee, r *rng) {
	group := w.rng(anEmployer, e.i%w.Employers, 2)
	e.cycle = [...]cycle{weekly, biweekly, biweekly, semimonthly, monthly}[group.below(5)]
	e.anchor = group.below(28)
	born := w.born(anEmployee, e.i)
	today := w.today(e.day)

	e.hired = w.day0 - date(30+r.below(3600))
	shown := w.Statements - r.below(w.Statements/2+1)
	slides := r.oneIn(4)
	gone := r.oneIn(12)
	left := w.day0 - date(5+r.below(90))
	if born > 0 {
		e.hired = w.today(born) - date(r.below(20))
		gone = false
	}
	e.typeJSON, e.statusJSON = `"fulltime"`, `"active"`
	e.weeklyHours = whole(40)
	if r.oneIn(6) {
		e.typeJSON, e.weeklyHours = `"parttime"`, cents(int64(1600+250*r.below(5)))
	}
	until := today
	switch {
	case gone:
		until = left
	case e.ended > 0:
		until = w.today(e.ended)
	}
	if until != today || e.ended > 0 {
		e.statusJSON, e.termJSON = `"terminated"`, until.json(noon)
	}
	e.lastPeriod = e.cycle.at(until, e.anchor) + e.added
	e.firstPeriod = e.cycle.at(min(w.day0, until), e.anchor) - shown + 1
	if slides {
		e.firstPeriod = e.lastPeriod - shown + 1
	}
	if shown == 0 {
		e.firstPeriod = e.lastPeriod + 1
	}

	title := r.below(len(jobTitles))
	e.titleJSON = quote(jobTitles[(title+e.title*4)%len(jobTitles)])
	e.classJSON = classCodes[(title+e.title*4)%len(classCodes)]
	e.startJSON = e.hired.json(noon)
	e.salary = int64(32_000+500*r.below(220)) * 100
	if e.weeklyHours.cents < 4000 {
		e.salary = e.salary * 6 / 10
	}
}

// names are what the list says.
func (w *world) names(i int) (first, last string) {
	if w.isExample(anEmployee, i) {
		return [...]string{"John", "Jane"}[i], "Doe"
	}
	r := w.rng(anEmployee, i, 7)
	return pick(&r, firstNames), pick(&r, lastNames)
}

// employeeRow is the part of an employee that its list row shows, which lists would pay too much for otherwise.
func (w *world) employeeRow(i, day int) employee {
	if w.employeeTrap(i) != nil {
		return w.employee(i, day)
	}
	e := employee{id: w.id(anEmployee, i), employer: w.id(anEmployer, w.home(anEmployee, i, day))}
	e.listFirst, e.listLast = w.names(i)
	return e
}

func (w *world) identify(e *employee, r *rng) {
	first, last := w.names(e.i)
	e.listFirst, e.listLast = first, last
	e.firstJSON, e.lastJSON = quote(first), quote(last)
	e.birthJSON = (w.day0 - date(365*20+r.below(365*40))).json(noon)
	e.emailJSON = quote(mailbox(first) + "." + mailbox(last) + strconv.Itoa(e.i) + "@example.com")
	e.phoneJSON = `"` + string(r.digits([]byte("555"), 7)) + `"`
	e.ssn = string(r.digits([]byte{'9'}, 8)) // no number that begins with 9 is anybody's SSN
	e.ssnJSON = `"` + e.ssn + `"`
	home := w.rng(anEmployee, e.i, 3<<32|uint64(e.address))
	p := pick(&home, places)
	j := js{b: []byte{'{'}}
	j.str("line1", strconv.Itoa(1+home.below(999))+" "+pick(&home, streets))
	if home.oneIn(4) {
		j.str("line2", "Apt. "+strconv.Itoa(1+home.below(400)))
	}
	j.str("city", p.city)
	j.str("state", p.state)
	j.str("zipcode", p.zip)
	j.str("country", "USA")
	j.end()
	e.addressJSON = string(j.b)
}

func mailbox(name string) string {
	b := make([]byte, 0, len(name))
	for _, c := range []byte(name) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c >= 'a' && c <= 'z' {
			b = append(b, c)
		}
	}
	return string(b)
}

// compensate fixes income, tax forms and time sheets.
func (w *world) compensate(e *employee) {
	r := rng(mix(e.seed, 0x1c0))
	c := cycles[e.cycle]
	salary := e.salary
	for _, up := range e.raises[:e.nraises] {
		salary = salary * up.basis / 10_000
	}
	e.incomeTypeJSON, e.income = `"yearly"`, cents(salary)
	e.payCycleJSON = quote(c.name)
	next := e.cycle.payday(e.lastPeriod+1, e.anchor)
	if e.termJSON == "" {
		e.nextPayJSON = next.json(noon)
		e.periodStart = (e.cycle.payday(e.lastPeriod, e.anchor) - lag + 1).json(noon)
		e.periodEnd = (next - lag).json(noon)
	}
	if r.oneIn(3) {
		e.incomeTypeJSON, e.income = `"hourly"`, cents(salary/2080)
		e.unpaid = cents(int64(25 * r.below(200)))
	}
	for y := max(e.hired.year(), w.day0.year()-3); y < w.day0.year(); y++ {
		e.taxes = append(e.taxes, tax{
			typeJSON: `"w2"`, yearJSON: civil(y, 1, 1).json(midnight), year: whole(int64(y)),
			wages: cents(salary*9/10 + int64(r.below(100_000))),
		})
	}
	if r.oneIn(4) {
		for n := range 1 + r.below(5) {
			on := e.cycle.payday(e.lastPeriod, e.anchor) - date(n)
			e.timesheets = append(e.timesheets, `{"date":`+on.json(noon)+`,"hours":`+strconv.Itoa(4+r.below(6))+`,"type":"regular"}`)
		}
	}
}
