package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// write compares the records with what is stored and writes the difference.
func (d *pageWork) write(ctx context.Context, records []*transform.Record) error {
	groups := d.walk.group(records)
	outcomes, shared := make([]outcome, len(records)), newAgreement(records)
	found, err := d.readAll(ctx, groups)
	if err != nil {
		return err
	}
	plans := make([]*tablePlan, len(groups))
	for i, g := range groups {
		if g.sql.table.Shared {
			if g, found[i], err = d.mergeShared(ctx, g, found[i], shared); err != nil {
				return err
			}
		}
		if err := d.keepUnasked(ctx, g, found[i]); err != nil {
			return err
		}
		var duplicates int
		plans[i], duplicates = planTable(g, found[i], d.walk.resource.Table, outcomes)
		if duplicates > 0 && !g.sql.table.Shared {
			d.countDrift(transform.Drift{Path: g.sql.table.Name, Kind: "duplicate_key"}, duplicates)
		}
	}
	if !d.walk.dry {
		if err := d.apply(ctx, plans); err != nil {
			return err
		}
	}
	for _, p := range plans {
		d.counts.Rows += int64(p.written())
		d.tables = append(d.tables, p.byOperation()...)
	}
	if err := d.refreshSame(ctx, records); err != nil {
		return err
	}
	for i, rec := range records {
		if err := d.settle(ctx, rec, outcomes[i], shared.spoken[i]); err != nil {
			return err
		}
	}
	return nil
}

// settle counts what became of an object and notes what follows from it.
func (d *pageWork) settle(ctx context.Context, rec *transform.Record, what outcome, said speech) error {
	d.remember(rec, what, said)
	if rec.ID == "" && rec.User != "" && len(rec.Rejects) == 0 { // the list of a user was answered
		d.accepted = append(d.accepted, rec)
	}
	if rec.Same {
		n := int64(1)
		if rec.ID == "" {
			n = int64(len(rec.Holds))
		}
		d.counts.Unchanged += n
		d.counts.Recognised += n
		if rec.ID != "" {
			d.accepted = append(d.accepted, rec)
		}
		for _, name := range rec.Believed {
			if !d.isDecided(name, nil) {
				d.decided = append(d.decided, name)
			}
		}
	}
	if len(rec.Sets) > 0 && rec.Seen != "" {
		switch what {
		case unchanged:
			d.counts.Unchanged++
		case changed:
			d.counts.Changed++
		case returned:
			d.counts.Returned++
			if err := d.reviveChildren(ctx, rec); err != nil {
				return err
			}
		case isNew:
			d.counts.New++
		}
		if what != unchanged && d.walk.resource.Document {
			d.documents = append(d.documents, rec.ID)
		}
		if len(rec.Rejects) == 0 && !rec.Limited {
			d.accepted = append(d.accepted, rec)
		}
	}
	switch {
	case rec.Place != transform.Place{} && !d.walk.dry:
		d.places = append(d.places, rec.Place)
	case rec.Seen != "":
		d.seen = append(d.seen, rec.Seen)
	}
	if d.walk.dry {
		for _, id := range rec.Holds {
			d.seen = append(d.seen, transform.SeenKey(rec.User, id))
		}
	}
	d.rejects = append(d.rejects, rec.Rejects...)
	d.counts.Rejected += int64(len(rec.Rejects))
	d.counts.Repaired += int64(rec.Repaired)
	for drift, n := range rec.Drift {
		d.countDrift(drift, n)
	}
	return nil
}

func (d *pageWork) countDrift(drift transform.Drift, n int) {
	if d.drift == nil {
		d.drift = map[transform.Drift]int{}
	}
	d.drift[drift] += n
	d.counts.Drift += int64(n)
}

// group sorts the sets of a page by table, in the order of the catalog and then of first appearance.
func (w *Walk) group(records []*transform.Record) []*ownerSets {
	type groupKey struct {
		table *transform.Table
		owner int
	}
	byKey := map[groupKey]*ownerSets{}
	var groups []*ownerSets
	for i, rec := range records {
		for j := range rec.Sets {
			set := &rec.Sets[j]
			k := groupKey{set.Table, len(set.Owner)}
			g := byKey[k]
			if g == nil {
				g = &ownerSets{sql: w.sql(set.Table, len(set.Owner))}
				byKey[k] = g
				groups = append(groups, g)
			}
			g.sets = append(g.sets, recordSet{record: i, set: set})
		}
	}
	slices.SortStableFunc(groups, func(a, b *ownerSets) int {
		return cmp.Compare(w.order(a.sql.table), w.order(b.sql.table))
	})
	return groups
}

// readAll reads what is stored for the owners of every group, in one round trip. Where all is new, there is nothing to read but
// shared rows.
func (d *pageWork) readAll(ctx context.Context, groups []*ownerSets) ([]map[string]*stored, error) {
	found := make([]map[string]*stored, len(groups))
	batch := &pgx.Batch{}
	for i, g := range groups {
		if d.allNew && !g.sql.table.Shared {
			continue
		}
		batch.Queue(g.sql.read, g.ownerArrays()...).Query(func(rows pgx.Rows) error {
			var err error
			found[i], err = g.sql.scan(rows)
			return err
		})
	}
	if batch.Len() == 0 {
		return found, nil
	}
	return found, fail("read stored rows", d.tx.SendBatch(ctx, batch).Close())
}

