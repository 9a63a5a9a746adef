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

// Remembered is what is remembered of objects, or, where lists are recognised as one (see transform.Resource.OneList), of lists, which
// are named without an id. Not known is what was removed, because when it returns its rows have to be brought back, and what spoke of a
// shared row that stands there otherwise since. It is best asked for in the order of the list.
func (w *Walk) Remembered(ctx context.Context, names []Name) (map[Name]Remembered, error) {
	if !w.recalls || len(names) == 0 {
		return nil, nil
	}
	w.recalling.Lock()
	defer w.recalling.Unlock()
	known := make(map[Name]Remembered, len(names))
	if err := w.recallInto(ctx, names, known); err != nil {
		return nil, err
	}
	return known, w.agreeStill(ctx, known)
}

func (w *Walk) recallInto(ctx context.Context, names []Name, known map[Name]Remembered) error {
	missing := names
	inOrder := w.Scope == (Scope{})
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
}

// kept is what an object, or a list, is to be recognised by: a row of etl.objects.
type kept struct {
	Name
	transform.Memory
	says  *string // nil leaves what is remembered of that
	holds *string
}

// written is a record of which something was written, and whether it is remembered anew.
type written struct {
	*transform.Record
	remembered bool
}

// remember notes what becomes of what is remembered of an object, or of its list. Where nothing was written for it, what is remembered
// stays true, whatever came of the answer: it tells which answer says what stands.
func (d *pageWork) remember(rec *transform.Record, what outcome, said speech) {
	memorable := rec.Memory != nil || d.walk.resource.OneList() && !rec.Same
	fits := len(rec.Rejects) == 0 && !rec.Limited && !said.apart
	switch {
	case rec.ID == "" && len(rec.Rejects) == 0: // the word that a user was asked, or a list
		return
	case memorable && fits:
		d.remembered, d.said = append(d.remembered, rec), append(d.said, said)
	case !rec.Same:
		d.unfit = append(d.unfit, rec)
	}
	if what != unchanged {
		d.written = append(d.written, written{rec, memorable && fits})
	}
}

// queueMemory keeps what the objects of a page, or its lists, are to be recognised by. What else is remembered of one that was written,
// by runs that ask for other parts of it as well, is forgotten: something else stands now than that answer said.
func (d *pageWork) queueMemory(batch *pgx.Batch, p Page) {
	w := d.walk
	var keep []kept
	var forget []forgotten
	if w.resource.OneList() {
		keep, forget = d.listsToKeep(p)
	} else {
		keep, forget = d.objectsToKeep()
	}
	if len(forget) > 0 && w.recalls {
		owners, ids, but := make([]string, len(forget)), make([]string, len(forget)), make([]bool, len(forget))
		for i, f := range forget {
			owners[i], ids[i], but[i] = f.User, f.ID, f.butThis
		}
		batch.Queue(`DELETE FROM etl.objects o USING unnest($2::text[], $3::text[], $4::boolean[]) AS n(owner, id, but)
			WHERE o.resource = $1 AND o.owner = n.owner AND o.source_id = n.id AND NOT (n.but AND o.part = $5)`,
			w.resource.Name, owners, ids, but, w.part)
	}
	n := len(keep)
	if n == 0 {
		return
	}
	names := make([]Name, n)
	listed, whole, stable, final := make([][]byte, n), make([][]byte, n), make([][]byte, n), make([]bool, n)
	shared, holds := make([]*string, n), make([]*string, n)
	for i, k := range keep {
		names[i], listed[i], whole[i], stable[i], final[i] = k.Name, bytesOf(k.Listed), bytesOf(k.Whole), bytesOf(k.Stable), k.Final
		shared[i], holds[i] = k.says, k.holds
	}
	owners, ids := columnsOfNames(names)
	batch.Queue(`INSERT INTO etl.objects AS o (resource, owner, source_id, part, listed, whole, stable, final, shared, holds, detailed_at)
		SELECT $1, u.owner, u.id, $12, u.listed, u.whole, u.stable, u.final, u.shared, string_to_array(u.holds, $10), $11
		FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::boolean[], $8::text[], $9::text[])
			AS u(owner, id, listed, whole, stable, final, shared, holds)
		ON CONFLICT (resource, owner, source_id, part) DO UPDATE SET listed = EXCLUDED.listed, whole = EXCLUDED.whole, stable = EXCLUDED.stable,
			final = EXCLUDED.final, shared = coalesce(EXCLUDED.shared, o.shared), holds = EXCLUDED.holds, detailed_at = EXCLUDED.detailed_at`,
		w.resource.Name, owners, ids, listed, whole, stable, final, shared, holds, keySeparator, d.now, w.part)
}

// forgotten is of what is remembered of an object or list, in all parts or in all but the walk's.
type forgotten struct {
	Name
	butThis bool
}

func (d *pageWork) objectsToKeep() (keep []kept, forget []forgotten) {
	for i, rec := range d.remembered {
		k := kept{Name: Name{rec.User, rec.ID}, Memory: *rec.Memory}
		if d.walk.sharing && !rec.Same {
			text := d.said[i].words.text()
			k.says = &text
		}
		keep = append(keep, k)
	}
	for _, w := range d.written {
		forget = append(forget, forgotten{Name{w.User, w.ID}, w.remembered})
	}
	return keep, forget
}

// listsToKeep are the lists of a page of which each object is to be remembered, and no two contradict each other.
func (d *pageWork) listsToKeep(p Page) (keep []kept, forget []forgotten) {
	said, stale := map[string]words{}, map[string]bool{}
	for _, list := range p.Lists {
		said[list.User] = words{}
	}
	for i, rec := range d.remembered {
		if said[rec.User] != nil && !said[rec.User].also(d.said[i].words) {
			delete(said, rec.User)
		}
	}
	for _, rec := range d.unfit {
		delete(said, rec.User)
	}
	for _, w := range d.written {
		stale[w.User] = true
	}
	for _, list := range p.Lists {
		if words := said[list.User]; words != nil {
			says, holds := words.text(), strings.Join(list.IDs, keySeparator)
			keep = append(keep, kept{Name{User: list.User}, transform.Memory{Prints: transform.Prints{Listed: list.Print}}, &says, &holds})
			delete(stale, list.User)
		}
	}
	for user := range stale {
		forget = append(forget, forgotten{Name: Name{User: user}})
	}
	return keep, forget
}

// accepted are the objects and lists of records that need no person: of a list that was recognised, it and all that it holds.
func accepted(records []*transform.Record) []Name {
	names := make([]Name, 0, len(records))
	for _, rec := range records {
		names = append(names, Name{rec.User, rec.ID})
		for _, id := range rec.Holds {
			names = append(names, Name{rec.User, id})
		}
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
