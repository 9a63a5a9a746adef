package migrations_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules/figures"
)

// undoing is this test binary as a process that only undoes the last steps.
func undoing(url string, steps int) *exec.Cmd {
	cmd := migrating(url)
	cmd.Env = append(cmd.Env, undoEnv+"="+strconv.Itoa(steps))
	return cmd
}

// inTheWay are statements that keep what each migration needs, until their transaction ends: the schema that it makes, or
// something that it drops.
var inTheWay = []struct{ up, down string }{
	{`CREATE SCHEMA employerlink`, `LOCK TABLE employerlink.employers IN ACCESS SHARE MODE`},
	{`CREATE SCHEMA paylink`, `LOCK TABLE paylink.users IN ACCESS SHARE MODE`},
	{`CREATE SCHEMA etl`, `LOCK TABLE etl.runs IN ACCESS SHARE MODE`},
	{`CREATE SCHEMA archive`, `LOCK TABLE archive.documents IN ACCESS SHARE MODE`},
	{`CREATE SCHEMA history`, `LOCK TABLE history.employers IN ACCESS SHARE MODE`},
	{`CREATE SCHEMA analytics`, `LOCK TABLE analytics.payroll_register IN ACCESS SHARE MODE`},
	{`CREATE SCHEMA vault`, `COMMENT ON SCHEMA vault IS 'The same. Originals go here under privacy.vault.'`},
}

// Semantics 8, and the ledger's promise: a process that is killed in the middle of any migration, on its way up or down, costs
// nothing, whether Postgres then commits what it was sent or not. Mutation: with settle leaving a dirty ledger as it
// is (ledger.go), or with a probe of another version's object (catalog.go), it is red.
func TestAKillInTheMiddleOfEveryMigrationCostsNothing(t *testing.T) {
	t.Parallel()
	for version := 1; version <= latest; version++ {
		for _, up := range []bool{true, false} {
			for _, commits := range []bool{true, false} {
				name := fmt.Sprintf("%s, up %t, Postgres commits %t", everyName[version-1], up, commits)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					killedInside(t, version, up, commits)
				})
			}
		}
	}
}

func killedInside(t *testing.T, version int, goesUp, commits bool) {
	t.Helper()
	url := warehouse.Database(t)
	before, after := version, version-1
	if goesUp {
		before, after = version-1, version
	}
	if before < latest {
		down(t, url, latest-before)
	}
	blocker, watcher := connect(t, url), connect(t, url)
	tx, err := blocker.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	statement, process := inTheWay[version-1].down, undoing(url, 1)
	if goesUp {
		statement, process = inTheWay[version-1].up, migrating(url)
	}
	if _, err := tx.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	const waits = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ '^BEGIN;' AND pid <> pg_backend_pid()`
	eventually(t, watcher, `SELECT count(*) > 0 `+waits)
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := process.Wait(); err == nil || process.ProcessState.Success() {
		t.Fatalf("the process ended by itself: %v", err)
	}
	if state, err := migrations.Status(t.Context(), url); err != nil || !state.Dirty {
		t.Fatalf("status after the kill: %+v, %v; the process was not killed inside a migration", state, err)
	}
	want := after
	if !commits {
		want = before
		if n := len(lines(t, watcher, `SELECT pg_terminate_backend(pid)::text `+waits)); n != 1 {
			t.Fatalf("%d backends were ended", n)
		}
	}
	if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if version == latest && !goesUp && commits {
		// The way down tells of roles that stay, and Postgres gives up when nobody is there to be told.
		eventually(t, watcher, `SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^BEGIN;' AND pid <> pg_backend_pid()`)
		want = latest - len(lines(t, watcher, `SELECT 'undone' WHERE to_regnamespace('vault') IS NULL`))
	}
	got := up(t, url)
	// A way down that was rolled back from the latest version leaves nothing to apply.
	expected := migrations.Result{From: uint(want), To: latest, Applied: everyName[want:], Repaired: true}
	if len(expected.Applied) == 0 {
		expected.Applied = nil
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("up (-want +got):\n%s", diff)
	}
	wantLatest(t, url)
}

