package schedules

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// twin is another warehouse of the same API.
func (w *world) twin() *world {
	w.t.Helper()
	twin := *w
	twin.url = migrated.Database(w.t)
	twin.clock = &clock{now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)}
	twin.archive = &memoryArchive{sums: map[string]string{}, objects: map[string][]byte{}}
	var err error
	if twin.db, err = pgxpool.New(w.t.Context(), twin.url); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(twin.db.Close)
	return &twin
}

// saying is all that tables of PayLink and their history say, by table, times and runs aside.
func (w *world) saying() map[string][]string {
	w.t.Helper()
	said := map[string][]string{}
	for _, table := range w.texts(`SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema = 'paylink'
		UNION ALL SELECT 'history.' || table_name FROM information_schema.tables WHERE table_schema = 'paylink' ORDER BY 1`) {
		rows := w.texts(`SELECT (to_jsonb(t) - ARRAY['_run_id', '_synced_at', '_first_seen_at', '_valid_from', '_valid_to', '_removed_at'])::text ||
			CASE WHEN to_jsonb(t) ->> '_removed_at' IS NULL THEN '' ELSE ' removed' END FROM ` + table + " t")
		slices.Sort(rows)
		said[table] = rows
	}
	return said
}

var companyName = regexp.MustCompile(`("company":\{"_id":")([^"]+)(","name":")([^"]*)`)

// opinions makes the accounts of users tell different names of one company. Some tell another for a night, and in the next night
// they speak of another company.
func opinions(night *atomic.Int64) func(body []byte) []byte {
	return func(body []byte) []byte {
		h := fnv.New32a()
		_, _ = h.Write(body)
		user := int64(h.Sum32() % 1000)
		id, name := "${2}", "${4} "+strings.Repeat("I", int(1+user%2))
		switch (user + night.Load()) % 5 {
		case 3:
			name = "${4} for a night"
		case 4:
			id = "another"
		}
		return companyName.ReplaceAll(body, []byte("${1}"+id+"${3}"+name))
	}
}

// Semantics 5 and 7: what rows say that several objects share does not depend on whether those which are the same are read again.
// Mutation: without holds in lookAt, without compare's apart, without before, or without Believed in settle it is red.
func TestSharedRowsSayTheSameWhetherWhatIsUnchangedIsReadAgainOrRecognised(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sandbox.Config){
		"all agree":          func(c *sandbox.Config) { tame(c); c.Users = 60 },
		"objects contradict": func(c *sandbox.Config) { tame(c); c.Users = 60 },
		"odd data":           func(c *sandbox.Config) { c.Users = 60 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, change)
			var night atomic.Int64
			if name == "objects contradict" {
				w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/*/pay-link/accounts", Rewrite: opinions(&night)})
			}
			outcome := OutcomeComplete
			if name == "odd data" {
				outcome = OutcomePartial
			}
			twin := w.twin()
			var recognised, changed, versions int64
			for ; night.Load() < 6; night.Add(1) {
				if night.Load()%3 == 2 {
					w.api.AdvanceDay()
				}
				plan := w.plan("pay-link-accounts", "tasks")
				plan.ApproveRemovals = true
				c := counts(w.sync(plan, outcome))
				recognised, changed = recognised+c.Recognised, changed+c.Changed
				plan.Reread = true
				if c := counts(twin.sync(plan, outcome)); c.Recognised != 0 {
					t.Fatalf("the twin recognised objects: %+v", c)
				}
				if diff := cmp.Diff(twin.saying(), w.saying()); diff != "" {
					t.Fatalf("night %d (-read again +recognised)\n%s", night.Load(), diff)
				}
				versions = w.number("SELECT count(*) FROM history.companies")
			}
			remembered := w.number("SELECT coalesce(sum(cardinality(holds)), 0) FROM etl.objects WHERE resource = 'pay-link-accounts'")
			accounts := w.number("SELECT count(*) FROM paylink.accounts WHERE _removed_at IS NULL")
			t.Logf("%d recognised, %d changed, %d versions of companies; %d of %d accounts are remembered", recognised, changed, versions, remembered, accounts)
			contradict := name == "objects contradict"
			if recognised == 0 || changed == 0 || contradict && (versions == 0 || remembered > accounts*2/3) || !contradict && recognised < 3*accounts {
				t.Error("the world proves nothing")
			}
		})
	}
}
