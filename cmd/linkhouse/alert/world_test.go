package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules"
)

var migrated = pgtest.Template("migrated", func(url string) error {
	_, err := migrations.Up(context.Background(), url, slog.New(slog.DiscardHandler))
	return err
})

// receiver is a webhook on loopback that answers as it is told and keeps what it took.
type receiver struct {
	url    string
	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request) // nil: 200
	taken  []Message
	asked  int
	bodies [][]byte
}

const token = "s3cret-token"

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r.url = server.URL + "/services/" + token
	return r
}

// ServeHTTP takes a message, or does what it was told to do instead.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	r.asked++
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, request)
		return
	}
	var m Message
	_ = json.Unmarshal(body, &m) // Slack's form has nothing of it
	r.mu.Lock()
	r.taken, r.bodies = append(r.taken, m), append(r.bodies, body)
	r.mu.Unlock()
}

// will makes it answer otherwise from now on.
func (r *receiver) will(answer func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// hang answers nothing until the caller gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// told gives what was taken since the last call, and the number of times that it was asked.
func (r *receiver) told() (taken []Message, asked int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken, asked, r.taken, r.asked = r.taken, r.asked, nil, 0
	return taken, asked
}

// summaries are the messages in short: event, severity, subject and outcome.
func (r *receiver) summaries() []string {
	taken, _ := r.told()
	words := []string{}
	for _, m := range taken {
		word := string(m.Event) + " " + string(m.Severity) + " " + m.Subject
		if m.Outcome != "" {
			word += " " + m.Outcome
		}
		if m.Reminder {
			word += " again"
		}
		words = append(words, word)
	}
	return words
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a warehouse, a webhook and a clock that processes share.
type world struct {
	t    *testing.T
	url  string
	hook *receiver
	time *clock
	log  lockedBuffer

	mu    sync.Mutex
	down  bool // nobody reaches the warehouse
	conns []net.Conn
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, url: migrated.Database(t), hook: newReceiver(t), time: &clock{at: time.Now().UTC().Truncate(time.Second)}}
}

// process is a teller as a process of its own would have it.
func (w *world) process() *Teller {
	w.t.Helper()
	store, err := load.Open(w.t.Context(), w.url, load.Options{Clock: w.time.now, Dial: w.dial})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	return w.teller(store)
}

func (w *world) teller(store *load.Store) *Teller {
	hook := NewWebhook(w.hook.url, FormatJSON, "linkhouse/test")
	hook.backoff = time.Millisecond
	return New(Options{
		Webhook: hook, Store: store, Partial: Warning, Jobs: []string{"nightly", "intraday"}, Resources: []string{"employees", "tasks"},
		StaleAfter: func(string) time.Duration { return 36 * time.Hour }, Host: "here", Now: w.time.now,
		Command: func(words ...string) string { return "linkhouse " + strings.Join(words, " ") }, Logger: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
}

// dial is the network, until it is down.
func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

// reachable takes the warehouse from everybody, or gives it back.
func (w *world) reachable(yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = !yes
	if w.down {
		for _, conn := range w.conns {
			_ = conn.Close()
		}
		w.conns = nil
	}
}

// walked writes down that a resource was read completely so long ago.
func (w *world) walked(resource string, ago time.Duration) {
	w.t.Helper()
	at := w.time.now().Add(-ago)
	w.exec(`WITH r AS (INSERT INTO etl.runs (job, resources, scope, state, started_at, updated_at, finished_at)
			VALUES ('nightly', ARRAY[$1], 'all', 'complete', $2, $2, $2) RETURNING run_id)
		INSERT INTO etl.walks (run_id, resource, scope, state, started_at, updated_at, finished_at)
			SELECT run_id, $1, 'all', 'complete', $2, $2, $2 FROM r`, resource, at)
}

func (w *world) exec(sql string, arguments ...any) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(w.t.Context(), sql, arguments...); err != nil {
		w.t.Fatal(err)
	}
}

// nightly is a run of the nightly job that ended so.
func nightly(id int64, o schedules.Outcome) Run {
	return Run{Key: "job nightly", Subject: "job nightly", Job: "nightly", Again: []string{"sync", "--job", "nightly"}, ExitCode: o.ExitCode(),
		Report: &schedules.Report{RunID: id, Job: "nightly", Outcome: o, Walks: []schedules.WalkReport{
			{Resource: "employees", State: load.WalkComplete, Counts: load.Counts{Listed: 5, New: 2, Rejected: 1}}}}}
}

// ran lets a process see a run, and do what follows.
func (t *Teller) ran(ctx context.Context, r Run) {
	t.see(r)
	t.round(ctx)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write adds to it.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
