package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/schedules/figures"
)

// killSeed makes the instants of a proof; another one is another proof.
const killSeed = 20260115

// toll is what the killing came to, over all warehouses of a proof.
type toll struct {
	ledger

	mu       sync.Mutex
	kills    int // that met a living process
	late     int // that came after the end
	complete int // runs that came to their end
	reread   int // pages that were asked for once more because of kills
	tenths   [10]int
}

func (k *toll) killed(met bool, part float64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !met {
		k.late++
		return
	}
	k.kills++
	k.tenths[min(9, int(10*part))]++
}

func (k *toll) compared(l ledger) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(l)
	k.complete++
}

// print records the toll, after at least so many kills.
func (k *toll) print(t *testing.T, least int, more ...any) {
	t.Helper()
	if k.kills < least {
		t.Errorf("only %d of %d kills met a living process", k.kills, k.kills+k.late)
	}
	figures.Print(t, append([]any{"kills", k.kills, "kills too late", k.late, "runs completed", k.complete, "records compared", k.ledger.compared,
		"rows lost", k.lost, "rows doubled", k.doubled}, more...)...)
}

// enough tells when a warehouse has been through enough: after its share of the kills, or, in the long version, when the time
// is over.
func enough(t *testing.T, share int) func(kills int) bool {
	soak := figures.Soak(t)
	begun := time.Now()
	return func(kills int) bool {
		if soak > 0 {
			return time.Since(begun) > soak || t.Failed()
		}
		return kills >= share || t.Failed()
	}
}

// small is a world with every oddity that a process reads in a fraction of a second.
func small(c *sandbox.Config) {
	c.Employers, c.Employees, c.Statements, c.Users = 7, 16, 2, 6
	c.Documents, c.PayrollRuns, c.DeductionTypes = 2, 2, 1
}

const syncAll = "sync --approve-removals"

// Semantics 8: killed at any instant and started again, the warehouse ends equal to an undisturbed run's, and no page is
// committed twice. The instants are spread over the whole life of a run.
//
// Mutation: without the cursor in keepRecords (load/ledger.go) it is red.
func TestNothingIsLostWhenTheProcessIsKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	k := &toll{}
	t.Run("warehouses", func(t *testing.T) {
		for n := range 3 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, func(c *sandbox.Config) { small(c); c.Seed = uint64(n + 1) })
				w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4", "4"
				w.surviveKills(k, rand.New(rand.NewPCG(killSeed, uint64(n))), enough(t, 50))
			})
		}
	})
	t.Logf("seed %d; kills by tenths of a run's life: %v", killSeed, k.tenths)
	for i, n := range k.tenths[:8] {
		if n == 0 && !t.Failed() {
			t.Errorf("no kill fell into tenth %d of a run's life", i+1)
		}
	}
	k.print(t, 150, "pages asked for again", k.reread)
}

// surviveKills goes through days on which the run is killed some times and then left to complete.
func (w *world) surviveKills(k *toll, rng *rand.Rand, enough func(int) bool) {
	life := w.undisturbed(k)
	for kills := 0; !enough(kills); {
		w.api.AdvanceDay()
		w.api.ResetLog()
		lastRun := w.number("SELECT max(run_id) FROM etl.runs")
		var story []string
		completed := false
		for n := rng.IntN(4) + 1; n > 0 && !completed; n-- {
			p := w.start(syncAll)
			part := rng.Float64()
			met := p.killAfter(time.Duration(part * float64(life)))
			k.killed(met, part)
			if met {
				kills++
				story = append(story, fmt.Sprintf("day %d, killed at %.0f%%", w.api.Day(), 100*part))
			} else {
				w.ends(p, exitComplete, exitPartial)
				completed = true
			}
		}
		if !completed {
			p := w.start(syncAll)
			w.ends(p, exitComplete, exitPartial)
		}
		k.compared(w.holdsTruth(strings.Join(story, "; ")))
		w.readsOnce(k, lastRun, len(story))
		if w.t.Failed() {
			return
		}
	}
}

// undisturbed measures the life of a run that reads a day's change.
func (w *world) undisturbed(k *toll) (life time.Duration) {
	w.ends(w.start(syncAll), exitComplete, exitPartial)
	for range 2 {
		w.api.AdvanceDay()
		p := w.start(syncAll)
		w.ends(p, exitComplete, exitPartial)
		life = max(life, p.took)
	}
	k.compared(w.holdsTruth("undisturbed runs"))
	return life
}

// readAhead is how many pages of a list a process may have asked for beyond its last commit: one that is being committed, one
// that waits for that, and one whose details are on their way (pagesAhead in schedules/read.go).
const readAhead = 3

