package sandbox

import "strconv"

// deductionType is a deduction template of an employer on one day.
type deductionType struct {
	id, employer                         string
	amount                               number
	calculationJSON, categoryJSON        string
	categoryTypeJSON, startJSON, endJSON string
	labelJSON, source, extra             string
	created, updated                     string
}

var deductionTemplates = []struct {
	label, category, treatment, calculation string
	amount                                  int64
}{
	{"401k", "401k", "pre-tax", "percent", 500},
	{"401k Catch-up", "401k-catchup", "pre-tax", "percent", 100},
	{"403b", "403b", "pre-tax", "percent", 450},
	{"SEP", "408k", "pre-tax", "percent", 250},
	{"SIMPLE IRA", "408b", "pre-tax", "percent", 300},
	{"Section 125 Medical", "premium-only-plan", "pre-tax", "fixed", 21_250},
	{"Child Support", "garnishment", "post-tax", "fixed", 34_000},
	{"Uniforms", "other", "post-tax", "fixed", 1_299},
}

func (w *world) deductionType(i, day int) deductionType {
	r := w.rng(aDeduction, i, 1)
	d := deductionType{
		id:       w.id(aDeduction, i),
		employer: w.id(anEmployer, w.home(aDeduction, i, day)),
		source:   "D" + strconv.Itoa(100+i),
	}
	d.created, d.updated = w.stamps(aDeduction, i, day)
	t := pick(&r, deductionTemplates)
	amount := t.amount + int64(25*r.below(40))
	from := w.day0 - date(200+r.below(900))
	d.startJSON = from.json(midnight)
	if r.oneIn(5) {
		d.endJSON = (from + 500).json(midnight)
	}
	for on := w.born(aDeduction, i) + 1; on <= day; on++ {
		switch e := w.event(aDeduction, i, on) % 1000; {
		case e >= 980:
			amount += 125
		case e >= 974:
			d.endJSON = w.today(on).json(midnight)
		}
	}
	d.amount, d.calculationJSON = cents(amount), quote(t.calculation)
	d.categoryJSON, d.categoryTypeJSON, d.labelJSON = quote(t.category), quote(t.treatment), quote(t.label)
	if w.isExample(aDeduction, i) {
		w.exampleDeduction(&d, i, day)
	} else {
		oddDeduction(&d, w.oddNumber(aDeduction, i))
	}
	return d
}

func (w *world) exampleDeduction(d *deductionType, i, day int) {
	*d = deductionType{id: d.id, employer: d.employer, created: d.created, updated: d.updated}
	switch i {
	case 0:
		d.amount, d.calculationJSON = whole(10), `"percent"`
		d.categoryJSON, d.categoryTypeJSON, d.labelJSON = `"401k"`, `"pre-tax"`, `"401k"`
		d.startJSON, d.endJSON = `"2022-02-02T00:00:00.000Z"`, `"2023-02-02T00:00:00.000Z"`
		d.source = "001"
		d.created, d.updated = w.exampleStamps(aDeduction, i, day, "2023-03-31T16:00:54.321Z", "2023-04-04T21:46:16.694Z")
	case 1:
		d.amount, d.calculationJSON = whole(100), `"fixed"`
		d.categoryJSON, d.labelJSON, d.source = `"Other"`, `"Life Insurance"`, "002"
	default:
		d.categoryJSON, d.labelJSON, d.source = `"Garnishment"`, `"Garnishment"`, "003"
	}
}

func (d *deductionType) facts(j *js) {
	j.open()
	j.str("_id", d.id)
	j.str("employer", d.employer)
	j.num("amount", d.amount)
	j.raw("calculation", d.calculationJSON)
	j.raw("category", d.categoryJSON)
	j.raw("categoryType", d.categoryTypeJSON)
	j.raw("endDate", d.endJSON)
	j.raw("label", d.labelJSON)
	j.raw("startDate", d.startJSON)
}

func (d *deductionType) row(j *js) {
	d.facts(j)
	j.end()
}

func (d *deductionType) detail(j *js) {
	d.facts(j)
	j.str("sourceId", d.source)
	j.members(d.extra)
	j.retrieved(d.created, d.updated)
	j.end()
}
