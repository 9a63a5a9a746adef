package paylink

import (
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

// usersTable holds the users that were asked about. Only a task's detail tells Atomic's own id of one.
var usersTable = transform.SharedTable("paylink", "users", transform.KeyOf("user_identifier"),
	transform.As(transform.Text, "user_id", "_id"),
)

// companiesTable holds companies and connectors. Accounts tell their colours, tasks do not; the branding may be {} or
// missing (T46).
var companiesTable = transform.SharedTable("paylink", "companies", transform.KeyOf("company_id"),
	transform.As(transform.Text, "name", "name"),
	transform.Nested("branding.logo",
		transform.As(transform.Text, "logo_url", "url"),
		transform.As(transform.Text, "logo_background_color", "backgroundColor"),
	),
	transform.Nested("branding",
		transform.As(transform.Text, "color", "color"),
	),
)

// company adds the company that the member of an object tells of and returns its id, and the object without it. A company
// that cannot be named stays where it is.
//
// fill says that another resource knows companies better.
func company(rec *transform.Record, from transform.Node, member string, fill bool) (id string, rest transform.Node) {
	node := from.Get(member)
	id = identifier(node)
	if id == "" {
		return "", from
	}
	o := rec.Object(node, member)
	o.Ignore("_id")
	row := o.Row(companiesTable)
	o.Rest(&row)
	addShared(rec, companiesTable, id, row, fill)
	return id, from.Without(member)
}

// identifier is an object's _id; "" when it has none that could be a key.
func identifier(n transform.Node) string {
	id, _ := n.Get("_id").Scalar()
	if id = strings.TrimSpace(id); len(id) > 500 {
		return ""
	}
	return id
}

// addShared adds the part of a shared row that this record knows.
func addShared(rec *transform.Record, table *transform.Table, key string, row transform.Row, fill bool) {
	owner := []transform.Value{transform.TextValue(key)}
	row.SetKey(owner...)
	rec.Add(transform.Set{Table: table, Owner: owner, Rows: []transform.Row{row}, Fill: fill, Merge: true})
}
