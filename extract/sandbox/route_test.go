package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func members(v any) (names []string) {
	m, _ := v.(map[string]any)
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

func TestADetailHasOnlyTheProjectionsThatWereAskedFor(t *testing.T) {
	c := start(t, small())
	always := []string{"_id", "createdAt", "updatedAt"}
	want := map[string][]string{
		"depositAccounts": {"depositAccounts"},
		"employment":      {"employeeType", "employmentStatus", "jobTitle", "startDate", "weeklyHours", "classCode", "terminationDate"},
		"identity":        {"firstName", "lastName", "dateOfBirth", "email", "phone", "ssn", "homeAddress"},
		"income":          {"income", "incomeType", "payCycle"},
		"statements":      {"statements"},
		"taxes":           {"taxes"},
		"timesheets":      nil,
	}
	const path = "/employees/5eea73d5f55d6c0007d1fcdf"
	all := slices.Clone(always)
	for include, fields := range want {
		all = append(all, fields...)
		fields = append(slices.Clone(always), fields...)
		slices.Sort(fields)
		if d := cmp.Diff(fields, members(at(c.get(path+"?include="+include), "data"))); d != "" {
			t.Errorf("%s: %s", include, d)
		}
	}
	slices.Sort(all)
	everything := "?include=depositAccounts,employment,identity,income,statements,timesheets,taxes"
	for _, query := range []string{"", everything} {
		if d := cmp.Diff(all, members(at(c.get(path+query), "data"))); d != "" {
			t.Errorf("%q: %s", query, d)
		}
	}
	if status, _ := c.body(path + "?include=identity,wages"); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown projection: status %d", status)
	}
}

func TestNothingIsSaidWithoutBothKeys(t *testing.T) {
	c := start(t, small())
	for _, h := range []map[string]string{
		{}, {"x-api-key": "sandbox-key"}, {"x-api-secret": "sandbox-secret"}, {"x-api-key": "sandbox-key", "x-api-secret": "no"},
	} {
		for _, path := range []string{"/employers", "/employees/5eea73d5f55d6c0007d1fcdf", accountsPath(exampleUser), "/nowhere"} {
			r, err := http.NewRequest(http.MethodGet, c.base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range h {
				r.Header.Set(k, v)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var body map[string]any
			if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != http.StatusUnauthorized || body["message"] == nil {
				t.Errorf("%s with %v: status %d, %v", path, h, res.StatusCode, body)
			}
			_ = res.Body.Close()
		}
	}
}

func TestOnlyGETIsAnsweredAndTheRestIsCounted(t *testing.T) {
	c := start(t, small())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodPatch} {
		if res := c.do(method, accountsPath(exampleUser)); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, res.StatusCode)
		}
	}
	n := 0
	for _, r := range c.s.Requests() {
		if r.Method != http.MethodGet && r.Route == routeAccounts && r.Count == 1 && r.WithKeys == 1 {
			n++
		}
	}
	if n != 5 {
		t.Errorf("counted %d of 5: %v", n, c.s.Requests())
	}
}

func TestWhatDoesNotExistIs404(t *testing.T) {
	c := start(t, small())
	for _, path := range []string{
		"/", "/employee", "/employers/", "/employers/5eea73d5f55d6c0007d1fcd0", "/employees/" + c.s.world.id(anEmployer, 9),
		"/employees/" + c.s.world.id(anEmployee, 5000), "/nobody/pay-link/accounts", "/user/nobody/tasks",
		"/user-999999/pay-link/accounts", "/task/65b15fd99b3f03aa9edff9df/details", "/task/x/status", "/payroll-runs/x/y",
	} {
		if status, b := c.body(path); status != http.StatusNotFound || !json.Valid(b) {
			t.Errorf("%s: status %d: %s", path, status, b)
		}
	}
}

func TestEveryUserCanBeReachedByAnEscapedIdentifier(t *testing.T) {
	c := start(t, DefaultConfig())
	users := c.s.UserIdentifiers()
	odd := 0
	for _, user := range users {
		c.get(accountsPath(user))
		c.get(tasksPath(user))
		if strings.ContainsAny(user, "/?#% ") {
			odd++
		}
	}
	if len(users) != 40 || odd < 5 {
		t.Errorf("%d users, %d of them odd", len(users), odd)
	}
	for _, n := range c.s.Requests() {
		if n.Route != routeAccounts && n.Route != routeTasks || n.Count != 40 {
			t.Errorf("asked %s %d times", n.Route, n.Count)
		}
	}
}

func TestAFilteredAccountListIsABareArray(t *testing.T) {
	c := start(t, small())
	filtered, kept := 0, 0
	for _, user := range c.s.UserIdentifiers() {
		all, _ := split(list(c.get(accountsPath(user)), "accounts"))
		for _, query := range []string{"?connected=true", "?connected=false", "?supported=true", "?supported=false&connected=true"} {
			some, ok := c.get(accountsPath(user) + query).([]any)
			if !ok || len(some) > len(all) {
				t.Fatalf("%s%s: %d of %d", user, query, len(some), len(all))
			}
			kept += len(some)
			filtered += len(all) - len(some)
			for _, a := range some {
				if query == "?connected=false" && at(a, "account", "connected") != false {
					t.Errorf("%s is connected", str(a, "_id"))
				}
			}
		}
	}
	if filtered == 0 || kept == 0 {
		t.Errorf("kept %d, filtered %d", kept, filtered)
	}
}

func TestTasksAreFilteredByStatusAndPayrollData(t *testing.T) {
	c := start(t, small())
	path := tasksPath(exampleUser)
	if got := ids(list(c.get(path+"?status=failed"), "data", "tasks")); len(got) != 2 {
		t.Errorf("failed: %v", got)
	}
	if got := ids(list(c.get(path+"?payrollDataAvailable=true"), "data", "tasks")); len(got) != 1 || got[0] != "65b3f3c8b871a9626c36d103" {
		t.Errorf("with payroll data: %v", got)
	}
}

func TestEmployersCanBeAskedForByUser(t *testing.T) {
	c := start(t, plainWorld())
	n := 0
	for _, user := range c.s.UserIdentifiers()[:6] {
		n += len(list(c.get("/employers?userIdentifier="+escape(user)), "data", "employers"))
	}
	if n != 14 {
		t.Errorf("six administrators have connected %d of 14 employers", n)
	}
}
