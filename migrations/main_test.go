package migrations_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
)

// migrateEnv makes this test binary a process that migrates the database it names and nothing else, so that a test can
// kill one. Upwards, or downwards by so many steps as undoEnv says.
const (
	migrateEnv = "LINKHOUSE_TEST_MIGRATE"
	undoEnv    = "LINKHOUSE_TEST_UNDO"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(migrateEnv); url != "" {
		steps, _ := strconv.Atoi(os.Getenv(undoEnv))
		var err error
		if steps > 0 {
			_, err = migrations.Down(context.Background(), url, steps, nil)
		} else {
			_, err = migrations.Up(context.Background(), url, nil)
		}
		if err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// latest is the version of the last file.
const latest = 7

// warehouse is a database at the latest version.
var warehouse = pgtest.Template("warehouse", func(url string) error {
	_, err := migrations.Up(context.Background(), url, nil)
	return err
})

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// lines runs a query of one text column.
func lines(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

// up migrates and demands that it works.
func up(t *testing.T, url string) migrations.Result {
	t.Helper()
	result, err := migrations.Up(t.Context(), url, nil)
	if err != nil {
		t.Fatalf("up: %v", err)
	}
	return result
}

// down undoes steps and demands that it works.
func down(t *testing.T, url string, steps int) migrations.Result {
	t.Helper()
	result, err := migrations.Down(t.Context(), url, steps, nil)
	if err != nil {
		t.Fatalf("down: %v", err)
	}
	return result
}

// shape describes everything a database consists of but its rows: objects, columns, definitions, grants and comments,
// and what the ledger says.
func shape(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return lines(t, conn, `
		SELECT format('schema %s %s %s', nspname, nspacl, obj_description(oid, 'pg_namespace'))
		FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
		UNION ALL
		SELECT format('%s %s %s %s %s', relkind, oid::regclass, relacl, obj_description(oid, 'pg_class'),
			CASE WHEN relkind = 'v' THEN pg_get_viewdef(oid) WHEN relkind = 'i' THEN pg_get_indexdef(oid) END)
		FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
		UNION ALL
		SELECT format('column %s %s %s %s %s %s %s', c.oid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
			a.attnotnull, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
		FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND c.relkind IN ('r', 'v')
		UNION ALL
		SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE connamespace::regnamespace::text !~ '^(pg_|information_schema)'
		UNION ALL
		SELECT format('function %s %s %s', oid::regprocedure, proacl, obj_description(oid, 'pg_proc'))
		FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
		UNION ALL
		SELECT format('default grants %s %s %s', defaclnamespace::regnamespace, defaclobjtype, defaclacl) FROM pg_default_acl
		UNION ALL
		SELECT format('ledger %s %s', version, dirty) FROM public.linkhouse_migrations
		ORDER BY 1`)
}

// wanted is the shape of a database that was migrated in one go, described once.
var wanted struct {
	sync.Mutex
	shape []string
}

// wantLatest compares a database with one that was migrated in one go.
func wantLatest(t *testing.T, url string) {
	t.Helper()
	wanted.Lock()
	if wanted.shape == nil {
		wanted.shape = shape(t, connect(t, warehouse.Database(t)))
	}
	wanted.Unlock()
	if diff := cmp.Diff(wanted.shape, shape(t, connect(t, url))); diff != "" {
		t.Errorf("not the latest schema (-want +got):\n%s", diff)
	}
	state, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(migrations.State{Version: latest, Latest: latest}, state); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}
