package load_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

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

func catalog() []*transform.Resource { return append(employerlink.Catalog(), paylink.Catalog()...) }

func resource(t *testing.T, name string) *transform.Resource {
	t.Helper()
	for _, r := range catalog() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no resource %s", name)
	return nil
}

// warehouse is a migrated database with a store on it.
type warehouse struct {
	t     *testing.T
	url   string
	db    *pgxpool.Pool
	store *load.Store
	mu    sync.Mutex
	now   time.Time
}

func open(t *testing.T) *warehouse {
	t.Helper()
	w := &warehouse{t: t, url: migrated.Database(t), now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)}
	var err error
	if w.db, err = pgxpool.New(t.Context(), w.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	w.store = w.process()
	return w
}

// process is a store as another process would open it.
func (w *warehouse) process() *load.Store {
	w.t.Helper()
	store, err := load.Open(w.t.Context(), w.url, load.Options{Resources: catalog(), Clock: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(store.Close)
	return store
}

func (w *warehouse) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// walk begins a run of one resource and takes up its walk.
func (w *warehouse) walk(store *load.Store, name string, spec load.RunSpec) (*load.Run, *load.Walk) {
	w.t.Helper()
	spec.Resources = []string{name}
	run, err := store.BeginRun(w.t.Context(), spec)
	if err != nil {
		w.t.Fatal(err)
	}
	walk, err := run.Walk(w.t.Context(), resource(w.t, name), spec.Scope)
	if err != nil {
		w.t.Fatal(err)
	}
	return run, walk
}

func (w *warehouse) commit(walk *load.Walk, page load.Page) load.Counts {
	w.t.Helper()
	counts, err := walk.Commit(w.t.Context(), page)
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

// number asks the warehouse for one number.
func (w *warehouse) number(sql string, arguments ...any) (n int64) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), sql, arguments...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// text asks the warehouse for one text; null is "".
func (w *warehouse) text(sql string, arguments ...any) string {
	w.t.Helper()
	var s *string
	if err := w.db.QueryRow(w.t.Context(), sql, arguments...).Scan(&s); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	if s == nil {
		return ""
	}
	return *s
}

// employer is an employer's record as the API's JSON makes it.
func employer(t *testing.T, id, detail string) *transform.Record {
	t.Helper()
	return resource(t, "employers").Normalize(transform.Item{
		ID: id, Rows: [][]byte{[]byte(`{"_id":"` + id + `"}`)}, Detail: []byte(strings.Replace(detail, "{", `{"_id":"`+id+`",`, 1)),
	}, transform.Sealer{})
}
