package schedules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/schedules/figures"
	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/fixture"
)

// tally is what a proof over odd items counted.
type tally struct{ items, records, rejects, refused int }

// found compares what stands in the warehouse with what the records of a feed say: each is found whole as rows, or as a
// reject that holds it; none is both, none is there twice.
func (f *feed) found(all map[string]fed, sum *tally) {
	f.t.Helper()
	for _, r := range catalog() {
		done := all[r.Name]
		refused := map[string]bool{}
		for _, name := range f.texts(`SELECT owner || E'\x1f' || source_id FROM etl.rejects WHERE resource = $1 AND run_id = $2 AND reason LIKE 'refused by Postgres%'`, r.Name, done.runID) {
			refused[name] = true
		}
		if other := f.texts(`SELECT reason || ' ' || payload FROM etl.rejects WHERE resource = $1 AND reason LIKE 'refused by Postgres%' AND reason NOT LIKE '%SQLSTATE 54000'`, r.Name); len(other) > 0 {
			f.t.Errorf("%s: Postgres refused what should have been mended: %s", r.Name, shortened(other[0]))
		}
		want, wantHash := map[string]int{}, map[string]string{}
		nameless, rejects := 0, 0
		for _, rec := range done.records {
			rejects += len(rec.Rejects)
			if rec.ID == "" {
				nameless += len(rec.Rejects)
				if len(rec.Rejects) == 0 || len(rec.Sets) > 0 {
					f.t.Errorf("%s: an item without an id became %d rejects and %d sets", r.Name, len(rec.Rejects), len(rec.Sets))
				}
				continue
			}
			if refused[rec.User+"\x1f"+rec.ID] {
				rejects++
				sum.refused++
				continue
			}
			if len(rec.Sets) == 0 && len(rec.Rejects) == 0 {
				f.t.Errorf("%s: %s became nothing", r.Name, rec.ID)
			}
			for _, s := range rec.Sets {
				if s.Table.Shared {
					continue
				}
				for i := range s.Rows {
					key := keyText(s.Table, s.Rows[i].Values)
					want[key]++
					wantHash[key] = fmt.Sprintf("%x", s.Rows[i].Hash)
					for _, lines := range s.Rows[i].Lines {
						for line := range lines.All() {
							want[keyText(lines.Table, line.Values)]++
						}
					}
				}
			}
			sum.records++
		}
		got, gotHash := map[string]int{}, map[string]string{}
		for _, table := range r.Tables() {
			if !table.Shared {
				f.stored(table, got, gotHash)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			f.t.Errorf("%s: rows (-said +stored):\n%s", r.Name, shortened(diff))
		}
		if diff := cmp.Diff(wantHash, gotHash); diff != "" {
			f.t.Errorf("%s: what rows say (-said +stored):\n%s", r.Name, shortened(diff))
		}
		if kept := f.number(`SELECT coalesce(sum(times), 0) FROM etl.rejects WHERE resource = $1 AND run_id = $2`, r.Name, done.runID); kept != rejects {
			f.t.Errorf("%s: %d rejects are kept, want %d", r.Name, kept, rejects)
		}
		if kept := f.number(`SELECT coalesce(sum(times), 0) FROM etl.rejects WHERE resource = $1 AND run_id = $2 AND source_id = ''`, r.Name, done.runID); kept != nameless {
			f.t.Errorf("%s: %d rejects without an id are kept, want %d", r.Name, kept, nameless)
		}
		sum.items += len(done.records)
		sum.rejects += rejects
	}
}

// stored counts the live rows of a table by key, with the hash of each.
func (f *feed) stored(table *transform.Table, count map[string]int, hash map[string]string) {
	f.t.Helper()
	parts := make([]string, len(table.Key))
	for i, c := range table.Key {
		parts[i] = c.Name + "::text"
	}
	query := fmt.Sprintf("SELECT concat_ws(E'\\x1f', '%s', %s), encode(_row_hash, 'hex') FROM %s WHERE _removed_at IS NULL", table, strings.Join(parts, ", "), table)
	if table.Lines {
		query = fmt.Sprintf("SELECT concat_ws(E'\\x1f', '%s', %s), '' FROM %s", table, strings.Join(parts, ", "), table)
	}
	rows, err := f.db.Query(f.t.Context(), query)
	if err != nil {
		f.t.Fatal(err)
	}
	var key, sum string
	if _, err := pgx.ForEachRow(rows, []any{&key, &sum}, func() error {
		count[key]++
		if !table.Lines {
			hash[key] = sum
		}
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
}

func keyText(table *transform.Table, values []transform.Value) string {
	parts := []string{table.String()}
	for i := range table.Key {
		parts = append(parts, values[i].String())
	}
	return strings.Join(parts, "\x1f")
}

func shortened(diff string) string {
	if len(diff) > 3000 {
		return diff[:3000] + "..."
	}
	return diff
}

func (f *feed) texts(sql string, arguments ...any) []string {
	f.t.Helper()
	rows, err := f.db.Query(f.t.Context(), sql, arguments...)
	if err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return all
}

func (f *feed) number(sql string, arguments ...any) (n int) {
	f.t.Helper()
	if err := f.db.QueryRow(f.t.Context(), sql, arguments...).Scan(&n); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// empty forgets everything that was fed.
func (f *feed) empty() {
	f.t.Helper()
	tables := f.texts(`SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('employerlink', 'paylink', 'history')`)
	if _, err := f.db.Exec(f.t.Context(), "TRUNCATE "+strings.Join(append(tables, "etl.rejects", "etl.drift", "etl.walk_pages", "archive.documents"), ", ")+" CASCADE"); err != nil {
		f.t.Fatal(err)
	}
}

// unindexable are items whose values are text that columns hold but their indexes do not: Postgres refuses them (54000).
func unindexable(random *rand.Rand) (items []oddItem) {
	long := make([]byte, 9000) // letters at random, which cannot be compressed to what an index takes
	for i := range long {
		long[i] = byte('a' + random.IntN(26))
	}
	for _, r := range catalog() {
		if !r.ByEmployer {
			continue
		}
		id := "odd-unindexable-" + r.Name
		row := []byte(`{"_id":"` + id + `","employer":"` + string(long) + `","label":"kept"}`)
		items = append(items, oddItem{id, r, transform.Item{ID: id, Rows: [][]byte{row}, Detail: []byte(`{"_id":"` + id + `"}`)}})
	}
	return items
}

// mutants are golden items and, after each, a bad one made of it.
func mutants(t *testing.T, golden []oddItem, from, n int, random *rand.Rand) []oddItem {
	t.Helper()
	items := make([]oddItem, 0, 2*n)
	for i := range n {
		origin := golden[random.IntN(len(golden))]
		neighbour, bad := origin.renamed(from+2*i), origin.renamed(from+2*i+1)
		bad.name += fmt.Sprintf(" (mutant %d)", i)
		bad.item.Rows = slices.Clone(bad.item.Rows)
		if random.IntN(3) == 0 && len(bad.item.Rows) > 0 {
			bad.item.Rows[0] = fixture.Mutant(t, bad.item.Rows[0], random)
			bad.item.ID = transform.ID(bad.item.Rows[0])
		} else if bad.item.Detail != nil {
			bad.item.Detail = fixture.Mutant(t, bad.item.Detail, random)
		} else if len(bad.item.Rows) > 0 {
			bad.item.Rows[0] = fixture.Mutant(t, bad.item.Rows[0], random)
			bad.item.ID = transform.ID(bad.item.Rows[0])
		}
		if len(bad.item.Rows) > 1 && transform.ID(bad.item.Rows[1]) != bad.item.ID {
			bad.item.Rows = bad.item.Rows[:1]
		}
		items = append(items, neighbour, bad)
	}
	return items
}

// Semantics 9, 10 and 11: whatever an item is, its page commits, it is found as rows or as a reject, its neighbours are as if
// it were not there, and the same again writes nothing. Postgres itself refuses nothing but what is too long for an index: all
// else is mended or refused before. Mutations: without isolate in Commit or without the last record of a page
// (load/page.go), without queueRejects (load/ledger.go), with U+0000 left in strings (transform/parse.go) or numbers of any length
// left in JSON (transform/canonical.go) it is red.
func TestNothingIsLostOfOddItems(t *testing.T) {
	t.Parallel()
	f := newFeed(t, migrated.Database(t), (&clock{now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)}).Now)
	golden := goldenItems(t)
	var sum tally
	items := make([]oddItem, len(golden))
	for i := range golden {
		items[i] = golden[i].renamed(i)
	}
	first := slices.Concat(items, unindexable(rand.New(rand.NewPCG(1, 1))))
	f.twice(first, &sum)
	if sum.refused < 4 {
		t.Errorf("Postgres refused %d items, so their neighbours prove nothing", sum.refused)
	}
	start := uint64(0)
	if figures.Soak(t) > 0 { // long versions do not repeat each other
		start = uint64(time.Now().UnixNano()) // #nosec G115 -- a seed
	}
	deadline := time.Now().Add(figures.Soak(t))
	for round := start; round == start || time.Now().Before(deadline) && !t.Failed(); round++ {
		f.empty()
		f.twice(mutants(t, golden, 1000, 300, rand.New(rand.NewPCG(round, 7))), &sum)
		if t.Failed() {
			t.Fatalf("the mutants are those of round %d", round)
		}
	}
	figures.Print(t, "items", sum.items, "records compared", sum.records, "rejects", sum.rejects, "refused by Postgres", sum.refused,
		"rows lost", 0, "rows doubled", 0)
}

// twice feeds items two times: the second finds nothing to write.
func (f *feed) twice(items []oddItem, sum *tally) {
	f.t.Helper()
	f.found(f.run(items), sum)
	for name, again := range f.run(items) {
		if c := again.counts; c.New+c.Changed+c.Returned+c.Rows > 0 {
			f.t.Errorf("%s: the same again wrote %+v", name, c)
		}
	}
}

// Semantics 4 and 5: what is stored is compared with what jsonb makes of it, so a number that was said in another form is no
// change, neither for a run that asks for a part nor for one that fills in a shared row. Mutation: with numbers kept as they
// came in appendNumber (transform/canonical.go) it is red.
func TestANumberThatJSONBWritesOtherwiseIsNoChange(t *testing.T) {
	t.Parallel()
	f := newFeed(t, migrated.Database(t), (&clock{now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC)}).Now)
	const forms = `"whole":1e2,"half":5E-1,"none":-0,"zeros":1.50e1,"list":[{"deep":12e-1}]`
	employee := func(detail string, include []string) oddItem {
		return oddItem{"employee", catalog("employees")[0], transform.Item{
			ID: "p1", Rows: [][]byte{[]byte(`{"_id":"p1","employer":"e1"}`)}, Detail: []byte(`{"_id":"p1"` + detail + `}`), Include: include,
		}}
	}
	company := `"company":{"_id":"c1","name":"C",` + forms + `}`
	account := oddItem{"account", catalog("pay-link-accounts")[0], transform.Item{
		User: "u", ID: "a1", Rows: [][]byte{[]byte(`{"_id":"a1",` + company + `}`)},
	}}
	task := oddItem{"task", catalog("tasks")[0], transform.Item{
		User: "u", ID: "t1", Rows: [][]byte{[]byte(`{"_id":"t1","product":"verify"}`)}, Detail: []byte(`{"_id":"t1",` + company + `}`),
	}}
	first := f.run([]oddItem{employee(","+forms, nil), account, task})
	if first["employees"].counts.New != 1 || first["tasks"].counts.New != 1 {
		t.Fatalf("%+v", first)
	}
	for name, again := range f.run([]oddItem{employee("", []string{"income"}), account, task}) {
		if c := again.counts; c.Rows+c.Changed > 0 {
			t.Errorf("%s: the same numbers are a change: %+v", name, c)
		}
	}
	if got := f.texts(`SELECT _extra::text FROM employerlink.employees`)[0]; got != `{"half": 0.5, "list": [{"deep": 1.2}], "none": 0, "whole": 100, "zeros": 15.0}` {
		t.Errorf("kept %s", got)
	}
}
