BEGIN;

-- Everything that is not a key is nullable: the API marks nothing as required, examples leave out much, and one missing
-- value must not cost a record. No foreign keys and no checks, since children may arrive before their parents and
-- payroll figures do not add up.
CREATE SCHEMA IF NOT EXISTS employerlink;
-- A schema that somebody else has made keeps its own comment.
DO $do$
BEGIN
  IF obj_description('employerlink'::regnamespace, 'pg_namespace') IS NULL THEN
    COMMENT ON SCHEMA employerlink IS
      'Current state of what EmployerLink reports about employers and their employees. A row that is live now holds from _synced_at until _removed_at (or now); its earlier versions are in schema history with [_valid_from, _valid_to). Removed rows stay, with _removed_at set.';
  END IF;
END
$do$;

-- The columns that every table ends with, described once.
CREATE TEMPORARY TABLE row_facts (
  _first_seen_at timestamptz NOT NULL,
  _synced_at     timestamptz NOT NULL,
  _removed_at    timestamptz,
  _run_id        bigint NOT NULL,
  _row_hash      bytea NOT NULL,
  _extra         jsonb
) ON COMMIT DROP;
COMMENT ON COLUMN row_facts._first_seen_at IS 'When linkhouse first wrote this key. Instant.';
COMMENT ON COLUMN row_facts._synced_at IS 'When linkhouse last wrote this row; the present version holds from here. Not moved by a sync that found nothing changed. Instant.';
COMMENT ON COLUMN row_facts._removed_at IS 'When the row was found to be gone: its object from a list that was read to its end, or the row from its object when that was read; null while it is there. Instant.';
COMMENT ON COLUMN row_facts._run_id IS 'The run that last wrote this row: etl.runs.run_id.';
COMMENT ON COLUMN row_facts._row_hash IS 'First 128 bits of the SHA-256 of the row''s content, by which a change is recognised; leaves out updatedAt and links.';
COMMENT ON COLUMN row_facts._extra IS 'Fields of the API''s object that have no column here, and values that could not be read as their column''s type, as received, secrets masked; null when there are none.';

CREATE TABLE employerlink.employers (
  employer_id       text PRIMARY KEY,
  name              text,
  ein               text,
  source_id         text,
  atomic_created_at timestamptz,
  atomic_updated_at timestamptz,
  LIKE row_facts INCLUDING COMMENTS
);
COMMENT ON TABLE employerlink.employers IS 'One row per employer. API: GET /employers and GET /employers/:_id.';
COMMENT ON COLUMN employerlink.employers.employer_id IS 'Key. API: _id.';
COMMENT ON COLUMN employerlink.employers.name IS 'Name of the employer. API: name.';
COMMENT ON COLUMN employerlink.employers.ein IS 'Employer Identification Number as the payroll system writes it; not always nine digits. API: ein.';
COMMENT ON COLUMN employerlink.employers.source_id IS 'Id of the employer in its payroll system. API: sourceId.';
COMMENT ON COLUMN employerlink.employers.atomic_created_at IS 'When Atomic first retrieved the employer; not a business date. Instant. API: createdAt.';
COMMENT ON COLUMN employerlink.employers.atomic_updated_at IS 'When Atomic last retrieved the employer; moves without any change. Instant. API: updatedAt.';

