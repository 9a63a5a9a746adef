package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
)

var everyName = []string{
	"0001_employerlink", "0002_paylink", "0003_etl", "0004_archive", "0005_history", "0006_analytics", "0007_roles",
}

func TestAnEmptyDatabaseGoesUpAndAllTheWayDownAndUpAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	conn := connect(t, url)

	if diff := cmp.Diff(migrations.Result{From: 0, To: latest, Applied: everyName}, up(t, url)); diff != "" {
		t.Errorf("up (-want +got):\n%s", diff)
	}
	wantLatest(t, url)

	backwards := make([]string, len(everyName))
	for i, name := range everyName {
		backwards[len(everyName)-1-i] = name
	}
	if diff := cmp.Diff(migrations.Result{From: latest, To: 0, Applied: backwards}, down(t, url, 0)); diff != "" {
		t.Errorf("down (-want +got):\n%s", diff)
	}
	for _, line := range shape(t, conn) {
		if !strings.Contains(line, " public") && !strings.Contains(line, "linkhouse_migrations") {
			t.Errorf("the way down left: %s", line)
		}
	}

	up(t, url)
	wantLatest(t, url)
}

func TestADatabaseAtTheLatestVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	if diff := cmp.Diff(migrations.Result{From: latest, To: latest}, up(t, url)); diff != "" {
		t.Errorf("up (-want +got):\n%s", diff)
	}

	// Not even the lock is asked for: a run may start while another process holds it.
	holder := connect(t, url)
	execute(t, holder, `SELECT pg_advisory_lock(x'6c696e6b686f7573'::bigint)`)
	if diff := cmp.Diff(migrations.Result{From: latest, To: latest}, up(t, url)); diff != "" {
		t.Errorf("up while another holds the lock (-want +got):\n%s", diff)
	}
}

func TestADatabaseAtAnyVersionGoesUp(t *testing.T) {
	t.Parallel()
	for version := range latest {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			url := warehouse.Database(t)
			if got := down(t, url, latest-version); got.To != uint(version) {
				t.Fatalf("down to %d, want %d", got.To, version)
			}

			state, err := migrations.Status(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			var pending []string
			for _, m := range state.Pending {
				pending = append(pending, m.String())
			}
			if diff := cmp.Diff(everyName[version:], pending); diff != "" {
				t.Errorf("pending (-want +got):\n%s", diff)
			}

			got := up(t, url)
			if diff := cmp.Diff(migrations.Result{From: uint(version), To: latest, Applied: everyName[version:]}, got); diff != "" {
				t.Errorf("up (-want +got):\n%s", diff)
			}
			wantLatest(t, url)
		})
	}
}

