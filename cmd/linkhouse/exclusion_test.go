package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load/embedded"
	"github.com/linkhouse/linkhouse/schedules/figures"
)

const running = "SELECT count(*) FROM etl.runs WHERE state = 'running'"

// gate holds every request to the sandbox from the first for an employee on, until it is opened.
type gate struct {
	reached atomic.Bool
	open    func()
}

func (w *world) gate() *gate {
	w.t.Helper()
	wall := make(chan struct{})
	g := &gate{open: sync.OnceFunc(func() { close(wall) })}
	w.t.Cleanup(g.open)
	// The sandbox asks its rules one after the other, so that whoever waits in one holds up all requests.
	w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.Hang, When: func(*http.Request) bool {
		g.reached.Store(true)
		<-wall
		return false
	}})
	return g
}

// holder starts a run that is held up in its employees, and comes back when it has its locks. release lets it go on.
func (w *world) holder(args string) (p *process, release func()) {
	w.t.Helper()
	g := w.gate()
	p = w.start(args)
	w.await("a run holds its locks and is held up", g.reached.Load)
	return p, g.open
}

// Semantics 8: two runs of the same resource and scope exclude each other. Of many that start together one works, and the others
// leave at once with 4 and a word on what to do.
//
// Mutation: without the check of taken in lock (load/lock.go), it is red.
func TestOfManyRunsAtOnceOneWorksAndTheOthersLeaveWith4(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small)
	g := w.gate()
	const all = 5
	processes := make([]*process, all)
	for i := range processes {
		processes[i] = w.start("sync")
	}
	var left []*process
	w.await("all but one have left", func() bool {
		left = nil
		for _, p := range processes {
			select {
			case <-p.ended:
				left = append(left, p)
			default:
			}
		}
		return len(left) >= all-1
	})
	g.open()
	locked, worked := 0, 0
	for _, p := range processes {
		switch got := w.ends(p, exitLocked, exitComplete, exitPartial); got.code {
		case exitLocked:
			locked++
			if !strings.Contains(got.stderr, "another run holds") || !strings.Contains(got.stderr, "status shows it") {
				t.Errorf("%s", got.stderr)
			}
		default:
			worked++
		}
	}
	if locked != all-1 || worked != 1 || !g.reached.Load() || w.number("SELECT count(*) FROM etl.runs") != 1 {
		t.Errorf("%d left with 4 and %d worked, held up: %v", locked, worked, g.reached.Load())
	}
	w.holdsTruth("many at once")
}

// Semantics 8, in a queue: with --wait a run says for whom it waits, and takes its turn when that has ended, or as soon as it is
// dead, and then goes on with what the dead one has left.
//
// Mutation: without the loop in takesTurns, it is red.
func TestARunThatWaitsTakesItsTurnWhenTheOtherEndsOrDies(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		t.Run(map[bool]string{false: "ends", true: "dies"}[dies], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small)
			first, release := w.holder("sync")
			second := w.start("sync --wait")
			w.await("the second says that it waits", func() bool { return second.told("waiting for run 1 (everything; on ") })
			third := w.start("sync --wait=1500ms")
			got := w.ends(third, exitLocked)
			if took := time.Since(third.begun); took < 1500*time.Millisecond {
				t.Errorf("it waited for %s", took)
			}
			if !strings.Contains(got.stderr, "waiting for run 1") || !strings.Contains(got.stderr, "another run holds") {
				t.Errorf("%s", got.stderr)
			}
			select {
			case <-second.ended:
				t.Fatal("the second did not wait")
			default:
			}
			if dies {
				if !first.kill() {
					t.Fatal("the first had ended")
				}
			}
			died := time.Now()
			release()
			if !dies {
				w.ends(first, exitComplete, exitPartial)
			}
			got = w.ends(second, exitComplete, exitPartial)
			if resumed := strings.Contains(got.stdout, "gone on with where it had stopped"); resumed != dies {
				t.Errorf("gone on with: %v\n%s", resumed, got.stdout)
			}
			if n := strings.Count(got.stderr, "waiting for"); n != 1 {
				t.Errorf("it said %d times that it waits:\n%s", n, got.stderr)
			}
			if took := time.Since(died); took > 30*time.Second {
				t.Errorf("it took %s to take over", took)
			}
			w.holdsTruth("a run that waited")
		})
	}
}

// Ctrl-C while a run waits ends it with 130, and nothing was begun.
//
// Mutation: without calledOff in again (wait.go), it is red.
func TestARunThatWaitsCanBeInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small)
	first, release := w.holder("sync employees")
	for _, args := range []string{"sync employees --wait", "sync --wait=1h"} {
		p := w.start(args)
		w.await("it says that it waits", func() bool { return p.told("waiting for run 1 (employees; on ") })
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if got := w.ends(p, exitInterrupted); !strings.HasSuffix(got.stderr, "linkhouse: interrupted\n  it was still waiting; nothing was read\n") || got.stdout != "" {
			t.Errorf("%s%s", got.stdout, got.stderr)
		}
	}
	other := w.start("backfill payroll-runs --wait")
	w.await("a run of other resources does not wait", func() bool { return w.number(running) == 2 })
	release()
	w.ends(first, exitComplete, exitPartial)
	w.ends(other, exitComplete, exitPartial)
	if n := w.number("SELECT count(*) FROM etl.runs"); n != 2 {
		t.Errorf("%d runs", n)
	}
}

