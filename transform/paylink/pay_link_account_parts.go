package paylink

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

var accountSuggestionsTable = transform.NewTable("paylink", "account_suggestions", accountPartKey("suggestion_key"),
	transform.As(transform.Numeric, "monthly_savings", "monthlySavings"),
	transform.As(transform.Text, "category", "category",
		"change-plan", "cancel-plan", "downgrade-plan", "remove-service", "common-cancellation", "redundant-services",
		"costly-feature", "alternative-service", "underutilization", "high-interest-rate"),
	transform.As(transform.Text, "action_url", "actionUrl"),
	transform.As(transform.Text, "short_description", "shortDescription"),
	transform.As(transform.Text, "detailed_description", "detailedDescription"),
	transform.As(transform.Text, "button_title", "buttonTitle"),
)

var accountIdentitiesTable = transform.NewTable("paylink", "account_identities", accountPartKey("identity_key"),
	transform.As(transform.Text, "first_name", "firstName"),
	transform.As(transform.Text, "email", "email"),
	transform.As(transform.Text, "phone", "phone"),
)

var accountBillingItemsTable = transform.NewTable("paylink", "account_billing_items", accountPartKey("billing_item_key"),
	transform.As(transform.Text, "description", "description"),
	transform.As(transform.Numeric, "amount", "amount"),
)

var accountBillingHistoryTable = transform.NewTable("paylink", "account_billing_history", accountPartKey("billing_history_key"),
	transform.As(transform.Date, "date", "date"),
	transform.As(transform.Numeric, "amount", "amount"),
)

var accountPaymentMethodsTable = transform.NewTable("paylink", "account_payment_methods", accountPartKey("payment_method_key"),
	transform.As(transform.Text, "type", "type"),
	transform.As(transform.Text, "last_four", "lastFour"), // leading zeros matter (T35)
	transform.As(transform.Text, "brand", "brand"),
	transform.As(transform.Bool, "is_primary", "isPrimary"),
)

var accountPlansTable = transform.NewTable("paylink", "account_plans", accountPartKey("plan_key"),
	transform.As(transform.Text, "source_id", "sourceId"),
	transform.As(transform.Text, "status", "status"),
	transform.As(transform.Text, "title", "title"),
	transform.As(transform.Text, "description", "description"),
	transform.As(transform.Bool, "free_trial", "freeTrial"),
)

var accountUsageTable = transform.NewTable("paylink", "account_usage", accountPartKey("usage_key"),
	transform.As(transform.Text, "title", "title"),
	transform.As(transform.Text, "description", "description"),
)

var accountActionsTable = transform.NewTable("paylink", "account_actions", accountPartKey("action_key"),
	transform.As(transform.Text, "type", "type", "change-plan", "cancel-plan", "pause-plan"),
)

func accountPartKey(own string) []transform.Column {
	return transform.KeyOf("user_identifier", "account_id", own)
}

// addActions keeps what can be done with the account, not the means to do it (see withoutCapabilities).
func addActions(rec *transform.Record, link *transform.Object) {
	add(rec, link, "actions", accountActionsTable, by("type"))
}

// addAccountParts adds what the account consists of.
func addAccountParts(rec *transform.Record, account *transform.Object) {
	add(rec, account, "suggestions", accountSuggestionsTable, by("category"))
	add(rec, account, "identities", accountIdentitiesTable, person)
	if billing := account.Node().Get("billing"); billing.Absent() || billing.IsObject() {
		bill := account.Sub("billing")
		add(rec, bill, "items", accountBillingItemsTable, by("description"))
		addBillingHistory(rec, bill)
		add(rec, bill, "paymentMethods", accountPaymentMethodsTable, by("type", "brand", "last_four"))
	}
	addData(rec, account.Node().Get("data"))
}

// add adds the elements of an array, each keyed by what base says of it and an occurrence among equals.
func add(rec *transform.Record, o *transform.Object, member string, t *transform.Table, base func(*transform.Row) string) {
	set, ok := o.Set(member, t, rec.Owner(), nil)
	if !ok {
		return
	}
	transform.Key(set.Rows, set.Owner, base)
	rec.Add(set)
}

// addBillingHistory keys a bill by its day and amount: the time of day may be the moment at which it was read. The history
// slides, so what drops out of it stays (T36).
func addBillingHistory(rec *transform.Record, bill *transform.Object) {
	set, ok := bill.Set("history", accountBillingHistoryTable, rec.Owner(), func(e *transform.Object) transform.Row {
		row := e.Row(accountBillingHistoryTable)
		row.SetText("billing_history_key", fact(&row, "date", e)+"_"+fact(&row, "amount", e))
		e.Rest(&row)
		return row
	})
	if !ok {
		return
	}
	transform.Key(set.Rows, set.Owner, func(r *transform.Row) string { return r.Cell("billing_history_key").String() })
	set.Merge = true
	rec.Add(set)
}

// addData adds the plans and the usage that an account's data tells of. The data is kept whole in the account's row, so
// nothing of it is rejected when it has another shape; what else stands in it is counted.
func addData(rec *transform.Record, data transform.Node) {
	if !data.Absent() && !data.IsObject() {
		return
	}
	o := rec.Object(data, "account.data")
	if arrayOrNone(data.Get("plans")) {
		add(rec, o, "plans", accountPlansTable, planBase)
	}
	if arrayOrNone(data.Get("usage")) {
		add(rec, o, "usage", accountUsageTable, by("title"))
	}
	o.CountRest()
}

func arrayOrNone(n transform.Node) bool { return n.Absent() || n.IsArray() }

// by is a key of the named columns, in lower case; a missing one is "-".
func by(columns ...string) func(*transform.Row) string {
	return func(r *transform.Row) string {
		parts := make([]string, len(columns))
		for i, column := range columns {
			parts[i] = orDash(strings.ToLower(strings.TrimSpace(r.Cell(column).String())))
		}
		return strings.Join(parts, "-")
	}
}

// planBase is a plan's own id, which is a label rather than an id (T33), or its title.
func planBase(r *transform.Row) string {
	if r.Cell("source_id").IsNull() {
		return by("title")(r)
	}
	return by("source_id")(r)
}

// person names a person by a digest, so that no key is personal data.
func person(r *transform.Row) string {
	for _, column := range []string{"email", "phone", "first_name"} {
		if text := strings.ToLower(strings.TrimSpace(r.Cell(column).String())); text != "" {
			sum := sha256.Sum256([]byte(text))
			return hex.EncodeToString(sum[:16])
		}
	}
	return "-"
}

// fact is what a key says of a column: its value, the text that could not be read as one, or "-" when there is neither.
func fact(r *transform.Row, column string, o *transform.Object) string {
	if v := r.Cell(column); !v.IsNull() {
		return v.String()
	}
	text, _ := o.Node().Get(column).Scalar()
	return orDash(strings.TrimSpace(text))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