CREATE TABLE employerlink.employer_locations (
  employer_id text,
  location_no int,
  line1       text,
  line2       text,
  city        text,
  state       text,
  postal_code text,
  country     text,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (employer_id, location_no)
);
COMMENT ON TABLE employerlink.employer_locations IS 'One row per location of an employer. API: GET /employers/:_id, locations[].';
COMMENT ON COLUMN employerlink.employer_locations.employer_id IS 'Key: the employer, employers.employer_id.';
COMMENT ON COLUMN employerlink.employer_locations.location_no IS 'Key: number among the employer''s locations in a fixed order, from 1; the API gives locations no id.';
COMMENT ON COLUMN employerlink.employer_locations.line1 IS 'First line of the address. API: locations[].line1.';
COMMENT ON COLUMN employerlink.employer_locations.line2 IS 'Second line of the address. API: locations[].line2.';
COMMENT ON COLUMN employerlink.employer_locations.city IS 'City. API: locations[].city.';
COMMENT ON COLUMN employerlink.employer_locations.state IS 'State. API: locations[].state.';
COMMENT ON COLUMN employerlink.employer_locations.postal_code IS 'Postal code, leading zeros kept. API: locations[].postalCode.';
COMMENT ON COLUMN employerlink.employer_locations.country IS 'Country. API: locations[].country.';

CREATE TABLE employerlink.employees (
  employee_id       text PRIMARY KEY,
  employer_id       text,
  first_name        text,
  last_name         text,
  atomic_created_at timestamptz,
  atomic_updated_at timestamptz,
  LIKE row_facts INCLUDING COMMENTS
);
CREATE INDEX employees_employer_id ON employerlink.employees (employer_id);
COMMENT ON TABLE employerlink.employees IS 'One row per employee, with what the list tells; the parts asked for by include are in the employee_*, deposit_accounts, statements, taxes and timesheets tables. API: GET /employees.';
COMMENT ON COLUMN employerlink.employees.employee_id IS 'Key. API: _id.';
COMMENT ON COLUMN employerlink.employees.employer_id IS 'The employer, employers.employer_id; only the list tells it. API: GET /employees, employees[].employer.';
COMMENT ON COLUMN employerlink.employees.first_name IS 'First name as the list has it. API: GET /employees, employees[].firstName.';
COMMENT ON COLUMN employerlink.employees.last_name IS 'Last name as the list has it. API: GET /employees, employees[].lastName.';
COMMENT ON COLUMN employerlink.employees.atomic_created_at IS 'When Atomic first retrieved the employee; not the hire date. Instant. API: GET /employees/:_id, createdAt.';
COMMENT ON COLUMN employerlink.employees.atomic_updated_at IS 'When Atomic last retrieved the employee; moves without any change. Instant. API: GET /employees/:_id, updatedAt.';

CREATE TABLE employerlink.employee_identities (
  employee_id          text PRIMARY KEY,
  first_name           text,
  last_name            text,
  date_of_birth        date,
  email                text,
  phone                text,
  ssn_last4            text,
  ssn_token            text,
  home_address_line1   text,
  home_address_line2   text,
  home_address_city    text,
  home_address_state   text,
  home_address_zipcode text,
  home_address_country text,
  LIKE row_facts INCLUDING COMMENTS
);
COMMENT ON TABLE employerlink.employee_identities IS 'One row per employee whose identity was asked for. Personal data. API: GET /employees/:_id?include=identity.';
COMMENT ON COLUMN employerlink.employee_identities.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.employee_identities.first_name IS 'First name as the identity has it; may differ from the list''s. API: firstName.';
COMMENT ON COLUMN employerlink.employee_identities.last_name IS 'Last name as the identity has it; may differ from the list''s. API: lastName.';
COMMENT ON COLUMN employerlink.employee_identities.date_of_birth IS 'Date of birth, UTC calendar day of the API''s timestamp. API: dateOfBirth.';
COMMENT ON COLUMN employerlink.employee_identities.email IS 'E-mail address. API: email.';
COMMENT ON COLUMN employerlink.employee_identities.phone IS 'Phone number as received, digits. API: phone.';
COMMENT ON COLUMN employerlink.employee_identities.ssn_last4 IS 'Last four digits of the Social Security Number; the whole number is not stored. From API: ssn.';
COMMENT ON COLUMN employerlink.employee_identities.ssn_token IS 'Keyed HMAC-SHA-256 of the number''s digits, hexadecimal: equal for equal numbers, not reversible without the key; null when masked or without a key. From API: ssn.';
COMMENT ON COLUMN employerlink.employee_identities.home_address_line1 IS 'First line of the home address. API: homeAddress.line1.';
COMMENT ON COLUMN employerlink.employee_identities.home_address_line2 IS 'Second line of the home address. API: homeAddress.line2.';
COMMENT ON COLUMN employerlink.employee_identities.home_address_city IS 'City of the home address. API: homeAddress.city.';
COMMENT ON COLUMN employerlink.employee_identities.home_address_state IS 'State of the home address. API: homeAddress.state.';
COMMENT ON COLUMN employerlink.employee_identities.home_address_zipcode IS 'ZIP code of the home address, leading zeros kept. API: homeAddress.zipcode.';
COMMENT ON COLUMN employerlink.employee_identities.home_address_country IS 'Country of the home address. API: homeAddress.country.';

