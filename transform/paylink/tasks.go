package paylink

import (
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

var tasks = &transform.Resource{
	Name:       "tasks",
	List:       "/user/{user}/tasks",
	Items:      "tasks",
	Detail:     "/task/{id}/details",
	DetailItem: "task",
	PerUser:    true,
	ManyRows:   true,
	Table:      tasksTable,
	Named:      2,
	Children:   []*transform.Table{companiesTable, usersTable},
	Users:      usersTable,
	State:      "status",
	Final:      []string{"completed", "failed"},
	Sentence:   readTask,
}

// A task has a row per product, because the list repeats its id with another product and status (T39). The reason of a
// failure may stand beside the status completed (T40).
var tasksTable = transform.NewTable("paylink", "tasks", transform.KeyOf("user_identifier", "task_id", "product"),
	transform.As(transform.Text, "status", "status", "queued", "processing", "failed", "completed"),
	transform.As(transform.Text, "fail_reason", "failReason", failReasons...),
	transform.As(transform.Bool, "authenticated", "authenticated"),
	transform.As(transform.Bool, "payroll_data_available", "payrollDataAvailable"),
	transform.Given("company_id"),
	transform.Given("connector_id"),
	transform.As(transform.Text, "linked_account_id", "linkedAccount"),
	transform.Nested("taskWorkflow",
		transform.As(transform.Text, "task_workflow_id", "_id"),
	),
	transform.As(transform.JSON, "metadata", "metadata"),
	transform.Timestamps(),
)

var failReasons = []string{
	"account-lockout", "account-setup-incomplete", "account-unusable", "automation-blocked", "bad-credentials",
	"connection-error", "distribution-not-supported", "enrolled-in-paycard", "expired", "no-data-found",
	"product-not-supported", "routing-number-not-supported", "session-timeout", "system-unavailable", "transaction-pending",
	"work-status-terminated", "subscription-inactive", "subscription-managed-by-partner-provider", "payment-method-locked",
	"payment-method-not-supported", "payment-method-insufficient-funds", "payment-method-limit-reached",
	"payment-method-declined", "payment-token-expired", "payment-switch-unsuccessful", "device-disconnected", "user-abandon",
	"unknown-failure",
}

// products are those of the list and those of the detail, which differ (T41).
var products = []string{"deposit", "verify", "present", "switch"}

// ofProduct are the members that a task has for each of its products. All others are facts of the task as a whole.
var ofProduct = []string{"product", "status", "failReason", "authenticated", "payrollDataAvailable", "createdAt"}

func readTask(rec *transform.Record, say transform.Saying) {
	companyID, detail := company(rec, say.Detail, "company", true)
	connectorID, detail := company(rec, detail, "connector", true)
	detail = addUser(rec, detail)

	rows := lastOfEachProduct(rec, say.Rows)
	spoken := spokenOf(rows, detail)
	set := transform.Set{Table: tasksTable, Owner: rec.Owner(), Rows: make([]transform.Row, len(rows))}
	for i, list := range rows {
		task := detail.Without(ofProduct...).Merged(list)
		if i == spoken {
			task = detail.Merged(list)
		}
		o := rec.Object(task, "")
		o.Ignore("_id")
		product := productOf(list)
		if product == "" {
			product = productOf(task)
		}
		key := transform.BoundedKey(product)
		if product != "" && product == productOf(task) && key == product {
			o.Enum("product", products...) // the key holds it; another name of the detail's stays and is counted
		}
		row := o.Row(tasksTable)
		row.SetText("company_id", companyID)
		row.SetText("connector_id", connectorID)
		row.SetKey(append(rec.Owner(), transform.TextValue(key))...)
		o.Rest(&row)
		if spoken < 0 {
			// The detail is of none of the listed products: what it says of its own product is kept beside all of them.
			own := rec.Object(detail.Only(differing(detail, list)...), "")
			own.Rest(&row)
		}
		set.Rows[i] = row
	}
	rec.Add(set)
}

// differing are the members of a product that the detail tells otherwise than the list row.
func differing(detail, list transform.Node) []string {
	var names []string
	for _, name := range ofProduct {
		if !detail.Get(name).Equal(list.Get(name)) {
			names = append(names, name)
		}
	}
	return names
}

func productOf(task transform.Node) string {
	product, _ := task.Get("product").Scalar()
	return strings.TrimSpace(product)
}

// spokenOf is the row whose product the detail speaks of: the one with its product, or the only one (T41: the detail may
// call the product otherwise); -1 when it is none.
func spokenOf(rows []transform.Node, detail transform.Node) int {
	if len(rows) == 1 || !detail.IsObject() {
		return 0
	}
	for i, row := range rows {
		if productOf(row) == productOf(detail) {
			return i
		}
	}
	return -1
}

// lastOfEachProduct are the list rows by product; of rows that repeat one, the last counts.
func lastOfEachProduct(rec *transform.Record, rows []transform.Node) []transform.Node {
	var last []transform.Node
	at := map[string]int{}
	for _, row := range rows {
		product := productOf(row)
		if i, ok := at[product]; ok {
			rec.CountRepeated("product")
			last[i] = row
			continue
		}
		at[product] = len(last)
		last = append(last, row)
	}
	return last
}

// addUser adds the user, with the id that Atomic gives it, and returns the detail without what was read. A detail that
// names another user says nothing of this one; what it says stays, and so is counted.
func addUser(rec *transform.Record, detail transform.Node) transform.Node {
	user := detail.Get("user")
	named, _ := user.Get("identifier").Scalar()
	node := transform.Node{}
	if user.IsObject() && (named == rec.User || user.Get("identifier").Absent()) {
		node = user.Only("_id")
		if rest := user.Without("_id", "identifier"); len(rest.Names()) > 0 {
			detail = detail.With("user", rest)
		} else {
			detail = detail.Without("user")
		}
	}
	o := rec.Object(node, "user")
	row := o.Row(usersTable)
	o.Rest(&row)
	addShared(rec, usersTable, rec.User, row, false)
	return detail
}
