BEGIN;

CREATE SCHEMA IF NOT EXISTS paylink;
-- A schema that somebody else has made keeps its own comment.
DO $do$
BEGIN
  IF obj_description('paylink'::regnamespace, 'pg_namespace') IS NULL THEN
    COMMENT ON SCHEMA paylink IS
      'Current state of what PayLink reports about users, their accounts and tasks. A row that is live now holds from _synced_at until _removed_at (or now); its earlier versions are in schema history with [_valid_from, _valid_to). Removed rows stay, with _removed_at set. Money carries no currency in the API.';
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

-- The columns that every part of an account begins with.
CREATE TEMPORARY TABLE account_key (
  user_identifier text NOT NULL,
  account_id      text NOT NULL
) ON COMMIT DROP;
COMMENT ON COLUMN account_key.user_identifier IS 'Key: the user, users.user_identifier.';
COMMENT ON COLUMN account_key.account_id IS 'Key: the account, accounts.account_id.';

CREATE TABLE paylink.users (
  user_identifier text PRIMARY KEY,
  user_id         text,
  LIKE row_facts INCLUDING COMMENTS
);
COMMENT ON TABLE paylink.users IS 'One row per user that linkhouse was told to ask for; PayLink has no list of users. One who is taken out of users.* is not asked any more: this row, accounts and tasks stay as they were last read, also in the views. From the configuration.';
COMMENT ON COLUMN paylink.users.user_identifier IS 'Key: the identifier that the customer''s own system gave the user. API: path segment :identifier.';
COMMENT ON COLUMN paylink.users.user_id IS 'Atomic''s own id of the user; null until a task told it. API: GET /task/:taskId/details, user._id.';

CREATE TABLE paylink.companies (
  company_id            text PRIMARY KEY,
  name                  text,
  logo_url              text,
  logo_background_color text,
  color                 text,
  LIKE row_facts INCLUDING COMMENTS
);
COMMENT ON TABLE paylink.companies IS 'One row per company or connector that an account or a task names. API: company and connector of GET /:identifier/pay-link/accounts and GET /task/:taskId/details.';
COMMENT ON COLUMN paylink.companies.company_id IS 'Key. API: company._id or connector._id.';
COMMENT ON COLUMN paylink.companies.name IS 'Name of the company. API: company.name.';
COMMENT ON COLUMN paylink.companies.logo_url IS 'Public address of the logo. API: company.branding.logo.url.';
COMMENT ON COLUMN paylink.companies.logo_background_color IS 'Background colour of the logo. API: company.branding.logo.backgroundColor.';
COMMENT ON COLUMN paylink.companies.color IS 'Colour of the company. API: company.branding.color.';