CREATE TABLE employerlink.employee_employments (
  employee_id       text PRIMARY KEY,
  employee_type     text,
  employment_status text,
  job_title         text,
  start_date        date,
  termination_date  date,
  weekly_hours      numeric,
  class_code        text,
  LIKE row_facts INCLUDING COMMENTS
);
COMMENT ON TABLE employerlink.employee_employments IS 'One row per employee whose employment was asked for; earlier job, status and class code are in history. API: GET /employees/:_id?include=employment.';
COMMENT ON COLUMN employerlink.employee_employments.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.employee_employments.employee_type IS 'Kind of employment, e.g. fulltime; an open list, as received. API: employeeType.';
COMMENT ON COLUMN employerlink.employee_employments.employment_status IS 'Status, e.g. active or terminated; may say active beside a termination date. API: employmentStatus.';
COMMENT ON COLUMN employerlink.employee_employments.job_title IS 'Job title. API: jobTitle.';
COMMENT ON COLUMN employerlink.employee_employments.start_date IS 'Hire date, UTC calendar day. API: startDate.';
COMMENT ON COLUMN employerlink.employee_employments.termination_date IS 'Date employment ended, UTC calendar day. API: terminationDate.';
COMMENT ON COLUMN employerlink.employee_employments.weekly_hours IS 'Usual hours a week. API: weeklyHours.';
COMMENT ON COLUMN employerlink.employee_employments.class_code IS 'Workers'' compensation class code as received (text: leading zeros matter). API: classCode.';

CREATE TABLE employerlink.employee_incomes (
  employee_id                text PRIMARY KEY,
  income                     numeric,
  income_type                text,
  pay_cycle                  text,
  next_expected_pay_date     date,
  current_pay_period_start   date,
  current_pay_period_end     date,
  unpaid_hours_in_pay_period numeric,
  LIKE row_facts INCLUDING COMMENTS
);
COMMENT ON TABLE employerlink.employee_incomes IS 'One row per employee whose income was asked for; earlier pay rates are in history. API: GET /employees/:_id?include=income.';
COMMENT ON COLUMN employerlink.employee_incomes.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.employee_incomes.income IS 'Pay rate in US dollars per the unit of income_type: a year''s salary or an hour''s wage. API: income.';
COMMENT ON COLUMN employerlink.employee_incomes.income_type IS 'Unit of income: yearly, monthly, weekly, daily or hourly; as received. API: incomeType.';
COMMENT ON COLUMN employerlink.employee_incomes.pay_cycle IS 'How often pay comes: monthly, semimonthly, biweekly or weekly; as received. API: payCycle.';
COMMENT ON COLUMN employerlink.employee_incomes.next_expected_pay_date IS 'Next expected pay date, UTC calendar day. API: nextExpectedPayDate.';
COMMENT ON COLUMN employerlink.employee_incomes.current_pay_period_start IS 'First day of the pay period under way, UTC calendar day. API: currentPayPeriodStart.';
COMMENT ON COLUMN employerlink.employee_incomes.current_pay_period_end IS 'Last day of the pay period under way, UTC calendar day. API: currentPayPeriodEnd.';
COMMENT ON COLUMN employerlink.employee_incomes.unpaid_hours_in_pay_period IS 'Hours worked and not yet paid in that period, hourly employees only. API: unpaidHoursInPayPeriod.';

