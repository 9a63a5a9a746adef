package schedules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
)

// moments are instants at the edges of days, months and years, as the API may write them, with the UTC calendar date of
// each; "" is no date.
var moments = []struct{ said, date, instant string }{
	{"2020-02-29", "2020-02-29", "2020-02-29 00:00:00"},
	{"2020-02-29T12:00:00.000Z", "2020-02-29", "2020-02-29 12:00:00"},
	{"2000-02-29T23:59:59.999Z", "2000-02-29", "2000-02-29 23:59:59.999"},
	{"2020-02-29T23:30:00-01:00", "2020-03-01", "2020-03-01 00:30:00"},
	{"2020-03-01T00:30:00+01:00", "2020-02-29", "2020-02-29 23:30:00"},
	{"2021-03-01T00:30:00+01:00", "2021-02-28", "2021-02-28 23:30:00"},
	{"2021-02-29T12:00:00.000Z", "", ""},
	{"1900-02-29", "", ""},
	{"2023-02-30", "", ""},
	{"2025-12-31T23:59:59.999Z", "2025-12-31", "2025-12-31 23:59:59.999"},
	{"2025-12-31T23:59:59.9999999Z", "2025-12-31", "2025-12-31 23:59:59.999999"},
	{"2026-01-01T00:00:00.000Z", "2026-01-01", "2026-01-01 00:00:00"},
	{"2026-01-01T13:59:59.999+14:00", "2025-12-31", "2025-12-31 23:59:59.999"},
	{"2026-01-01T14:00:00.000+14:00", "2026-01-01", "2026-01-01 00:00:00"},
	{"2025-12-31T11:59:59.999-12:00", "2025-12-31", "2025-12-31 23:59:59.999"},
	{"2025-12-31T12:00:00.000-12:00", "2026-01-01", "2026-01-01 00:00:00"},
	{"2016-12-31T23:59:60Z", "", ""}, // a leap second, which Go's calendar does not have
	{"2025-03-09T02:30:00-05:00", "2025-03-09", "2025-03-09 07:30:00"},
	{"2025-03-09T02:30:00", "2025-03-09", "2025-03-09 02:30:00"}, // New York skips this hour
	{"2011-12-30T12:00:00", "2011-12-30", "2011-12-30 12:00:00"}, // Apia skips this day
	{"2022-09-11T00:30:00", "2022-09-11", "2022-09-11 00:30:00"}, // Santiago skips this hour
	{"1969-12-31T23:59:59.5Z", "1969-12-31", "1969-12-31 23:59:59.5"},
	{"0001-01-01", "0001-01-01", "0001-01-01 00:00:00"},
	{"0001-01-01T00:00:00+14:00", "", ""},
	{"9999-12-31T23:59:59.999Z", "9999-12-31", "9999-12-31 23:59:59.999"},
	{"9999-12-31T23:59:59.999-12:00", "", ""},
}

// timely are items whose every date and instant is one of the moments: a payroll run, an employee and a document each.
func timely() (items []oddItem) {
	byName := map[string]*transform.Resource{}
	for _, r := range catalog() {
		byName[r.Name] = r
	}
	add := func(name, id, members string) {
		items = append(items, oddItem{id, byName[name], transform.Item{
			ID: id, Rows: [][]byte{[]byte(`{"_id":"` + id + `","employer":"e1"}`)}, Detail: []byte(`{"_id":"` + id + `",` + members + `}`),
		}})
	}
	for i, m := range moments {
		add("payroll-runs", fmt.Sprintf("run-%02d", i), fmt.Sprintf(`"checkDate":%q,"runInitiatedDate":%q,"createdAt":%q`, m.said, m.said, m.said))
		add("employer-documents", fmt.Sprintf("document-%02d", i), fmt.Sprintf(`"date":%q`, m.said))
		add("employees", fmt.Sprintf("employee-%02d", i), fmt.Sprintf(`"startDate":%q,"statements":[{"date":%q,"grossAmount":1}],
			"taxes":[{"type":"w2","year":%q}],"timesheets":[{"_id":"t","start":%q,"date":%q}]`, m.said, m.said, m.said, m.said, m.said))
	}
	return items
}

// Semantics 11: a date is the UTC calendar date of its instant, at leap days, at the ends of years and at every offset; what is
// no date is null in its column, kept in _extra and counted. Mutation: without UTC in DateValue (transform/value.go) or in
// readYear (transform/scalar.go) it is red.
func TestADateIsTheUTCCalendarDateAtTheEdgesOfDaysAndYears(t *testing.T) {
	t.Parallel()
	f := newFeed(t, migrated.Database(t), (&clock{now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)}).Now)
	f.run(timely())
	var want, got []string
	for i, m := range moments {
		year, _, _ := strings.Cut(m.date, "-")
		want = append(want, fmt.Sprintf("%s: run %s %s %s document %s start %s paid %s year %s sheet %s %s kept %t", m.said,
			m.date, m.instant, m.instant, m.date, m.date, m.date, strings.TrimLeft(year, "0"), m.instant, m.date, m.date == ""))
		kept := func(alias, member string) string {
			return fmt.Sprintf("coalesce(%s._extra ? '%s', false)", alias, member)
		}
		got = append(got, m.said+": "+f.texts(fmt.Sprintf(`SELECT format('run %%s %%s %%s document %%s start %%s paid %%s year %%s sheet %%s %%s kept ',
				r.check_date, r.run_initiated_at AT TIME ZONE 'UTC', r.atomic_created_at AT TIME ZONE 'UTC', d.document_date, e.start_date, s.pay_date,
				x.year, h.start_at AT TIME ZONE 'UTC', h.date) || CASE WHEN %s AND %s AND %s AND %s AND %s THEN 'true' WHEN %[1]s OR %[2]s OR %[3]s OR %[4]s OR %[5]s THEN 'in part' ELSE 'false' END
			FROM employerlink.payroll_runs r, employerlink.employer_documents d, employerlink.employee_employments e
			LEFT JOIN employerlink.statements s USING (employee_id) LEFT JOIN employerlink.taxes x USING (employee_id)
			LEFT JOIN employerlink.timesheets h USING (employee_id)
			WHERE r.payroll_run_id = $1 AND d.employer_document_id = $2 AND e.employee_id = $3`,
			kept("r", "checkDate"), kept("d", "date"), kept("s", "date"), kept("x", "year"), kept("e", "startDate")),
			fmt.Sprintf("run-%02d", i), fmt.Sprintf("document-%02d", i), fmt.Sprintf("employee-%02d", i))[0])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +stored):\n%s", diff)
	}
	unparsable := 0
	for _, m := range moments {
		if m.date == "" {
			unparsable++
		}
	}
	if n := f.number("SELECT coalesce(sum(times), 0) FROM etl.drift WHERE kind = 'unparsable' AND path = 'checkDate'"); n != unparsable || n < 6 {
		t.Errorf("%d check dates are counted, want %d", n, unparsable)
	}
}
