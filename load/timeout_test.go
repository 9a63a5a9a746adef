package load_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// What the database allows the statements of people is no bound for those of a run: the end of a large walk may take minutes.
//
// Mutation: without statement_timeout or lock_timeout in sessionSettings it is red.
func TestATimeoutOfTheDatabaseStopsNoRun(t *testing.T) {
	t.Parallel()
	w := open(t)
	unlock := w.locked("employerlink.employers")
	w.timeout("500ms")
	store := w.process()
	released := time.AfterFunc(2*time.Second, unlock)
	_, walk := w.walk(store, "employers", load.RunSpec{}) // looks whether there are any
	counts := w.commit(walk, load.Page{Records: []*transform.Record{employer(t, "e", `{"name":"A"}`)}})
	if released.Stop() || counts.New != 1 {
		t.Errorf("it was not kept waiting; counts %+v", counts)
	}
}

// The session that holds the locks of a run is idle as long as the run takes.
//
// Mutation: without idle_session_timeout in sessionSettings it is red.
func TestATimeoutOfTheDatabaseForIdleSessionsTakesNoRunItsLocks(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.set("idle_session_timeout", "300ms")
	idle, err := pgx.Connect(t.Context(), w.url)
	if err != nil {
		t.Fatal(err)
	}
	w.walk(w.process(), "employers", load.RunSpec{})
	time.Sleep(time.Second)
	if err := idle.Ping(t.Context()); err == nil {
		t.Fatal("the server ends no idle session")
	}
	if _, err := w.store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employers"}}); !errors.Is(err, load.ErrLocked) {
		t.Errorf("another run begins while it is under way: %v", err)
	}
}

// A timeout that the operator put into warehouse.url holds. A statement that it ends is a warehouse that cannot be used, and nobody
// who interrupted the run: that would be gone on with at once, again and again, and nobody would hear of it.
//
// Mutation: with 57014 as ClassCanceled in classOfState it is red.
func TestAStatementThatTheServerCancelsIsAWarehouseThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.timeout("1h")
	w.url += "&statement_timeout=500"
	_, walk := w.walk(w.process(), "employers", load.RunSpec{})
	unlock := w.locked("employerlink.employers")
	released := time.AfterFunc(time.Minute, unlock)
	page := load.Page{Records: []*transform.Record{employer(t, "e", `{"name":"A"}`)}}
	_, err := walk.Commit(t.Context(), page)
	if !released.Stop() || load.ClassOf(err) != load.ClassUnavailable || !strings.Contains(err.Error(), "the server cancelled the statement, SQLSTATE 57014") {
		t.Errorf("class %s: %v", load.ClassOf(err), err)
	}
	unlock()
	w.commit(walk, page)
}

// locked keeps a table from everybody until it is unlocked.
func (w *warehouse) locked(table string) (unlock func()) {
	w.t.Helper()
	tx, err := w.db.Begin(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := tx.Exec(w.t.Context(), "LOCK TABLE "+table); err != nil {
		w.t.Fatal(err)
	}
	return func() { _ = tx.Rollback(context.Background()) }
}

// timeout sets the database's for statements and locks, and looks whether a new session has it.
func (w *warehouse) timeout(value string) {
	w.t.Helper()
	w.set("statement_timeout", value)
	w.set("lock_timeout", value)
	another, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = another.Close(w.t.Context()) }()
	var got string
	err = another.QueryRow(w.t.Context(), "SELECT current_setting('statement_timeout') FROM pg_sleep(1)").Scan(&got)
	var cancelled *pgconn.PgError
	if got != value && (!errors.As(err, &cancelled) || cancelled.Code != "57014") {
		w.t.Fatalf("the timeout of a new session is %q: %v", got, err)
	}
}

// set is a setting of the database for new sessions.
func (w *warehouse) set(name, value string) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "+name+" = ''"+value+"''', current_database()); END $$"); err != nil {
		w.t.Fatal(err)
	}
}