CREATE TABLE employerlink.deposit_accounts (
  employee_id           text,
  deposit_account_key   text,
  routing_number        text,
  account_number_last4  text,
  account_number_token  text,
  account_number_masked boolean,
  type                  text,
  bank_name             text,
  distribution_type     text,
  distribution_amount   numeric,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (employee_id, deposit_account_key)
);
COMMENT ON TABLE employerlink.deposit_accounts IS 'One row per bank account an employee''s pay goes to. API: GET /employees/:_id?include=depositAccounts, depositAccounts[].';
COMMENT ON COLUMN employerlink.deposit_accounts.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.deposit_accounts.deposit_account_key IS 'Key: derived from routing number, last four digits, type and a number among equals; the API gives accounts no id.';
COMMENT ON COLUMN employerlink.deposit_accounts.routing_number IS 'ABA routing number, nine digits as text. API: depositAccounts[].routingNumber.';
COMMENT ON COLUMN employerlink.deposit_accounts.account_number_last4 IS 'Last four digits of the account number; the whole number is not stored. From API: depositAccounts[].accountNumber.';
COMMENT ON COLUMN employerlink.deposit_accounts.account_number_token IS 'Keyed HMAC-SHA-256 of the number''s digits, hexadecimal: equal for equal numbers; null when masked or without a key. From API: depositAccounts[].accountNumber.';
COMMENT ON COLUMN employerlink.deposit_accounts.account_number_masked IS 'Whether the API gave a masked number (XXXX1111), of which only the last four are known.';
COMMENT ON COLUMN employerlink.deposit_accounts.type IS 'Kind of account: checking, savings or paycard; as received. API: depositAccounts[].type.';
COMMENT ON COLUMN employerlink.deposit_accounts.bank_name IS 'Name of the bank. API: depositAccounts[].bankName.';
COMMENT ON COLUMN employerlink.deposit_accounts.distribution_type IS 'How pay is split: total, percent or fixed; as received. API: depositAccounts[].distributionType.';
COMMENT ON COLUMN employerlink.deposit_accounts.distribution_amount IS 'Percent of pay (80 is 80 %) when distribution_type is percent, US dollars when fixed, null when total: never sum it. API: depositAccounts[].distributionAmount.';

CREATE TABLE employerlink.statements (
  employee_id           text,
  statement_id          text,
  pay_date              date,
  pay_period_start_date date,
  pay_period_end_date   date,
  gross_amount          numeric,
  ytd_gross_amount      numeric,
  net_amount            numeric,
  ytd_net_amount        numeric,
  payment_method        text,
  hours                 numeric,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (employee_id, statement_id)
);
COMMENT ON TABLE employerlink.statements IS 'One row per pay statement. A corrected statement keeps its key and leaves its old version in history; one that drops out of the provider''s window is marked removed. API: GET /employees/:_id?include=statements, statements[].';
COMMENT ON COLUMN employerlink.statements.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.statements.statement_id IS 'Key: the statement''s _id where the API gives one, else derived from employee, pay date, period and a number among equals; amounts play no part.';
COMMENT ON COLUMN employerlink.statements.pay_date IS 'Date of payment, UTC calendar day. API: statements[].date.';
COMMENT ON COLUMN employerlink.statements.pay_period_start_date IS 'First day of the pay period, UTC calendar day. API: statements[].payPeriodStartDate.';
COMMENT ON COLUMN employerlink.statements.pay_period_end_date IS 'Last day of the pay period, UTC calendar day. API: statements[].payPeriodEndDate.';
COMMENT ON COLUMN employerlink.statements.gross_amount IS 'Gross pay as reported, US dollars; need not equal the sum of earnings. API: statements[].grossAmount.';
COMMENT ON COLUMN employerlink.statements.ytd_gross_amount IS 'Gross pay of the year so far as reported, US dollars. API: statements[].ytdGrossAmount.';
COMMENT ON COLUMN employerlink.statements.net_amount IS 'Net pay as reported, US dollars; need not equal gross less deductions. API: statements[].netAmount.';
COMMENT ON COLUMN employerlink.statements.ytd_net_amount IS 'Net pay of the year so far as reported, US dollars. API: statements[].ytdNetAmount.';
COMMENT ON COLUMN employerlink.statements.payment_method IS 'How it was paid, e.g. deposit or check; as received. API: statements[].paymentMethod.';
COMMENT ON COLUMN employerlink.statements.hours IS 'Hours paid as reported. API: statements[].hours.';

