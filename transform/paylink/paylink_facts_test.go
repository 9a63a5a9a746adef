package paylink_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
	"github.com/linkhouse/linkhouse/transform/paylink"
)

func resource(t testing.TB, name string) *transform.Resource {
	t.Helper()
	for _, r := range paylink.Catalog() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no resource %s", name)
	return nil
}

func account(t testing.TB, members string) *transform.Record {
	t.Helper()
	return resource(t, "pay-link-accounts").Normalize(transform.Item{
		User: "u", ID: "a1", Rows: [][]byte{[]byte(`{"_id":"a1",` + members + `}`)},
	}, fixture.Sealer())
}

func task(t testing.TB, detail string, rows ...string) *transform.Record {
	t.Helper()
	item := transform.Item{User: "u", ID: "t1"}
	for _, row := range rows {
		item.Rows = append(item.Rows, []byte(row))
	}
	if detail != "" {
		item.Detail = []byte(detail)
	}
	return resource(t, "tasks").Normalize(item, fixture.Sealer())
}

// column is a column of a table's rows by the last column of their key.
func column(rec *transform.Record, table, name string) map[string]string {
	found := map[string]string{}
	for _, s := range rec.Sets {
		if s.Table.Name != table {
			continue
		}
		for _, row := range s.Rows {
			found[row.Cell(s.Table.Key[len(s.Table.Key)-1].Name).String()] = row.Cell(name).String()
		}
	}
	return found
}

func tables(rec *transform.Record) map[string]bool {
	merged := map[string]bool{}
	for _, s := range rec.Sets {
		merged[s.Table.Name] = s.Merge
	}
	return merged
}

func TestABillsHistorySlidesAndIsNeverReplaced(t *testing.T) {
	merged := tables(account(t, `"account":{"billing":{"history":[{"date":"2024-10-20T18:00:54.761Z","amount":20.7}]}}`))
	want := map[string]bool{
		"accounts": false, "account_actions": false, "account_suggestions": false, "account_identities": false,
		"account_billing_items": false, "account_billing_history": true, "account_payment_methods": false, "account_plans": false,
		"account_usage": false,
	}
	if diff := cmp.Diff(want, merged); diff != "" {
		t.Error(diff)
	}
}

func TestABillReadAtAnotherTimeOfDayIsTheSameBill(t *testing.T) {
	at := func(date, amount string) map[string]string {
		return column(account(t, `"account":{"billing":{"history":[{"date":"`+date+`","amount":`+amount+`}]}}`), "account_billing_history", "date")
	}
	want := map[string]string{"2024-10-20_20.7": "2024-10-20"}
	for _, got := range []map[string]string{at("2024-10-20T18:00:54.761Z", "20.70"), at("2024-10-20", `"20.7"`), at("2024-10-20T23:59:59-00:00", "207e-1")} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWithoutAnAccountInsideNothingIsRemovedOfIt(t *testing.T) {
	for _, members := range []string{`"connected":true,"actions":[]`, `"account":null,"actions":[]`, `"account":"a1","actions":[]`} {
		if diff := cmp.Diff(map[string]bool{"accounts": false, "account_actions": false}, tables(account(t, members))); diff != "" {
			t.Errorf("%s: %s", members, diff)
		}
	}
}

func TestAnActionsIDIsStoredNowhereAndIsNoChange(t *testing.T) {
	with := func(id string) *transform.Record {
		return account(t, `"actions":[{"type":"cancel-plan","id":"`+id+`"},{"type":"switch","actionId":"`+id+`"}],
			"bills":[{"name":"b","actions":[{"type":"switch","actionId":"`+id+`"}]}]`)
	}
	if diff := cmp.Diff(with("first").Dump(), with("second").Dump()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"cancel-plan": "cancel-plan", "switch": "switch"}, column(with("x"), "account_actions", "type")); diff != "" {
		t.Error(diff)
	}
}

func TestFactsAboutALinkCountOnEitherLevel(t *testing.T) {
	inside := account(t, `"type":"linked","account":{"_id":"a1","createdBy":"detection","connected":true,"supported":false,"type":"loan"}`)
	beside := account(t, `"type":"linked","createdBy":"detection","connected":true,"supported":false,"account":{"type":"loan"}`)
	if diff := cmp.Diff(inside.Dump(), beside.Dump()); diff != "" {
		t.Error(diff)
	}
}

