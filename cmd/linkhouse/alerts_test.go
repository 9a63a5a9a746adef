package main

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// Section 1 of the design, the operator: "gets paged when one fails". Mutation: without tellAlert in sync it is red, and with the
// text of the error in place of its class.
func TestASyncTellsTheWebhookWhenItWentOtherwiseThanBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	p := w.page(nil)
	n := 0
	for i, step := range []struct {
		args  string
		code  int
		fault sandbox.Fault
		vars  string // name=value
		want  string // "": nobody is told
	}{
		{args: "sync employers employees", code: exitComplete},
		{args: "sync employers employees", code: exitAPI, fault: sandbox.Fault{Match: "/employees/*", Kind: sandbox.StatusFault, Status: 503},
			want: "critical failure, sync of employers and employees: unavailable 6 api unavailable| linkhouse sync employers employees"},
		{args: "sync employers employees", code: exitAPI, fault: sandbox.Fault{Match: "/employees/*", Kind: sandbox.StatusFault, Status: 503}},
		{args: "sync employers employees --dry-run", code: exitRefused, vars: "LINKHOUSE_ATOMIC_API_SECRET=wrong"},
		{args: "sync employers employees", code: exitRefused, vars: "LINKHOUSE_ATOMIC_API_SECRET=wrong",
			want: "critical failure, sync of employers and employees: refused 5 api refused| linkhouse check"},
		{args: "sync employers employees", code: exitComplete, want: "info recovery, sync of employers and employees: complete 0 | linkhouse runs show %d"},
		{args: "sync employers employees", code: exitComplete},
		{args: "sync employers", code: exitGuard, fault: sandbox.Fault{Match: "/employers", Kind: sandbox.EmptyList},
			want: "warning guard, sync of employers: guarded 8 | linkhouse sync employers --approve-removals"},
		{args: "sync --job intraday", code: exitPartial, fault: sandbox.Fault{Match: "/payroll-runs", Kind: sandbox.WrongShape},
			want: "warning failure, job intraday: partial 3 | linkhouse sync payroll-runs"},
		{args: "sync employers", code: exitStore, vars: "LINKHOUSE_WAREHOUSE_URL=postgres://etl:hunter2@127.0.0.1:1/none?connect_timeout=1",
			want: "critical failure, sync of employers: store 7 warehouse or archive| linkhouse check"},
		{args: "sync employers", code: exitUsage, vars: "LINKHOUSE_ATOMIC_API_KEY=",
			want: "critical failure, sync of employers: failed 2 other| linkhouse check"},
		{args: "backfill payroll-runs", code: exitRefused, vars: "LINKHOUSE_ATOMIC_API_SECRET=wrong"},
	} {
		var fired *sandbox.Fired
		if step.fault.Kind != "" {
			fired = w.api.Inject(step.fault)
		}
		name, value, _ := strings.Cut(step.vars, "=")
		before := w.env.Vars[name]
		w.env.Vars[name] = value
		w.run(step.code, step.args)
		w.env.Vars[name] = before
		if fired != nil {
			if fired.Stop(); fired.Count() == 0 {
				t.Errorf("step %d: the fault never fired", i)
			}
		}
		if step.want == "" {
			if _, now := p.last(t); now != n {
				said, _ := p.last(t)
				t.Errorf("step %d (%s) told %s", i, step.args, said)
				n = now
			}
			continue
		}
		if strings.Contains(step.want, "%d") {
			step.want = fmt.Sprintf(step.want, w.number("SELECT max(run_id) FROM etl.runs"))
		}
		said, now := p.last(t)
		if said != step.want || now != n+1 {
			t.Errorf("step %d (%s): %d messages, the last\n%s\nwant\n%s", i, step.args, now-n, said, step.want)
		}
		n = now
	}
}

// Semantics 12, of alerts: whatever happens in the odd world, in both forms, nothing that the API said, no employer or user of the
// command line, no secret and no password is in a message. Mutation: with plan.Employer in Subject it is red.
func TestNoAlertHoldsAnythingThatTheWorldSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.page(nil)
	employer, user := "", ""
	for _, form := range []string{"json", "slack"} {
		w.env.Vars["LINKHOUSE_ALERTS_FORMAT"] = form
		w.exec("TRUNCATE etl.alerts")
		w.run(exitPartial, "sync")
		if employer == "" {
			employer = w.text("SELECT employer_id FROM employerlink.employees GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
			user = w.api.UserIdentifiers()[0]
		}
		detail := w.api.Inject(sandbox.Fault{Match: "*", Kind: sandbox.StatusFault, Status: 503})
		w.run(exitAPI, "sync --employer "+employer)
		w.run(exitAPI, "sync tasks --user "+user)
		w.run(exitAPI, "sync --job nightly")
		if detail.Stop(); detail.Count() == 0 {
			t.Error("the fault never fired")
		}
		empty := w.api.Inject(sandbox.Fault{Match: "/employees", Kind: sandbox.EmptyList})
		w.run(exitGuard, "sync employees --employer "+employer)
		if empty.Stop(); empty.Count() == 0 {
			t.Error("the list was not empty")
		}
		w.env.Vars["LINKHOUSE_ATOMIC_API_SECRET"] = "hunter2hunter2"
		w.run(exitRefused, "sync --employer "+employer)
		w.env.Vars["LINKHOUSE_ATOMIC_API_SECRET"] = "sandbox-secret"
	}
	if n := len(p.told()); n != 12 {
		t.Fatalf("%d messages", n)
	}
	text := strings.Join(p.told(), "\n") + "\n" + w.text("SELECT string_agg(concat_ws(' ', subject, condition, message), ' ') FROM etl.alerts")
	for _, word := range []string{"hunter2", "sandbox-secret", "sandbox-key", "Signature", "http", "postgres", pagerToken} {
		if strings.Contains(text, word) {
			t.Errorf("%q was told:\n%s", word, text)
		}
	}
	looked := 0
	for value := range w.said() {
		looked++
		if strings.Contains(text, value) && !slices.Contains(resources, value) {
			t.Errorf("%q was told", value)
		}
	}
	if looked < 1500 {
		t.Errorf("only %d values were looked for", looked)
	}
}

