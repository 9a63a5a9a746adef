package employerlink_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/employerlink"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

func resource(t testing.TB, name string) *transform.Resource {
	t.Helper()
	for _, r := range employerlink.Catalog() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no resource %s", name)
	return nil
}

// employee is the record of an employee with the given members in its detail, all projections asked for.
func employee(t testing.TB, members string, include ...string) *transform.Record {
	t.Helper()
	return resource(t, "employees").Normalize(transform.Item{
		ID:      "p1",
		Rows:    [][]byte{[]byte(`{"_id":"p1","firstName":"Ada","lastName":"Example","employer":"e1"}`)},
		Detail:  []byte(`{"_id":"p1",` + members + `}`),
		Include: include,
	}, fixture.Sealer())
}

// set is the record's set of a table; nil when there is none.
func set(rec *transform.Record, table string) *transform.Set {
	for i := range rec.Sets {
		if rec.Sets[i].Table.Name == table {
			return &rec.Sets[i]
		}
	}
	return nil
}

// keys are the last key column of a table's rows with another column of each.
func keys(rec *transform.Record, table, column string) map[string]string {
	found := map[string]string{}
	for _, row := range set(rec, table).Rows {
		key := set(rec, table).Table.Key
		found[row.Cell(key[len(key)-1].Name).String()] = row.Cell(column).String()
	}
	return found
}

const dates = `"date":"2020-06-15T12:00:00.000Z","payPeriodStartDate":"2020-05-27T12:00:00.000Z","payPeriodEndDate":"2020-06-12T12:00:00.000Z"`

func TestACorrectedAmountKeepsItsStatement(t *testing.T) {
	const id = "2020-06-15_2020-05-27_2020-06-12"
	before := employee(t, `"statements":[{`+dates+`,"grossAmount":1000}]`)
	after := employee(t, `"statements":[{`+dates+`,"grossAmount":1100,"netAmount":900,"earnings":[{"amount":1100}]}]`)
	if diff := cmp.Diff(map[string]string{id: "1000"}, keys(before, "statements", "gross_amount")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{id: "1100"}, keys(after, "statements", "gross_amount")); diff != "" {
		t.Error(diff)
	}
	if set(before, "statements").Rows[0].Hash == set(after, "statements").Rows[0].Hash {
		t.Error("the correction does not show in the hash")
	}
}

