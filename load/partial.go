package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// keepUnasked completes rows of objects that were asked for in part only: what they leave out, in text columns and in what
// no column holds, is taken from what is stored. Only rows that seem to have changed are looked at.
func (d *pageWork) keepUnasked(ctx context.Context, g *ownerSets, found map[string]*stored) error {
	seem := map[string]*transform.Row{}
	var keys [][]string
	for _, rs := range g.sets {
		if !rs.set.Partial {
			continue
		}
		for i := range rs.set.Rows {
			row := &rs.set.Rows[i]
			key := keyOf(rs.set.Table, row)
			if s := found[key]; s != nil && s.hash != row.Hash {
				seem[key] = row
				keys = append(keys, s.key)
			}
		}
	}
	if len(seem) == 0 {
		return nil
	}
	t := g.sql.table
	var columns []string
	var places []int
	for i, c := range t.Columns() {
		if c.Kind == transform.Text {
			columns, places = append(columns, c.Name), append(places, i)
		}
	}
	rows, err := d.tx.Query(ctx, fmt.Sprintf("SELECT %s, t._extra::text FROM %s t WHERE %s", prefixed("t.", columns, ""), t,
		among(t.Key, "t.", 1)), columnsOf(keys, len(t.Key))...)
	if err != nil {
		return fail("read stored rows", err)
	}
	texts := make([]*string, len(columns)+1)
	into := make([]any, len(texts))
	for i := range texts {
		into[i] = &texts[i]
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		key := make([]string, len(t.Key)) // keys are text, and stand first
		for i := range key {
			key[i] = *texts[i]
		}
		row := seem[strings.Join(key, keySeparator)]
		for i, place := range places {
			if row.Values[place].IsNull() && texts[i] != nil {
				row.Values[place] = transform.TextValue(*texts[i])
			}
		}
		if extra := texts[len(columns)]; extra != nil {
			row.Extra = transform.MergeExtra(row.Extra, *extra)
		}
		row.Rehash()
		return nil
	})
	return fail("read stored rows", err)
}
