package employerlink_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// rounds is how many arrays at random each table is asked about.
const rounds = 400

// below wraps elements as a member of the detail.
func below(resource, member string) func([]fixture.Element) transform.Item {
	return func(elements []fixture.Element) transform.Item {
		return transform.Item{
			ID: "x1", Rows: [][]byte{[]byte(`{"_id":"x1","employer":"e1"}`)},
			Detail: fixture.Encoded(map[string]any{"_id": "x1", member: elements}),
		}
	}
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func cents(random *rand.Rand) float64 { return float64(random.IntN(1_000_000)) / 100 }

// put sets a member, or leaves it out, or says null.
func put(random *rand.Rand, e fixture.Element, name string, value any) {
	switch random.IntN(8) {
	case 0:
	case 1:
		e[name] = nil
	default:
		e[name] = value
	}
}

func named(members ...string) func(fixture.Element) string {
	return func(e fixture.Element) string {
		var b strings.Builder
		b.WriteString("is")
		for _, m := range members {
			fmt.Fprintf(&b, " %v", e[m])
		}
		return b.String()
	}
}

// Section 4, T14: a statement is known by its dates, and twins by their words. Mutation: with grossAmount in statementBase, or
// with numbers before words in compareTwins, it is red.
func TestAStatementKeepsItsKeyWhateverTheOrderAndWhateverIsCorrected(t *testing.T) {
	lines := func(random *rand.Rand, label string) []any {
		out := make([]any, 1+random.IntN(3))
		for i := range out {
			out[i] = fixture.Element{"category": "wage", "rawLabel": fmt.Sprint(label, i), "amount": cents(random), "ytdAmount": cents(random)}
		}
		return out
	}
	fixture.Keyed{
		Resource: resource(t, "employees"), Table: "statements", Wrap: below("employees", "statements"),
		Make: func(random *rand.Rand) fixture.Element {
			label := pick(random, "Regular", "Bonus", "Overtime", "Tips")
			e := fixture.Element{"earnings": lines(random, label), "words": label}
			put(random, e, "date", pick(random, "2024-02-29T12:00:00Z", "2024-03-15T12:00:00Z", "2024-02-30"))
			put(random, e, "payPeriodStartDate", pick(random, "2024-02-15", "2024-02-16"))
			put(random, e, "grossAmount", cents(random))
			put(random, e, "deductions", lines(random, "Tax"))
			put(random, e, "netAmountAdjustments", []any{fixture.Element{"label": "Mileage", "amount": cents(random)}})
			return e
		},
		Name: named("date", "payPeriodStartDate"),
		Words: func(e fixture.Element) string {
			text := fmt.Sprint(e["words"])
			for _, member := range []string{"earnings", "deductions", "netAmountAdjustments"} {
				array, _ := e[member].([]any)
				text += fmt.Sprint(" ", len(array))
			}
			return text
		},
		Correct: func(random *rand.Rand, e fixture.Element) {
			e[pick(random, "grossAmount", "netAmount", "ytdGrossAmount", "hours")] = 1_000_000 + cents(random)
			earnings, _ := e["earnings"].([]any)
			line, _ := earnings[random.IntN(len(earnings))].(fixture.Element)
			line[pick(random, "amount", "hours", "rate")] = 1_000_000 + cents(random)
		},
	}.Holds(t, rounds)
}

// Section 4: an _id, where one appears, is what a statement is known by. Mutation: without _id in statementBase it is red.
func TestAStatementWithAnIDKeepsItsKeyWhenItsDatesAreCorrected(t *testing.T) {
	fixture.Keyed{
		Resource: resource(t, "employees"), Table: "statements", Wrap: below("employees", "statements"),
		Make: func(random *rand.Rand) fixture.Element {
			return fixture.Element{"_id": fmt.Sprint("s", random.IntN(50)), "date": "2024-02-29", "grossAmount": cents(random)}
		},
		Name: named("_id"),
		Correct: func(random *rand.Rand, e fixture.Element) {
			e["date"], e["grossAmount"] = fmt.Sprintf("2025-01-%02d", 1+random.IntN(28)), 1_000_000+cents(random)
		},
	}.Holds(t, rounds)
}

// T17: a deposit account is known by its routing number, last four digits and type, and twins by their numbers. Mutation: with
// bank_name in the base of addDepositAccounts, or without rank in compareTwins, it is red.
func TestADepositAccountKeepsItsKeyWhateverTheOrderAndWhateverIsCorrected(t *testing.T) {
	fixture.Keyed{
		Resource: resource(t, "employees"), Table: "deposit_accounts", Wrap: below("employees", "depositAccounts"),
		Make: func(random *rand.Rand) fixture.Element {
			e := fixture.Element{"accountNumber": pick(random, "11111111", "22221111", "33331111", "XXXX1111", "44442222")}
			put(random, e, "routingNumber", pick(random, "123123123", "456456456"))
			put(random, e, "type", pick(random, "checking", "savings"))
			put(random, e, "bankName", pick(random, "A", "B", "C"))
			put(random, e, "distributionAmount", cents(random))
			return e
		},
		Name: func(e fixture.Element) string {
			number := fmt.Sprint(e["accountNumber"])
			return number[len(number)-4:] + named("routingNumber", "type")(e)
		},
		Words: named("accountNumber"),
		Correct: func(random *rand.Rand, e fixture.Element) {
			e["bankName"], e["distributionType"] = "Corrected", pick(random, "fixed", "percent")
			e["distributionAmount"] = 1_000_000 + cents(random)
		},
	}.Holds(t, rounds)
}

// T20: a tax form is known by its type and year. Mutation: with total_wages in tax_key it is red.
func TestATaxFormKeepsItsKeyWhateverTheOrderAndWhateverIsCorrected(t *testing.T) {
	fixture.Keyed{
		Resource: resource(t, "employees"), Table: "taxes", Wrap: below("employees", "taxes"),
		Make: func(random *rand.Rand) fixture.Element {
			e := fixture.Element{"type": pick(random, "w2", "1099-NEC", "w2c")}
			put(random, e, "year", pick[any](random, "2023", 2024, "2025-01-01T00:00:00.000Z", "FY26"))
			put(random, e, "totalWages", cents(random))
			return e
		},
		Name:    named("type", "year"),
		Correct: func(random *rand.Rand, e fixture.Element) { e["totalWages"] = 1_000_000 + cents(random) },
	}.Holds(t, rounds)
}

// T7: a timesheet is known by its _id, or by all it says, whatever the order within it. Mutation: without unordered in
// Node.Digest, or without _id in addTimesheets, it is red.
func TestATimesheetKeepsItsKeyWhateverTheOrderAndWhateverIsCorrected(t *testing.T) {
	fixture.Keyed{
		Resource: resource(t, "employees"), Table: "timesheets", Wrap: below("employees", "timesheets"),
		Make: func(random *rand.Rand) fixture.Element {
			e := fixture.Element{"date": fmt.Sprintf("2024-03-%02d", 1+random.IntN(5)), "hours": random.IntN(3)}
			if random.IntN(2) == 0 {
				e["_id"] = fmt.Sprint("t", random.IntN(20))
			} else {
				e["punches"] = []any{"08:00", "12:00", fixture.Element{"breaks": []any{1, 2, random.IntN(5)}}}
			}
			return e
		},
		Name: func(e fixture.Element) string {
			if e["_id"] == nil {
				return ""
			}
			return fmt.Sprint(e["_id"])
		},
		Correct: func(random *rand.Rand, e fixture.Element) {
			e["hours"], e["end"] = 100+random.IntN(100), "2024-03-05T17:00:00Z"
		},
	}.Holds(t, rounds)
}

// Section 4: the locations of an employer are numbered in an order of their own. Mutation: without the sort in sortRows it
// is red.
func TestALocationsNumberDoesNotDependOnTheOrder(t *testing.T) {
	fixture.Keyed{
		Resource: resource(t, "employers"), Table: "employer_locations", Wrap: below("employers", "locations"), Numbered: true,
		Make: func(random *rand.Rand) fixture.Element {
			e := fixture.Element{"city": pick(random, "Boise", "Reno")}
			put(random, e, "line1", pick(random, "1 Main St.", "2 Main St."))
			put(random, e, "postalCode", pick[any](random, "01103", 89501))
			put(random, e, "geo", random.IntN(3))
			return e
		},
		Name:    named("city", "line1"),
		Correct: func(random *rand.Rand, e fixture.Element) { e["postalCode"] = fmt.Sprint(random.IntN(99999)) },
	}.Holds(t, rounds)
}
