package load

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/transform"
)

// Page is what a walk has read and understood since its last commit.
type Page struct {
	Next    string // the cursor to go on with; "" after the last page
	Records []*transform.Record
	Asked   []string // the PayLink users whose lists were read
	Lists   []List   // of those, the lists that can be recognised as one the next time
	// Listed, Fetched and Vanished count the list rows, the details that were answered and those that were not there any more.
	// Spared counts the details that were not asked for.
	Listed, Fetched, Vanished, Spared int64
	// Healed counts the records that an earlier page of the walk has as a reject.
	Healed int64
	// Requests and Retries were sent for this page.
	Requests, Retries int64
}

// Counts is what pages did. Objects are counted once, whichever of their rows changed.
type Counts struct {
	Pages     int64 `json:"pages"`
	Listed    int64 `json:"listed"`
	Fetched   int64 `json:"fetched"`
	Vanished  int64 `json:"vanished"`
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	// Recognised are those of the unchanged whose answer was the same as last time, so that nothing of it was read; Spared
	// those whose detail was not even asked for.
	Recognised int64 `json:"recognised"`
	Spared     int64 `json:"details_spared"`
	Returned   int64 `json:"returned"`
	Removed    int64 `json:"removed"`
	Rejected   int64 `json:"rejected"`
	Drift      int64 `json:"drift"`
	Repaired   int64 `json:"repaired"`
	Rows       int64 `json:"rows_written"` // rows written in the warehouse, lines and history aside
	Requests   int64 `json:"api_calls"`
	Retries    int64 `json:"retries"`
}

// Add adds up.
func (c *Counts) Add(d Counts) {
	c.Pages += d.Pages
	c.Listed += d.Listed
	c.Fetched += d.Fetched
	c.Vanished += d.Vanished
	c.New += d.New
	c.Changed += d.Changed
	c.Unchanged += d.Unchanged
	c.Recognised += d.Recognised
	c.Spared += d.Spared
	c.Returned += d.Returned
	c.Removed += d.Removed
	c.Rejected += d.Rejected
	c.Drift += d.Drift
	c.Repaired += d.Repaired
	c.Rows += d.Rows
	c.Requests += d.Requests
	c.Retries += d.Retries
}

// ofList are the counts that tell what the list holds, as against what was done about it.
func (c *Counts) ofList() []*int64 {
	return []*int64{&c.Pages, &c.Listed, &c.Fetched, &c.Vanished, &c.Unchanged, &c.Recognised, &c.Spared, &c.Rejected}
}

// conflictAttempts is how often a page is tried again when another walk wrote the same rows first.
const conflictAttempts = 5

// Commit makes the page durable: rows, superseded versions, staged documents, rejects, drift, the ids seen and the cursor,
// in one transaction, or one statement where there is nothing but the last. What Postgres refuses (SQLSTATE classes 22, 23
// and 54) is narrowed down to the records that are refused when they stand alone; those become rejects and the rest of the
// page is written. The returned counts are what this page added.
func (w *Walk) Commit(ctx context.Context, p Page) (Counts, error) {
	isolate := false
	for attempt := 1; ; attempt++ {
		counts, tables, err := w.commit(ctx, p, isolate)
		switch {
		case err == nil:
			w.Counts.Add(counts)
			w.wrote(tables)
			w.Cursor = p.Next
			return counts, nil
		case ClassOf(err) == ClassConflict && attempt < conflictAttempts:
			w.empty = false // somebody else writes as well
		case ClassOf(err) == ClassRefused && !isolate:
			isolate = true
		default:
			return Counts{}, err
		}
	}
}

// beginPage begins the transaction of a page.
//
// A page does not wait for the disk: a server that crashes loses the last pages together with their cursors, and the next run
// reads them again. The end of a walk and of a run do wait, and with them all that was committed before.
//
// A page always asks for rows by their keys, and a plan is kept for those that follow (see plansAnew). One that was made while a table
// was still empty, or not analyzed since it has grown, would read the whole table for every page. Left to choose, the server would make
// plans for each page anew, because it knows how long the arrays are that it is asked with: that took it a quarter of its time.
const beginPage = `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL plan_cache_mode = force_generic_plan`

func (w *Walk) commit(ctx context.Context, p Page, isolate bool) (counts Counts, tables []TableRows, err error) {
	done := &pageWork{walk: w, now: w.store.now(), counts: Counts{
		Pages: 1, Listed: p.Listed, Fetched: p.Fetched, Vanished: p.Vanished, Spared: p.Spared, Requests: p.Requests, Retries: p.Retries,
		Rejected: -p.Healed,
	}, allNew: w.empty && p.Healed == 0}
	defer func() {
		if done.tx != nil && (err != nil || w.dry) {
			rollback(done.tx)
		}
	}()
	if isolate || !allStand(p.Records) {
		if err = done.begin(ctx); err != nil {
			return Counts{}, nil, err
		}
	}
	if isolate {
		err = done.isolate(ctx, p.Records)
	} else {
		err = done.write(ctx, p.Records)
	}
	if err != nil {
		return Counts{}, nil, err
	}
	if err = done.keepRecords(ctx, p); err != nil {
		return Counts{}, nil, err
	}
	if w.dry {
		w.noteDry(done, p)
	} else if done.tx != nil {
		if err = done.tx.Commit(ctx); err != nil {
			return Counts{}, nil, fail("commit a page", err)
		}
	}
	for _, name := range done.decided {
		w.remember(name)
	}
	w.open, w.seenCount = done.open, w.seenCount+int64(len(done.places))
	return done.counts, done.tables, nil
}

