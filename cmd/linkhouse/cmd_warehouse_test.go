package main

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
)

func status(t *testing.T, env Env) migrationStatus {
	t.Helper()
	got := run(t, env, "migrate", "status", "--output", "json")
	var s migrationStatus
	if err := json.Unmarshal([]byte(got.stdout), &s); err != nil || got.code != exitComplete {
		t.Fatalf("%+v: %v", got, err)
	}
	return s
}

func TestTheTablesGoUpAndDownAndStatusSaysWhere(t *testing.T) {
	env := Env{Vars: map[string]string{"LINKHOUSE_WAREHOUSE_URL": pgtest.Database(t), "LINKHOUSE_LOG_LEVEL": "error"}}
	before := status(t, env)
	if before.Version != 0 || before.Latest == 0 || len(before.Pending) != int(before.Latest) {
		t.Fatalf("before: %+v", before)
	}
	if got := run(t, env, "migrate", "status"); !strings.HasPrefix(got.stdout, "The tables are at version 0 of ") || !strings.Contains(got.stdout, "employerlink") {
		t.Errorf("%+v", got)
	}
	if got := run(t, env, "migrate", "up"); got.code != exitComplete || !strings.Contains(got.stdout, "The tables went from version 0 to ") {
		t.Fatalf("up: %+v", got)
	}
	if s := status(t, env); s.Version != s.Latest || len(s.Pending) != 0 || s.Dirty {
		t.Errorf("after up: %+v", s)
	}
	if got := run(t, env, "migrate", "up"); got.code != exitComplete || !strings.HasPrefix(got.stdout, "Nothing to do") {
		t.Errorf("again: %+v", got)
	}
	if got := run(t, env, "migrate", "down"); got.code != exitUsage {
		t.Errorf("down without --yes: %+v", got)
	}
	if got := run(t, env, "migrate", "down", "--yes"); got.code != exitComplete {
		t.Errorf("down: %+v", got)
	}
	if s := status(t, env); s.Version != s.Latest-1 {
		t.Errorf("after one step down: %+v", s)
	}
	if got := run(t, env, "migrate", "down", "--all", "--yes"); got.code != exitComplete {
		t.Errorf("down --all: %+v", got)
	}
	if s := status(t, env); s.Version != 0 {
		t.Errorf("after all steps down: %+v", s)
	}
}

func TestTheStoreOpensOnTablesThatAreThereOrMadeOnTheWay(t *testing.T) {
	w := &warehouse{url: pgtest.Database(t)}
	log := slog.New(slog.DiscardHandler)
	store, err := w.openStore(t.Context(), nil, true, log)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := store.Runs(t.Context(), 1)
	store.Close()
	if err != nil || len(runs) != 0 {
		t.Errorf("runs of a new warehouse: %v, %v", runs, err)
	}
	store, err = w.openStore(t.Context(), nil, false, log)
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
}

func TestPsqlRunsStatementsOnTheWarehouse(t *testing.T) {
	env := Env{Vars: map[string]string{"LINKHOUSE_WAREHOUSE_URL": pgtest.Database(t)}}
	got := run(t, env, "psql", "-c", "select 6*7, 'a,b'", "-c", "select 'second'", "--", "--csv", "--tuples-only")
	if diff := cmp.Diff(result{0, "42,\"a,b\"\nsecond\n", ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	env.Stdin = strings.NewReader("select 'typed';\n")
	if got := run(t, env, "psql", "--", "--csv", "--tuples-only", "--no-psqlrc"); got.stdout != "typed\n" {
		t.Errorf("from standard input: %+v", got)
	}
	if got := run(t, env, "psql", "-c", "select nothing"); got.code != exitFailure || !strings.Contains(got.stderr, `column "nothing" does not exist`) {
		t.Errorf("a wrong statement: %+v", got)
	}
}

func TestPsqlStartsTheEmbeddedWarehouseForAsLong(t *testing.T) {
	env := Env{Vars: map[string]string{"LINKHOUSE_DATA_DIR": filepath.Join(t.TempDir(), "data"), "LINKHOUSE_LOG_LEVEL": "error"}}
	got := run(t, env, "psql", "-c", "select current_database()", "--", "--csv", "--tuples-only")
	if diff := cmp.Diff(result{0, "linkhouse\n", ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestAWarehouseThatIsNotThereExitsWith7AndNamesNoPassword(t *testing.T) {
	env := Env{Vars: map[string]string{"LINKHOUSE_WAREHOUSE_URL": "postgres://u:hunter2@127.0.0.1:1/w", "LINKHOUSE_LOG_LEVEL": "error"}}
	for _, args := range []string{"migrate up", "migrate status", "migrate down --yes", "psql -c select"} {
		got := run(t, env, strings.Fields(args)...)
		if got.code != exitStore || strings.Contains(got.stderr+got.stdout, "hunter2") || got.stderr == "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

func TestThePasswordIsSplitOffEveryFormOfConnectionString(t *testing.T) {
	tests := []struct{ given, want string }{
		{"postgres://ada:s%40fe@db:5433/w?sslmode=disable", "postgres://ada@db:5433/w?sslmode=disable"},
		{"postgres://ada@db/w?password=s%40fe&pool_max_conns=4&sslmode=disable", "postgres://ada@db/w?sslmode=disable"},
		{"host=db user=ada password=s@fe dbname=w pool_max_conns=4 sslmode=disable", "host=db user=ada  dbname=w  sslmode=disable"},
		{`host=db user=ada password = 's@fe' dbname=w`, "host=db user=ada  dbname=w"},
	}
	for _, test := range tests {
		stripped, password, err := withoutPassword(test.given)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{test.want, "s@fe"}, []string{stripped, password}); diff != "" {
			t.Error(diff)
		}
		if _, err := pgconn.ParseConfig(stripped); err != nil {
			t.Errorf("%s: %v", stripped, err)
		}
	}
}