// A migration takes as long as it takes, here because somebody keeps it waiting.
//
// Mutation: without unbound (session.go) it is cancelled.
func TestATimeoutOfTheDatabaseForStatementsStopsNoMigration(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	conn := connect(t, url)
	execute(t, conn, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''1s''', current_database()); END $$")
	execute(t, conn, "BEGIN; CREATE SCHEMA employerlink")
	start, kept := time.Now(), 3*time.Second
	time.AfterFunc(kept, func() { _, _ = conn.Exec(context.Background(), "ROLLBACK") })
	up(t, url)
	if took := time.Since(start); took < kept {
		t.Errorf("nobody kept it waiting: it took %s", took)
	}
	wantLatest(t, url)
}

func TestMoreStepsDownThanThereAreGoToTheBottom(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	if got := down(t, url, latest+5); got.To != 0 {
		t.Errorf("at version %d, want 0", got.To)
	}
	if got := down(t, url, 1); got.To != 0 || len(got.Applied) > 0 {
		t.Errorf("below the bottom: %+v", got)
	}
	if _, err := migrations.Down(t.Context(), url, -1, nil); err == nil {
		t.Error("a negative number of steps was accepted")
	}
}

func TestAnUntouchedDatabaseHasEverythingPendingAndStaysUntouched(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	state, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if state.Version != 0 || state.Dirty || state.Latest != latest || len(state.Pending) != latest {
		t.Errorf("status: %+v", state)
	}
	down(t, url, 0)
	if tables := lines(t, connect(t, url), `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`); len(tables) > 0 {
		t.Errorf("asking made %v", tables)
	}
}

func TestADatabaseNewerThanTheBinaryIsRefused(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	execute(t, connect(t, url), `UPDATE public.linkhouse_migrations SET version = 99`)
	before := shape(t, connect(t, url))

	for name, call := range map[string]func() (migrations.Result, error){
		"up":   func() (migrations.Result, error) { return migrations.Up(t.Context(), url, nil) },
		"down": func() (migrations.Result, error) { return migrations.Down(t.Context(), url, 1, nil) },
	} {
		_, err := call()
		var newer *migrations.NewerError
		if !errors.As(err, &newer) || newer.Version != 99 || newer.Latest != latest {
			t.Errorf("%s: %v, want a NewerError of 99 and %d", name, err, latest)
		}
	}
	if diff := cmp.Diff(before, shape(t, connect(t, url))); diff != "" {
		t.Errorf("the newer database was changed (-before +after):\n%s", diff)
	}
	state, err := migrations.Status(t.Context(), url)
	if err != nil || state.Version != 99 || len(state.Pending) > 0 {
		t.Errorf("status: %+v, %v", state, err)
	}
}

func TestTheTablesOfOthersAreUntouched(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	conn := connect(t, url)
	execute(t, conn, `
		CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
		INSERT INTO public.schema_migrations VALUES (20240101, true);
		CREATE TABLE public.employees (id int);
		CREATE SCHEMA analytics;
		CREATE TABLE analytics.theirs (id int);
		CREATE TABLE public.linkhouse (id int)`)
	before := lines(t, conn, `SELECT oid::regclass || relkind FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'analytics') ORDER BY 1`)

	up(t, url)
	down(t, url, 0)

	after := lines(t, conn, `SELECT oid::regclass || relkind FROM pg_class WHERE relnamespace::regnamespace::text IN ('public', 'analytics')
		AND relname !~ '^linkhouse_migrations' ORDER BY 1`)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("tables of others (-before +after):\n%s", diff)
	}
	if got := lines(t, conn, `SELECT version || ' ' || dirty FROM public.schema_migrations`); !cmp.Equal(got, []string{"20240101 true"}) {
		t.Errorf("their ledger says %v", got)
	}
}

func TestTheWayDownStopsWhereSomebodyBuiltOnATable(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	conn := connect(t, url)
	execute(t, conn, `CREATE VIEW public.report AS SELECT name FROM employerlink.employers`)

	result, err := migrations.Down(t.Context(), url, 0, nil)
	if err == nil {
		t.Fatal("the tables were dropped under a view")
	}
	if result.To != 1 || len(result.Applied) != latest-1 {
		t.Errorf("stopped at %+v, want all but the first undone", result)
	}
	if text := err.Error(); !strings.Contains(text, "0001_employerlink") || !strings.Contains(text, "depend") || strings.Contains(text, "DROP TABLE") {
		t.Errorf("the error names no cause, or repeats the file: %s", text)
	}
	state, err := migrations.Status(t.Context(), url)
	if err != nil || state.Version != 1 || state.Dirty {
		t.Errorf("status after the failure: %+v, %v", state, err)
	}
	execute(t, conn, `DROP VIEW public.report`)
	up(t, url)
	wantLatest(t, url)
}

func TestAFailedMigrationSaysWhatWasAppliedAndLeavesACleanLedger(t *testing.T) {
	t.Parallel()
	// What another application called the same makes the file fail, and is not taken for what the file makes.
	theirs := []string{
		`CREATE SCHEMA employerlink CREATE TABLE employers (id int)`,
		`CREATE SCHEMA paylink CREATE TABLE accounts (id int)`,
		`CREATE SCHEMA etl CREATE TABLE runs (id int)`,
		`CREATE SCHEMA archive CREATE TABLE documents (id int)`,
		`CREATE SCHEMA history CREATE TABLE employers (id int)`,
		`CREATE SCHEMA analytics CREATE VIEW payroll_register AS SELECT 1 AS id`,
		`CREATE SCHEMA vault CREATE TABLE secrets (id int)`,
	}
	for reached, create := range theirs {
		t.Run(everyName[reached], func(t *testing.T) {
			t.Parallel()
			url := pgtest.Database(t)
			conn := connect(t, url)
			execute(t, conn, create)
			schema, _, _ := strings.Cut(strings.TrimPrefix(create, "CREATE SCHEMA "), " ")

			result, err := migrations.Up(t.Context(), url, nil)
			if err == nil {
				t.Fatal("what others made was taken for ours")
			}
			if text := err.Error(); !strings.Contains(text, everyName[reached]) || !strings.Contains(text, "already exists") {
				t.Errorf("the error does not say which migration failed and why: %s", text)
			}
			want := migrations.Result{From: 0, To: uint(reached), Applied: everyName[:reached]}
			if diff := cmp.Diff(want, result, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if state, err := migrations.Status(t.Context(), url); err != nil || state.Dirty || state.Version != uint(reached) {
				t.Errorf("status after the failure: %+v, %v", state, err)
			}
			execute(t, conn, `DROP SCHEMA `+schema+` CASCADE`)
			if got := up(t, url); got.From != uint(reached) || got.Repaired {
				t.Errorf("second attempt: %+v", got)
			}
			wantLatest(t, url)
		})
	}
}

func TestAConnectionStringCanBeOfAnyForm(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	cfg := connect(t, url).Config()
	for name, form := range map[string]string{
		"keywords": fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s", cfg.Host, cfg.Port, cfg.User, cfg.Password, cfg.Database),
		"pool":     url + map[bool]string{true: "&", false: "?"}[strings.Contains(url, "?")] + "pool_max_conns=4",
	} {
		if state, err := migrations.Status(t.Context(), form); err != nil || state.Version != latest {
			t.Errorf("%s: %+v, %v", name, state, err)
		}
	}
}

func TestAnUnreadableConnectionStringIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"postgres://u:hunter2@h:not-a-port/db", "host=h password=hunter2 port=x", "postgres://u:hunter2@%zz/"} {
		_, err := migrations.Up(context.Background(), form, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error: %v", err)
		}
	}
}
