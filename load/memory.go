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
	Believed  []string   // see transform.Record
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

// Remembered is what is remembered of objects, by transform.SeenKey: of those of EmployerLink with these ids, or of all that
// belong to these PayLink users. Not known is what was removed, because when it returns its rows have to be brought back, and
// what spoke of a shared row that stands there otherwise since.
func (w *Walk) Remembered(ctx context.Context, names []string) (map[string]Remembered, error) {
	if !w.recalls || len(names) == 0 {
		return nil, nil
	}
	// Planned anew each time: a plan that was made while little was remembered might read all of it for every page.
	rows, err := w.store.pool.Query(ctx, w.recallSQL, pgx.QueryExecModeExec, pgx.QueryResultFormats{pgx.BinaryFormatCode}, w.resource.Name, names)
	if err != nil {
		return nil, fail("recall objects", err)
	}
	known := make(map[string]Remembered, len(names))
	said := newHeard()
	var owner, id string
	var listed, whole, stable, shared []byte
	var k Remembered
	_, err = pgx.ForEachRow(rows, []any{&owner, &id, &listed, &whole, &stable, &k.Final, &k.Detailed, &k.Retrieved, &shared}, func() error {
		k.Prints = transform.Prints{}
		copy(k.Listed[:], listed)
		copy(k.Whole[:], whole)
		copy(k.Stable[:], stable)
		name := transform.SeenKey(owner, id)
		known[name] = k
		return said.read(name, shared)
	})
	if err != nil {
		return nil, fail("recall objects", err)
	}
	return known, w.agreeStill(ctx, known, said)
}

// recallObjectsSQL is spelled out before the walk is read ahead.
func (w *Walk) recallObjectsSQL() string {
	t, retrieved := w.resource.Table, "NULL::timestamptz"
	if volatile := w.sql(t, 1).volatile; len(volatile) > 0 {
		retrieved = "t." + volatile[0]
	}
	id, name := fmt.Sprintf("t.%s = o.source_id", t.Key[0].Name), "o.owner = '' AND o.source_id = n.name"
	if w.resource.PerUser {
		id, name = fmt.Sprintf("t.%s = o.owner AND t.%s = o.source_id", t.Key[0].Name, t.Key[1].Name), "o.owner = n.name"
	}
	// OFFSET 0 makes the planner look for name after name. Left to choose, it reads all objects of the resource for a page, until
	// the table has been analyzed.
	return fmt.Sprintf(`SELECT o.owner, o.source_id, o.listed, o.whole, o.stable, o.final, o.detailed_at, t.retrieved, o.shared
		FROM unnest($2::text[]) AS n(name)
		CROSS JOIN LATERAL (SELECT * FROM etl.objects o WHERE o.resource = $1 AND %s OFFSET 0) o
		CROSS JOIN LATERAL (SELECT %s AS retrieved FROM %s t WHERE %s AND t._removed_at IS NULL LIMIT 1) t`, name, retrieved, t, id)
}

// remember notes what an object is to be recognised by, or that it is not to be.
func (d *pageWork) remember(rec *transform.Record, said speech) {
	switch {
	case rec.Memory != nil && len(rec.Rejects) == 0 && !rec.Limited && !said.apart:
		d.remembered, d.said = append(d.remembered, rec), append(d.said, said)
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
	shared := make([]*string, n)
	for i, rec := range d.remembered {
		listed[i], whole[i], stable[i], final[i] = bytesOf(rec.Memory.Listed), bytesOf(rec.Memory.Whole), bytesOf(rec.Memory.Stable), rec.Memory.Final
		if w.sharing {
			shared[i] = d.said[i].text()
		}
	}
	batch.Queue(`INSERT INTO etl.objects AS o (resource, owner, source_id, listed, whole, stable, final, shared, detailed_at)
		SELECT $1, u.owner, u.id, u.listed, u.whole, u.stable, u.final, u.shared::jsonb, $9
		FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::boolean[], $8::text[])
			AS u(owner, id, listed, whole, stable, final, shared)
		ON CONFLICT (resource, owner, source_id) DO UPDATE SET listed = EXCLUDED.listed, whole = EXCLUDED.whole, stable = EXCLUDED.stable,
			final = EXCLUDED.final, shared = coalesce(EXCLUDED.shared, o.shared), detailed_at = EXCLUDED.detailed_at`,
		w.resource.Name, owners, ids, listed, whole, stable, final, shared, d.now)
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
	own, named := d.walk.resource.Table, d.walk.resource.Named
	volatile := d.walk.sql(own, 1).volatile
	var keys [][]string
	var times []*time.Time
	for _, rec := range records {
		if !rec.Same || !rec.Moved {
			continue
		}
		var at *time.Time
		if !rec.Retrieved.IsNull() {
			t := time.UnixMicro(rec.Retrieved.Number()).UTC()
			at = &t
		}
		keys, times = append(keys, []string{rec.User, rec.ID}[2-named:]), append(times, at)
	}
	if len(keys) == 0 {
		return nil
	}
	rows := int64(len(keys))
	if !d.walk.dry {
		sql := refreshSQL(own, namesOf(own.Key[:named]), volatile) + " AND t._removed_at IS NULL" // a task has a row for each of its products
		tag, err := d.tx.Exec(ctx, sql, append(columnsOf(keys, named), times)...)
		if err != nil {
			return fail("refresh retrieval times of "+own.Name, err)
		}
		rows = tag.RowsAffected()
	}
	d.counts.Rows += rows
	d.tables = append(d.tables, TableRows{own.String(), RowsRefreshed, rows})
	return nil
}
