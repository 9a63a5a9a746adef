package load

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// Remembered is what etl.objects remembers of an object. It stands live in the warehouse, as whatever removes it makes it
// forgotten; should somebody else have removed it, the end of the walk finds out (see Walk.Complete).
type Remembered struct {
	Name Name
	transform.Memory
	Place    transform.Place
	Detailed time.Time // when its detail was last read
	Holds    []string  // of a list, the ids of the objects in it; its print is Listed
	Says     string    // what it says of shared rows, as words.text gives it
	Believed []string  // see transform.Record
}

// Remembers reports whether anything is remembered of the resource from before the walk.
func (w *Walk) Remembers() bool { return w.recalls }

// Remembered is what is remembered of objects, or of lists that are recognised as one (see transform.Resource.OneList), which are
// named without an id. Not known is what was removed, because when it returns its rows have to be brought back, and what spoke of a
// shared row that stands there otherwise since. It is best asked for in the order of the list.
func (w *Walk) Remembered(ctx context.Context, names []Name) (map[Name]Remembered, error) {
	if !w.recalls || len(names) == 0 {
		return nil, nil
	}
	known := make(map[Name]Remembered, len(names))
	if err := w.recallInto(ctx, names, known); err != nil {
		return nil, err
	}
	return known, w.agreeStill(ctx, known)
}

func (w *Walk) recallInto(ctx context.Context, names []Name, known map[Name]Remembered) error {
	w.recalling.Lock()
	defer w.recalling.Unlock()
	missing := names
	inOrder := w.Scope == (Scope{}) && (names[0].ID == "") == w.resource.OneList()
	if inOrder {
		if missing = w.ahead.take(names, known); len(missing) > 0 && w.ahead.more() {
			if err := w.readOn(ctx); err != nil {
				return err
			}
			missing = w.ahead.take(missing, known)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := w.lookUp(ctx, missing)
	for _, o := range found {
		known[o.Name] = o
	}
	if inOrder {
		w.ahead.jump(names, known)
	}
	return err
}

// List is the list of a PayLink user that is to be recognised as one.
type List struct {
	User  string
	Print transform.Print
	IDs   []string // of the objects in it
	says  string   // what these say of shared rows
}

// remember notes what an object is to be recognised by, or that it is not to be.
func (d *pageWork) remember(rec *transform.Record, said speech) {
	switch {
	case rec.Memory != nil && len(rec.Rejects) == 0 && !rec.Limited && !said.apart:
		d.remembered, d.said = append(d.remembered, rec), append(d.said, said)
	case rec.Same || rec.ID == "" && len(rec.Rejects) == 0:
		return
	default:
		d.forgotten = append(d.forgotten, rec)
	}
}

// queueMemory keeps what the objects of a page are to be recognised by, and its lists. It is forgotten of each that was written
// otherwise: what stands then is not what the answer said that is remembered.
func (d *pageWork) queueMemory(batch *pgx.Batch, p Page) {
	w := d.walk
	lists, written := d.wholeLists(p)
	if names := append(named(d.forgotten), written...); len(names) > 0 && w.recalls {
		owners, ids := columnsOfNames(names)
		batch.Queue(`DELETE FROM etl.objects WHERE resource = $1 AND (owner, source_id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
			w.resource.Name, owners, ids)
	}
	names := named(d.remembered)
	n := len(names) + len(lists)
	if n == 0 {
		return
	}
	listed, whole, stable, final := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([]bool, n)
	shared, holds := make([]*string, n), make([]*string, n)
	for i, rec := range d.remembered {
		listed[i], whole[i], stable[i], final[i] = bytesOf(rec.Memory.Listed), bytesOf(rec.Memory.Whole), bytesOf(rec.Memory.Stable), rec.Memory.Final
		if w.sharing && !rec.Same {
			text := d.said[i].words.text()
			shared[i] = &text
		}
	}
	for _, list := range lists {
		i := len(names)
		held := strings.Join(list.IDs, keySeparator)
		names, listed[i], shared[i], holds[i] = append(names, Name{User: list.User}), bytesOf(list.Print), &list.says, &held
	}
	owners, ids := columnsOfNames(names)
	batch.Queue(`INSERT INTO etl.objects AS o (resource, owner, source_id, listed, whole, stable, final, shared, holds, detailed_at)
		SELECT $1, u.owner, u.id, u.listed, u.whole, u.stable, u.final, u.shared, string_to_array(u.holds, $10), $11
		FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::boolean[], $8::text[], $9::text[])
			AS u(owner, id, listed, whole, stable, final, shared, holds)
		ON CONFLICT (resource, owner, source_id) DO UPDATE SET listed = EXCLUDED.listed, whole = EXCLUDED.whole, stable = EXCLUDED.stable,
			final = EXCLUDED.final, shared = coalesce(EXCLUDED.shared, o.shared), holds = EXCLUDED.holds, detailed_at = EXCLUDED.detailed_at`,
		w.resource.Name, owners, ids, listed, whole, stable, final, shared, holds, keySeparator, d.now)
}

// wholeLists are the lists of a page that are to be recognised as one: each object in them is remembered too. written names those
// lists that are not to be recognised any more, because something in them was written otherwise.
func (d *pageWork) wholeLists(p Page) (lists []List, written []Name) {
	if !d.walk.resource.OneList() {
		return nil, nil
	}
	fit, said := map[string]bool{}, map[string]words{}
	for _, list := range p.Lists {
		fit[list.User], said[list.User] = true, words{}
	}
	stale := map[string]bool{}
	for i, rec := range d.remembered {
		stale[rec.User] = true
		if !rec.Same {
			fit[rec.User] = fit[rec.User] && said[rec.User].also(d.said[i].words.text())
		}
	}
	for _, rec := range d.forgotten {
		stale[rec.User], fit[rec.User] = true, false
	}
	for _, rec := range p.Records {
		if rec.Same {
			fit[rec.User] = fit[rec.User] && said[rec.User].also(rec.Says)
		}
	}
	for _, list := range p.Lists {
		if fit[list.User] {
			list.says = said[list.User].text()
			lists = append(lists, list)
			delete(stale, list.User)
		}
	}
	for user := range stale {
		written = append(written, Name{User: user})
	}
	return lists, written
}

func named(records []*transform.Record) []Name {
	names := make([]Name, len(records))
	for i, rec := range records {
		names[i] = Name{rec.User, rec.ID}
	}
	return names
}

// columnsOfNames are names as arrays for Postgres.
func columnsOfNames(names []Name) (owners, ids []string) {
	for _, name := range names {
		owners, ids = append(owners, name.User), append(ids, name.ID)
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
	if len(keys) == 0 || len(volatile) == 0 {
		return nil
	}
	sql := refreshMovedSQL
	if d.walk.dry {
		sql = countMovedSQL
	}
	var rows int64
	if err := d.tx.QueryRow(ctx, sql(own, namesOf(own.Key[:named]), volatile), append(columnsOf(keys, named), times)...).Scan(&rows); err != nil {
		return fail("refresh retrieval times of "+own.Name, err)
	}
	d.counts.Rows += rows
	d.tables = append(d.tables, TableRows{own.String(), RowsRefreshed, rows})
	return nil
}
