package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// Removal says what the end of a walk may remove.
type Removal struct {
	// Filtered walks saw only a part of their scope and remove nothing.
	Filtered bool
	// MaxFraction of the scope's live objects may go in one walk; more stops the removal.
	MaxFraction float64
	// Approved lets any removal pass.
	Approved bool
}

// Guarded says what a guard stopped.
type Guarded struct {
	Live int64 `json:"live"` // objects that stood in the scope
	Gone int64 `json:"gone"` // of those, the ones that were not seen
}

// ErrForgotten is the error of Walk.Complete when something that the walk recognised does not stand in the warehouse, or cannot be told
// any more, because somebody else removed or deleted it. It is forgotten, and the list is to be read anew (see Walk.Restart): then it is
// read and written as it ought to be.
var ErrForgotten = errors.New("what was recognised does not stand in the warehouse, because somebody deleted it there: the list is to be read anew")

// Complete ends a walk that was read to its last page: what stood in its scope and was not seen is marked as removed,
// together with what belongs to it, unless that is more than the guard allows. Then nothing is removed and guarded tells
// what would have been.
func (w *Walk) Complete(ctx context.Context, removal Removal) (guarded *Guarded, err error) {
	tx, err := w.store.pool.Begin(ctx)
	if err != nil {
		return nil, fail("complete a walk", err)
	}
	defer func() { rollback(tx) }()
	is, err := w.compare(ctx, tx, removal.Filtered)
	if err != nil {
		return nil, err
	}
	if !w.dry && (is.bare != 0 || is.told != w.seenCount) {
		if err := w.forget(ctx, tx); err != nil {
			return nil, err
		}
		return nil, ErrForgotten
	}
	var removed int64
	var rows []TableRows
	if !removal.Filtered {
		if guarded, removed, rows, err = w.remove(ctx, tx, removal, is); err != nil {
			return nil, err
		}
	}
	state := WalkComplete
	if guarded != nil {
		state = WalkGuarded
	}
	if w.dry {
		w.State, w.Counts.Removed = state, w.Counts.Removed+removed
		return guarded, nil
	}
	now := w.store.now()
	tag, err := tx.Exec(ctx, `UPDATE etl.walks SET state = $3, removed = removed + $4, cursor = NULL, updated_at = $5, finished_at = $5,
		filtered = $6, narrowed = $7, seen_after = 0, seen_to = 0, seen_count = 0 WHERE walk_id = $1 AND epoch = $2 AND state = 'running'`, w.ID, w.epoch, state, removed, now, removal.Filtered, w.narrowed)
	if err != nil {
		return nil, fail("complete a walk", err)
	}
	if tag.RowsAffected() != 1 {
		return nil, &Error{Op: "complete a walk", Class: ClassFenced}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM etl.walk_pages WHERE walk_id = $1", w.ID); err != nil {
		return nil, fail("complete a walk", err)
	}
	if !removal.Filtered && w.Scope == (Scope{}) { // a walk over everything met again every reject that still holds of what it asked for
		if _, err := tx.Exec(ctx, `UPDATE etl.rejects r SET state = 'resolved', resolved_at = $3
			WHERE state = 'open' AND resource = $1 AND run_id IS DISTINCT FROM $2 AND NOT ($4 AND (coalesce(run_id > $2, false) OR last_seen_at >= $5))
				AND `+w.ofWhatWasAsked()+` AND NOT EXISTS (SELECT FROM etl.rejects list WHERE list.state = 'open' AND list.resource = $1
					AND list.owner = r.owner AND list.owner <> '' AND list.source_id = '' AND list.reason LIKE 'list: %' AND list.run_id = $2)`, // nor did a user's who could not be asked
			w.resource.Name, w.runID, now, w.resumed, w.started); err != nil { // but for those that another run has met since
			return nil, fail("close rejects", err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, fail("complete a walk", err)
	}
	w.State, w.Counts.Removed = state, w.Counts.Removed+removed
	w.wrote(rows)
	return guarded, nil
}

// remove gives what a guard stopped, or how many objects were marked, and in which tables how many rows.
func (w *Walk) remove(ctx context.Context, tx pgx.Tx, removal Removal, is comparison) (_ *Guarded, objects int64, rows []TableRows, _ error) {
	if is.gone == 0 {
		return nil, 0, nil, nil
	}
	if !removal.Approved && (is.gone == is.live || float64(is.gone) > removal.MaxFraction*float64(is.live)) {
		return &Guarded{Live: is.live, Gone: is.gone}, 0, nil, nil
	}
	if w.dry {
		return nil, is.gone, nil, nil
	}
	named := w.named("")
	key := strings.Join(named, ", ")
	from, _, seen := w.besideSQL(is.evidence)
	for _, sql := range []string{
		fmt.Sprintf("CREATE TEMP TABLE walk_gone (%s text) ON COMMIT DROP", strings.Join(named, " text, ")),
		fmt.Sprintf("INSERT INTO walk_gone SELECT %s FROM %s WHERE NOT %s", strings.Join(w.named("t."), ", "), from, seen),
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return nil, 0, nil, fail("list what is gone", err)
		}
	}
	now, err := w.afterAll(ctx, tx)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, t := range w.marked() {
		tag, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %s t SET _removed_at = $1
			WHERE t._removed_at IS NULL AND (%s) IN (SELECT %s FROM walk_gone)`, t, strings.Join(w.named("t."), ", "), key), now)
		if err != nil {
			return nil, 0, nil, fail("mark removed rows of "+t.Name, err)
		}
		rows = append(rows, TableRows{t.String(), RowsRemoved, tag.RowsAffected()})
	}
	// When it returns, it is to be read, and so is a list that held it.
	remembered := w.ofObject()
	if w.resource.OneList() {
		remembered = fmt.Sprintf("o.owner = t.%s AND t.%s = ANY(o.holds)", named[0], named[1])
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf("DELETE FROM etl.objects o USING walk_gone t WHERE o.resource = $1 AND %s", remembered), w.resource.Name); err != nil {
		return nil, 0, nil, fail("forget objects", err)
	}
	return nil, is.gone, rows, nil
}

// marked are the tables whose rows are marked with the object they belong to.
func (w *Walk) marked() []*transform.Table {
	return slices.DeleteFunc(w.resource.Tables(), func(t *transform.Table) bool { return t.Shared || t.Lines })
}

// afterAll is the instant at which what is in walk_gone goes: now, or just after the last thing that happened to any of it,
// should the clock have been put back since. One instant for an object and all that belongs to it tells, when the object
// returns, what went with it from what had gone before.
func (w *Walk) afterAll(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	now := w.store.now()
	named := namesOf(w.resource.Table.Key[:w.resource.Named])
	var parts []string
	for _, t := range w.marked() {
		parts = append(parts, fmt.Sprintf("SELECT max(greatest(t._synced_at, t._removed_at)) AS at FROM %s t WHERE (%s) IN (SELECT %s FROM walk_gone)",
			t, prefixed("t.", named, ""), strings.Join(named, ", ")))
	}
	var last *time.Time
	if err := tx.QueryRow(ctx, "SELECT max(at) FROM ("+strings.Join(parts, " UNION ALL ")+") AS all_tables").Scan(&last); err != nil {
		return time.Time{}, fail("look when what is gone was last written", err)
	}
	if last != nil && !last.Before(now) {
		now = last.Add(time.Microsecond).UTC()
	}
	return now, nil
}

// reviveChildren brings back what was marked together with an object that returned, where the record does not say anew what
// there is: a projection that was not asked for is left as it stood before the object went. The time it was away stays
// visible in history.
func (d *pageWork) reviveChildren(ctx context.Context, rec *transform.Record) error {
	if d.walk.dry {
		return nil
	}
	named := d.walk.resource.Named
	key := []any{rec.ID}
	if named == 2 {
		key = []any{rec.User, rec.ID}
	}
	said := map[*transform.Table]bool{}
	for _, s := range rec.Sets {
		said[s.Table] = said[s.Table] || !s.Merge // what merges says nothing of the rows that it leaves out
	}
	for _, t := range d.walk.resource.Children {
		if said[t] || t.Shared || t.Lines {
			continue
		}
		if err := d.revive(ctx, t, t.Key[:named], key); err != nil {
			return err
		}
	}
	return nil
}

func (d *pageWork) revive(ctx context.Context, t *transform.Table, named []transform.Column, key []any) error {
	own := d.walk.resource.Table
	where := make([]string, len(named))
	for i, c := range named {
		where[i] = fmt.Sprintf("t.%s = $%d", c.Name, i+1)
	}
	// Marked with the object means marked at the same instant; the object's own version is in history by now.
	gone := fmt.Sprintf(`%s AND t._removed_at IS NOT NULL AND t._removed_at >= (SELECT max(h._valid_to) FROM history.%s h WHERE %s)`,
		strings.Join(where, " AND "), own.Name, strings.ReplaceAll(strings.Join(where, " AND "), "t.", "h."))
	for _, lines := range d.walk.linesOf(t) {
		columns := append(namesOf(lines.Columns()), "_extra")
		on := make([]string, len(t.Key))
		for i, c := range t.Key {
			on[i] = fmt.Sprintf("l.%s = t.%s", c.Name, c.Name)
		}
		if _, err := d.tx.Exec(ctx, fmt.Sprintf(`INSERT INTO history.%s (%s, _valid_from, _valid_to)
			SELECT %s, t._synced_at, t._removed_at FROM %s l JOIN %s t ON %s WHERE %s`, lines.Name, strings.Join(columns, ", "),
			prefixed("l.", columns, ""), lines, t, strings.Join(on, " AND "), gone), key...); err != nil {
			return fail("revive rows of "+lines.Name, err)
		}
	}
	sql := d.walk.sql(t, 1)
	list := strings.Join(sql.columns, ", ")
	if _, err := d.tx.Exec(ctx, fmt.Sprintf(`INSERT INTO history.%s (%s, _valid_from, _valid_to)
		SELECT %s, t._synced_at, t._removed_at FROM %s t WHERE %s`, t.Name, list, prefixed("t.", sql.columns, ""), t, gone), key...); err != nil {
		return fail("revive rows of "+t.Name, err)
	}
	tag, err := d.tx.Exec(ctx, fmt.Sprintf(`UPDATE %s t SET _removed_at = NULL, _synced_at = greatest($%d, t._removed_at), _run_id = $%d WHERE %s`,
		t, len(key)+1, len(key)+2, gone), append(key, d.now, d.walk.runID)...)
	d.counts.Rows += tag.RowsAffected()
	d.tables = append(d.tables, TableRows{t.String(), RowsReturned, tag.RowsAffected()})
	return fail("revive rows of "+t.Name, err)
}
