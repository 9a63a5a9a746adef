package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// sharedRow is what a row of a shared table says.
type sharedRow struct {
	values []transform.Value
	extra  string
}

// mergeShared completes the rows of a shared table with what is stored, because each resource knows only a part of such a
// row. Within a walk the first who speaks of a row is believed; later ones, resources that know it less well
// (transform.Set.Fill) and walks that hear only some (RunSpec.Partial) only fill what is missing. So rows do not swing between two objects that disagree. When something
// would be written, the table is locked against the other walks that write it, and read again.
func (d *pageWork) mergeShared(ctx context.Context, g *ownerSets, found map[string]*stored, shared *agreement) (*ownerSets, map[string]*stored, error) {
	known, err := d.readShared(ctx, g)
	if err != nil {
		return nil, nil, err
	}
	merged, decided, writes := d.mergeRows(g, known, found, shared)
	if writes && !d.walk.dry {
		if _, err := d.tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "linkhouse/table/"+g.sql.table.String()); err != nil {
			return nil, nil, fail("lock "+g.sql.table.Name, err)
		}
		if known, err = d.readShared(ctx, g); err != nil {
			return nil, nil, err
		}
		again, err := d.readAll(ctx, []*ownerSets{g})
		if err != nil {
			return nil, nil, err
		}
		found = again[0]
		merged, decided, _ = d.mergeRows(g, known, found, shared)
	}
	d.decided = append(d.decided, decided...)
	shared.compare(g, merged)
	return merged, found, nil
}

// readShared reads the rows that a group speaks of.
func (d *pageWork) readShared(ctx context.Context, g *ownerSets) (map[string]sharedRow, error) {
	return readShared(ctx, d.tx, g.sql.table, len(g.sets[0].set.Owner), g.ownerArrays()...)
}

// querier is a transaction, or the pool.
type querier interface {
	Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error)
}

// readShared reads rows of a shared table by the first n columns of their keys.
func readShared(ctx context.Context, db querier, t *transform.Table, n int, keys ...any) (map[string]sharedRow, error) {
	columns := namesOf(t.Columns())
	query := fmt.Sprintf("SELECT %s, t._extra::text FROM %s t WHERE %s", prefixed("t.", columns, ""), t,
		among(t.Key[:n], "t.", 1))
	rows, err := db.Query(ctx, query, keys...)
	if err != nil {
		return nil, fail("read stored rows", err)
	}
	known := map[string]sharedRow{}
	texts := make([]*string, len(columns)+1)
	into := make([]any, len(texts))
	for i := range texts {
		into[i] = &texts[i]
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		row := sharedRow{values: make([]transform.Value, len(columns))}
		key := make([]string, len(t.Key))
		for i := range columns {
			if texts[i] != nil {
				row.values[i] = transform.TextValue(*texts[i])
			}
			if i < len(key) {
				key[i] = *texts[i]
			}
		}
		if extra := texts[len(columns)]; extra != nil {
			row.extra = transform.Canonical(*extra)
		}
		known[strings.Join(key, keySeparator)] = row
		return nil
	})
	return known, fail("read stored rows", err)
}

