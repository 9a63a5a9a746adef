package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// mergeShared completes the rows of a shared table with what is stored, because each resource knows only a part of such a
// row: what one does not know leaves what another stored. When something would be written, the table is locked against the
// other walks that write it, and read again.
func (d *pageWork) mergeShared(ctx context.Context, g *ownerSets, found map[string]*stored) (map[string]*stored, error) {
	known, err := d.readShared(ctx, g)
	if err != nil {
		return nil, err
	}
	if !mergeRows(g, known, found, false) {
		mergeRows(g, known, found, true)
		return found, nil
	}
	if _, err := d.tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "linkhouse/table/"+g.sql.table.String()); err != nil {
		return nil, fail("lock "+g.sql.table.Name, err)
	}
	if known, err = d.readShared(ctx, g); err != nil {
		return nil, err
	}
	again, err := d.readAll(ctx, []*ownerSets{g})
	if err != nil {
		return nil, err
	}
	mergeRows(g, known, again[0], true)
	return again[0], nil
}

// readShared reads the columns of the rows that a group speaks of.
func (d *pageWork) readShared(ctx context.Context, g *ownerSets) (map[string][]*string, error) {
	t := g.sql.table
	columns := namesOf(t.Columns())
	query := fmt.Sprintf("SELECT %s FROM %s t WHERE %s", prefixed("t.", columns, ""), t, among(t.Key[:len(g.sets[0].set.Owner)], "t.", 1))
	rows, err := d.tx.Query(ctx, query, g.ownerArrays()...)
	if err != nil {
		return nil, fail("read stored rows", err)
	}
	known := map[string][]*string{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		values := make([]*string, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := row.Scan(into...); err != nil {
			return struct{}{}, err
		}
		key := make([]string, len(t.Key))
		for i := range key {
			key[i] = *values[i]
		}
		known[strings.Join(key, keySeparator)] = values
		return struct{}{}, nil
	})
	return known, fail("read stored rows", err)
}

// mergeRows fills what rows of a page leave out with what is known, and reports whether anything would be written. With
// keep it changes the rows: the last one of a key carries what all of them say, the others are dropped.
func mergeRows(g *ownerSets, known map[string][]*string, found map[string]*stored, keep bool) (writes bool) {
	merged := map[string]*transform.Row{}
	for i := range g.sets {
		set := g.sets[i].set
		for j := range set.Rows {
			row := set.Rows[j]
			row.Values = append([]transform.Value{}, row.Values...)
			key := keyOf(set.Table, &row)
			if before := merged[key]; before != nil {
				fill(&row, before.Values)
			}
			fillStored(&row, known[key])
			row.Rehash()
			merged[key] = &row
			if s := found[key]; s == nil || s.removed != nil || s.hash != row.Hash {
				writes = true
			}
		}
	}
	if keep {
		for i := range g.sets {
			set := *g.sets[i].set
			set.Rows = nil
			for _, row := range g.sets[i].set.Rows {
				if last := merged[keyOf(set.Table, &row)]; last != nil {
					set.Rows = append(set.Rows, *last)
				}
			}
			g.sets[i].set = &set
		}
	}
	return writes
}

func fill(row *transform.Row, from []transform.Value) {
	for i, v := range from {
		if row.Values[i].IsNull() {
			row.Values[i] = v
		}
	}
}

func fillStored(row *transform.Row, from []*string) {
	for i, text := range from {
		if text != nil && row.Values[i].IsNull() {
			row.Values[i] = transform.TextValue(*text)
		}
	}
}