-- The lines of a statement change only with it and are by far the most rows: they carry nothing of their own but _extra.
CREATE TABLE employerlink.statement_deductions (
  employee_id  text,
  statement_id text,
  line_no      int,
  category     text,
  label        text,
  raw_label    text,
  amount       numeric,
  ytd_amount   numeric,
  _extra       jsonb,
  PRIMARY KEY (employee_id, statement_id, line_no)
);
COMMENT ON TABLE employerlink.statement_deductions IS 'One row per deduction line of a statement; the lines belong to their statement''s version and are removed with it. A split of the deposit can appear as a deduction. API: GET /employees/:_id?include=statements, statements[].deductions[].';
COMMENT ON COLUMN employerlink.statement_deductions.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.statement_deductions.statement_id IS 'Key: the statement, statements.statement_id.';
COMMENT ON COLUMN employerlink.statement_deductions.line_no IS 'Key: number of the line on its statement, from 1.';
COMMENT ON COLUMN employerlink.statement_deductions.category IS 'Category, e.g. taxes or other; an open list, as received. API: deductions[].category.';
COMMENT ON COLUMN employerlink.statement_deductions.label IS 'Label as Atomic normalised it. API: deductions[].label.';
COMMENT ON COLUMN employerlink.statement_deductions.raw_label IS 'Label as printed by the payroll system. API: deductions[].rawLabel.';
COMMENT ON COLUMN employerlink.statement_deductions.amount IS 'Amount deducted, US dollars; a reversal is negative. API: deductions[].amount.';
COMMENT ON COLUMN employerlink.statement_deductions.ytd_amount IS 'Amount of the year so far as reported, US dollars. API: deductions[].ytdAmount.';
COMMENT ON COLUMN employerlink.statement_deductions._extra IS 'Fields of the line that have no column here, or values that could not be read, as received, secrets masked.';

CREATE TABLE employerlink.statement_earnings (
  employee_id  text,
  statement_id text,
  line_no      int,
  category     text,
  raw_label    text,
  amount       numeric,
  ytd_amount   numeric,
  hours        numeric,
  rate         numeric,
  _extra       jsonb,
  PRIMARY KEY (employee_id, statement_id, line_no)
);
COMMENT ON TABLE employerlink.statement_earnings IS 'One row per earning line of a statement; the lines belong to their statement''s version and are removed with it. API: GET /employees/:_id?include=statements, statements[].earnings[].';
COMMENT ON COLUMN employerlink.statement_earnings.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.statement_earnings.statement_id IS 'Key: the statement, statements.statement_id.';
COMMENT ON COLUMN employerlink.statement_earnings.line_no IS 'Key: number of the line on its statement, from 1.';
COMMENT ON COLUMN employerlink.statement_earnings.category IS 'Category, e.g. wage, overtime, bonus, benefit or reimbursement; an open list, as received. API: earnings[].category.';
COMMENT ON COLUMN employerlink.statement_earnings.raw_label IS 'Label as printed by the payroll system; earnings have no other. API: earnings[].rawLabel.';
COMMENT ON COLUMN employerlink.statement_earnings.amount IS 'Amount earned, US dollars; a reversal is negative. API: earnings[].amount.';
COMMENT ON COLUMN employerlink.statement_earnings.ytd_amount IS 'Amount of the year so far as reported, US dollars. API: earnings[].ytdAmount.';
COMMENT ON COLUMN employerlink.statement_earnings.hours IS 'Hours of the line; premium lines may repeat base hours, so sums can count an hour twice. API: earnings[].hours.';
COMMENT ON COLUMN employerlink.statement_earnings.rate IS 'Rate of the line, US dollars an hour; hours times rate need not equal amount. API: earnings[].rate.';
COMMENT ON COLUMN employerlink.statement_earnings._extra IS 'Fields of the line that have no column here, or values that could not be read, as received, secrets masked.';

