package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/page"
	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// Section 6: serve shows how things stand on server.listen to whoever knows server.token, the run under way included, and what it
// says that needs a person is what status says.
//
// Mutation: without s.page among the listeners (serve_page.go), it is red.
func TestAServerShowsHowThingsStandToWhoKnowsTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil) // an odd one, in which records are rejected
	writeFile(t, filepath.Join(w.env.Dir, "linkhouse.yaml"),
		`schedules: {files: [], jobs: [{name: minutely, cron: "* * * * *", resources: [employers, employees, employer-documents]}]}`+"\n")
	w.env.Vars["LINKHOUSE_SERVER_LISTEN"], w.env.Vars["LINKHOUSE_SERVER_TOKEN"] = "127.0.0.1:"+freePort(t), "s3cret-token"
	get := func(path, token string) (int, string) {
		ask, err := http.NewRequest(http.MethodGet, "http://"+w.env.Vars["LINKHOUSE_SERVER_LISTEN"]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			ask.SetBasicAuth("anybody", token)
		}
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			return 0, ""
		}
		defer func() { _ = answer.Body.Close() }()
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, html.UnescapeString(string(body))
	}
	shows := func(path string, words ...string) func() bool {
		return func() bool {
			code, body := get(path, "s3cret-token")
			for _, one := range words {
				if !strings.Contains(body, one) {
					return false
				}
			}
			return code == http.StatusOK
		}
	}
	slow := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.Slow, Delay: 2 * time.Second})
	w.start("serve")
	w.await("the run under way is shown, and of its files what only its process knows", shows("/now", "is under way for",
		"reading", "employer-documents files"))
	w.await("the run is slow", func() bool { return slow.Count() > 0 })
	slow.Stop()
	for _, path := range []string{"/", "/now", "/runs/1", "/favicon.svg"} {
		for _, token := range []string{"", "wrong"} {
			if code, body := get(path, token); code != http.StatusUnauthorized || strings.Contains(body, "linkhouse.yaml") ||
				strings.Contains(body, "employers") {
				t.Errorf("%s with token %q: %d %s", path, token, code, body)
			}
		}
	}
	w.await("its end is shown", shows("/runs/1", "It came to its end", "exit code"))
	needs := answer[statusAnswer](w, exitComplete, "status").Needs
	if len(needs) == 0 {
		t.Fatal("status says that nothing needs a person")
	}
	w.await("the page says what status says", func() bool {
		for _, n := range answer[statusAnswer](w, exitComplete, "status").Needs {
			if _, command, _ := strings.Cut(n.Command, " "); !shows("/", n.What, " "+command+"<")() {
				return false
			}
		}
		return true
	})
}

// Semantics 12: what the page says that needs a person holds no id of a person, nor of an employer.
//
// Mutation: without the replacement in needs (serve_page.go) it is red.
func TestThePageNamesNobodyToWhomARunWasLimited(t *testing.T) {
	t.Parallel()
	s := &server{app: &app{env: Env{Program: "linkhouse"}}}
	for _, scope := range []string{"user=zoe@example.com", "employer=5f9b3b1f", load.ScopeAll} {
		for _, state := range []string{load.RunInterrupted, load.RunUnavailable, load.RunFailed, load.RunRefused,
			load.RunGuarded, load.RunRunning} {
			run := page.Run{RunRow: load.RunRow{ID: 41, State: state, Scope: scope, Resources: []string{"tasks"}, Started: time.Now()}}
			needs := s.needs([]page.Run{run}, []load.GuardedWalk{{RunID: 40, Resource: "tasks", Scope: scope}},
				load.Attention{OpenRejects: 2})
			want := 2 // the guard and the rejects, and what became of the run
			if state != load.RunGuarded {
				want++
			}
			if scope == load.ScopeAll {
				want++ // the guard says how to let it pass
			}
			if len(needs) != want {
				t.Errorf("%s, %s: %v", scope, state, needs)
			}
			if said := fmt.Sprint(needs); strings.Contains(said, "zoe") || strings.Contains(said, "5f9b") ||
				!strings.Contains(said, "rejects list") {
				t.Errorf("%s, %s: %s", scope, state, said)
			}
		}
	}
}
