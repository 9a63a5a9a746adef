package load

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/transform"
)

// keepRecords writes what a page leaves in the tables of state, in one round trip: rejects, drift, documents to fetch, the
// ids seen, and at last the cursor. The cursor is fenced: when another process has taken the walk over, nothing is kept.
func (d *pageWork) keepRecords(ctx context.Context, p Page) error {
	if d.walk.dry {
		return nil
	}
	batch := &pgx.Batch{}
	d.queueRejects(batch)
	d.queueDrift(batch)
	d.queueDocuments(batch)
	d.queueMemory(batch, p)
	w := d.walk
	var ended []stretch
	ended, d.open = seenByNumber(w.open, d.places)
	if names := append(d.seen[:len(d.seen):len(d.seen)], d.decided...); len(names)+len(ended)+len(p.Asked) > 0 {
		batch.Queue(`INSERT INTO etl.walk_pages (walk_id, page_no, cursor, seen, numbers, asked) VALUES ($1, $2, $3, $4, $5::text::int8multirange, $6)`,
			w.ID, w.Counts.Pages+1, p.Next, names, multirange(ended), p.Asked)
	}
	fenced := false
	sql := keepCursor
	if d.tx == nil && batch.Len() == 0 {
		sql += " AND set_config('synchronous_commit', 'off', true) IS NOT NULL" // see beginPage
	}
	c := d.counts
	batch.Queue(sql, w.ID, w.epoch, p.Next, c.Pages, c.Listed, c.Fetched, c.Vanished, c.New, c.Changed, c.Unchanged, c.Returned,
		c.Rejected, c.Drift, c.Repaired, c.Rows, c.Requests, c.Retries, d.now, c.Recognised, c.Spared,
		d.open.after, d.open.to, len(d.places),
	).Exec(func(tag pgconn.CommandTag) error {
		fenced = tag.RowsAffected() != 1
		return nil
	})
	var err error
	if d.tx == nil && batch.Len() == 1 {
		err = w.store.pool.SendBatch(ctx, batch).Close()
	} else if err = d.begin(ctx); err == nil {
		err = d.tx.SendBatch(ctx, batch).Close()
	}
	if err != nil {
		return fail("keep the state of a page", err)
	}
	if fenced {
		return &Error{Op: "keep the cursor", Class: ClassFenced}
	}
	return nil
}

const keepCursor = `UPDATE etl.walks SET cursor = $3, pages = pages + $4, listed = listed + $5, fetched = fetched + $6,
		vanished = vanished + $7, new = new + $8, changed = changed + $9, unchanged = unchanged + $10, returned = returned + $11,
		rejected = rejected + $12, drift = drift + $13, repaired = repaired + $14, rows_written = rows_written + $15,
		api_calls = api_calls + $16, retries = retries + $17, updated_at = $18, recognised = recognised + $19, spared = spared + $20,
		seen_after = $21, seen_to = $22, seen_count = seen_count + $23
	WHERE walk_id = $1 AND epoch = $2 AND state = 'running'`

// ofWhatWasAsked is a condition that holds for a reject which the walk closes when it does not meet it again. Where others ask for more of
// an object, that is what stands for a part of it that was asked for, and what the run itself has met: what is whole for this walk may lack
// what the others want.
func (w *Walk) ofWhatWasAsked() string {
	if len(w.leftOut) == 0 {
		return "true"
	}
	return fmt.Sprintf("(run_id = %d OR place <> '' AND split_part(split_part(place, '.', 1), '[', 1) NOT IN ('%s'))", w.runID, strings.Join(w.leftOut, "', '"))
}

// queueRejects keeps the rejects of a page. The same reject of a later run is recognised and counted; an object that came
// whole since closes its own.
func (d *pageWork) queueRejects(batch *pgx.Batch) {
	w := d.walk
	if w.openRejects && len(d.accepted) > 0 {
		owners, ids := columnsOfNames(accepted(d.accepted))
		batch.Queue(`UPDATE etl.rejects SET state = 'resolved', resolved_at = $4 WHERE state = 'open' AND resource = $1
			AND (owner, source_id) IN (SELECT * FROM unnest($2::text[], $3::text[])) AND `+w.ofWhatWasAsked(), w.resource.Name, owners, ids, d.now)
	}
	for _, r := range d.rejects {
		w.openRejects = true
		batch.Queue(`INSERT INTO etl.rejects (resource, owner, source_id, place, reason, payload, payload_hash, run_id, first_seen_at, last_seen_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
			ON CONFLICT (resource, owner, source_id, place, reason, payload_hash) DO UPDATE
			SET state = 'open', resolved_at = NULL, times = etl.rejects.times + 1, run_id = EXCLUDED.run_id, last_seen_at = EXCLUDED.last_seen_at`,
			w.resource.Name, r.User, r.ID, r.Place, r.Reason, r.Payload, r.Hash(), w.runID, d.now)
	}
}

// queueDrift adds up drift by path. The rows are written in one order, so that two walks cannot lock each other out.
func (d *pageWork) queueDrift(batch *pgx.Batch) {
	if len(d.drift) == 0 {
		return
	}
	keys := slices.SortedFunc(maps.Keys(d.drift), func(a, b transform.Drift) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	paths, kinds, values, times := make([]string, len(keys)), make([]string, len(keys)), make([]string, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		paths[i], kinds[i], values[i], times[i] = k.Path, k.Kind, k.Value, int64(d.drift[k])
	}
	batch.Queue(`INSERT INTO etl.drift AS d (resource, path, kind, value, times, first_seen_at, last_seen_at, first_run_id, last_run_id)
		SELECT $1, path, kind, value, times, $6, $6, $7, $7
		FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS u(path, kind, value, times)
		ON CONFLICT (resource, path, kind, value) DO UPDATE
		SET times = d.times + EXCLUDED.times, last_seen_at = EXCLUDED.last_seen_at, last_run_id = EXCLUDED.last_run_id`,
		d.walk.resource.Name, paths, kinds, values, times, d.now, d.walk.runID)
}

// queueDocuments stages the documents of new and changed rows. One that waits already is not staged twice; one that failed
// or was absent waits again. A version that was lost is no place for what the row names now.
func (d *pageWork) queueDocuments(batch *pgx.Batch) {
	if len(d.documents) == 0 {
		return
	}
	batch.Queue(`UPDATE archive.documents SET state = 'pending', staged_at = $3, attempts = 0, last_error = NULL
		WHERE resource = $1 AND source_id = ANY($2) AND sha256 IS NULL`, d.walk.resource.Name, d.documents, d.now)
	batch.Queue(`INSERT INTO archive.documents (resource, source_id, version, state, staged_at)
		SELECT $1, id, 1 + coalesce((SELECT max(version) FROM archive.documents WHERE resource = $1 AND source_id = id), 0), 'pending', $3
		FROM unnest($2::text[]) AS id
		WHERE NOT EXISTS (SELECT FROM archive.documents WHERE resource = $1 AND source_id = id AND sha256 IS NULL)`,
		d.walk.resource.Name, d.documents, d.now)
}