// allStand reports that nothing is to be read or written for the records themselves, as they were all recognised.
func allStand(records []*transform.Record) bool {
	return !slices.ContainsFunc(records, func(rec *transform.Record) bool {
		return len(rec.Sets) > 0 || len(rec.Rejects) > 0 || rec.Moved
	})
}

// begin begins the transaction of a page. One that changes nothing but the state of the walk has none: that is one statement.
func (d *pageWork) begin(ctx context.Context) (err error) {
	if d.tx == nil {
		if d.tx, err = d.walk.store.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginPage}); err == nil && d.walk.plansAnew(d.tx.Conn().PgConn()) {
			_, err = d.tx.Exec(ctx, "DISCARD PLANS")
		}
	}
	return fail("begin a page", err)
}

// plansAnew counts the pages that a walk has begun on a connection, and reports whether to forget the plans of those before. That is so
// as often as their number has doubled: a plan that was made while there was hardly anything in a table may be to read all of it.
func (w *Walk) plansAnew(conn *pgconn.PgConn) bool {
	key := "pages of walk " + strconv.FormatInt(w.ID, 10) + " " + w.resource.Name
	pages, _ := conn.CustomData()[key].(int)
	pages++
	conn.CustomData()[key] = pages
	return pages&(pages-1) == 0
}

// noteDry keeps what etl.walk_pages would hold.
func (w *Walk) noteDry(done *pageWork, p Page) {
	w.seen, w.asked = append(w.seen, done.seen...), append(w.asked, p.Asked...)
	for _, rec := range p.Records {
		if rec.Place != (transform.Place{}) && rec.ID == "" { // a list that was recognised
			w.asked = append(w.asked, rec.User)
		}
	}
}

// rollback gives up a transaction, also when the context that it ran in is over.
func rollback(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = tx.Rollback(ctx) // an error means that the connection is gone, and the transaction with it
}

// pageWork is one attempt to write a page.
type pageWork struct {
	walk   *Walk
	tx     pgx.Tx // nil until it is needed
	now    time.Time
	counts Counts
	tables []TableRows
	allNew bool // no object of the page has rows in the warehouse

	seen      []string          // names of objects that were read
	places    []transform.Place // of objects that were recognised
	open      stretch           // see seenByNumber
	decided   []string          // shared rows that this page was the first of its walk to speak of
	documents []string          // ids whose document has to be fetched
	rejects   []transform.Reject
	accepted  []*transform.Record
	drift     map[transform.Drift]int
	// Records by which objects or lists are recognised from now on, and those by which they cannot be.
	remembered, unfit []*transform.Record
	said              []speech // by those of remembered
	written           []written

	copied []byte // a buffer, for the next COPY
}

// isolate writes the records half by half under savepoints, until those that Postgres refuses stand alone.
func (d *pageWork) isolate(ctx context.Context, records []*transform.Record) error {
	if len(records) == 0 {
		return nil
	}
	outer := d.tx
	savepoint, err := outer.Begin(ctx)
	if err != nil {
		return fail("set a savepoint", err)
	}
	before := *d
	before.rejects = d.rejects[:len(d.rejects):len(d.rejects)]
	before.decided = d.decided[:len(d.decided):len(d.decided)]
	d.tx = savepoint
	err = d.write(ctx, records)
	d.tx = outer
	if err == nil {
		return fail("release a savepoint", savepoint.Commit(ctx))
	}
	rollback(savepoint)
	if ClassOf(err) != ClassRefused {
		return err
	}
	drift := d.drift
	*d = before
	d.drift = drift
	if len(records) > 1 {
		half := len(records) / 2
		if err := d.isolate(ctx, records[:half]); err != nil {
			return err
		}
		return d.isolate(ctx, records[half:])
	}
	return d.write(ctx, []*transform.Record{refused(records[0], err)})
}

// refused is what remains of a record that Postgres would not take: a reject that holds it whole.
func refused(rec *transform.Record, err error) *transform.Record {
	code := "unknown"
	if e, ok := err.(*Error); ok { //nolint:errorlint // write returns *Error as it is
		code = e.Code
	}
	return &transform.Record{
		Resource: rec.Resource, User: rec.User, ID: rec.ID, Seen: rec.Seen,
		Rejects: append(rec.Rejects, transform.Reject{
			User: rec.User, ID: rec.ID, Reason: fmt.Sprintf("refused by Postgres, SQLSTATE %s", code), Payload: rec.Dump(),
		}),
		Drift: rec.Drift, Repaired: rec.Repaired,
	}
}
