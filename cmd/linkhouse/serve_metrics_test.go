package main

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/schedules"
)

// Semantics 12: metrics hold no identifier's personal data: every label takes its values from a set that is known before anything
// is read, and nothing that the API said is in the text. Mutation: with the path instead of its template in api.Collect, or with
// the scope of a walk as a label, it is red.
func TestTheMetricsNameNobodyAndTheirLabelsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.nightly(resources...)
	w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.StatusFault, Status: 503, Times: 5})
	ran, text := w.measuredRun(0)
	if ran.Outcome != schedules.OutcomePartial {
		t.Fatalf("the odd world was read to %s", ran.Outcome)
	}
	tables, _, endpoints := measured(catalog)
	bounded := map[string][]string{
		"job_name": {"night"}, "resource": resources, "endpoint": endpoints, "version": {version}, "le": nil, "quantile": nil, "go_version": nil,
		"outcome":   {"complete", "partial", "guarded", "unavailable", "store", "refused", "locked", "interrupted", "failed", "archived", "unchanged", "absent"},
		"state":     {"complete", "guarded", "interrupted", "unavailable", "failed", "pending", "absent", "lost"},
		"operation": {"new", "changed", "unchanged", "returned", "removed", "vanished", "refreshed", "lines"},
		"kind":      {"on_time", "caught_up", "missed", "skipped"},
		"status":    {"none", "other"},
	}
	for _, table := range tables {
		bounded["table"] = append(bounded["table"], table.Name)
	}
	for _, s := range samplesOf(t, text) {
		if !strings.HasPrefix(s.name, "linkhouse_") {
			continue
		}
		for label, value := range s.labels {
			values, known := bounded[label]
			status, _ := strconv.Atoi(value)
			if !known || values != nil && !slices.Contains(values, value) && (label != "status" || http.StatusText(status) == "") {
				t.Errorf("%s: label %s is %q", s.name, label, value)
			}
		}
	}
	looked := 0
	for value := range w.said() {
		looked++
		if strings.Contains(text, value) && !slices.Contains(resources, value) {
			t.Errorf("the metrics hold %q", value)
		}
	}
	if looked < 1500 {
		t.Errorf("only %d values were looked for", looked)
	}
}

// The rules LinkhouseResourceNeverRead and LinkhouseResourceStale look at the resources that jobs read. Mutation: without reads in measure it
// is red.
func TestWithoutUsersNoJobCountsAsReadingPayLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.nightly(resources...)
	for _, users := range []bool{true, false} {
		if !users {
			delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
		}
		_, text := w.measuredRun(0)
		counted := 0
		for _, s := range samplesOf(t, text) {
			if s.name != "linkhouse_resource_jobs" {
				continue
			}
			counted++
			want := 1.0
			if resourceNamed(s.labels["resource"]).PerUser && !users {
				want = 0
			}
			if s.value != want {
				t.Errorf("users %t: %v jobs read %s", users, s.value, s.labels["resource"])
			}
		}
		if counted != len(resources) {
			t.Errorf("%d resources are counted", counted)
		}
	}
}

