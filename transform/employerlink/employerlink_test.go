package employerlink_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/employerlink"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// lists are the arrays whose order says nothing.
var lists = []string{
	"locations", "depositAccounts", "statements", "deductions", "earnings", "netAmountAdjustments", "taxes", "timesheets",
}

// projected are the members of the detail by the projection that brings them.
var projected = map[string][]string{
	"identity":   {"firstName", "lastName", "dateOfBirth", "email", "phone", "ssn", "homeAddress"},
	"employment": {"employeeType", "employmentStatus", "jobTitle", "startDate", "terminationDate", "weeklyHours", "classCode"},
	"income": {
		"income", "incomeType", "payCycle", "nextExpectedPayDate", "currentPayPeriodStart", "currentPayPeriodEnd",
		"unpaidHoursInPayPeriod",
	},
	"depositAccounts": {"depositAccounts"},
	"statements":      {"statements"},
	"taxes":           {"taxes"},
	"timesheets":      {"timesheets"},
}

// exempt are the links, the secrets, and what came although it was not asked for.
func exempt(r *transform.Resource) fixture.Exempt {
	return func(path string, item transform.Item) bool {
		for _, name := range strings.FieldsFunc(strings.ToLower(path), func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
			if slices.Contains([]string{"ssn", "social_security_number", "accountnumber"}, name) {
				return true
			}
		}
		if path == "detail.url" && r.Document {
			return true
		}
		for projection, members := range projected {
			if r.Name != "employees" || item.Include == nil || slices.Contains(item.Include, projection) {
				continue
			}
			for _, member := range members {
				rest, ok := strings.CutPrefix(path, "detail."+member)
				if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
					return true
				}
			}
		}
		return false
	}
}

func TestEveryFixtureBecomesTheRowsAgreedOn(t *testing.T) {
	fixture.Golden(t, employerlink.Catalog())
}

func TestNoColumnStaysEmptyOverAllFixtures(t *testing.T) {
	fixture.NoColumnStaysEmpty(t, employerlink.Catalog())
}

func TestNothingOfAnItemIsDroppedSilently(t *testing.T) {
	for _, r := range employerlink.Catalog() {
		for _, c := range fixture.Cases(t, r) {
			fixture.Accounted(t, c, exempt(r))
			fixture.Unread(t, c, exempt(r))
		}
	}
}

func TestTheOrderOfAResponseSaysNothing(t *testing.T) {
	for _, r := range employerlink.Catalog() {
		for _, c := range fixture.Cases(t, r) {
			fixture.OrderSaysNothing(t, c, lists...)
		}
	}
}

func TestWhateverTheAPISendsNothingIsLostDoubledOrRevealed(t *testing.T) {
	for _, r := range employerlink.Catalog() {
		for _, c := range fixture.Cases(t, r) {
			fixture.Mangled(t, c, 60, parts[r.Name]...)
		}
	}
}
