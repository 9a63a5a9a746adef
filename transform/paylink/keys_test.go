package paylink_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// Section 4, T33 to T36: each part of an account is known by what it is, not by what it costs or where it stands in the
// response. Mutations: with amount in the key of billing items, with status in planBase, with phone before email in person,
// with monthly_savings in the key of suggestions, or without the sort in keyRows it is red.
func TestAPartOfAnAccountKeepsItsKeyWhateverTheOrderAndWhateverIsCorrected(t *testing.T) {
	number := func(random *rand.Rand) float64 { return 1_000_000 + float64(random.IntN(100_000))/100 }
	correct := func(member string) func(*rand.Rand, fixture.Element) {
		return func(random *rand.Rand, e fixture.Element) { e[member] = number(random) }
	}
	word := func(random *rand.Rand) string { return fmt.Sprint("word ", random.IntN(4)) }
	parts := []struct {
		table, path string
		key         []string // members that name the part
		words       []string // members that tell twins apart
		dates       []string // members that are dates
		other       []string // numbers
		correct     func(*rand.Rand, fixture.Element)
	}{
		{"account_suggestions", "account.suggestions", []string{"category"}, []string{"shortDescription", "actionUrl"}, nil, []string{"monthlySavings"}, correct("monthlySavings")},
		{"account_identities", "account.identities", []string{"email"}, nil, nil, nil, func(random *rand.Rand, e fixture.Element) {
			e["phone"], e["firstName"] = fmt.Sprint(number(random)), "Corrected"
		}},
		{"account_billing_items", "account.billing.items", []string{"description"}, nil, nil, []string{"amount"}, correct("amount")},
		{"account_billing_history", "account.billing.history", []string{"date", "amount"}, nil, []string{"date"}, nil, correct("tax")},
		{"account_payment_methods", "account.billing.paymentMethods", []string{"type", "brand", "lastFour"}, nil, nil, nil, correct("limit")},
		{"account_plans", "account.data.plans", []string{"sourceId"}, nil, nil, nil, func(random *rand.Rand, e fixture.Element) {
			e["status"], e["title"], e["description"] = "corrected", "corrected", fmt.Sprint(number(random))
		}},
		{"account_usage", "account.data.usage", []string{"title"}, nil, nil, nil, correct("description")},
		{"account_actions", "actions", []string{"type"}, nil, nil, nil, correct("fee")},
	}
	for _, p := range parts {
		fixture.Keyed{
			Resource: resource(t, "pay-link-accounts"), Table: p.table,
			Wrap: func(elements []fixture.Element) transform.Item {
				return transform.Item{User: "u", ID: "a1", Rows: [][]byte{fixture.Encoded(at(p.path, elements))}}
			},
			Make: func(random *rand.Rand) fixture.Element {
				e := fixture.Element{}
				for _, name := range append(append([]string{}, p.key...), p.words...) {
					e[name] = word(random)
				}
				for _, name := range p.dates {
					e[name] = fmt.Sprintf("2024-02-%02dT%02d:00:00Z", 27+random.IntN(3), random.IntN(24))
				}
				for _, name := range p.other {
					e[name] = random.IntN(5)
				}
				return e
			},
			Name: func(e fixture.Element) string {
				text := ""
				for _, name := range p.key {
					value := fmt.Sprint(e[name])
					if len(p.dates) > 0 && name == "date" {
						value, _, _ = strings.Cut(value, "T") // the time of day may be when it was read
					}
					text += value + " "
				}
				return text
			},
			Words: func(e fixture.Element) string {
				text := ""
				for _, name := range p.words {
					text += fmt.Sprint(e[name], " ")
				}
				return text
			},
			Correct: p.correct,
		}.Holds(t, 300)
	}
}

// at is an account with elements at a path.
func at(path string, elements []fixture.Element) any {
	root := map[string]any{"_id": "a1"}
	node := root
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		kid := map[string]any{}
		node[name] = kid
		node = kid
	}
	node[names[len(names)-1]] = elements
	return root
}