// Semantics 8: a run that is stopped and gone on with by another process is counted once by both together: what each says it
// committed adds up to what stands in the warehouse, page by page and row by row. One walk is stopped between two commits; of
// several, one that commits while another stops the run may tell nothing of it. Mutation: without Before in the words of a walk
// (schedules/walk.go) it is red.
func TestWhatTwoProcessesCountOfOneRunAddsUpToWhatTheyWrote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees = 60 })
	w.nightly("employees")
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"] = "7"
	const stops = 3
	sum := map[string]float64{}
	for part := range stops + 1 {
		after, outcome := int64(2), schedules.OutcomeInterrupted
		if part == stops {
			after, outcome = 0, schedules.OutcomePartial // of the odd world
		}
		ran, text := w.measuredRun(after)
		if ran.Outcome != outcome {
			t.Fatalf("process %d: %s", part, ran.Outcome)
		}
		for _, s := range samplesOf(t, text) {
			sum[key(s)] += s.value
		}
	}
	want := map[string]float64{"walks_total interrupted employees": stops, "walks_total complete employees": 1, "runs_total interrupted night": stops, "runs_total partial night": 1}
	for name, column := range map[string]string{
		"pages_total": "pages", "drift_total": "drift", "repairs_total": "repaired", "rejects_total": "rejected",
		"objects_total new": "new", "objects_total changed": "changed", "objects_total vanished": "vanished",
	} {
		want[name+" employees"] = float64(w.number("SELECT " + column + " FROM etl.walks"))
	}
	for name, table := range map[string]string{"new": "employees statements employee_incomes", "lines": "statement_earnings statement_deductions"} {
		for _, table := range strings.Fields(table) {
			want["rows_total "+name+" employerlink."+table] = float64(w.number("SELECT count(*) FROM employerlink." + table))
		}
	}
	got := map[string]float64{}
	for name, n := range want {
		if got[name] = sum[name]; n == 0 && name != "objects_total changed employees" {
			t.Errorf("%s is 0, which proves nothing", name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Semantics 12: what is told of requests is what the API met. Mutation: without the count of answers in answerLayer it is red.
func TestTheRequestsThatAreCountedAreThoseTheAPIMet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees, c.Users = 20, 5 })
	w.nightly(resources...)
	throttled := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.StatusFault, Status: 429, Times: 3})
	_, text := w.measuredRun(0)
	if throttled.Count() != 3 {
		t.Fatalf("%d requests were throttled", throttled.Count())
	}
	want, got := map[string]float64{}, map[string]float64{}
	for _, r := range w.api.Served() {
		if strings.HasPrefix(r.Route, "/employe") || strings.HasPrefix(r.Route, "/payroll") {
			want[r.Route+" "+strconv.Itoa(r.Status)]++
		}
	}
	for _, s := range samplesOf(t, text) {
		switch endpoint := s.labels["endpoint"]; {
		case s.name == "linkhouse_api_throttled_total" && s.value != 3, s.name == "linkhouse_api_retries_total" && s.value < 3:
			t.Errorf("%s is %v", s.name, s.value)
		case s.name == "linkhouse_api_requests_total" && !strings.Contains(endpoint, "{user}") && !strings.HasPrefix(endpoint, "/task"):
			got[endpoint+" "+s.labels["status"]] = s.value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Semantics 12: metrics tell about the business, so that they are behind the token. Mutation: with the handler unguarded in
// routes it is red.
func TestTheMetricsAskForTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.minutely("employers")
	w.env.Vars["LINKHOUSE_SERVER_TOKEN"] = "letmein"
	p := w.start("serve")
	var address string
	w.await("the server listens", func() bool {
		said, _ := os.ReadFile(p.log) // it may not be there yet
		found := regexp.MustCompile(`page=(http://[^/]+)/`).FindSubmatch(said)
		if found != nil {
			address = string(found[1])
		}
		return found != nil
	})
	for token, want := range map[string]int{"": 401, "wrong": 401, "letmein": 200} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := (&http.Client{Timeout: time.Minute}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != want || strings.Contains(string(body), "linkhouse_build_info") != (want == 200) {
			t.Errorf("with token %q: %d", token, answer.StatusCode)
		}
	}
	if !p.kill() {
		t.Error("the server was gone")
	}
}

// Mutation: with a verb in the rules that there is not, it is red.
func TestTheRulesAndTheDashboardNameCommandsThatThereAre(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`linkhouse ((?:runs|rejects|documents|drift) [a-z]+|status|check|sync|serve)\b`)
	commands := map[string]bool{}
	for _, verb := range []string{"alerts", "dashboard"} {
		got := run(t, Env{}, "metrics", verb)
		if got.code != exitComplete || got.stderr != "" {
			t.Fatalf("metrics %s: %+v", verb, got)
		}
		all := strings.Count(got.stdout, "linkhouse ")
		found := named.FindAllStringSubmatch(got.stdout, -1)
		for _, f := range found {
			commands[f[1]] = true
		}
		if len(found) < all-5 { // the others speak of the program, not of a command
			t.Errorf("metrics %s: only %d of %d mentions are commands", verb, len(found), all)
		}
	}
	for command := range commands {
		if got := run(t, Env{}, append(strings.Fields(command), "--help")...); got.code != exitComplete {
			t.Errorf("there is no linkhouse %s: %s", command, got.stderr)
		}
	}
	if len(commands) < 6 {
		t.Errorf("only %v", commands)
	}
}
