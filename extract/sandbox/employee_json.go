package sandbox

import "strings"

// projection is a set of the objects that a detail can be asked to include.
type projection uint8

const (
	depositAccounts projection = 1 << iota
	employment
	identity
	income
	statements
	timesheets
	taxes
	everything = 1<<7 - 1
)

var projections = map[string]projection{
	"depositAccounts": depositAccounts,
	"employment":      employment,
	"identity":        identity,
	"income":          income,
	"statements":      statements,
	"timesheets":      timesheets,
	"taxes":           taxes,
}

// parseInclude reads the include parameter; false when a name is unknown.
func parseInclude(csv string) (projection, bool) {
	if csv == "" {
		return everything, true
	}
	var all projection
	for name := range strings.SplitSeq(csv, ",") {
		p, ok := projections[strings.TrimSpace(name)]
		if !ok {
			return 0, false
		}
		all |= p
	}
	return all, true
}

func (e *employee) row(j *js) {
	j.open()
	j.str("_id", e.id)
	j.str("firstName", e.listFirst)
	j.str("lastName", e.listLast)
	j.str("employer", e.employer)
	j.members(e.rowExtra)
	j.end()
}

// detail is flat, and lacks the employer (T7, T9).
func (e *employee) detail(w *world, j *js, include projection) {
	e.echo = include&identity != 0
	j.open()
	j.str("_id", e.id)
	if include&depositAccounts != 0 {
		writeDeposits(j, e.deposits, e.depositForm)
	}
	if include&employment != 0 {
		j.raw("employeeType", e.typeJSON)
		j.raw("employmentStatus", e.statusJSON)
		j.raw("jobTitle", e.titleJSON)
		j.raw("startDate", e.startJSON)
		j.num("weeklyHours", e.weeklyHours)
		j.raw("classCode", e.classJSON)
		j.raw("terminationDate", e.termJSON)
		j.members(e.employmentExtra)
	}
	if include&identity != 0 {
		j.raw("firstName", e.firstJSON)
		j.raw("lastName", e.lastJSON)
		j.raw("dateOfBirth", e.birthJSON)
		j.raw("email", e.emailJSON)
		j.raw("phone", e.phoneJSON)
		j.raw("ssn", e.ssnJSON)
		j.raw("homeAddress", e.addressJSON)
		j.members(e.identityExtra)
	}
	if include&income != 0 {
		j.num("income", e.income)
		j.raw("incomeType", e.incomeTypeJSON)
		j.raw("payCycle", e.payCycleJSON)
		j.raw("nextExpectedPayDate", e.nextPayJSON)
		j.raw("currentPayPeriodStart", e.periodStart)
		j.raw("currentPayPeriodEnd", e.periodEnd)
		j.num("unpaidHoursInPayPeriod", e.unpaid)
	}
	if include&statements != 0 {
		e.writeStatements(w, j)
	}
	if include&taxes != 0 && e.taxForm != "" {
		j.rows("taxes", nil, e.taxForm)
	} else if include&taxes != 0 {
		j.array("taxes", len(e.taxes), func(i int) {
			t := &e.taxes[i]
			j.open()
			j.raw("type", t.typeJSON)
			j.raw("year", t.yearJSON)
			j.num("totalWages", t.wages)
			j.members(t.extra)
			j.end()
		})
	}
	if include&timesheets != 0 && (e.timesheets != nil || e.timesheetForm != "") {
		j.rows("timesheets", e.timesheets, e.timesheetForm)
	}
	j.retrieved(e.created, e.updated)
	j.end()
}

// writeStatements streams; under a shuffle the finished texts are put in another order.
func (e *employee) writeStatements(w *world, j *js) {
	if e.statementForm != "" {
		j.rows("statements", nil, e.statementForm)
		return
	}
	j.key("statements")
	j.b = append(j.b, '[')
	from := len(j.b)
	var ends []int
	w.statements(e, func(s *statement) {
		j.comma('[')
		s.write(j)
		if j.shuffle != nil {
			ends = append(ends, len(j.b))
		}
	})
	if len(ends) > 1 {
		old := append([]byte{'['}, j.b[from:]...) // every element with the byte before it
		j.b = j.b[:from]
		for _, i := range j.shuffle.perm(len(ends)) {
			start := 0
			if i > 0 {
				start = ends[i-1] - from
				start++ // past the comma
			}
			j.comma('[')
			j.b = append(j.b, old[start+1:ends[i]-from+1]...)
		}
	}
	j.b = append(j.b, ']')
}