CREATE TABLE paylink.accounts (
  user_identifier              text,
  account_id                   text,
  company_id                   text,
  link_type                    text,
  type                         text,
  source_id                    text,
  created_by                   text,
  connected                    boolean,
  supported                    boolean,
  billing_account_number_last4 text,
  billing_account_number_token text,
  billing_amount               numeric,
  billing_due_date             date,
  autopay_status               text,
  autopay_cycle                text,
  data                         jsonb,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id)
);
COMMENT ON TABLE paylink.accounts IS 'One row per account of a user: a login at a company, with the bill it shows. API: GET /:identifier/pay-link/accounts, accounts[].';
COMMENT ON COLUMN paylink.accounts.user_identifier IS 'Key: the user, users.user_identifier.';
COMMENT ON COLUMN paylink.accounts.account_id IS 'Key, within the user. API: accounts[]._id.';
COMMENT ON COLUMN paylink.accounts.company_id IS 'The company the account is with, companies.company_id. API: company._id.';
COMMENT ON COLUMN paylink.accounts.link_type IS 'How the account is known, e.g. linked: the outer type. API: accounts[].type.';
COMMENT ON COLUMN paylink.accounts.type IS 'Kind of account: subscription, loan, policy or telecom; as received. API: account.type.';
COMMENT ON COLUMN paylink.accounts.source_id IS 'Id of the account at the company. API: account.sourceId.';
COMMENT ON COLUMN paylink.accounts.created_by IS 'How the account was found, e.g. detection. API: account.createdBy.';
COMMENT ON COLUMN paylink.accounts.connected IS 'Whether the user connected the account. API: account.connected.';
COMMENT ON COLUMN paylink.accounts.supported IS 'Whether the company is supported. API: account.supported.';
COMMENT ON COLUMN paylink.accounts.billing_account_number_last4 IS 'Last four digits of the billing account number; the whole number is not stored. From API: account.billing.accountNumber.';
COMMENT ON COLUMN paylink.accounts.billing_account_number_token IS 'Keyed HMAC-SHA-256 of the number''s digits, hexadecimal: equal for equal numbers; null when masked or without a key. From API: account.billing.accountNumber.';
COMMENT ON COLUMN paylink.accounts.billing_amount IS 'Amount of the bill, in the account''s currency, which the API does not name; need not equal the sum of its items. API: account.billing.amount.';
COMMENT ON COLUMN paylink.accounts.billing_due_date IS 'Day the bill is due, UTC calendar day of the API''s timestamp. API: account.billing.dueDate.';
COMMENT ON COLUMN paylink.accounts.autopay_status IS 'enabled, disabled or paused; null when the API has no autopay. API: account.billing.autopay.status.';
COMMENT ON COLUMN paylink.accounts.autopay_cycle IS 'How often autopay pays: biweekly, monthly, semimonthly or weekly; as received. API: account.billing.autopay.cycle.';
COMMENT ON COLUMN paylink.accounts.data IS 'Further data that depends on the type of account, as received, secrets masked; plans and usage also have tables. API: account.data.';

CREATE TABLE paylink.account_suggestions (
  LIKE account_key INCLUDING COMMENTS,
  suggestion_key       text,
  monthly_savings      numeric,
  category             text,
  action_url           text,
  short_description    text,
  detailed_description text,
  button_title         text,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, suggestion_key)
);
COMMENT ON TABLE paylink.account_suggestions IS 'One row per suggestion made for an account; the texts are generated and change often. API: account.suggestions[].';
COMMENT ON COLUMN paylink.account_suggestions.suggestion_key IS 'Key: category and a number among equals; the texts play no part.';
COMMENT ON COLUMN paylink.account_suggestions.monthly_savings IS 'Projected saving a month, in the account''s currency. API: suggestions[].monthlySavings.';
COMMENT ON COLUMN paylink.account_suggestions.category IS 'Kind of suggestion, e.g. cancel-plan or underutilization; as received. API: suggestions[].category.';
COMMENT ON COLUMN paylink.account_suggestions.action_url IS 'Address at which the suggested action starts. API: suggestions[].actionUrl.';
COMMENT ON COLUMN paylink.account_suggestions.short_description IS 'Short text. API: suggestions[].shortDescription.';
COMMENT ON COLUMN paylink.account_suggestions.detailed_description IS 'Long text. API: suggestions[].detailedDescription.';
COMMENT ON COLUMN paylink.account_suggestions.button_title IS 'Text of the button. API: suggestions[].buttonTitle.';

CREATE TABLE paylink.account_identities (
  LIKE account_key INCLUDING COMMENTS,
  identity_key text,
  first_name   text,
  email        text,
  phone        text,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, identity_key)
);
COMMENT ON TABLE paylink.account_identities IS 'One row per person an account knows. Personal data. API: account.identities[].';
COMMENT ON COLUMN paylink.account_identities.identity_key IS 'Key: derived from what identifies the person and a number among equals.';
COMMENT ON COLUMN paylink.account_identities.first_name IS 'First name; there is no last name. API: identities[].firstName.';
COMMENT ON COLUMN paylink.account_identities.email IS 'E-mail address. API: identities[].email.';
COMMENT ON COLUMN paylink.account_identities.phone IS 'Phone number as received. API: identities[].phone.';

