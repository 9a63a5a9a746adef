package paylink_test

import (
	"testing"

	"github.com/linkhouse/linkhouse/transform/fixture"
)

// parts are the arrays whose elements are rows, by resource.
var parts = map[string][]fixture.Part{
	"pay-link-accounts": {
		{Path: "actions", Table: "account_actions", Listed: true},
		{Path: "account.suggestions", Table: "account_suggestions", Listed: true},
		{Path: "account.identities", Table: "account_identities", Listed: true},
		{Path: "account.billing.items", Table: "account_billing_items", Listed: true},
		{Path: "account.billing.history", Table: "account_billing_history", Listed: true},
		{Path: "account.billing.paymentMethods", Table: "account_payment_methods", Listed: true},
		{Path: "account.data.plans", Table: "account_plans", Listed: true},
		{Path: "account.data.usage", Table: "account_usage", Listed: true},
	},
}

func fuzz(f *testing.F, name string) { fixture.Fuzz(f, resource(f, name), parts[name]...) }

func FuzzNormalizePayLinkAccounts(f *testing.F) { fuzz(f, "pay-link-accounts") }

func FuzzNormalizeTasks(f *testing.F) { fuzz(f, "tasks") }
