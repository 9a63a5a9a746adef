package load

import (
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/transform"
)

// stored is what the warehouse has of a row: enough to tell whether it changes, and no more.
type stored struct {
	key       []string
	hash      [16]byte
	firstSeen time.Time
	synced    time.Time
	removed   *time.Time
	volatile  []*time.Time
}

// ownerSets are the sets of a page that speak of one table by the same number of key columns.
type ownerSets struct {
	sql       *statements
	sets      []recordSet
	completed map[string]bool // of a shared table: rows that only gain what was missing
}

type recordSet struct {
	record int // which record of the page
	set    *transform.Set
}

// tablePlan is what a page means for one table.
type tablePlan struct {
	sql      *statements
	insert   []version        // new rows, and the next versions of replaced ones
	replace  [][]string       // keys whose stored version goes to history
	remove   [][]string       // keys to mark as removed
	complete []*transform.Row // rows of a shared table that gain what was missing
	refresh  [][]string       // keys of which only volatile columns moved
	moved    [][]*time.Time
	lines    map[*transform.Table]int // how many live with the rows of insert, by their table
	rows     [isNew + 1]int64         // of insert, by what becomes of them
}

// outcome is what became of one object.
type outcome uint8

const (
	unchanged outcome = iota
	changed
	returned
	isNew
)

// planTable compares the sets of a page with what is stored and decides what is written. own is the resource's own table;
// its rows decide what became of the object.
func planTable(o *ownerSets, found map[string]*stored, own *transform.Table, outcomes []outcome) (*tablePlan, int) {
	p := &tablePlan{sql: o.sql, lines: map[*transform.Table]int{}}
	rows := 0
	for _, rs := range o.sets {
		rows += len(rs.set.Rows)
	}
	seen := make(map[string]bool, rows)
	owners := make(map[string]*recordSet, len(o.sets))
	duplicates := 0
	if len(found) == 0 {
		p.insert = make([]version, 0, rows)
	}
	for i := range o.sets {
		rs := &o.sets[i]
		if !rs.set.Merge {
			owners[ownerKey(rs.set.Owner)] = rs
		}
		for j := range rs.set.Rows {
			row := &rs.set.Rows[j]
			key := keyOf(rs.set.Table, row)
			if seen[key] { // two rows with one key in a page would fail the whole page (21000, 23505)
				duplicates++
				continue
			}
			seen[key] = true
			if o.completed[key] {
				p.complete = append(p.complete, row)
				continue
			}
			what := p.row(row, found[key])
			if rs.set.Table == own {
				outcomes[rs.record] = max(outcomes[rs.record], what)
			} else if what != unchanged {
				outcomes[rs.record] = max(outcomes[rs.record], changed)
			}
		}
	}
	for key, s := range found {
		if seen[key] || s.removed != nil {
			continue
		}
		if rs := owners[ownerPrefix(key, len(o.sets[0].set.Owner))]; rs != nil {
			p.remove = append(p.remove, s.key)
			outcomes[rs.record] = max(outcomes[rs.record], changed)
		}
	}
	return p, duplicates
}

// row decides about one row.
func (p *tablePlan) row(row *transform.Row, s *stored) outcome {
	v := version{row: row}
	switch {
	case s == nil:
		p.write(v, isNew)
		return isNew
	case s.removed != nil:
		v.firstSeen, v.since = s.firstSeen, *s.removed
		p.replace = append(p.replace, s.key)
		p.write(v, returned)
		return returned
	case s.hash != row.Hash && row.Broken(): // what is stored stays until its lines can be read; a reject tells of it
		return unchanged
	case s.hash != row.Hash:
		v.firstSeen, v.since = s.firstSeen, s.synced
		p.replace = append(p.replace, s.key)
		p.write(v, changed)
		return changed
	}
	p.refreshed(row, s)
	return unchanged
}

func (p *tablePlan) write(v version, what outcome) {
	p.insert = append(p.insert, v)
	p.rows[what]++
	for i := range v.row.Lines {
		p.lines[v.row.Lines[i].Table] += v.row.Lines[i].Len()
	}
}

// refreshed notes a row of which only retrieval times moved (T26).
func (p *tablePlan) refreshed(row *transform.Row, s *stored) {
	if len(p.sql.volatile) == 0 {
		return
	}
	moved := false
	times := make([]*time.Time, len(p.sql.volatile))
	for i, name := range p.sql.volatile {
		if v := row.Cell(name); !v.IsNull() {
			t := time.UnixMicro(v.Number()).UTC()
			times[i] = &t
		}
		if (times[i] == nil) != (s.volatile[i] == nil) || times[i] != nil && !times[i].Equal(*s.volatile[i]) {
			moved = true
		}
	}
	if moved {
		p.refresh = append(p.refresh, s.key)
		p.moved = append(p.moved, times)
	}
}

// written counts the rows that the plan writes, lines aside.
func (p *tablePlan) written() int {
	return len(p.insert) + len(p.remove) + len(p.refresh) + len(p.complete)
}

const keySeparator = "\x1f"

func keyOf(t *transform.Table, row *transform.Row) string {
	if len(t.Key) == 1 {
		return row.Values[0].String()
	}
	var b strings.Builder
	for i := range t.Key {
		if i > 0 {
			b.WriteString(keySeparator)
		}
		b.WriteString(row.Values[i].String())
	}
	return b.String()
}

func ownerKey(owner []transform.Value) string {
	texts := make([]string, len(owner))
	for i, v := range owner {
		texts[i] = v.String()
	}
	return strings.Join(texts, keySeparator)
}

// ownerPrefix is the first n parts of a key.
func ownerPrefix(key string, n int) string {
	at := 0
	for range n {
		i := strings.Index(key[at:], keySeparator)
		if i < 0 {
			return key
		}
		at += i + len(keySeparator)
	}
	return key[:at-len(keySeparator)]
}