CREATE TABLE paylink.account_billing_items (
  LIKE account_key INCLUDING COMMENTS,
  billing_item_key text,
  description      text,
  amount           numeric,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, billing_item_key)
);
COMMENT ON TABLE paylink.account_billing_items IS 'One row per item of an account''s bill. API: account.billing.items[].';
COMMENT ON COLUMN paylink.account_billing_items.billing_item_key IS 'Key: derived from the description and a number among equals.';
COMMENT ON COLUMN paylink.account_billing_items.description IS 'What is billed. API: items[].description.';
COMMENT ON COLUMN paylink.account_billing_items.amount IS 'Amount of the item, in the account''s currency. API: items[].amount.';

CREATE TABLE paylink.account_billing_history (
  LIKE account_key INCLUDING COMMENTS,
  billing_history_key text,
  date                date,
  amount              numeric,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, billing_history_key)
);
COMMENT ON TABLE paylink.account_billing_history IS 'One row per past payment of an account''s bill. The API shows a window that slides: what was seen once stays, new payments are merged in. API: account.billing.history[].';
COMMENT ON COLUMN paylink.account_billing_history.billing_history_key IS 'Key: date, amount and a number among equals.';
COMMENT ON COLUMN paylink.account_billing_history.date IS 'Day of the payment, UTC calendar day of the API''s timestamp. API: history[].date.';
COMMENT ON COLUMN paylink.account_billing_history.amount IS 'Amount paid, in the account''s currency. API: history[].amount.';

CREATE TABLE paylink.account_payment_methods (
  LIKE account_key INCLUDING COMMENTS,
  payment_method_key text,
  type               text,
  last_four          text,
  brand              text,
  is_primary         boolean,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, payment_method_key)
);
COMMENT ON TABLE paylink.account_payment_methods IS 'One row per payment method on file at an account''s company. API: account.billing.paymentMethods[].';
COMMENT ON COLUMN paylink.account_payment_methods.payment_method_key IS 'Key: type, brand, last four digits and a number among equals.';
COMMENT ON COLUMN paylink.account_payment_methods.type IS 'Kind of method, e.g. card; as received. API: paymentMethods[].type.';
COMMENT ON COLUMN paylink.account_payment_methods.last_four IS 'Last four digits, leading zeros kept; a bank account may have none. API: paymentMethods[].lastFour.';
COMMENT ON COLUMN paylink.account_payment_methods.brand IS 'Brand of the card, e.g. Mastercard; as received. API: paymentMethods[].brand.';
COMMENT ON COLUMN paylink.account_payment_methods.is_primary IS 'Whether this method pays first. API: paymentMethods[].isPrimary.';

CREATE TABLE paylink.account_plans (
  LIKE account_key INCLUDING COMMENTS,
  plan_key    text,
  source_id   text,
  status      text,
  title       text,
  description text,
  free_trial  boolean,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, plan_key)
);
COMMENT ON TABLE paylink.account_plans IS 'One row per plan of an account; an account can have none or several. API: account.data.plans[].';
COMMENT ON COLUMN paylink.account_plans.plan_key IS 'Key: the plan''s source id and a number among equals; a renamed plan is a new one.';
COMMENT ON COLUMN paylink.account_plans.source_id IS 'What the company calls the plan; a label rather than an id. API: plans[].sourceId.';
COMMENT ON COLUMN paylink.account_plans.status IS 'State of the plan, e.g. active; as received. API: plans[].status.';
COMMENT ON COLUMN paylink.account_plans.title IS 'Title. API: plans[].title.';
COMMENT ON COLUMN paylink.account_plans.description IS 'Description. API: plans[].description.';
COMMENT ON COLUMN paylink.account_plans.free_trial IS 'Whether the plan is on a free trial. API: plans[].freeTrial.';

