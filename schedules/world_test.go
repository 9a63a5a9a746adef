package schedules

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/employerlink"
	"github.com/linkhouse/linkhouse/transform/paylink"
)

var migrated = pgtest.Template("migrated", func(url string) error {
	_, err := migrations.Up(context.Background(), url, slog.New(slog.DiscardHandler))
	return err
})

// catalog is every resource, in the order of the APIs.
func catalog(only ...string) []*transform.Resource {
	var out []*transform.Resource
	for _, r := range append(employerlink.Catalog(), paylink.Catalog()...) {
		if len(only) == 0 {
			out = append(out, r)
		}
		for _, name := range only {
			if r.Name == name {
				out = append(out, r)
			}
		}
	}
	return out
}

// world is a sandbox, a warehouse and what runs between them.
type world struct {
	t       *testing.T
	api     *sandbox.Server
	url     string // of the warehouse
	db      *pgxpool.Pool
	archive *memoryArchive
	clock   *clock
	config  extract.Config
}

// clock is an injected time that moves a second with every look, so that no two transactions share an instant.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func newWorld(t *testing.T, change func(*sandbox.Config)) *world {
	t.Helper()
	config := sandbox.DefaultConfig()
	config.Employers, config.Employees, config.Statements, config.Users = 9, 60, 6, 12
	if change != nil {
		change(&config)
	}
	api, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	base, err := api.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	w := &world{
		t: t, api: api, url: migrated.Database(t), archive: &memoryArchive{sums: map[string]string{}, objects: map[string][]byte{}},
		clock: &clock{now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)},
		config: extract.Config{
			BaseURL: base, APIKey: "sandbox-key", APISecret: "sandbox-secret", Version: "2022-12-02", PageSize: 25, Concurrency: 8,
			BackoffBase: time.Millisecond, BackoffMax: 5 * time.Millisecond, Timeout: 5 * time.Second,
		},
	}
	if w.db, err = pgxpool.New(t.Context(), w.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	return w
}

// runner is a process that is about to run: a new client and a new store on the same world.
func (w *world) runner() *Runner {
	w.t.Helper()
	client, err := extract.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(client.CloseIdle)
	downloads, err := extract.NewDownloader(extract.DownloadConfig{AllowPrivate: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(downloads.CloseIdle)
	store, err := load.Open(w.t.Context(), w.url, load.Options{Resources: catalog(), Clock: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	return &Runner{
		API: client, Documents: downloads, Store: store, Archive: w.archive, Sealer: transform.NewSealer([]byte("0123456789abcdef0123456789abcdef")), Printer: transform.NewPrinter("sandbox-secret"),
		Logger: slog.New(slog.DiscardHandler), PageSize: 5, Concurrency: 8, MaxRemoval: 0.2, documentWait: 5 * time.Millisecond,
	}
}

func (w *world) plan(only ...string) Plan {
	return Plan{
		Resources: catalog(only...), Include: nil,
		Users: func(context.Context) ([]string, error) { return w.api.UserIdentifiers(), nil },
	}
}

// sync runs a plan in a process of its own and expects the outcome.
func (w *world) sync(plan Plan, want Outcome) *Report {
	w.t.Helper()
	r := w.runner()
	report, err := r.Run(w.t.Context(), plan)
	r.Store.Close()
	if report.Outcome != want {
		w.t.Fatalf("outcome %s (%v), want %s\n%s", report.Outcome, err, want, describe(report))
	}
	return report
}

func describe(r *Report) string {
	text := ""
	for _, walk := range r.Walks {
		text += fmt.Sprintf("%-26s %-12s %+v %s\n", walk.Resource, walk.State, walk.Counts, walk.Error)
	}
	return text + fmt.Sprintf("documents %+v", r.Documents)
}

// number asks the warehouse for one number.
func (w *world) number(sql string, arguments ...any) int64 {
	w.t.Helper()
	var n int64
	if err := w.db.QueryRow(w.t.Context(), sql, arguments...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// texts asks the warehouse for one column.
func (w *world) texts(sql string, arguments ...any) []string {
	w.t.Helper()
	rows, err := w.db.Query(w.t.Context(), sql, arguments...)
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}