CREATE TABLE employerlink.statement_net_amount_adjustments (
  employee_id  text,
  statement_id text,
  line_no      int,
  label        text,
  amount       numeric,
  _extra       jsonb,
  PRIMARY KEY (employee_id, statement_id, line_no)
);
COMMENT ON TABLE employerlink.statement_net_amount_adjustments IS 'One row per adjustment of net pay on a statement; the lines belong to their statement''s version and are removed with it. API: GET /employees/:_id?include=statements, statements[].netAmountAdjustments[].';
COMMENT ON COLUMN employerlink.statement_net_amount_adjustments.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.statement_net_amount_adjustments.statement_id IS 'Key: the statement, statements.statement_id.';
COMMENT ON COLUMN employerlink.statement_net_amount_adjustments.line_no IS 'Key: number of the line on its statement, from 1.';
COMMENT ON COLUMN employerlink.statement_net_amount_adjustments.label IS 'What was adjusted. API: netAmountAdjustments[].label.';
COMMENT ON COLUMN employerlink.statement_net_amount_adjustments.amount IS 'Amount added to net pay, US dollars; negative when taken away. API: netAmountAdjustments[].amount.';
COMMENT ON COLUMN employerlink.statement_net_amount_adjustments._extra IS 'Fields of the line that have no column here, or values that could not be read, as received, secrets masked.';

CREATE TABLE employerlink.taxes (
  employee_id text,
  tax_key     text,
  type        text,
  year        int,
  total_wages numeric,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (employee_id, tax_key)
);
COMMENT ON TABLE employerlink.taxes IS 'One row per tax form of an employee; a year can have several. API: GET /employees/:_id?include=taxes, taxes[].';
COMMENT ON COLUMN employerlink.taxes.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.taxes.tax_key IS 'Key: derived from type, year and a number among equals; the API gives forms no id.';
COMMENT ON COLUMN employerlink.taxes.type IS 'Form, e.g. w2; as received. API: taxes[].type.';
COMMENT ON COLUMN employerlink.taxes.year IS 'Tax year, from the UTC date of the API''s timestamp. API: taxes[].year.';
COMMENT ON COLUMN employerlink.taxes.total_wages IS 'Total wages on the form, US dollars. API: taxes[].totalWages.';