func TestACorrectedAmountKeepsItsStatementAmongTwinsOfOtherWords(t *testing.T) {
	statements := func(regular, bonus string) *transform.Record {
		return employee(t, `"statements":[{`+dates+`,"grossAmount":`+regular+`,"earnings":[{"category":"wage","amount":`+regular+`}]},
			{`+dates+`,"grossAmount":`+bonus+`,"earnings":[{"category":"bonus","amount":`+bonus+`}]}]`)
	}
	for _, amounts := range [][2]string{{"1000", "5"}, {"1", "5"}, {"5", "5"}} {
		want := map[string]string{
			"2020-06-15_2020-05-27_2020-06-12":   amounts[1],
			"2020-06-15_2020-05-27_2020-06-12~2": amounts[0],
		}
		if diff := cmp.Diff(want, keys(statements(amounts[0], amounts[1]), "statements", "gross_amount")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTwoEqualStatementsStayTwo(t *testing.T) {
	one := `{` + dates + `,"grossAmount":1000,"deductions":[{"amount":1}]}`
	rec := employee(t, `"statements":[`+one+`,`+one+`]`)
	if got := keys(rec, "statements", "gross_amount"); len(got) != 2 {
		t.Errorf("%v", got)
	}
	for _, statement := range set(rec, "statements").Rows {
		for _, lines := range statement.Lines {
			for line := range lines.All() {
				if line.Cell("statement_id") != statement.Cell("statement_id") || line.Cell("employee_id").String() != "p1" {
					t.Errorf("a line of %s under %s", line.Cell("statement_id"), statement.Cell("statement_id"))
				}
			}
		}
	}
}

func TestAStatementAlwaysHasItsThreeSetsOfLines(t *testing.T) {
	rec := employee(t, `"statements":[{},{"deductions":null,"earnings":[],"netAmountAdjustments":"none"}]`)
	for _, statement := range set(rec, "statements").Rows {
		var names []string
		for _, lines := range statement.Lines {
			names = append(names, fmt.Sprint(lines.Table.Name, lines.Len()))
		}
		if diff := cmp.Diff([]string{"statement_deductions0", "statement_earnings0", "statement_net_amount_adjustments0"}, names); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnAccountNumberThatWasMaskedKeepsItsKeyWhenItComesWhole(t *testing.T) {
	const rest = `"routingNumber":"456456456","type":"savings"`
	masked := employee(t, `"depositAccounts":[{"accountNumber":"XXXX1111",`+rest+`}]`)
	whole := employee(t, `"depositAccounts":[{"accountNumber":"22221111",`+rest+`}]`)
	if diff := cmp.Diff(map[string]string{"456456456-1111-savings": "true"}, keys(masked, "deposit_accounts", "account_number_masked")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"456456456-1111-savings": "false"}, keys(whole, "deposit_accounts", "account_number_masked")); diff != "" {
		t.Error(diff)
	}
}

func TestUpdatedAtAloneIsNoChange(t *testing.T) {
	for _, r := range employerlink.Catalog() {
		hash := func(updated string) map[string][16]byte {
			return fixture.Hashes(r.Normalize(transform.Item{
				ID:     "x1",
				Rows:   [][]byte{[]byte(`{"_id":"x1","name":"n","employer":"e1"}`)},
				Detail: []byte(`{"_id":"x1","income":5,"updatedAt":` + updated + `}`),
			}, fixture.Sealer()))
		}
		if diff := cmp.Diff(hash(`"2023-02-28T21:18:55.490Z"`), hash(`"2023-03-01T21:18:55.490Z"`)); diff != "" {
			t.Errorf("%s: %s", r.Name, diff)
		}
	}
}

func TestALinkThatIsAnotherEachTimeIsNoChange(t *testing.T) {
	for _, name := range []string{"employer-documents", "payroll-runs"} {
		r := resource(t, name)
		dump := func(url string) string {
			return r.Normalize(transform.Item{
				ID: "x1", Rows: [][]byte{[]byte(`{"_id":"x1"}`)}, Detail: []byte(`{"_id":"x1","url":` + url + `}`),
			}, fixture.Sealer()).Dump()
		}
		if !r.Document {
			t.Errorf("%s has no documents", name)
		}
		for _, url := range []string{`"https://b.example.com/a?sig=2"`, `null`, `7`, `{"href":"x"}`} {
			if diff := cmp.Diff(dump(`"https://b.example.com/a?sig=1"`), dump(url)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func TestAProjectionThatWasNotAskedForLeavesWhatIsStored(t *testing.T) {
	tables := map[string]string{
		"identity": "employee_identities", "employment": "employee_employments", "income": "employee_incomes",
		"depositAccounts": "deposit_accounts", "statements": "statements", "taxes": "taxes", "timesheets": "timesheets",
	}
	r := resource(t, "employees")
	if len(r.Projections) != len(tables) {
		t.Errorf("%d projections", len(r.Projections))
	}
	for _, asked := range r.Projections {
		rec := employee(t, `"createdAt":null`, asked)
		for projection, table := range tables {
			if got := set(rec, table); (got != nil) != (projection == asked) {
				t.Errorf("%s was asked for: %s is %v", asked, table, got)
			}
		}
		if got := set(rec, tables[asked]); got == nil || len(got.Rows) > 0 || got.Merge || len(got.Owner) != 1 {
			t.Errorf("%s was asked for and is empty: %+v", asked, got)
		}
		if got := set(rec, "employees"); got == nil || len(got.Rows) != 1 {
			t.Errorf("%s: the employee's own row is %+v", asked, got)
		}
	}
	if rec := employee(t, `"createdAt":null`); len(rec.Sets) != 8 {
		t.Errorf("without an include all are asked for, not %d", len(rec.Sets))
	}
}

func TestAMemberThatCameUnaskedIsNeitherStoredNorUnknown(t *testing.T) {
	c := fixture.Cases(t, resource(t, "employees"))
	i := slices.IndexFunc(c, func(c fixture.Case) bool { return c.Name == "reference" })
	item := c[i].Item
	item.Include = []string{}
	rec := c[i].Resource.Normalize(item, fixture.Sealer())
	if len(rec.Sets) != 1 || len(rec.Drift) > 0 || len(rec.Rejects) > 0 || rec.Sets[0].Rows[0].Extra != "" {
		t.Error(rec.Dump())
	}
}

func TestWithoutADetailNothingIsKnownOfWhatItWouldTell(t *testing.T) {
	for name, want := range map[string][]string{
		"employers": {"employers"}, "employees": {"employees"}, "employer-documents": {"employer_documents"},
		"employer-deduction-types": {"employer_deduction_types"}, "payroll-runs": {"payroll_runs"},
	} {
		rec := resource(t, name).Normalize(transform.Item{ID: "x1", Rows: [][]byte{[]byte(`{"_id":"x1"}`)}}, fixture.Sealer())
		var got []string
		for _, s := range rec.Sets {
			got = append(got, s.Table.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAFactThatTheDetailRepeatsIsNothingUnknown(t *testing.T) {
	rec := employee(t, `"employer":"e1","firstName":"Ada","lastName":"Example"`)
	if row := set(rec, "employees").Rows[0]; len(rec.Drift) > 0 || row.Extra != "" || row.Cell("employer_id").String() != "e1" {
		t.Error(rec.Dump())
	}
}

func TestAnSSNIsKeptAsItsLastFourDigitsAndAToken(t *testing.T) {
	mac := hmac.New(sha256.New, []byte("0123456789abcdef0123456789abcdef"))
	mac.Write([]byte("111223333"))
	rec := employee(t, `"ssn":"111-22-3333","notes":"of 111223333"`)
	row := set(rec, "employee_identities").Rows[0]
	if row.Cell("ssn_last4").String() != "3333" || row.Cell("ssn_token").String() != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("%s %s", row.Cell("ssn_last4"), row.Cell("ssn_token"))
	}
	if strings.Contains(rec.Dump(), "22333") {
		t.Error(rec.Dump())
	}
}

func TestATimesheetThatIsCompletedKeepsItsKeyWhereItHasAnID(t *testing.T) {
	open := employee(t, `"timesheets":[{"_id":"t1","start":"2023-03-01T15:00:00Z"},{"day":"2023-03-01"}]`)
	done := employee(t, `"timesheets":[{"day":"2023-03-01"},{"_id":"t1","start":"2023-03-01T15:00:00Z","end":"2023-03-01T23:00:00Z"}]`)
	before, after := keys(open, "timesheets", "end_at"), keys(done, "timesheets", "end_at")
	if before["t1"] != "" || after["t1"] != "2023-03-01T23:00:00Z" || len(before) != 2 || len(after) != 2 {
		t.Errorf("%v, then %v", before, after)
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			t.Errorf("%s is gone", key)
		}
	}
}
