package sandbox

// payrollRun is a payroll run of an employer on one day.
type payrollRun struct {
	id, employer                            string
	checkJSON, startJSON, endJSON, initJSON string
	detailCheckJSON                         string // where the detail differs from the list (T21)
	typeJSON, stateJSON, source             string
	link                                    link
	version                                 int // of the raw document: one per state
	created, updated, extra                 string
}

// runStates by how many days are left until the check date.
var runStates = []struct {
	left  int
	state string
}{
	{8, `"draft"`},
	{3, `"scheduled"`},
	{1, `"approved"`},
	{-60, `"processed"`},
	{-1 << 30, `"closed"`},
}

var runTypes = []string{"regular", "regular", "regular", "regular", "regular", "bonus", "off-cycle", "correction", "commission"}

func (w *world) payrollRun(i, day int) payrollRun {
	r := w.rng(aRun, i, 1)
	p := payrollRun{
		id:       w.id(aRun, i),
		employer: w.id(anEmployer, w.home(aRun, i, day)),
		source:   r.uuid(), typeJSON: quote(pick(&r, runTypes)),
	}
	p.created, p.updated = w.stamps(aRun, i, day)
	check := w.today(w.born(aRun, i)) + 9
	if i < w.base[aRun] {
		check -= date(14*(w.PayrollRuns-1-i/w.Employers) + i%w.Employers%14)
	}
	left := int(check - w.today(day))
	for n, s := range runStates {
		if left >= s.left {
			p.stateJSON, p.version = s.state, n
			break
		}
	}
	if p.version < 2 { // nothing to download before it is approved
		p.link = noLink
	}
	p.checkJSON = check.json(midnight)
	p.startJSON, p.endJSON = (check - 19).json(midnight), (check - 6).json(midnight)
	p.initJSON = check.json("T01:00:00.000Z")
	if w.isExample(aRun, i) {
		w.exampleRun(&p, i, day)
	} else {
		oddRun(&p, w.oddNumber(aRun, i), check)
	}
	return p
}

func (w *world) exampleRun(p *payrollRun, i, day int) {
	p.link, p.version, p.typeJSON = linked, 0, `"regular"`
	p.startJSON, p.endJSON = `"2022-11-02T00:00:00.000Z"`, `"2022-11-16T00:00:00.000Z"`
	p.initJSON, p.stateJSON = `"2022-11-30T01:00:00.000Z"`, `"processed"`
	p.checkJSON = `"2022-11-30T00:00:00.000Z"`
	switch i {
	case 0:
		p.checkJSON, p.initJSON = `"2023-01-31T00:00:00.000Z"`, `"2023-01-31T01:00:00.000Z"`
		p.startJSON, p.endJSON = `"2023-01-02T00:00:00.000Z"`, `"2023-01-16T00:00:00.000Z"`
		p.stateJSON = `"approved"`
	case 2:
		p.checkJSON, p.stateJSON, p.typeJSON = `"2023-04-14T16:45:16.243Z"`, `"approved"`, `"other"`
		p.source, p.link = "21b0cdd6-b7c9-11ed-afa1-0242ac120002", placeholder
		p.created, p.updated = w.exampleStamps(aRun, i, day, "2023-04-14T16:33:04.736Z", "2023-04-14T16:45:37.331Z")
	}
}

func (p *payrollRun) facts(j *js, check string) {
	j.open()
	j.str("_id", p.id)
	j.str("employer", p.employer)
	j.raw("checkDate", check)
	j.raw("payPeriodEndDate", p.endJSON)
	j.raw("payPeriodStartDate", p.startJSON)
	j.raw("runInitiatedDate", p.initJSON)
	j.raw("runType", p.typeJSON)
	j.raw("runState", p.stateJSON)
}

func (p *payrollRun) row(j *js) {
	p.facts(j, p.checkJSON)
	j.end()
}

func (p *payrollRun) detail(j *js) {
	check := p.checkJSON
	if p.detailCheckJSON != "" {
		check = p.detailCheckJSON
	}
	p.facts(j, check)
	j.str("sourceId", p.source)
	j.members(p.extra)
	j.url(p.link, aRun, p.id, "csv", p.version)
	j.retrieved(p.created, p.updated)
	j.end()
}
