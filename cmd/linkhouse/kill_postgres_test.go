package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load/embedded"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules/figures"
)

// postmaster is the process id of the Postgres in a directory of load/embedded.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive reports whether there is a process with that id that is more than a corpse.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// Semantics 8, when it is the warehouse that dies: stopped at once (as pg_ctl stop -m immediate does, by SIGQUIT) or killed in
// the middle of a run, that run leaves with 7 and a clear word in bounded time, and when Postgres is back the next run completes.
//
// Mutation: without the SQLSTATE classes 08 and 57 in classOfState (load/errors.go) it is red.
func TestNothingIsLostWhenPostgresDiesUnderARun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(killSeed, 400))
	k := &toll{}
	cluster := startCluster(t, dir)
	defer func() { _ = cluster.Stop() }()
	w := newWorld(t, func(c *sandbox.Config) { small(c); c.Latency = 2 * time.Millisecond })
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4", "4"
	w.at(cluster)
	if _, err := migrations.Up(t.Context(), w.url, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	deaths := 0
	for done := enough(t, 8); !done(deaths); {
		w.api.AdvanceDay()
		w.api.ResetLog()
		after := 1 + rng.Int64N(140)
		p := w.start(syncAll)
		w.await("the run has asked for some", func() bool { return w.requests() >= after || p.over() })
		how := syscall.SIGQUIT
		if deaths%2 == 1 {
			how = syscall.SIGKILL
		}
		if !p.over() {
			if err := syscall.Kill(postmaster(t, dir), how); err != nil {
				t.Fatal(err)
			}
			died := time.Now()
			got := w.ends(p, exitStore, exitComplete, exitPartial)
			if took := time.Since(died); took > time.Minute {
				t.Errorf("the run left %s after Postgres had died", took)
			}
			if got.code == exitStore {
				deaths++
				if !strings.HasPrefix(got.stderr, "linkhouse: ") && !strings.Contains(got.stderr, "\nlinkhouse: ") ||
					!strings.Contains(got.stderr, "the next run goes on where this one stopped") && !strings.Contains(got.stderr, "check that the warehouse runs") ||
					strings.Contains(got.stderr, "panic") {
					t.Errorf("signal %d after %d requests: it said\n%s", how, after, got.stderr)
				}
			}
		}
		_ = cluster.Stop() // whatever is left of it
		cluster = startCluster(t, dir)
		w.at(cluster)
		w.ends(w.start(syncAll), exitComplete, exitPartial)
		k.compared(w.holdsTruth(fmt.Sprintf("Postgres got signal %d after %d requests", how, after)))
	}
	figures.Print(t, "faults postgres", deaths, "records compared", k.ledger.compared, "rows lost", k.lost, "rows doubled", k.doubled)
}

// startCluster starts a Postgres of the test's own.
func startCluster(t *testing.T, dir string) *embedded.Cluster {
	t.Helper()
	cluster, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

// at makes a cluster the warehouse of the world.
func (w *world) at(cluster *embedded.Cluster) {
	w.url = cluster.URL(embedded.Database)
	w.env.Vars[toWarehouse] = w.url
}

// Semantics 8 with the private Postgres of data_dir: whichever of the two is killed, linkhouse or its Postgres, in the middle of a
// run or while the cluster is being made, the next command puts in order what is left (an orphan, a stale pid file, half a
// directory) and completes.
//
// Mutation: without s.stop in takeOver (load/embedded/cluster.go) its sibling below is red; here the kernel ends most orphans.
func TestNothingIsLostWhenThePrivatePostgresOrItsOwnerIsKilled(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(killSeed, 500))
	k := &toll{}
	owners, servers := 0, 0
	done := enough(t, 10)
	for n := 0; !done(owners + servers); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t, small)
			w.env.Vars["LINKHOUSE_DATA_DIR"] = filepath.Join(w.env.Dir, "data")
			delete(w.env.Vars, toWarehouse)
			dir := filepath.Join(w.env.Dir, "data", "postgres")
			for round := range 4 { // the first of them while the cluster is made
				p := w.start(syncAll + " --fresh") // so that there is much to read
				if round%2 == 0 {
					if p.killAfter(time.Duration(rng.Int64N(int64(1200 * time.Millisecond)))) {
						owners++
					}
					continue
				}
				after := w.requests() + 1 + rng.Int64N(60)
				w.await("the run has asked for some", func() bool { return w.requests() >= after || p.over() })
				if p.over() {
					continue
				}
				if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				if got := w.ends(p, exitStore, exitComplete, exitPartial); got.code == exitStore {
					servers++
				}
			}
			p := w.start(syncAll)
			w.ends(p, exitComplete, exitPartial)
			if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err == nil && alive(postmaster(t, dir)) {
				t.Error("a Postgres still runs when the last command has ended")
			}
			k.compared(w.embeddedHoldsTruth("kills of the private Postgres and its owner"))
		})
	}
	if servers == 0 || owners == 0 {
		t.Errorf("%d owners and %d servers were killed", owners, servers)
	}
	figures.Print(t, "kills", owners+servers, "records compared", k.ledger.compared, "rows lost", k.lost, "rows doubled", k.doubled)
}

// An orphan is a Postgres whose owner was killed and that was not told, as where the kernel does not pass it on: it is stopped by
// the next command, which starts its own.
//
// Mutation: without s.stop in takeOver (load/embedded/cluster.go), it is red.
func TestAnOrphanOfAKilledOwnerIsReplacedByTheNextCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small)
	w.env.Vars["LINKHOUSE_DATA_DIR"] = filepath.Join(w.env.Dir, "data")
	delete(w.env.Vars, toWarehouse)
	dir := filepath.Join(w.env.Dir, "data", "postgres")
	first, release := w.holder("sync")
	pid := postmaster(t, dir)
	// Stopped, it does not get to hear of its owner's death.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if !first.kill() {
		t.Fatal("the owner had ended")
	}
	release()
	if !alive(pid) {
		t.Fatal("there is no orphan")
	}
	next := w.start("sync --log-level info")
	w.await("the next command meets the orphan", func() bool { return next.told("a killed process left behind") || next.over() })
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.ends(next, exitComplete, exitPartial)
	if !next.told("a killed process left behind") || alive(pid) {
		t.Errorf("the orphan was not replaced: alive %v", alive(pid))
	}
	w.embeddedHoldsTruth("an orphan")
}