CREATE TABLE employerlink.timesheets (
  employee_id   text,
  timesheet_key text,
  payload       jsonb,
  date          date,
  start_at      timestamptz,
  end_at        timestamptz,
  hours         numeric,
  type          text,
  status        text,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (employee_id, timesheet_key)
);
COMMENT ON TABLE employerlink.timesheets IS 'One row per timesheet. The API does not document its shape: payload holds it whole, the other columns what was recognised. API: GET /employees/:_id?include=timesheets, timesheets[].';
COMMENT ON COLUMN employerlink.timesheets.employee_id IS 'Key: the employee, employees.employee_id.';
COMMENT ON COLUMN employerlink.timesheets.timesheet_key IS 'Key: the timesheet''s _id where the API gives one, else derived from its content.';
COMMENT ON COLUMN employerlink.timesheets.payload IS 'The timesheet as received, secrets masked. API: timesheets[].';
COMMENT ON COLUMN employerlink.timesheets.date IS 'Day worked where recognised, UTC calendar day.';
COMMENT ON COLUMN employerlink.timesheets.start_at IS 'Start of work where recognised. Instant.';
COMMENT ON COLUMN employerlink.timesheets.end_at IS 'End of work where recognised; an open timesheet has none. Instant.';
COMMENT ON COLUMN employerlink.timesheets.hours IS 'Hours worked where recognised.';
COMMENT ON COLUMN employerlink.timesheets.type IS 'Kind of time where recognised, as received.';
COMMENT ON COLUMN employerlink.timesheets.status IS 'State of the timesheet where recognised, as received.';

CREATE TABLE employerlink.employer_documents (
  employer_document_id text PRIMARY KEY,
  employer_id          text,
  type                 text,
  source_id            text,
  document_date        date,
  metadata             jsonb,
  atomic_created_at    timestamptz,
  atomic_updated_at    timestamptz,
  LIKE row_facts INCLUDING COMMENTS
);
CREATE INDEX employer_documents_employer_id ON employerlink.employer_documents (employer_id);
COMMENT ON TABLE employerlink.employer_documents IS 'One row per document of an employer, e.g. a Form 941; the file itself is in archive.documents. API: GET /employer-documents and GET /employer-documents/:_id.';
COMMENT ON COLUMN employerlink.employer_documents.employer_document_id IS 'Key. API: _id.';
COMMENT ON COLUMN employerlink.employer_documents.employer_id IS 'The employer, employers.employer_id. API: employer.';
COMMENT ON COLUMN employerlink.employer_documents.type IS 'Kind of document, e.g. 941 for a Form 941; as received. API: type.';
COMMENT ON COLUMN employerlink.employer_documents.source_id IS 'Id of the document in the payroll system. API: sourceId.';
COMMENT ON COLUMN employerlink.employer_documents.document_date IS 'Date the document was filed according to the API, often the first day of its period; UTC calendar day. API: date.';
COMMENT ON COLUMN employerlink.employer_documents.metadata IS 'Free object of further facts, e.g. startDate and endDate of the period. API: metadata.';
COMMENT ON COLUMN employerlink.employer_documents.atomic_created_at IS 'When Atomic first retrieved the document. Instant. API: createdAt.';
COMMENT ON COLUMN employerlink.employer_documents.atomic_updated_at IS 'When Atomic last retrieved the document; moves without any change. Instant. API: updatedAt.';

