package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// Remembered is what etl.objects remembers of an object that stands live in the warehouse.
type Remembered struct {
	transform.Memory
	Detailed  time.Time  // when its detail was last read
	Retrieved *time.Time // its retrieval time, as it is stored
}

// Moved reports that a retrieval time is another than the one that is stored.
func (k Remembered) Moved(retrieved transform.Value) bool {
	if retrieved.IsNull() || k.Retrieved == nil {
		return retrieved.IsNull() != (k.Retrieved == nil)
	}
	return retrieved.Number() != k.Retrieved.UnixMicro()
}

// Remembers reports whether anything is remembered of the resource from before the walk.
func (w *Walk) Remembers() bool { return w.recalls }

// Remembered is what is remembered of objects of a user ("" for EmployerLink's), by id. What was removed is not known: when it
// returns, its rows have to be brought back.
func (w *Walk) Remembered(ctx context.Context, user string, ids []string) (map[string]Remembered, error) {
	if !w.recalls || len(ids) == 0 {
		return nil, nil
	}
	// Planned anew each time: a plan that was made while little was remembered would read all of it for every page.
	rows, err := w.store.pool.Query(ctx, w.recallSQL, pgx.QueryExecModeExec, w.resource.Name, user, ids)
	if err != nil {
		return nil, fail("recall objects", err)
	}
	known := make(map[string]Remembered, len(ids))
	var id string
	var listed, whole, stable []byte
	var k Remembered
	_, err = pgx.ForEachRow(rows, []any{&id, &listed, &whole, &stable, &k.Final, &k.Detailed, &k.Retrieved}, func() error {
		k.Prints = transform.Prints{}
		copy(k.Listed[:], listed)
		copy(k.Whole[:], whole)
		copy(k.Stable[:], stable)
		known[id] = k
		return nil
	})
	return known, fail("recall objects", err)
}

// recallObjectsSQL is spelled out before the walk is read ahead.
func (w *Walk) recallObjectsSQL() string {
	t, retrieved := w.resource.Table, "NULL::timestamptz"
	if volatile := w.sql(t, 1).volatile; len(volatile) > 0 {
		retrieved = "t." + volatile[0]
	}
	id := fmt.Sprintf("t.%s = o.source_id", t.Key[0].Name)
	if w.resource.Named == 2 {
		id = fmt.Sprintf("t.%s = o.owner AND t.%s = o.source_id", t.Key[0].Name, t.Key[1].Name)
	}
	return fmt.Sprintf(`SELECT o.source_id, o.listed, o.whole, o.stable, o.final, o.detailed_at, t.retrieved
		FROM etl.objects o CROSS JOIN LATERAL (SELECT %s AS retrieved FROM %s t WHERE %s AND t._removed_at IS NULL LIMIT 1) t
		WHERE o.resource = $1 AND o.owner = $2 AND o.source_id = ANY($3::text[])`, retrieved, t, id)
}

// remember notes what an object is to be recognised by, or that it is not to be.
func (d *pageWork) remember(rec *transform.Record) {
	switch {
	case rec.Memory != nil && len(rec.Rejects) == 0 && !rec.Limited:
		d.remembered = append(d.remembered, rec)
	case !rec.Same && rec.ID != "":
		d.forgotten = append(d.forgotten, rec)
	}
}

// queueMemory keeps what the objects of a page are to be recognised by. It is forgotten of each that was written otherwise: what
// stands then is not what the answer said that is remembered.
func (d *pageWork) queueMemory(batch *pgx.Batch) {
	w := d.walk
	if len(d.forgotten) > 0 && w.recalls {
		owners, ids := named(d.forgotten)
		batch.Queue(`DELETE FROM etl.objects WHERE resource = $1 AND (owner, source_id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
			w.resource.Name, owners, ids)
	}
	if len(d.remembered) == 0 {
		return
	}
	owners, ids := named(d.remembered)
	n := len(d.remembered)
	listed, whole, stable, final := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([]bool, n)
	for i, rec := range d.remembered {
		listed[i], whole[i], stable[i], final[i] = bytesOf(rec.Memory.Listed), bytesOf(rec.Memory.Whole), bytesOf(rec.Memory.Stable), rec.Memory.Final
	}
	batch.Queue(`INSERT INTO etl.objects (resource, owner, source_id, listed, whole, stable, final, detailed_at)
		SELECT $1, u.*, $8 FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::boolean[]) AS u
		ON CONFLICT (resource, owner, source_id) DO UPDATE SET listed = EXCLUDED.listed, whole = EXCLUDED.whole, stable = EXCLUDED.stable,
			final = EXCLUDED.final, detailed_at = EXCLUDED.detailed_at`, w.resource.Name, owners, ids, listed, whole, stable, final, d.now)
}

func named(records []*transform.Record) (owners, ids []string) {
	for _, rec := range records {
		owners, ids = append(owners, rec.User), append(ids, rec.ID)
	}
	return owners, ids
}

func bytesOf(p transform.Print) []byte {
	if p == (transform.Print{}) {
		return nil
	}
	return p[:]
}

// refreshSame writes the retrieval times of objects that were recognised although these moved (T26).
func (d *pageWork) refreshSame(ctx context.Context, records []*transform.Record) error {
	own := d.walk.resource.Table
	p := &tablePlan{sql: d.walk.sql(own, 1)}
	for _, rec := range records {
		if !rec.Same || !rec.Moved {
			continue
		}
		var at *time.Time
		if !rec.Retrieved.IsNull() {
			t := time.UnixMicro(rec.Retrieved.Number()).UTC()
			at = &t
		}
		p.refresh, p.moved = append(p.refresh, []string{rec.ID}), append(p.moved, []*time.Time{at})
	}
	if len(p.refresh) == 0 {
		return nil
	}
	d.counts.Rows += int64(len(p.refresh))
	d.tables = append(d.tables, p.byOperation()...)
	if d.walk.dry {
		return nil
	}
	return d.refresh(ctx, p)
}
