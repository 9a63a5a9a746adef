BEGIN;

DROP TABLE paylink.users, paylink.companies, paylink.accounts, paylink.account_suggestions, paylink.account_identities,
  paylink.account_billing_items, paylink.account_billing_history, paylink.account_payment_methods, paylink.account_plans,
  paylink.account_usage, paylink.account_actions, paylink.tasks;

DO $$
BEGIN
  DROP SCHEMA paylink;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'schema paylink stays: it holds objects that are not ours';
END
$$;

COMMIT;
