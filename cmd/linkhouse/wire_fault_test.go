package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/schedules/figures"
)

// sideBySide makes n tests at once, each with a world of its own. Most of them wait, so that two at a time, as parallel tests go,
// would take too long.
func sideBySide(t *testing.T, n int, do func(t *testing.T, i int)) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { t.Run(strconv.Itoa(i), func(t *testing.T) { do(t, i) }) })
	}
	all.Wait()
}

// attempt carries out a command line in this process, and fails the test when it does not end within a time.
func (w *world) attempt(within time.Duration, args string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	env := w.env
	env.Stdin = strings.NewReader("")
	ended := make(chan int, 1)
	go func() { ended <- Run(w.t.Context(), strings.Fields(args), env, &stdout, &stderr) }()
	select {
	case code := <-ended:
		return result{code, stdout.String(), stderr.String()}
	case <-time.After(within):
		w.t.Errorf("linkhouse %s still runs after %s", args, within)
		return result{<-ended, "", ""}
	}
}

// through lays a wire into the address that a variable holds.
func (w *world) through(variable string, how trouble) *wire {
	w.t.Helper()
	u, err := url.Parse(w.env.Vars[variable])
	if err != nil {
		w.t.Fatal(err)
	}
	line := newWire(w.t, u.Host, how)
	u.Host = line.addr()
	w.env.Vars[variable] = u.String()
	return line
}

const (
	toAPI       = "LINKHOUSE_ATOMIC_BASE_URL"
	toWarehouse = "LINKHOUSE_WAREHOUSE_URL"
	// wireSilence bounds a run whose wire has fallen silent: the patience with it, the last words, and a slow machine.
	wireSilence = 90 * time.Second
)

// Semantics 12 and 8: whatever happens on the wire to the API or to the warehouse, the run ends in bounded time with the code that
// the README promises, says why without a word of what it carried, and the run after it completes.
//
// Mutation: without mind in Open (load/store.go) it never ends.
func TestNothingIsLostWhenAWireIsCut(t *testing.T) {
	t.Parallel()
	fine, api, store := []int{exitComplete, exitPartial}, []int{exitAPI}, []int{exitStore}
	cases := []struct {
		name, variable string
		how            trouble
		codes          []int
		says           string
	}{
		{"the API is slow to reach", toAPI, trouble{delay: 3 * time.Millisecond}, fine, ""},
		{"the API has a narrow line", toAPI, trouble{bandwidth: 2 << 20}, fine, ""},
		{"connections to the API are reset in mid-stream", toAPI, trouble{every: 30 << 10}, fine, ""},
		{"all connections to the API are reset once", toAPI, trouble{after: -40, reset: true, once: true}, fine, ""},
		{"every connection to the API is reset from some point on", toAPI, trouble{after: -30, reset: true}, api, "the API is unavailable"},
		{"the API cannot be connected to from some point on", toAPI, trouble{after: -60, refuse: true}, api, "the API is unavailable"},
		{"the API falls silent", toAPI, trouble{after: -50, hole: true}, api, "the API is unavailable"},
		{"the API never answers", toAPI, trouble{hole: true}, api, "the API is unavailable"},
		{"the warehouse is slow to reach", toWarehouse, trouble{delay: 2 * time.Millisecond}, fine, ""},
		{"the warehouse has a narrow line", toWarehouse, trouble{bandwidth: 2 << 20}, fine, ""},
		{"all connections to the warehouse are reset at once", toWarehouse, trouble{after: -50, reset: true, once: true}, store, "the warehouse cannot be reached"},
		{"every connection to the warehouse is reset from some point on", toWarehouse, trouble{after: -30, reset: true}, store, "the warehouse cannot be reached"},
		{"the warehouse cannot be connected to from some point on", toWarehouse, trouble{after: -70, refuse: true}, store, "the warehouse cannot be reached"},
		{"the warehouse falls silent early", toWarehouse, trouble{after: -20, hole: true}, store, "the warehouse cannot be reached"},
		{"the warehouse falls silent late", toWarehouse, trouble{after: -80, hole: true}, store, "the warehouse cannot be reached"},
		{"the warehouse never answers", toWarehouse, trouble{hole: true}, store, "warehouse"},
	}
	k := &toll{}
	soak := figures.Soak(t)
	begun := time.Now()
	for round := uint64(0); round == 0 || time.Since(begun) < soak && !t.Failed(); round++ {
		rng := rand.New(rand.NewPCG(killSeed, round))
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			sideBySide(t, len(cases), func(t *testing.T, i int) {
				c := cases[i]
				w := newWorld(t, small)
				w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4", "4"
				if c.how.hole && c.variable == toAPI {
					w.env.Vars["LINKHOUSE_ATOMIC_TIMEOUT"] = "500ms" // each attempt at a request waits for so long
				}
				w.cutWire(k, c.name, c.variable, c.how, c.codes, c.says)
			})
		})
		for i := range cases { // the long version cuts elsewhere each time
			if cases[i].how.after < 0 {
				cases[i].how.after = -1 - rng.Int64N(99)
			}
		}
	}
	figures.Print(t, "faults wire", k.kills, "records compared", k.ledger.compared, "rows lost", k.lost, "rows doubled", k.doubled)
}

// cutWire runs with trouble on a wire, and then without. A negative after is a part of what an undisturbed run carries, in percent.
func (w *world) cutWire(k *toll, name, variable string, how trouble, codes []int, says string) {
	w.t.Helper()
	if how.after < 0 {
		twin := newWorld(w.t, small)
		twin.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], twin.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4", "4"
		measured := twin.through(variable, trouble{after: 1 << 62})
		twin.attempt(wireSilence, syncAll)
		how.after = -how.after * measured.carried.Load() / 100
	}
	line := w.through(variable, how)
	started := time.Now()
	got := w.attempt(wireSilence, syncAll)
	took := time.Since(started)
	told := fmt.Sprintf("%s, after %d bytes: exit %d after %s\n%s%s", name, how.after, got.code, took, got.stdout, got.stderr)
	expected := false
	for _, code := range codes {
		expected = expected || got.code == code
	}
	if !expected || !strings.Contains(got.stderr, says) {
		w.t.Errorf("want one of %v and %q: %s", codes, says, told)
	}
	if line.fired.Load() == 0 {
		w.t.Errorf("the trouble was never felt: %s", told)
	}
	for _, word := range []string{"postgres://", "sandbox-secret", "nextCursor", "X-Amz"} {
		if strings.Contains(got.stderr, word) {
			w.t.Errorf("%q was said: %s", word, told)
		}
	}
	w.t.Logf("%s: exit %d after %s, felt %d times", name, got.code, took.Round(time.Millisecond), line.fired.Load())
	line.mend()
	if got := w.attempt(wireSilence, syncAll); got.code != exitComplete && got.code != exitPartial {
		w.t.Errorf("%s: the run after it ends with %d\n%s%s", name, got.code, got.stdout, got.stderr)
		return
	}
	k.killed(true, 0)
	k.compared(w.holdsTruth(name))
}
