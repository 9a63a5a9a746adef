package employerlink

import "github.com/linkhouse/linkhouse/transform"

var employeeIdentitiesTable = transform.NewTable("employerlink", "employee_identities", transform.KeyOf("employee_id"),
	transform.As(transform.Text, "first_name", "firstName"),
	transform.As(transform.Text, "last_name", "lastName"),
	transform.As(transform.Date, "date_of_birth", "dateOfBirth"),
	transform.As(transform.Text, "email", "email"),
	transform.As(transform.Text, "phone", "phone"),
	transform.Secret("ssn", "ssn"),
	transform.Nested("homeAddress",
		transform.As(transform.Text, "home_address_line1", "line1"),
		transform.As(transform.Text, "home_address_line2", "line2"),
		transform.As(transform.Text, "home_address_city", "city"),
		transform.As(transform.Text, "home_address_state", "state"),
		transform.As(transform.Text, "home_address_zipcode", "zipcode"), // an employer's location says postalCode (T22)
		transform.As(transform.Text, "home_address_country", "country"),
	),
)

// A termination date may stand beside the status active (T18), and the class code comes as a number (T19).
var employeeEmploymentsTable = transform.NewTable("employerlink", "employee_employments", transform.KeyOf("employee_id"),
	transform.As(transform.Text, "employee_type", "employeeType", "fulltime", "parttime"),
	transform.As(transform.Text, "employment_status", "employmentStatus", "active", "terminated"),
	transform.As(transform.Text, "job_title", "jobTitle"),
	transform.As(transform.Date, "start_date", "startDate"),
	transform.As(transform.Date, "termination_date", "terminationDate"),
	transform.As(transform.Numeric, "weekly_hours", "weeklyHours"),
	transform.As(transform.Text, "class_code", "classCode"),
)

var employeeIncomesTable = transform.NewTable("employerlink", "employee_incomes", transform.KeyOf("employee_id"),
	transform.As(transform.Numeric, "income", "income"),
	transform.As(transform.Text, "income_type", "incomeType", "yearly", "monthly", "weekly", "daily", "hourly"),
	transform.As(transform.Text, "pay_cycle", "payCycle", "monthly", "semimonthly", "biweekly", "weekly"),
	transform.As(transform.Date, "next_expected_pay_date", "nextExpectedPayDate"),
	transform.As(transform.Date, "current_pay_period_start", "currentPayPeriodStart"),
	transform.As(transform.Date, "current_pay_period_end", "currentPayPeriodEnd"),
	transform.As(transform.Numeric, "unpaid_hours_in_pay_period", "unpaidHoursInPayPeriod"),
)