func (g *ownerSets) ownerArrays() []any {
	n := len(g.sets[0].set.Owner)
	arrays := make([][]string, n)
	seen := make(map[string]bool, len(g.sets))
	for _, rs := range g.sets {
		if key := ownerKey(rs.set.Owner); !seen[key] {
			seen[key] = true
			for i, v := range rs.set.Owner {
				arrays[i] = append(arrays[i], v.String())
			}
		}
	}
	return anys(arrays)
}

func anys(arrays [][]string) []any {
	out := make([]any, len(arrays))
	for i := range arrays {
		out[i] = arrays[i]
	}
	return out
}

// columnsOf turns a list of keys into one array per key column.
func columnsOf(keys [][]string, n int) []any {
	arrays := make([][]string, n)
	for i := range arrays {
		arrays[i] = make([]string, len(keys))
		for j, key := range keys {
			arrays[i][j] = key[i]
		}
	}
	return anys(arrays)
}

func (s *statements) scan(rows pgx.Rows) (map[string]*stored, error) {
	defer rows.Close()
	found := map[string]*stored{}
	n := len(s.table.Key)
	for rows.Next() {
		row := &stored{key: make([]string, n), volatile: make([]*time.Time, len(s.volatile))}
		var hash []byte
		into := make([]any, 0, n+4+len(s.volatile))
		for i := range row.key {
			into = append(into, &row.key[i])
		}
		into = append(into, &hash, &row.firstSeen, &row.synced, &row.removed)
		for i := range row.volatile {
			into = append(into, &row.volatile[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		copy(row.hash[:], hash)
		found[strings.Join(row.key, keySeparator)] = row
	}
	return found, rows.Err()
}

// apply writes the plans of a page: what concerns stored rows in one round trip, then the rows that are new.
func (d *pageWork) apply(ctx context.Context, plans []*tablePlan) error {
	stored := &pgx.Batch{}
	var ops []string
	queue := func(op, sql string, arguments []any) {
		stored.Queue(sql, arguments...)
		ops = append(ops, op)
	}
	for _, p := range plans {
		d.queueStored(p, queue)
	}
	if err := d.send(ctx, stored, ops); err != nil {
		return err
	}
	for _, p := range plans {
		if err := d.insert(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// queueStored queues what a plan does to stored rows. Lines go first, because their version stands in the row they live with.
func (d *pageWork) queueStored(p *tablePlan, queue func(op, sql string, arguments []any)) {
	n, name := len(p.sql.table.Key), p.sql.table.Name
	if len(p.replace) > 0 {
		keys := append(columnsOf(p.replace, n), d.now)
		for _, lines := range d.walk.linesOf(p.sql.table) {
			queue("keep superseded rows of "+lines.Name, linesSQL(lines, p.sql.table), keys)
		}
		queue("keep superseded rows of "+name, p.sql.replace, keys)
	}
	if len(p.remove) > 0 {
		queue("mark removed rows of "+name, p.sql.remove, append(columnsOf(p.remove, n), d.now))
	}
	if len(p.refresh) > 0 {
		queue("refresh retrieval times of "+name, p.sql.refresh, p.refreshArguments())
	}
	if len(p.complete) > 0 {
		sql, arguments := p.completeSQL(d.walk.runID)
		queue("complete rows of "+name, sql, arguments)
	}
}

// send sends statements in one round trip; ops tell what each is for.
func (d *pageWork) send(ctx context.Context, batch *pgx.Batch, ops []string) error {
	if len(ops) == 0 {
		return nil
	}
	results := d.tx.SendBatch(ctx, batch)
	for _, op := range ops {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // it says the same
			return fail(op, err)
		}
	}
	return fail(ops[len(ops)-1], results.Close())
}

// insert writes a plan's new rows and their lines.
func (d *pageWork) insert(ctx context.Context, p *tablePlan) error {
	for i := range p.insert {
		v := &p.insert[i]
		if v.firstSeen.IsZero() {
			v.firstSeen = d.now
		}
		if v.since.Before(d.now) {
			v.since = d.now
		}
	}
	if err := d.copyIn(ctx, p.sql, &copyReader{rows: p.insert}, len(p.insert)); err != nil {
		return err
	}
	for table, n := range p.lines {
		if err := d.copyIn(ctx, d.walk.sql(table, 1), &copyReader{rows: p.insert, lines: table}, n); err != nil {
			return err
		}
	}
	return nil
}

// refreshArguments are those of the statement that refreshes.
func (p *tablePlan) refreshArguments() []any {
	arguments := columnsOf(p.refresh, len(p.sql.table.Key))
	for i := range p.sql.volatile {
		times := make([]*time.Time, len(p.moved))
		for j := range p.moved {
			times[j] = p.moved[j][i]
		}
		arguments = append(arguments, times)
	}
	return arguments
}

// copyIn writes so many rows.
func (d *pageWork) copyIn(ctx context.Context, sql *statements, reader *copyReader, rows int) error {
	if rows == 0 {
		return nil
	}
	reader.runID, reader.buf = d.walk.runID, append(d.copied[:0], copyHeader...)
	d.copied = nil // of a connection that breaks, the reader may be in use for a while
	tag, err := d.tx.Conn().PgConn().CopyFrom(ctx, reader, sql.copy)
	if err != nil {
		return fail("write rows of "+sql.table.Name, err)
	}
	d.copied = reader.buf
	if tag.RowsAffected() != int64(rows) {
		return &Error{Op: fmt.Sprintf("write rows of %s: %d of %d arrived", sql.table.Name, tag.RowsAffected(), rows), Class: ClassOther}
	}
	return nil
}