// Semantics 8: processes killed at instants at random, on their way up and down, leave a database that the next one brings
// to its end, with every row that stood there. Mutation: with settle leaving a dirty ledger as it is (ledger.go) it is red.
func TestNothingIsLostWhenMigrationsAreKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	conn := connect(t, url)
	execute(t, conn, `CREATE TABLE public.theirs (id int PRIMARY KEY); INSERT INTO public.theirs SELECT generate_series(1, 100)`)
	up(t, url)
	execute(t, conn, `INSERT INTO employerlink.employers (employer_id, name, _first_seen_at, _synced_at, _run_id, _row_hash)
		SELECT 'e' || n, 'Employer ' || n, now(), now(), 1, '\x00' FROM generate_series(1, 100) n`)

	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)) // #nosec G115 -- a seed
	kills, inside, ways, compared := 0, 0, 0, 0
	deadline := time.Now().Add(figures.Soak(t))
	const bottom = 2                                   // with the last step that settles a ledger still above the table whose rows are counted
	took := [2]time.Duration{time.Second, time.Second} // how long a way takes at most, learned on the way
	for kills < 40 || ways < 4 || inside == 0 && kills < 400 || time.Now().Before(deadline) {
		goesUp := ways%2 == 1
		for {
			process, way := undoing(url, latest-bottom), 0
			if goesUp {
				process, way = migrating(url), 1
			} else if state, err := migrations.Status(t.Context(), url); err != nil {
				t.Fatal(err)
			} else if state.Version > bottom {
				process = undoing(url, int(state.Version)-bottom) // #nosec G115 -- seven at most
			}
			begun := time.Now()
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(random.Int64N(int64(took[way]))), func() { _ = process.Process.Kill() })
			err := process.Wait()
			timer.Stop()
			if err == nil {
				took[way] = time.Since(begun)
			} else if process.ProcessState.Exited() {
				t.Fatalf("the process failed by itself: %v", err)
			} else {
				kills++
				took[way] += took[way] / 20 // the last way may have had little left to do: on a busy machine the next gets nowhere in that time
			}
			state, err := migrations.Status(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if state.Dirty {
				inside++
				if !goesUp { // settle it before the number of steps is counted again
					if _, err := migrations.Down(t.Context(), url, 1, nil); err != nil {
						t.Fatal(err)
					}
					if state, err = migrations.Status(t.Context(), url); err != nil {
						t.Fatal(err)
					}
				}
			}
			if !state.Dirty && (goesUp && state.Version == latest || !goesUp && state.Version <= bottom) {
				break
			}
		}
		if goesUp {
			wantLatestBut(t, url, "public.theirs")
		}
		for _, table := range []string{"public.theirs", "employerlink.employers"} {
			if got := lines(t, conn, `SELECT count(*)::text FROM `+table)[0]; got != "100" {
				t.Fatalf("%s holds %s rows", table, got)
			}
			compared += 100
		}
		ways++
	}
	if inside == 0 {
		t.Errorf("of %d kills none was inside a migration", kills)
	}
	figures.Print(t, "kills", kills, "kills inside a migration", inside, "ways up and down", ways, "records compared", compared, "rows lost", 0, "rows doubled", 0)
}

// wantLatestBut compares the schema with one that was migrated in one go, a table of others aside.
func wantLatestBut(t *testing.T, url, table string) {
	t.Helper()
	conn := connect(t, url)
	execute(t, conn, `BEGIN; DROP TABLE `+table)
	got := shape(t, conn)
	execute(t, conn, `ROLLBACK`)
	wanted.Lock()
	if wanted.shape == nil {
		wanted.shape = shape(t, connect(t, warehouse.Database(t)))
	}
	wanted.Unlock()
	if diff := cmp.Diff(wanted.shape, got); diff != "" {
		t.Fatalf("not the latest schema (-want +got):\n%s", diff)
	}
}

// Processes, not goroutines: three replicas that start together all succeed and leave a clean ledger. Mutation: without the lock
// in session.go it is red.
func TestThreeProcessesThatMigrateTogetherAllSucceed(t *testing.T) {
	t.Parallel()
	for round := range 4 {
		url := pgtest.Database(t)
		var processes [3]*exec.Cmd
		for i := range processes {
			processes[i] = migrating(url)
			if err := processes[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		if round%2 == 1 { // and one of them is killed on the way
			eventually(t, connect(t, url), `SELECT to_regclass('public.linkhouse_migrations') IS NOT NULL`)
			if err := processes[0].Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		for i, process := range processes {
			if err := process.Wait(); err != nil && (i > 0 || round%2 == 0) {
				t.Errorf("round %d, process %d: %v", round, i, err)
			}
		}
		wantLatest(t, url)
	}
}
