package sandbox

import (
	"bytes"
	"math/big"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEqualSeedsMakeEqualWorlds(t *testing.T) {
	a, b, other := start(t, small()), start(t, small()), start(t, func() Config { c := small(); c.Seed = 2; return c }())
	for _, c := range []client{a, b, other} {
		for range 3 {
			c.s.AdvanceDay()
		}
	}
	if d := cmp.Diff(a.crawl(), b.crawl()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(a.s.Truth(), b.s.Truth()); d != "" {
		t.Error(d)
	}
	if cmp.Equal(a.s.Truth(), other.s.Truth()) {
		t.Error("another seed makes the same world")
	}
}

func TestUpdatedAtMovesByTheDayOnly(t *testing.T) {
	c := start(t, small())
	path := "/employees/" + c.s.world.id(anEmployee, 9)
	_, one := c.body(path)
	_, two := c.body(path)
	if !bytes.Equal(one, two) {
		t.Error("two requests of a day differ")
	}
	c.s.AdvanceDay()
	if str(decode(t, one), "data", "updatedAt") == str(c.get(path), "data", "updatedAt") {
		t.Error("updatedAt stood still over night")
	}
	cfg := small()
	cfg.UpdatedAtMoves = true
	c = start(t, cfg)
	if a, b := str(c.get(path), "data", "updatedAt"), str(c.get(path), "data", "updatedAt"); a == b {
		t.Errorf("updatedAt is %s on each request", a)
	}
}

func TestAShuffleKeepsTheElements(t *testing.T) {
	cfg := small()
	cfg.Shuffle = true
	c, plain := start(t, cfg), start(t, small())
	moved := false
	for i := range 40 {
		path := "/employees/" + c.s.world.id(anEmployee, i)
		status, b := plain.body(path)
		if status != http.StatusOK {
			continue
		}
		got := c.get(path)
		moved = moved || !cmp.Equal(decode(t, b), got)
		if d := cmp.Diff(sorted(decode(t, b)), sorted(got)); d != "" {
			t.Errorf("employee %d: %s", i, d)
		}
	}
	if !moved {
		t.Error("nothing was shuffled")
	}
}

// sorted puts every array in one order.
func sorted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = sorted(v[k])
		}
	case []any:
		for i := range v {
			v[i] = sorted(v[i])
		}
		slices.SortFunc(v, func(a, b any) int { return strings.Compare(cmp.Diff(nil, a), cmp.Diff(nil, b)) })
	}
	return v
}

func TestYearToDateRunsUpInsideAYear(t *testing.T) {
	cfg := plainWorld()
	cfg.Statements = 40
	c := start(t, cfg)
	statements, resets := 0, 0
	for i := 2; i < 60; i++ {
		var year string
		ytd := new(big.Rat)
		for _, s := range list(c.get("/employees/"+c.s.world.id(anEmployee, i)), "data", "statements") {
			gross, now := ratOf(at(s, "grossAmount")), ratOf(at(s, "ytdGrossAmount"))
			switch y := str(s, "date")[:4]; {
			case y == year && new(big.Rat).Add(ytd, gross).Cmp(now) != 0:
				t.Fatalf("employee %d: %v and then %v make %v", i, ytd, gross, now)
			case y != year && year != "" && gross.Cmp(now) != 0:
				t.Fatalf("employee %d: the year begins with %v for %v", i, now, gross)
			case y != year:
				year = y
				resets++
			}
			ytd = now
			statements++
		}
	}
	if statements < 500 || resets < 60 {
		t.Errorf("%d statements, %d years", statements, resets)
	}
}

func TestTheTrapsAreDealtOutAsTheyAreNumbered(t *testing.T) {
	if len(employeeTraps) > oddPeriods[anEmployee] {
		t.Fatal("more traps than numbers")
	}
	for n, trap := range employeeTraps {
		listed := n == ghosts[anEmployee] || slices.Contains(badNumbers[anEmployee], n)
		if works := trap.employee != nil || trap.statement != nil; works == listed {
			t.Errorf("trap %d, %s, does nothing or two things", n, trap.what)
		}
	}
	s, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	found := map[*trap]int{}
	for i := range 240 {
		found[s.world.employeeTrap(i)]++
	}
	for n, trap := range employeeTraps {
		if found[trap] < 2 {
			t.Errorf("trap %d, %s, has befallen %d employees", n, trap.what, found[trap])
		}
	}
	if found[nil] < 60 {
		t.Errorf("only %d employees are ordinary", found[nil])
	}
}

func TestEverySecretThatIsServedIsKnown(t *testing.T) {
	c := start(t, small())
	for range 6 {
		c.s.AdvanceDay()
	}
	known := map[string]bool{}
	for s := range c.s.Secrets() {
		known[s] = true
	}
	check := func(what string, v any) {
		s, _ := v.(string)
		if s != "" && !strings.ContainsAny(s, "Xx*") && !known[s] {
			t.Errorf("an unknown %s is served", what)
		}
	}
	n := 0
	items, _ := split(flat(c.pages("/employees", "employees", "limit=100")))
	for _, row := range items {
		status, b := c.body("/employees/" + str(row, "_id"))
		if status != http.StatusOK {
			continue
		}
		d := at(decode(t, b), "data")
		check("SSN", at(d, "ssn"))
		for _, a := range list(d, "depositAccounts") {
			check("deposit account number", at(a, "accountNumber"))
			n++
		}
	}
	for _, user := range c.s.UserIdentifiers() {
		for _, a := range list(c.get(accountsPath(user)), "accounts") {
			check("billing account number", at(a, "account", "billing", "accountNumber"))
			n++
		}
	}
	if n < 150 {
		t.Errorf("only %d account numbers", n)
	}
}

func TestSecretsOfEarlierDaysStayKnown(t *testing.T) {
	c := start(t, small())
	var old []string
	for i := range 130 {
		e := c.s.world.employee(i, 0)
		for _, d := range e.deposits {
			if !isMasked(d.account) {
				old = append(old, d.account)
			}
		}
	}
	for range 25 {
		c.s.AdvanceDay()
	}
	known, now := map[string]bool{}, map[string]bool{}
	for s := range c.s.Secrets() {
		known[s] = true
	}
	for i := range 130 {
		e := c.s.world.employee(i, 25)
		for _, d := range e.deposits {
			now[d.account] = true
		}
	}
	replaced := 0
	for _, account := range old {
		if !known[account] {
			t.Errorf("an account number of day 0 is forgotten")
		}
		if !now[account] {
			replaced++
		}
	}
	if replaced == 0 {
		t.Error("no account was replaced")
	}
}

func TestMemoryStaysFlatInTheSizeOfTheWorld(t *testing.T) {
	heap := func(employees int) uint64 {
		cfg := small()
		cfg.Employees = employees
		s, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			s.AdvanceDay()
		}
		for n := 0; n < employees; n += employees / 50 {
			for _, path := range []string{"/employees/" + s.world.id(anEmployee, n), "/employees?limit=100&nextCursor=" + s.world.cursor(anEmployee, "", 2*n, false)} {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Header.Set("x-api-key", "sandbox-key")
				r.Header.Set("x-api-secret", "sandbox-secret")
				s.ServeHTTP(httptest.NewRecorder(), r)
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(s)
		return m.HeapAlloc
	}
	few, many := heap(1_000), heap(100_000)
	if many > few+2<<20 {
		t.Errorf("live heap %d KiB with 1,000 employees, %d KiB with 100,000", few>>10, many>>10)
	}
}
