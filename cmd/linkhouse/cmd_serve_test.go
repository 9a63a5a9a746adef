package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// minutely makes a world's timetable one job that is due every minute.
func (w *world) minutely(resources string) {
	w.t.Helper()
	file := filepath.Join(w.env.Dir, "linkhouse.yaml")
	writeFile(w.t, file, "schedules:\n  files: []\n  jobs:\n    - name: minutely\n      cron: \"* * * * *\"\n      resources: ["+resources+"]\n")
	w.env.Vars["LINKHOUSE_SERVER_LISTEN"] = "127.0.0.1:0"
	w.env.Vars["LINKHOUSE_LOG_LEVEL"] = "info"
}

// Semantics 8, for the timetable: of two processes one is killed in the middle of a run, the other takes its fire over within
// seconds and nothing runs twice; the other is then told to end, and does so soon, with its state saved.
// Mutation: without the case of a running fire in timed.idle it is red.
func TestOneServerTakesOverFromAnotherThatIsKilledAndLeavesWhenItIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.minutely("employers, employees, payroll-runs")
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "5", "4" // many pages, over seconds
	slow := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.Slow, Delay: 300 * time.Millisecond})
	servers := map[int64]*process{}
	for range 2 {
		p := w.start("serve")
		servers[int64(p.cmd.Process.Pid)] = p
	}
	w.await("the job is known", func() bool { return w.number("SELECT count(*) FROM etl.schedules") == 1 })
	w.await("a run has committed a page", func() bool {
		return w.number(`SELECT count(*) FROM etl.fires f, etl.walks w WHERE f.state = 'running' AND w.pages > 0 AND w.state = 'running'`) > 0
	})
	running := w.number("SELECT pid FROM etl.fires WHERE state = 'running'")
	killed := servers[running]
	if killed == nil || !killed.kill() {
		t.Fatalf("process %d runs the job and cannot be killed", running)
	}
	delete(servers, running)
	at := time.Now()
	w.await("the fire has come to its end", func() bool {
		return w.number("SELECT count(*) FROM etl.fires WHERE taken_over = 1 AND state = 'ended' AND outcome = 'complete'") == 1
	})
	if slow.Stop(); slow.Count() == 0 {
		t.Error("the run was not slow")
	}
	if n := w.number("SELECT count(*) FROM etl.fires f JOIN etl.runs r ON r.run_id = f.run_id WHERE f.pid = " + fmt.Sprint(running) + " AND f.taken_over = 1"); n != 0 {
		t.Error("the dead process stands as the one that ended the run")
	}
	if n := w.number("SELECT count(*) FROM employerlink.employees WHERE _removed_at IS NULL"); n != w.api.Truth().Rows["employerlink.employees"] {
		t.Errorf("%d employees", n)
	}
	t.Logf("taken over and ended %s after the kill", time.Since(at).Round(time.Millisecond))
	for _, p := range servers {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if got := w.ends(p, exitComplete); !strings.Contains(got.stderr, "job ended") {
			t.Errorf("%s", got.stderr)
		}
	}
}

// A gate before the API that refuses once, or a key that is blocked for a while, costs the job that met it and none after. The lists that
// the refused run had read before the next one was due are read anew by that one.
// Mutation: without TryAgain in carryOut it is red, and without NotBefore there.
func TestAServerTriesCredentialsAgainThatWereRefusedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.minutely("employers, payroll-runs")
	w.api.Inject(sandbox.Fault{Match: "/payroll-runs/*", Kind: sandbox.Slow, Delay: 500 * time.Millisecond, Times: 40}) // the employers are done long before
	refused := w.api.Inject(sandbox.Fault{Match: "/payroll-runs/*", Kind: sandbox.StatusFault, Status: 401, Skip: 40, Times: 1})
	w.start("serve")
	w.await("a job is refused", func() bool { return w.number("SELECT count(*) FROM etl.fires WHERE outcome = 'refused'") == 1 })
	w.await("the next one is complete", func() bool { return w.number("SELECT count(*) FROM etl.fires WHERE outcome = 'complete'") == 1 })
	if refused.Count() != 1 || w.number("SELECT count(*) FROM etl.fires WHERE outcome = 'refused'") != 1 {
		t.Errorf("refused %d times", refused.Count())
	}
	if n := w.number("SELECT count(*) FROM etl.walks WHERE resource = 'employers' AND epoch > 1 AND finished_at > (SELECT max(fire_at) FROM etl.fires WHERE outcome = 'complete')"); n != 1 {
		t.Error("the employers were not read anew")
	}
}