// mergeRows gives the group with its rows merged into one per key, the keys that were decided by it, and whether anything
// would be written.
func (d *pageWork) mergeRows(g *ownerSets, known map[string]sharedRow, found map[string]*stored, shared *agreement) (*ownerSets, []string, bool) {
	merged := &ownerSets{sql: g.sql}
	place := map[string]*transform.Row{}
	var decided []string
	for _, rs := range g.sets {
		for j := range rs.set.Rows {
			row := rs.set.Rows[j]
			key := keyOf(rs.set.Table, &row)
			before, ok := known[key]
			if earlier := place[key]; earlier != nil {
				before, ok = sharedRow{earlier.Values, earlier.Extra}, true
			}
			name := decidedKey(rs.set.Table.Name, key)
			believed := !rs.set.Fill && !d.walk.partial && !shared.before(name, rs.record) && !d.isDecided(name, decided)
			if believed {
				decided = append(decided, name)
			}
			values := append([]transform.Value{}, row.Values...)
			if ok {
				values, row.Extra = merge(before, sharedRow{values, row.Extra}, believed)
			}
			row.Values = values
			row.Rehash()
			if earlier := place[key]; earlier != nil {
				*earlier = row
				continue
			}
			set := *rs.set
			set.Rows = []transform.Row{row}
			merged.sets = append(merged.sets, recordSet{record: rs.record, set: &set})
			place[key] = &set.Rows[0]
		}
	}
	writes := false
	merged.completed = map[string]bool{}
	for key, row := range place {
		if s := found[key]; s == nil || s.removed != nil || s.hash != row.Hash {
			writes = true
			merged.completed[key] = s != nil && s.removed == nil && (contradictsNothing(row, known[key]) || !s.firstSeen.Before(d.walk.began))
		}
	}
	return merged, decided, writes
}

// contradictsNothing reports that the row says all that stood before, and only adds to it.
func contradictsNothing(row *transform.Row, before sharedRow) bool {
	for i, v := range before.values {
		if !v.IsNull() && v != row.Values[i] {
			return false
		}
	}
	return before.extra == "" || before.extra == row.Extra
}

// completeSQL fills in what was missing of shared rows, in place: what was not known before is no earlier version, and which
// of two walks that read at the same time came first is no history. So a row that this very run brought is corrected in place
// as well: otherwise there would be a version that says only which walk was the quicker one, and a run that is gone on with
// would leave another history than an undisturbed one.
func (p *tablePlan) completeSQL(runID int64) (sql string, arguments []any) {
	t := p.sql.table
	names := append(namesOf(t.Columns()), "_extra")
	columns := make([][]*string, len(names))
	hashes := make([][]byte, len(p.complete))
	for i, row := range p.complete {
		for j, v := range row.Values {
			columns[j] = append(columns[j], textOf(v.Chars(), !v.IsNull()))
		}
		columns[len(names)-1] = append(columns[len(names)-1], textOf(row.Extra, row.Extra != ""))
		hashes[i] = row.Hash[:]
	}
	var arrays, sets, keys []string
	for i, name := range names {
		arguments = append(arguments, columns[i])
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		switch {
		case i < len(t.Key):
			keys = append(keys, fmt.Sprintf("t.%s = u.%s", name, name))
		case name == "_extra":
			sets = append(sets, "_extra = u._extra::jsonb")
		default:
			sets = append(sets, fmt.Sprintf("%s = u.%s", name, name))
		}
	}
	return fmt.Sprintf("UPDATE %s t SET %s, _row_hash = u._row_hash, _run_id = %d FROM unnest(%s, $%d::bytea[]) AS u(%s, _row_hash) WHERE %s",
		t, strings.Join(sets, ", "), runID, strings.Join(arrays, ", "), len(names)+1, strings.Join(names, ", "), strings.Join(keys, " AND ")), append(arguments, hashes)
}

func textOf(s string, known bool) *string {
	if !known {
		return nil
	}
	return &s
}

// merge lays what is said over what stood before, or under it when it is not believed.
func merge(before, said sharedRow, believed bool) ([]transform.Value, string) {
	over, under := said, before
	if !believed {
		over, under = before, said
	}
	values := append([]transform.Value{}, over.values...)
	for i := range values {
		if values[i].IsNull() {
			values[i] = under.values[i]
		}
	}
	if over.extra == "" {
		return values, under.extra
	}
	return values, over.extra
}

// decidedKey names a shared row in the list of what a walk has seen, where it outlives the process. No object's name
// begins with U+001E.
func decidedKey(table, key string) string { return "\x1e" + table + keySeparator + key }

func (d *pageWork) isDecided(name string, here []string) bool {
	for _, list := range [][]string{here, d.decided} {
		for _, n := range list {
			if n == name {
				return true
			}
		}
	}
	return d.walk.knows(name)
}
