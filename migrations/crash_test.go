package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
)

func TestADirtyLedgerIsSetToWhatTheCatalogShows(t *testing.T) {
	t.Parallel()
	// In front of a file golang-migrate writes the version it leads to: n on the way up to n, n-1 on the way down from it,
	// and -1 for the empty database. Postgres then has the file's work or it has not.
	for version := 1; version <= latest; version++ {
		below := version - 1
		if below == 0 {
			below = -1
		}
		for _, was := range []struct {
			name   string
			ledger int
			at     int // what the catalog shows
		}{
			{"up, rolled back", version, version - 1},
			{"up, committed", version, version},
			{"down, rolled back", below, version},
			{"down, committed", below, version - 1},
		} {
			t.Run(fmt.Sprintf("%s, %s", everyName[version-1], was.name), func(t *testing.T) {
				t.Parallel()
				url := warehouse.Database(t)
				if was.at < latest {
					down(t, url, latest-was.at)
				}
				conn := connect(t, url)
				execute(t, conn, `DELETE FROM public.linkhouse_migrations`)
				execute(t, conn, `INSERT INTO public.linkhouse_migrations VALUES ($1, true)`, was.ledger)
				if state, err := migrations.Status(t.Context(), url); err != nil || !state.Dirty {
					t.Fatalf("status: %+v, %v", state, err)
				}

				got := up(t, url)
				want := migrations.Result{From: uint(was.at), To: latest, Applied: everyName[was.at:], Repaired: true}
				if len(want.Applied) == 0 {
					want.Applied = nil
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("up (-want +got):\n%s", diff)
				}
				wantLatest(t, url)
			})
		}
	}
}

func TestADirtyLedgerIsSetRightBeforeTheWayDownToo(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	execute(t, connect(t, url), `UPDATE public.linkhouse_migrations SET version = 6, dirty = true`)
	got := down(t, url, 1)
	if diff := cmp.Diff(migrations.Result{From: 7, To: 6, Applied: everyName[6:], Repaired: true}, got); diff != "" {
		t.Errorf("down (-want +got):\n%s", diff)
	}
}

func TestALedgerFarFromTheCatalogIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	url := warehouse.Database(t)
	conn := connect(t, url)
	execute(t, conn, `UPDATE public.linkhouse_migrations SET version = 2, dirty = true`)
	if _, err := migrations.Up(t.Context(), url, nil); err == nil || !strings.Contains(err.Error(), "takes a person") {
		t.Errorf("error: %v", err)
	}
	execute(t, conn, `UPDATE public.linkhouse_migrations SET version = 7; DROP TABLE archive.documents CASCADE`)
	if _, err := migrations.Up(t.Context(), url, nil); err == nil || !strings.Contains(err.Error(), "takes a person") {
		t.Errorf("error of a catalog with a hole: %v", err)
	}
}

func TestProcessesThatStartTogetherQueue(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	type outcome struct {
		result migrations.Result
		err    error
	}
	outcomes := make(chan outcome)
	const processes = 5
	for range processes {
		go func() {
			result, err := migrations.Up(t.Context(), url, nil)
			outcomes <- outcome{result, err}
		}()
	}
	applied := 0
	for range processes {
		o := <-outcomes
		if o.err != nil {
			t.Errorf("up: %v", o.err)
		}
		if o.result.To != latest || o.result.Repaired {
			t.Errorf("result: %+v", o.result)
		}
		applied += len(o.result.Applied)
	}
	if applied != latest {
		t.Errorf("%d migrations were applied, want each once", applied)
	}
	wantLatest(t, url)
}

func TestWaitingForTheLockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	holder := connect(t, url)
	execute(t, holder, `SELECT pg_advisory_lock(x'6c696e6b686f7573'::bigint)`)

	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := migrations.Up(ctx, url, nil)
		failed <- err
	}()
	eventually(t, holder, `SELECT count(*) > 0 FROM pg_stat_activity
		WHERE datname = current_database() AND query ~ 'pg_try_advisory_lock' AND pid <> pg_backend_pid()`)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v, want the context's", err)
	}
	execute(t, holder, `SELECT pg_advisory_unlock_all()`)
	up(t, url)
	wantLatest(t, url)
}

func TestAProcessKilledInAMigrationCostsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(pgx.Tx) error // lets go of what the migration waits for
		want uint               // where the next process finds the database
	}{
		// The server does not notice that its client is gone before it is done with what it was sent.
		{"and Postgres goes on to commit", func(tx pgx.Tx) error { return tx.Rollback(context.Background()) }, 5},
		{"and Postgres rolls back", func(tx pgx.Tx) error { return tx.Commit(context.Background()) }, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Database(t)
			blocker, watcher := connect(t, url), connect(t, url)
			tx, err := blocker.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			// The migration waits for this schema to be there or not to be there: its own attempt fails on the unique name when
			// this one commits.
			if _, err := tx.Exec(t.Context(), `CREATE SCHEMA history`); err != nil {
				t.Fatal(err)
			}

			process := migrating(url)
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			waits := `SELECT count(*) > 0 FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'CREATE SCHEMA IF NOT EXISTS history'`
			eventually(t, watcher, waits)
			if err := process.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := process.Wait(); err == nil || process.ProcessState.Success() {
				t.Fatalf("the process ended by itself: %v", err)
			}
			state, err := migrations.Status(t.Context(), url)
			if err != nil || !state.Dirty || state.Version != 5 {
				t.Fatalf("status after the kill: %+v, %v; the process was not killed in migration 5", state, err)
			}

			// The next process comes while the server is still at it, and must not take the half-done file for undone.
			type outcome struct {
				result migrations.Result
				err    error
			}
			next := make(chan outcome)
			go func() {
				result, err := migrations.Up(t.Context(), url, nil)
				next <- outcome{result, err}
			}()
			eventually(t, watcher, `SELECT count(*) > 0 FROM pg_stat_activity
				WHERE datname = current_database() AND query ~ 'pg_try_advisory_lock' AND pid <> pg_backend_pid()`)
			if err := c.end(tx); err != nil {
				t.Fatal(err)
			}
			got := <-next
			if got.err != nil {
				t.Fatal(got.err)
			}
			want := migrations.Result{From: c.want, To: latest, Applied: everyName[c.want:], Repaired: true}
			if diff := cmp.Diff(want, got.result); diff != "" {
				t.Errorf("up (-want +got):\n%s", diff)
			}
			wantLatest(t, url)
		})
	}
}

// migrating is this test binary as a process that only migrates.
func migrating(url string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	// With the race detector a process waits a second before it leaves: it would be killed in that second only.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", migrateEnv+"="+url)
	return cmd
}

// eventually waits until a query says true; the test's own deadline is the only limit.
func eventually(t *testing.T, conn *pgx.Conn, query string) {
	t.Helper()
	for {
		var so bool
		if err := conn.QueryRow(t.Context(), query).Scan(&so); err != nil {
			t.Fatal(err)
		}
		if so {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