func TestAServerAnswersWhetherItLivesAndIsReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.minutely("employers")
	w.env.Vars["LINKHOUSE_SERVER_LISTEN"] = "127.0.0.1:" + freePort(t)
	w.start("serve")
	get := func(path string) (int, string) {
		answer, err := http.Get("http://" + w.env.Vars["LINKHOUSE_SERVER_LISTEN"] + path)
		if err != nil {
			return 0, ""
		}
		defer func() { _ = answer.Body.Close() }()
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body)
	}
	w.await("it is ready", func() bool { code, _ := get("/readyz"); return code == http.StatusOK })
	if code, body := get("/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("%d %q", code, body)
	}
}

// Mutation: without unplanned in expectServable the last two are red.
func TestAServerThatIsOfNoUseSaysSoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.minutely("employers")
	for listen, want := range map[string]string{
		"0.0.0.0:0": "server.token: is not set, and server.listen is open to the network; set server.token (LINKHOUSE_SERVER_TOKEN), or listen on 127.0.0.1",
		"[::]:0":    "server.token: is not set",
		":0":        "server.token: is not set",
	} {
		w.env.Vars["LINKHOUSE_SERVER_LISTEN"] = listen
		if got := w.run(exitUsage, "serve"); !strings.Contains(got.stderr, want) {
			t.Errorf("%s: %s", listen, got.stderr)
		}
	}
	if n := w.requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	writeFile(t, filepath.Join(w.env.Dir, "linkhouse.yaml"), "schedules:\n  files: []\n")
	w.env.Vars["LINKHOUSE_SERVER_LISTEN"] = "127.0.0.1:0"
	if got := w.run(exitUsage, "serve"); !strings.Contains(got.stderr, "there is no job to run") {
		t.Errorf("%s", got.stderr)
	}
	w.env.Vars["LINKHOUSE_SCHEDULES_FILES"], w.env.Vars["LINKHOUSE_EMPLOYEES_INCLUDE"] = "nightly,intraday", "identity,statements"
	w.env.Vars["LINKHOUSE_SCHEDULES_JOBS"] = `[{name: n, cron: "0 5 * * *", resources: [tasks]}]`
	delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // it would serve for ever
	defer cancel()
	got := w.runWith(ctx, exitUsage, "serve")
	for _, want := range []string{
		"schedules: the job intraday asks only for projections that employees.include leaves out; add one of its projections to employees.include",
		"users: no user is configured, and the job n reads PayLink only; set users.file, users.list or users.query",
	} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("%q is missing: %s", want, got.stderr)
		}
	}
}

func TestWhoKnowsTheTokenIsLetIn(t *testing.T) {
	t.Parallel()
	s := &server{engine: &engine{config: &Config{}}}
	s.config.Server.Token = Secret{"s3cret-token"}
	door := s.guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	for _, c := range []struct {
		name string
		say  func(*http.Request)
		want int
	}{
		{"nothing", func(*http.Request) {}, http.StatusUnauthorized},
		{"a wrong bearer", func(r *http.Request) { r.Header.Set("Authorization", "Bearer s3cret") }, http.StatusUnauthorized},
		{"the bearer", func(r *http.Request) { r.Header.Set("Authorization", "Bearer s3cret-token") }, http.StatusOK},
		{"the password", func(r *http.Request) { r.SetBasicAuth("anybody", "s3cret-token") }, http.StatusOK},
		{"the name", func(r *http.Request) { r.SetBasicAuth("s3cret-token", "") }, http.StatusUnauthorized},
	} {
		request, answer := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		c.say(request)
		if door.ServeHTTP(answer, request); answer.Code != c.want {
			t.Errorf("%s: %d", c.name, answer.Code)
		}
	}
}

// freePort is a port of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
