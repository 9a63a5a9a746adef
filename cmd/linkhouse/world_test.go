package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
)

var migrated = pgtest.Template("migrated", func(url string) error {
	_, err := migrations.Up(context.Background(), url, slog.New(slog.DiscardHandler))
	return err
})

// world is a sandbox, a warehouse and the surroundings of a process that reads the one into the other: variables only.
type world struct {
	t   *testing.T
	api *sandbox.Server
	url string // of the warehouse
	env Env
}

// tame is a world in which nothing is odd.
func tame(c *sandbox.Config) { c.Odd = false }

func newWorld(t *testing.T, change func(*sandbox.Config)) *world {
	t.Helper()
	config := sandbox.DefaultConfig()
	config.Employers, config.Employees, config.Statements, config.Users = 9, 50, 4, 25
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
	w := &world{t: t, api: api, url: migrated.Database(t)}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "users.txt"), strings.Join(api.UserIdentifiers(), "\n"))
	w.env = Env{backoff: time.Millisecond, Dir: dir, Vars: map[string]string{
		"LINKHOUSE_ATOMIC_BASE_URL":             base,
		"LINKHOUSE_ATOMIC_API_KEY":              "sandbox-key",
		"LINKHOUSE_ATOMIC_API_SECRET":           "sandbox-secret",
		"LINKHOUSE_ATOMIC_CONCURRENCY":          "8",
		"LINKHOUSE_WAREHOUSE_URL":               w.url,
		"LINKHOUSE_ARCHIVE_URL":                 "file://" + filepath.Join(dir, "archive"),
		"LINKHOUSE_ARCHIVE_ALLOWED_HOSTS":       "127.0.0.1",
		"LINKHOUSE_ARCHIVE_ALLOW_PRIVATE_HOSTS": "true",
		"LINKHOUSE_USERS_FILE":                  "users.txt",
		"LINKHOUSE_LOG_LEVEL":                   "warn",
	}}
	return w
}

// run carries out a command line that is to end with that code.
func (w *world) run(code int, args string) result {
	w.t.Helper()
	return w.runWith(w.t.Context(), code, args)
}

func (w *world) runWith(ctx context.Context, code int, args string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	env := w.env
	env.Stdin = strings.NewReader("")
	got := result{Run(ctx, strings.Fields(args), env, &stdout, &stderr), "", ""}
	got.stdout, got.stderr = stdout.String(), stderr.String()
	if got.code != code {
		w.t.Fatalf("linkhouse %s: exit %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
	}
	return got
}

// answer carries out a command line with --output json.
func answer[T any](w *world, code int, args string) T {
	w.t.Helper()
	got := w.run(code, args+" --output json")
	var value T
	if err := json.Unmarshal([]byte(got.stdout), &value); err != nil {
		w.t.Fatalf("linkhouse %s: %v\n%s", args, err, got.stdout)
	}
	return value
}

// number asks the warehouse for one number, text for one text.
func (w *world) number(sql string) (n int64) {
	w.t.Helper()
	w.ask(sql, &n)
	return n
}

func (w *world) text(sql string) (text string) {
	w.t.Helper()
	w.ask(sql, &text)
	return text
}

func (w *world) ask(sql string, value any) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(w.t.Context()) }()
	if err := conn.QueryRow(w.t.Context(), sql).Scan(value); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// requests is how many requests the sandbox has met.
func (w *world) requests() (n int64) {
	for _, r := range w.api.Requests() {
		n += r.Count
	}
	return n
}

func (w *world) exec(sql string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(w.t.Context()) }()
	if _, err := conn.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatal(err)
	}
}
