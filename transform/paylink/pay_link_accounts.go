package paylink

import (
	"github.com/linkhouse/linkhouse/transform"
)

var payLinkAccounts = &transform.Resource{
	Name:    "pay-link-accounts",
	List:    "/{user}/pay-link/accounts",
	Items:   "accounts",
	PerUser: true,
	Table:   accountsTable,
	Named:   2,
	Children: []*transform.Table{
		accountSuggestionsTable, accountIdentitiesTable, accountBillingItemsTable, accountBillingHistoryTable,
		accountPaymentMethodsTable, accountPlansTable, accountUsageTable, accountActionsTable, companiesTable, usersTable,
	},
	Users:    usersTable,
	Sentence: readAccount,
}

// Two things are called account, and two type (T32): the link outside, which is the row, and the account at the company inside.
var accountsTable = transform.NewTable("paylink", "accounts", transform.KeyOf("user_identifier", "account_id"),
	transform.Given("company_id"),
	transform.As(transform.Text, "link_type", "type"),
	transform.Nested("account",
		transform.As(transform.Text, "type", "type", "subscription", "loan", "policy", "telecom"),
		transform.As(transform.Text, "source_id", "sourceId"),
		transform.As(transform.Text, "created_by", "createdBy", "detection"),
		transform.As(transform.Bool, "connected", "connected"),
		transform.As(transform.Bool, "supported", "supported"),
	),
	transform.Nested("account.billing",
		transform.Secret("billing_account_number", "accountNumber"),
		transform.As(transform.Numeric, "billing_amount", "amount"),
		transform.As(transform.Date, "billing_due_date", "dueDate"), // the end of the day, UTC (T36)
	),
	transform.Nested("account.billing.autopay",
		transform.As(transform.Text, "autopay_status", "status", "enabled", "disabled", "paused"),
		transform.As(transform.Text, "autopay_cycle", "cycle", "biweekly", "monthly", "semimonthly", "weekly"),
	),
	transform.Nested("account",
		transform.As(transform.JSON, "data", "data"), // its shape depends on the account's type and is documented for plans and usage only
	),
)

func readAccount(rec *transform.Record, say transform.Saying) {
	link := say.Whole()
	companyID, node := company(rec, withoutCapabilities(levelled(link)), "company", false)

	o := rec.Object(node, "")
	o.Ignore("_id")
	row := o.Row(accountsTable)
	row.SetText("company_id", companyID)
	addActions(rec, o)
	// Without an account inside, nothing is known of what belongs to it, which is not the same as having none.
	if link.Get("account").IsObject() {
		addAccountParts(rec, o.Sub("account"))
	}
	if id, _ := o.Node().Get("account").Get("_id").Scalar(); id == rec.ID {
		o.Sub("account").Ignore("_id") // the link's own once more (T31)
	}
	o.Rest(&row)
	rec.AddOwn(accountsTable, row)
}

// eitherLevel are the members that stand inside the account or beside it (T31).
var eitherLevel = []string{"createdBy", "connected", "supported", "sourceId"}

// levelled moves members that stand beside the account into it. One that says something else there stays outside.
func levelled(link transform.Node) transform.Node {
	account := link.Get("account")
	if !account.Absent() && !account.IsObject() {
		return link
	}
	for _, name := range eitherLevel {
		outside, inside := link.Get(name), account.Get(name)
		if outside.Absent() || !inside.Absent() && !inside.Equal(outside) {
			continue
		}
		account = account.With(name, outside)
		link = link.Without(name)
	}
	if data := account.Get("data"); data.IsObject() {
		account = account.With("data", data.Sorted("plans", "usage")) // both are kept whole too, and their order says nothing
	}
	if account.IsObject() {
		link = link.With("account", account)
	}
	return link
}

// withoutCapabilities drops the ids by which an action may be taken: whoever holds one can act for the user, each lives an
// hour, and each request tells another.
func withoutCapabilities(link transform.Node) transform.Node {
	return link.Stripped("actions", "id", "actionId")
}
