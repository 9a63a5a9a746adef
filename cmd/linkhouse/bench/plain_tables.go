package main

// table is where rows go.
type table struct {
	schema, name string
	columns      []string
	lines        bool // carries none of the columns that are about the row itself
}

// about are the columns that must not be empty and that the plain program has nothing to say in.
var about = []string{"_first_seen_at", "_synced_at", "_run_id", "_row_hash"}

const (
	employersTable = iota
	locationsTable
	employeesTable
	identitiesTable
	employmentsTable
	incomesTable
	depositsTable
	statementsTable
	deductionsTable
	earningsTable
	adjustmentsTable
	taxesTable
	timesheetsTable
	usersTable
	companiesTable
	accountsTable
	suggestionsTable
	accountIdentitiesTable
	billingItemsTable
	billingHistoryTable
	paymentMethodsTable
	plansTable
	usageTable
	actionsTable
	tableCount
)

// of is a table of what belongs to an employee.
func of(name string, columns ...string) table {
	return table{schema: "employerlink", name: name, columns: append([]string{"employee_id"}, columns...)}
}

// lines is a table of what stands on a statement.
func lines(name string, columns ...string) table {
	t := of(name, append([]string{"statement_id", "line_no"}, columns...)...)
	t.lines = true
	return t
}

// part is a table of what belongs to an account.
func part(name string, columns ...string) table {
	return table{schema: "paylink", name: name, columns: append([]string{"user_identifier", "account_id"}, columns...)}
}

var tables = [tableCount]table{
	employersTable: {"employerlink", "employers", []string{"employer_id", "name", "ein", "source_id", "atomic_created_at", "atomic_updated_at"}, false},
	locationsTable: {"employerlink", "employer_locations", []string{"employer_id", "location_no", "line1", "line2", "city", "state", "postal_code",
		"country"}, false},
	employeesTable: of("employees", "employer_id", "first_name", "last_name", "atomic_created_at", "atomic_updated_at"),
	identitiesTable: of("employee_identities", "first_name", "last_name", "date_of_birth", "email", "phone", "ssn_last4", "home_address_line1",
		"home_address_line2", "home_address_city", "home_address_state", "home_address_zipcode", "home_address_country"),
	employmentsTable: of("employee_employments", "employee_type", "employment_status", "job_title", "start_date", "termination_date", "weekly_hours",
		"class_code"),
	incomesTable: of("employee_incomes", "income", "income_type", "pay_cycle", "next_expected_pay_date", "current_pay_period_start",
		"current_pay_period_end", "unpaid_hours_in_pay_period"),
	depositsTable: of("deposit_accounts", "deposit_account_key", "routing_number", "account_number_last4", "account_number_masked", "type",
		"bank_name", "distribution_type", "distribution_amount"),
	statementsTable: of("statements", "statement_id", "pay_date", "pay_period_start_date", "pay_period_end_date", "gross_amount",
		"ytd_gross_amount", "net_amount", "ytd_net_amount", "payment_method", "hours"),
	deductionsTable:  lines("statement_deductions", "category", "label", "raw_label", "amount", "ytd_amount"),
	earningsTable:    lines("statement_earnings", "category", "raw_label", "amount", "ytd_amount", "hours", "rate"),
	adjustmentsTable: lines("statement_net_amount_adjustments", "label", "amount"),
	taxesTable:       of("taxes", "tax_key", "type", "year", "total_wages"),
	timesheetsTable:  of("timesheets", "timesheet_key", "payload", "date", "hours", "type"),

	usersTable:     {"paylink", "users", []string{"user_identifier"}, false},
	companiesTable: {"paylink", "companies", []string{"company_id", "name", "logo_url", "logo_background_color", "color"}, false},
	accountsTable: part("accounts", "company_id", "link_type", "type", "source_id", "created_by", "connected", "supported",
		"billing_account_number_last4", "billing_amount", "billing_due_date", "autopay_status", "autopay_cycle", "data"),
	suggestionsTable: part("account_suggestions", "suggestion_key", "monthly_savings", "category", "action_url", "short_description",
		"detailed_description", "button_title"),
	accountIdentitiesTable: part("account_identities", "identity_key", "first_name", "email", "phone"),
	billingItemsTable:      part("account_billing_items", "billing_item_key", "description", "amount"),
	billingHistoryTable:    part("account_billing_history", "billing_history_key", "date", "amount"),
	paymentMethodsTable:    part("account_payment_methods", "payment_method_key", "type", "last_four", "brand", "is_primary"),
	plansTable:             part("account_plans", "plan_key", "source_id", "status", "title", "description", "free_trial"),
	usageTable:             part("account_usage", "usage_key", "title", "description"),
	actionsTable:           part("account_actions", "action_key", "type"),
}