func TestAPersonsKeyIsNoPersonalData(t *testing.T) {
	rec := account(t, `"account":{"identities":[{"firstName":"Ada","email":" Ada@example.com"}]}`)
	again := account(t, `"account":{"identities":[{"firstName":"Ada L.","email":"ada@example.com","phone":"5558675309"}]}`)
	for key := range column(rec, "account_identities", "email") {
		if len(key) != 32 || column(again, "account_identities", "email")[key] != "ada@example.com" {
			t.Errorf("%s is another in %v", key, column(again, "account_identities", "email"))
		}
	}
}

const twoProducts = `{"_id":"t1","product":"verify","status":"processing"}`

func TestATaskHasARowForEachOfItsProducts(t *testing.T) {
	rec := task(t, `{"_id":"t1","product":"deposit","status":"completed","linkedAccount":"l1"}`, twoProducts,
		`{"_id":"t1","product":"deposit","status":"queued"}`)
	if diff := cmp.Diff(map[string]string{"verify": "processing", "deposit": "completed"}, column(rec, "tasks", "status")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"verify": "l1", "deposit": "l1"}, column(rec, "tasks", "linked_account_id")); diff != "" {
		t.Error(diff)
	}
}

func TestADetailOfNoListedProductTellsOnlyOfTheTaskAsAWhole(t *testing.T) {
	rec := task(t, `{"_id":"t1","product":"switch","status":"failed","taskWorkflow":{"_id":"w1"}}`, twoProducts,
		`{"_id":"t1","product":"deposit","status":"queued"}`)
	if diff := cmp.Diff(map[string]string{"verify": "processing", "deposit": "queued"}, column(rec, "tasks", "status")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"verify": "w1", "deposit": "w1"}, column(rec, "tasks", "task_workflow_id")); diff != "" {
		t.Error(diff)
	}
	for _, s := range rec.Sets {
		if s.Table.Name != "tasks" {
			continue
		}
		for _, row := range s.Rows {
			if row.Extra != `{"product":"switch","status":"failed"}` {
				t.Errorf("what the detail says of its own product is %s", row.Extra)
			}
		}
	}
}

func TestTheOnlyListedProductIsTheDetailsUnderAnotherName(t *testing.T) {
	rec := task(t, `{"_id":"t1","product":"switch","status":"failed"}`, twoProducts)
	if diff := cmp.Diff(map[string]string{"verify": "failed"}, column(rec, "tasks", "status")); diff != "" {
		t.Error(diff)
	}
}

func TestOfRowsThatRepeatAProductTheLastCountsAndTheOtherIsCounted(t *testing.T) {
	rec := task(t, "", twoProducts, `{"_id":"t1","product":"verify","status":"completed"}`)
	if diff := cmp.Diff(map[string]string{"verify": "completed"}, column(rec, "tasks", "status")); diff != "" {
		t.Error(diff)
	}
	if got := rec.Drift[transform.Drift{Path: "product", Kind: transform.Repeated}]; got != 1 {
		t.Errorf("counted %d times", got)
	}
}

func TestAnotherUsersIDIsNotThisUsers(t *testing.T) {
	for detail, want := range map[string]string{
		`{"_id":"t1","user":{"_id":"u1","identifier":"u"}}`:     "u1",
		`{"_id":"t1","user":{"_id":"u1"}}`:                      "u1",
		`{"_id":"t1","user":{"_id":"u2","identifier":"other"}}`: "",
		`{"_id":"t1","user":"u1"}`:                              "",
		`{"_id":"t1"}`:                                          "",
	} {
		if diff := cmp.Diff(map[string]string{"u": want}, column(task(t, detail, twoProducts), "users", "user_id")); diff != "" {
			t.Errorf("%s: %s", detail, diff)
		}
	}
}

func TestATaskOnlyFillsWhatNoAccountSaysOfACompany(t *testing.T) {
	rec := task(t, `{"_id":"t1","company":{"_id":"c1","name":"C"},"connector":{"_id":"k1","name":"K"}}`, twoProducts)
	if diff := cmp.Diff(map[string]string{"c1": "C", "k1": "K"}, column(rec, "companies", "name")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"companies": true, "tasks": false, "users": false}, fills(rec)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"companies": false, "accounts": false, "account_actions": false},
		fills(account(t, `"company":{"_id":"c1","name":"C"}`))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"verify": "c1"}, column(rec, "tasks", "company_id")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"verify": "k1"}, column(rec, "tasks", "connector_id")); diff != "" {
		t.Error(diff)
	}
}

func fills(rec *transform.Record) map[string]bool {
	fill := map[string]bool{}
	for _, s := range rec.Sets {
		fill[s.Table.Name] = s.Fill
	}
	return fill
}