// The promise of alerts: a failing webhook never changes how a run ends, and its length by no more than a bound.
// Mutation: with an hour in place of onceWithin it is red.
func TestAWebhookThatFailsChangesNoExitCodeAndKeepsARunForSecondsOnly(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"500":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"hang":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"refused": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			quiet := w.run(exitPartial, "sync employees")
			begun := time.Now()
			w.run(exitPartial, "sync employees")
			usual := time.Since(begun)
			p := w.page(answer)
			if name == "refused" {
				w.env.Vars["LINKHOUSE_ALERTS_WEBHOOK"] = "http://" + gone.Addr().String() + "/" + pagerToken
			}
			begun = time.Now()
			got := w.run(exitPartial, "sync employees")
			if took := time.Since(begun); took > usual*3+20*time.Second {
				t.Errorf("it took %s instead of %s", took, usual)
			}
			if asked := len(p.told()); asked == 0 && name != "refused" {
				t.Error("the webhook was not asked")
			}
			if !strings.Contains(got.stderr, "an alert could not be sent") || strings.Contains(got.stderr, pagerToken) || strings.Contains(got.stderr, "127.0.0.1") {
				t.Errorf("the log:\n%s", got.stderr)
			}
			if quiet.stderr != "" {
				t.Errorf("without a webhook:\n%s", quiet.stderr)
			}
			w.exec("UPDATE etl.alerts SET claimed_until = NULL")
			p = w.page(nil)
			w.run(exitPartial, "sync employees")
			if said, n := p.last(t); n != 1 || !strings.HasPrefix(said, "warning failure, sync of employees: partial 3 ") {
				t.Errorf("%d messages: %s", n, said)
			}
		})
	}
}

// due makes the job of a world's servers due now.
func (w *world) due() {
	w.t.Helper()
	w.exec("DELETE FROM etl.fires WHERE state = 'ended'; UPDATE etl.schedules SET last_fire_at = now() - interval '3 minutes'")
}

// Servers that share a warehouse tell each change once; one that was started later tells the recovery; a webhook that hangs does not
// keep a server from ending in time. Mutation: without openAlerts in serveCmd.Run it is red.
func TestServersThatShareAWarehouseTellEachChangeOnceAndLeaveInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	p := w.page(nil)
	w.minutely("employers")
	w.env.Vars["LINKHOUSE_ATOMIC_API_SECRET"] = "wrong"
	servers := []*process{w.start("serve"), w.start("serve")}
	w.await("both serve", func() bool { return servers[0].told("serving") && servers[1].told("serving") })
	for range 3 {
		w.due()
		w.await("a run has ended", func() bool { return w.number("SELECT count(*) FROM etl.fires WHERE state = 'ended'") > 0 })
	}
	w.await("the webhook is told", func() bool { _, n := p.last(t); return n > 0 })
	for _, s := range servers {
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		w.ends(s, exitComplete)
	}
	if said, n := p.last(t); n != 1 || !strings.HasPrefix(said, "critical failure, job minutely: refused 5 api refused| ") || !strings.HasSuffix(said, " check") {
		t.Errorf("%d messages: %s", n, said)
	}
	w.env.Vars["LINKHOUSE_ATOMIC_API_SECRET"] = "sandbox-secret"
	later := w.start("serve")
	w.await("it serves", func() bool { return later.told("serving") })
	w.due()
	w.await("the recovery is told", func() bool { _, n := p.last(t); return n == 2 })
	if said, _ := p.last(t); !strings.HasPrefix(said, "info recovery, job minutely: complete 0 ") {
		t.Errorf("%s", said)
	}
	w.exec("UPDATE etl.walks SET finished_at = finished_at - interval '3 days'")
	hanging := w.page(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	stale := w.start("serve")
	w.await("a server tells that a resource is stale", func() bool { _, n := hanging.last(t); return n > 0 })
	if said, _ := hanging.last(t); !strings.HasPrefix(said, "critical stale, resource employers: ") || !strings.HasSuffix(said, " sync employers") {
		t.Errorf("%s", said)
	}
	begun := time.Now()
	if err := stale.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if w.ends(stale, exitComplete); time.Since(begun) > 10*time.Second {
		t.Errorf("it took %s to end", time.Since(begun))
	}
}

func TestAWebhookIsAURLOverTLSAndItsValueIsNeverShown(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://hooks.example.com/services/a/b?c=d": "",
		"http://127.0.0.1:9000/x":                    "",
		"http://alerts.example.com/" + pagerToken:    "would send alerts unencrypted; http is for a receiver on this machine or network; write https://",
		"ftp://alerts.example.com/" + pagerToken:     "must begin with https://; write one such as https://hooks.example.com/services/...",
		pagerToken:                                   "is not a URL; write one such as https://hooks.example.com/services/...",
	} {
		got := ""
		if err := webhookURL(value); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" || strings.Contains(got, pagerToken) {
			t.Errorf("%s: %s", value, diff)
		}
	}
}
