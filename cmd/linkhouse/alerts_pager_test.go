package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/alert"
)

// pager is a webhook on loopback that keeps what it is told.
type pager struct {
	mu     sync.Mutex
	bodies []string
	answer http.HandlerFunc // instead; nil for none
}

const pagerToken = "T0k3n-of-the-webhook"

// page has a world's alerts sent to a webhook.
func (w *world) page(answer http.HandlerFunc) *pager {
	w.t.Helper()
	p := &pager{answer: answer}
	server := httptest.NewServer(p)
	w.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	w.env.Vars["LINKHOUSE_ALERTS_WEBHOOK"] = server.URL + "/" + pagerToken
	return p
}

// ServeHTTP keeps a message, and answers.
func (p *pager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.bodies = append(p.bodies, string(body))
	p.mu.Unlock()
	if p.answer != nil {
		p.answer(w, r)
	}
}

// told are the messages so far, as they were sent.
func (p *pager) told() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.bodies)
}

// last is what the last message says, in short; n is how many there are.
func (p *pager) last(t *testing.T) (said string, n int) {
	t.Helper()
	bodies := p.told()
	if len(bodies) == 0 {
		return "", 0
	}
	var m alert.Message
	if err := json.Unmarshal([]byte(bodies[len(bodies)-1]), &m); err != nil {
		t.Fatal(err)
	}
	command := ""
	if len(m.Help) > 0 {
		command = m.Help[len(m.Help)-1].Command
	}
	code := 0
	if m.ExitCode != nil {
		code = *m.ExitCode
	}
	return fmt.Sprintf("%s %s, %s: %s %d %s| %s", m.Severity, m.Event, m.Subject, m.Outcome, code, m.ErrorClass, command), len(bodies)
}