// readsOnce compares the pages that were asked for since the day began, and those that its runs committed, with those that
// there are: each run commits each page once, and a kill costs no more than what was read ahead of a commit.
func (w *world) readsOnce(k *toll, lastRun int64, kills int) {
	asked, pages := map[string]int64{}, map[string]int64{}
	seen := map[string]bool{}
	for _, r := range w.api.Served() {
		if strings.Contains(r.Route, "{") || r.Status != http.StatusOK {
			continue
		}
		resource := strings.TrimPrefix(r.Route, "/")
		asked[resource]++
		if !seen[r.URI] {
			seen[r.URI] = true
			pages[resource]++
		}
	}
	if len(pages) != 5 {
		w.t.Errorf("lists were asked for of %v", pages)
	}
	runs := w.number(fmt.Sprintf("SELECT count(*) FROM etl.runs WHERE run_id > %d", lastRun))
	for resource, there := range pages {
		wrong := w.number(fmt.Sprintf(`SELECT count(*) FROM etl.walks WHERE run_id > %d AND resource = '%s' AND pages <> %d`, lastRun, resource, there))
		if wrong > 0 {
			w.t.Errorf("%d walks over %s did not commit each of %d pages once", wrong, resource, there)
		}
		again := asked[resource] - runs*there
		if again > int64(readAhead*kills) {
			w.t.Errorf("%d pages of %s were read again after %d kills", again, resource, kills)
		}
		k.mu.Lock()
		k.reread += int(again)
		k.mu.Unlock()
	}
}

// Semantics 8 and a document's way (put before mark): killed in the middle of archiving, every document stands in the end with
// the digest that the sandbox serves, once, and nothing half written is left.
//
// Mutation: without the lock in takePart (load/archive/directory.go) it is red.
func TestNothingIsLostWhenTheProcessIsKilledWhileItArchives(t *testing.T) {
	t.Parallel()
	k := &toll{}
	rng := rand.New(rand.NewPCG(killSeed, 100))
	done := enough(t, 40)
	for n := 0; !done(k.kills); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) { killWhileArchiving(t, k, rng) })
	}
	k.print(t, 40)
}

func killWhileArchiving(t *testing.T, k *toll, rng *rand.Rand) {
	t.Helper()
	w := newWorld(t, func(c *sandbox.Config) {
		small(c)
		c.Seed, c.DocumentBytes, c.Employees, c.Users = rng.Uint64(), 64<<10, 2, 1
	})
	w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4"
	total := len(w.api.Truth().Documents["employer-documents"]) + len(w.api.Truth().Documents["payroll-runs"])
	var story []string
	for range 6 {
		meet := make(chan struct{}, 1)
		var asked int
		at := 1 + rng.IntN(max(1, total/4))
		watch := w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Slow, When: func(*http.Request) bool {
			if asked++; asked == at { // the sandbox asks its rules one after the other
				meet <- struct{}{}
			}
			return false
		}})
		p := w.start("sync employers employer-documents payroll-runs")
		met := false
		select {
		case <-meet:
			time.Sleep(time.Duration(rng.Int64N(int64(8 * time.Millisecond)))) // anywhere in the life of a document
			met = p.kill()
		case <-p.ended:
		}
		watch.Stop()
		k.killed(met, 0.5)
		if !met {
			w.ends(p, exitComplete, exitPartial)
			break
		}
		story = append(story, fmt.Sprintf("killed after %d links", at))
	}
	w.ends(w.start("sync"), exitComplete, exitPartial)
	k.compared(w.holdsTruth(strings.Join(story, "; ")))
}

// Semantics 8 from the first instant on: killed while it starts and while it makes its tables, the next process makes them and
// reads everything.
//
// Mutation: without settle in run (migrations/migrate.go), it is red.
func TestNothingIsLostWhenTheProcessIsKilledAtStartUp(t *testing.T) {
	t.Parallel()
	k := &toll{}
	rng := rand.New(rand.NewPCG(killSeed, 200))
	var life time.Duration
	done := enough(t, 30)
	for n := 0; !done(k.kills); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) { killAtStartUp(t, k, rng, &life) })
	}
	k.print(t, 30)
}

// killAtStartUp kills in an empty database; the first time it only measures how long an undisturbed run lives there.
func killAtStartUp(t *testing.T, k *toll, rng *rand.Rand, life *time.Duration) {
	t.Helper()
	w := newWorld(t, func(c *sandbox.Config) { small(c); c.Seed = rng.Uint64() })
	w.url = pgtest.Database(t)
	w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] = w.url
	if *life == 0 {
		p := w.start("sync employers")
		w.ends(p, exitComplete, exitPartial)
		*life = p.took
		return
	}
	var story []string
	for range 5 {
		p := w.start("sync employers")
		part := rng.Float64()
		met := p.killAfter(time.Duration(part * float64(*life)))
		k.killed(met, part)
		if !met {
			w.ends(p, exitComplete, exitPartial)
			*life = min(*life, p.took) // it was measured while the machine was busier
			break
		}
		story = append(story, fmt.Sprintf("killed at %.0f%%", 100*part))
	}
	w.ends(w.start("sync"), exitComplete, exitPartial)
	k.compared(w.holdsTruth(strings.Join(story, "; ")))
}