// The private Postgres goes with the command that started it; whoever waited for that command starts it anew.
//
// Mutation: without the loop in takesTurns (wait.go), it is red. What becomes of a server that is lost in an attempt is tried in
// TestAWaitOutlivesThePrivatePostgresOfAnotherAndNoOther.
func TestARunThatWaitsOutlivesThePrivatePostgresOfTheOther(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		t.Run(map[bool]string{false: "ends", true: "dies"}[dies], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small)
			w.env.Vars["LINKHOUSE_DATA_DIR"] = filepath.Join(w.env.Dir, "data")
			delete(w.env.Vars, "LINKHOUSE_WAREHOUSE_URL")
			first, release := w.holder("sync")
			second := w.start("sync --wait")
			w.await("the second says that it waits", func() bool { return second.told("waiting for run 1") })
			if dies && !first.kill() {
				t.Fatal("the first had ended")
			}
			release()
			if !dies {
				w.ends(first, exitComplete, exitPartial)
			}
			w.ends(second, exitComplete, exitPartial)
			w.embeddedHoldsTruth("a run that outlived its Postgres")
		})
	}
}

// everything is a fingerprint of every row of every table, those of the bookkeeping included.
func (w *world) everything() string {
	w.t.Helper()
	var tables []string
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(w.t.Context())) }()
	rows, err := conn.Query(w.t.Context(), `SELECT schemaname || '.' || tablename FROM pg_tables
		WHERE schemaname IN ('employerlink', 'paylink', 'history', 'etl', 'archive') ORDER BY 1`)
	if err == nil {
		tables, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil || len(tables) < 40 {
		w.t.Fatalf("%d tables, %v", len(tables), err)
	}
	var parts []string
	for _, table := range tables {
		var part string
		if err := conn.QueryRow(w.t.Context(), "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM "+table+" t").Scan(&part); err != nil {
			w.t.Fatal(err)
		}
		parts = append(parts, table+" "+part)
	}
	return strings.Join(parts, "\n")
}

// Semantics 8, never twice: a process that was stopped in the middle of its work, lost its lock connection, and wakes after
// another has taken over writes not a single row: neither when the other has ended, nor while it is at work.
//
// Mutation: without the epoch in the last condition of keepRecords (load/ledger.go) it is red. Each step is tried alone in
// TestWhoeverWasOvertakenWritesNothingAtAnyStep.
func TestNothingIsLostWhenAHolderSleepsAndWakesAfterItWasOvertaken(t *testing.T) {
	t.Parallel()
	k := &toll{}
	var sleeps atomic.Int64
	sideBySide(t, 6, func(t *testing.T, n int) {
		rng := rand.New(rand.NewPCG(killSeed, uint64(300+n)))
		slept := 0
		done := enough(t, 1)
		for try := 0; !done(slept); try++ {
			t.Run(fmt.Sprint(try), func(t *testing.T) {
				w := newWorld(t, func(c *sandbox.Config) { small(c); c.Seed, c.Latency = rng.Uint64(), 5*time.Millisecond })
				if w.sleeps(k, 1+rng.Int64N(150), n%2 == 1) {
					slept++
					sleeps.Add(1)
				}
			})
		}
	})
	figures.Print(t, "faults sleeper", sleeps.Load(), "records compared", k.ledger.compared, "rows lost", k.lost, "rows doubled", k.doubled)
}

// sleeps stops a run after so many requests, has another take over, and wakes the first: midway, while the other is at work, or
// when that has ended. It reports whether the run could be stopped while it held its locks.
func (w *world) sleeps(k *toll, after int64, midway bool) bool {
	w.t.Helper()
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4", "4"
	first := w.start("sync")
	w.await("the first has its locks", func() bool { return w.requests() > 0 && w.number(running) == 1 || first.over() })
	w.await("it has asked for some more", func() bool { return w.requests() >= after || first.over() })
	if err := first.cmd.Process.Signal(syscall.SIGSTOP); err != nil || first.over() {
		return false
	}
	if w.number(`SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) q`) == 0 {
		_ = first.kill() // it had given its locks free already
		return false
	}
	second := w.start("sync --wait")
	if midway {
		w.await("the second has taken over", func() bool { return w.number(taken) == 1 || second.over() })
	} else {
		w.ends(second, exitComplete, exitPartial)
	}
	before := w.everything()
	if err := first.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		w.t.Fatal(err)
	}
	got := w.ends(first, exitLocked, exitStore)
	if midway {
		w.ends(second, exitComplete, exitPartial)
	} else if after := w.everything(); after != before {
		w.t.Errorf("it wrote when it woke:\n%s\n%s\n%s", before, after, got.stderr)
	}
	k.compared(w.holdsTruth(fmt.Sprintf("a sleeper, stopped after %d requests, woken midway: %v", after, midway)))
	return true
}

// taken is whether a run was taken up again: what it last did began after it did.
const taken = "SELECT count(*) FROM etl.runs WHERE state = 'running' AND updated_at > started_at"

// embeddedHoldsTruth is holdsTruth for the private Postgres, which is started for as long.
func (w *world) embeddedHoldsTruth(what string) ledger {
	w.t.Helper()
	cluster, err := embedded.Start(w.t.Context(), embedded.Config{Dir: filepath.Join(w.env.Vars["LINKHOUSE_DATA_DIR"], "postgres")})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := cluster.Stop(); err != nil {
			w.t.Error(err)
		}
	}()
	w.url = cluster.URL(embedded.Database)
	return w.holdsTruth(what)
}