CREATE TABLE paylink.account_usage (
  LIKE account_key INCLUDING COMMENTS,
  usage_key   text,
  title       text,
  description text,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, usage_key)
);
COMMENT ON TABLE paylink.account_usage IS 'One row per fact about how an account is used; free text. API: account.data.usage[].';
COMMENT ON COLUMN paylink.account_usage.usage_key IS 'Key: the title and a number among equals.';
COMMENT ON COLUMN paylink.account_usage.title IS 'Title. API: usage[].title.';
COMMENT ON COLUMN paylink.account_usage.description IS 'Description. API: usage[].description.';

CREATE TABLE paylink.account_actions (
  LIKE account_key INCLUDING COMMENTS,
  action_key text,
  type       text,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, account_id, action_key)
);
COMMENT ON TABLE paylink.account_actions IS 'One row per action that can be performed on an account. The action''s id is a short-lived capability (who holds it can act) and deliberately not stored. API: accounts[].actions[].';
COMMENT ON COLUMN paylink.account_actions.action_key IS 'Key: the type and a number among equals; not the API''s id.';
COMMENT ON COLUMN paylink.account_actions.type IS 'Kind of action: change-plan, cancel-plan or pause-plan; as received. API: actions[].type.';

CREATE TABLE paylink.tasks (
  user_identifier        text,
  task_id                text,
  product                text,
  status                 text,
  fail_reason            text,
  authenticated          boolean,
  payroll_data_available boolean,
  company_id             text,
  connector_id           text,
  linked_account_id      text,
  task_workflow_id       text,
  metadata               jsonb,
  atomic_created_at      timestamptz,
  atomic_updated_at      timestamptz,
  LIKE row_facts INCLUDING COMMENTS,
  PRIMARY KEY (user_identifier, task_id, product)
);
COMMENT ON TABLE paylink.tasks IS 'One row per task of a user and product; the API can list one id under two products. API: GET /user/:identifier/tasks and GET /task/:taskId/details.';
COMMENT ON COLUMN paylink.tasks.user_identifier IS 'Key: the user, users.user_identifier.';
COMMENT ON COLUMN paylink.tasks.task_id IS 'Key. API: _id.';
COMMENT ON COLUMN paylink.tasks.product IS 'Key: the product, e.g. deposit, verify, present or switch, as received; empty when the API gave none. API: product.';
COMMENT ON COLUMN paylink.tasks.status IS 'queued, processing, failed or completed; as received; a finished task can still change. API: status.';
COMMENT ON COLUMN paylink.tasks.fail_reason IS 'Reason of failure; an open list, and present on some completed tasks. API: failReason.';
COMMENT ON COLUMN paylink.tasks.authenticated IS 'Whether the task logged in at the company. API: authenticated.';
COMMENT ON COLUMN paylink.tasks.payroll_data_available IS 'Whether the user''s payroll data can be retrieved; only the list tells. API: GET /user/:identifier/tasks, payrollDataAvailable.';
COMMENT ON COLUMN paylink.tasks.company_id IS 'The company, companies.company_id. API: GET /task/:taskId/details, company._id.';
COMMENT ON COLUMN paylink.tasks.connector_id IS 'The connector, companies.company_id. API: GET /task/:taskId/details, connector._id.';
COMMENT ON COLUMN paylink.tasks.linked_account_id IS 'The linked account the task was made from. API: GET /task/:taskId/details, linkedAccount.';
COMMENT ON COLUMN paylink.tasks.task_workflow_id IS 'The workflow the task belongs to; tasks of one workflow share it. API: GET /task/:taskId/details, taskWorkflow._id.';
COMMENT ON COLUMN paylink.tasks.metadata IS 'Object that the customer''s own system gave with the task, as received, secrets masked. API: GET /task/:taskId/details, metadata.';
COMMENT ON COLUMN paylink.tasks.atomic_created_at IS 'When the task was created. Instant. API: createdAt.';
COMMENT ON COLUMN paylink.tasks.atomic_updated_at IS 'When the task was last updated; where nothing else changed, refreshed without a version in history. Instant. API: GET /task/:taskId/details, updatedAt.';

COMMIT;