CREATE TABLE employerlink.employer_deduction_types (
  employer_deduction_type_id text PRIMARY KEY,
  employer_id                text,
  amount                     numeric,
  calculation                text,
  category                   text,
  category_type              text,
  label                      text,
  start_date                 date,
  end_date                   date,
  source_id                  text,
  atomic_created_at          timestamptz,
  atomic_updated_at          timestamptz,
  LIKE row_facts INCLUDING COMMENTS
);
CREATE INDEX employer_deduction_types_employer_id ON employerlink.employer_deduction_types (employer_id);
COMMENT ON TABLE employerlink.employer_deduction_types IS 'One row per deduction template of an employer. API: GET /employer-deduction-types and GET /employer-deduction-types/:_id.';
COMMENT ON COLUMN employerlink.employer_deduction_types.employer_deduction_type_id IS 'Key. API: _id.';
COMMENT ON COLUMN employerlink.employer_deduction_types.employer_id IS 'The employer, employers.employer_id. API: employer.';
COMMENT ON COLUMN employerlink.employer_deduction_types.amount IS 'US dollars when calculation is fixed, percent (10 is 10 %) when percent: never sum it. API: amount.';
COMMENT ON COLUMN employerlink.employer_deduction_types.calculation IS 'Unit of amount: fixed or percent; as received. API: calculation.';
COMMENT ON COLUMN employerlink.employer_deduction_types.category IS 'Category, e.g. 401k, 403b, garnishment or other, in any case; as received. API: category.';
COMMENT ON COLUMN employerlink.employer_deduction_types.category_type IS 'pre-tax or post-tax; as received. API: categoryType.';
COMMENT ON COLUMN employerlink.employer_deduction_types.label IS 'Label of the deduction. API: label.';
COMMENT ON COLUMN employerlink.employer_deduction_types.start_date IS 'First day the deduction applies, UTC calendar day. API: startDate.';
COMMENT ON COLUMN employerlink.employer_deduction_types.end_date IS 'Day the deduction expires, UTC calendar day. API: endDate.';
COMMENT ON COLUMN employerlink.employer_deduction_types.source_id IS 'Id of the deduction type in the payroll system. API: sourceId.';
COMMENT ON COLUMN employerlink.employer_deduction_types.atomic_created_at IS 'When Atomic first retrieved the deduction type. Instant. API: createdAt.';
COMMENT ON COLUMN employerlink.employer_deduction_types.atomic_updated_at IS 'When Atomic last retrieved the deduction type; moves without any change. Instant. API: updatedAt.';

CREATE TABLE employerlink.payroll_runs (
  payroll_run_id        text PRIMARY KEY,
  employer_id           text,
  check_date            date,
  pay_period_start_date date,
  pay_period_end_date   date,
  run_initiated_at      timestamptz,
  run_state             text,
  run_type              text,
  source_id             text,
  atomic_created_at     timestamptz,
  atomic_updated_at     timestamptz,
  LIKE row_facts INCLUDING COMMENTS
);
CREATE INDEX payroll_runs_employer_id ON employerlink.payroll_runs (employer_id);
COMMENT ON TABLE employerlink.payroll_runs IS 'One row per payroll run of an employer. No amounts and no key to statements; the raw document is in archive.documents. API: GET /payroll-runs and GET /payroll-runs/:_id.';
COMMENT ON COLUMN employerlink.payroll_runs.payroll_run_id IS 'Key. API: _id.';
COMMENT ON COLUMN employerlink.payroll_runs.employer_id IS 'The employer, employers.employer_id. API: employer.';
COMMENT ON COLUMN employerlink.payroll_runs.check_date IS 'Date the run was deposited, UTC calendar day. API: checkDate.';
COMMENT ON COLUMN employerlink.payroll_runs.pay_period_start_date IS 'First day of the pay period, UTC calendar day. API: payPeriodStartDate.';
COMMENT ON COLUMN employerlink.payroll_runs.pay_period_end_date IS 'Last day of the pay period, UTC calendar day. API: payPeriodEndDate.';
COMMENT ON COLUMN employerlink.payroll_runs.run_initiated_at IS 'When the run was started; can be after the check date. Instant. API: runInitiatedDate.';
COMMENT ON COLUMN employerlink.payroll_runs.run_state IS 'State: draft, scheduled, approved, processed, closed or failed; as received, it moves. API: runState.';
COMMENT ON COLUMN employerlink.payroll_runs.run_type IS 'Kind of run, e.g. regular, bonus or off-cycle; as received. API: runType.';
COMMENT ON COLUMN employerlink.payroll_runs.source_id IS 'Id of the run in the payroll system. API: sourceId.';
COMMENT ON COLUMN employerlink.payroll_runs.atomic_created_at IS 'When Atomic first retrieved the run. Instant. API: createdAt.';
COMMENT ON COLUMN employerlink.payroll_runs.atomic_updated_at IS 'When Atomic last retrieved the run; moves without any change. Instant. API: updatedAt.';

COMMIT;
