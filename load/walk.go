package load

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// ScopeAll is the scope of a walk over everything the API lists.
const ScopeAll = "all"

// Scope limits a walk to one employer or one PayLink user. The zero Scope is everything.
type Scope struct{ Employer, User string }

// String is the scope as it stands in etl.walks.
func (s Scope) String() string {
	switch {
	case s.Employer != "":
		return "employer=" + s.Employer
	case s.User != "":
		return "user=" + s.User
	}
	return ScopeAll
}

// The states of a walk. A walk is done when it is complete or guarded; any other is gone on with by the next run.
const (
	WalkRunning     = "running"
	WalkComplete    = "complete"
	WalkGuarded     = "guarded"     // read to the end, but a guard stopped its removals
	WalkInterrupted = "interrupted" // stopped by a person or a refused credential; the cursor is kept
	WalkUnavailable = "unavailable" // the API could not be reached; the cursor is kept
	WalkFailed      = "failed"      // cannot be gone on with; the next run starts it anew
)

// Walk is one resource in one scope, read page by page. It is owned by one goroutine.
type Walk struct {
	ID     int64
	Scope  Scope
	State  string
	Cursor string // of the page to ask for next
	Counts Counts // since the walk began, earlier processes included
	// Before is what of Counts this process did not do: what is less than 0 was done and is counted anew.
	Before Counts
	// Begun tells a walk that has pages behind it from one at its start, whose cursor is as empty.
	Begun bool

	store       *Store
	resource    *transform.Resource
	part        string   // what of the resource's projections the run asks for; "": all
	leftOut     []string // what other runs ask for besides
	narrowed    bool     // see RunSpec
	runID       int64
	began       time.Time // the run, maybe in an earlier process
	resumed     bool      // pages of it were committed by an earlier process, and other runs may have been at work since
	started     time.Time // the walk, in the first of these
	epoch       int
	openRejects bool
	recalls     bool       // something in etl.objects was of this resource before; what the walk adds it does not meet again
	recallSQL   string     // see Remembered
	recalling   sync.Mutex // of ahead and agreed
	ahead       ahead
	agreed      agreed
	open        stretch             // the last of what was seen by number
	seenCount   int64               // objects and lists seen by number
	sharing     bool                // its objects may speak of shared rows
	empty       bool                // nothing of the resource stood when the walk was taken up, so that what it meets is new
	mu          sync.Mutex          // of known: pages are read ahead of their commit
	known       map[uint64]struct{} // ids seen, as hashes, so that an id repeated across pages counts once
	seed        maphash.Seed
	statements  map[*transform.Table]map[int]*statements
	written     map[tableOperation]int64 // by this process

	partial bool // shared rows are only filled in

	dry   bool
	seen  []string // in a dry run, what etl.walk_pages would hold
	asked []string
}

// Walk takes a walk of the run up: from its start, or where an earlier process left it. Taking it raises its epoch, so that
// an earlier process that still lives cannot commit to it any more.
func (r *Run) Walk(ctx context.Context, resource *transform.Resource, scope Scope) (*Walk, error) {
	w := &Walk{
		Scope: scope, State: WalkRunning, store: r.store, resource: resource, runID: r.ID, began: r.Started, part: partOf(resource, r.include), dry: r.dry, partial: r.partial,
		known: map[uint64]struct{}{}, seed: maphash.MakeSeed(), statements: map[*transform.Table]map[int]*statements{},
		written: map[tableOperation]int64{},
	}
	if resource.Projections != nil {
		w.leftOut, w.narrowed = r.leftOut, r.narrowed
	}
	if r.dry {
		return w, w.look(ctx)
	}
	now := r.store.now()
	c := &w.Counts
	var cursor *string
	err := r.store.pool.QueryRow(ctx, `WITH held AS (SELECT run_id FROM etl.runs WHERE `+stillOurs+` FOR SHARE)
		INSERT INTO etl.walks AS w (run_id, resource, scope, state, started_at, updated_at)
		SELECT run_id, $3, $4, 'running', $5::timestamptz, $5 FROM held
		ON CONFLICT (run_id, resource, scope) DO UPDATE SET
			epoch = w.epoch + 1, updated_at = $5,
			state = CASE WHEN w.finished_at >= $6 AND (w.state = 'complete' OR w.state = 'guarded' AND NOT $7) THEN w.state ELSE 'running' END,
			cursor = CASE WHEN w.state = 'failed' THEN NULL ELSE w.cursor END,
			error_class = NULL, error = NULL
		RETURNING walk_id, epoch, state, cursor, pages, listed, fetched, vanished, new, changed, unchanged, returned, removed,
			rejected, drift, repaired, rows_written, api_calls, retries, recognised, spared, seen_after, seen_to, seen_count, started_at`, r.ID, r.Since, resource.Name, scope.String(), now, r.notBefore, r.approved).
		Scan(&w.ID, &w.epoch, &w.State, &cursor, &c.Pages, &c.Listed, &c.Fetched, &c.Vanished, &c.New, &c.Changed, &c.Unchanged,
			&c.Returned, &c.Removed, &c.Rejected, &c.Drift, &c.Repaired, &c.Rows, &c.Requests, &c.Retries, &c.Recognised, &c.Spared,
			&w.open.after, &w.open.to, &w.seenCount, &w.started)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &Error{Op: "take up a walk", Class: ClassFenced}
	}
	if err != nil {
		return nil, fail("take up a walk", err)
	}
	w.Before = w.Counts
	if cursor != nil {
		w.Cursor, w.Begun, w.resumed = *cursor, true, true
	}
	if w.Done() {
		return w, nil
	}
	if !w.Begun {
		return w, w.anew(ctx)
	}
	return w, w.recall(ctx)
}

// partOf names the projections that are asked for, where these are not all there are.
func partOf(resource *transform.Resource, include []string) string {
	if include == nil || !slices.ContainsFunc(resource.Projections, func(p string) bool { return !slices.Contains(include, p) }) {
		return ""
	}
	asked := slices.DeleteFunc(slices.Clone(resource.Projections), func(p string) bool { return !slices.Contains(include, p) })
	return strings.Join(slices.Sorted(slices.Values(asked)), ",")
}

// Done reports that the walk has been read to its end.
func (w *Walk) Done() bool { return w.State == WalkComplete || w.State == WalkGuarded }

// anew begins at the start of the list, and drops what was seen of it before. What the list holds is counted anew, too, so that
// the walk tells how long it is; what was done about it stays counted.
func (w *Walk) anew(ctx context.Context) error {
	if _, err := w.store.pool.Exec(ctx, `WITH walk AS (UPDATE etl.walks SET cursor = NULL, pages = 0, listed = 0, fetched = 0, vanished = 0,
			unchanged = 0, recognised = 0, spared = 0, rejected = 0, seen_after = 0, seen_to = 0, seen_count = 0 WHERE walk_id = $1 AND epoch = $2 RETURNING walk_id)
		DELETE FROM etl.walk_pages WHERE walk_id = (SELECT walk_id FROM walk)`, w.ID, w.epoch); err != nil {
		return fail("start a walk anew", err)
	}
	w.countAnew()
	w.open, w.seenCount, w.resumed = stretch{}, 0, false
	return w.look(ctx)
}

func (w *Walk) countAnew() {
	before := w.Before.ofList()
	for i, n := range w.Counts.ofList() {
		*before[i] -= *n
		*n = 0
	}
}

// recall reads what the walk has seen before, so that an id repeated on a later page still counts once.
func (w *Walk) recall(ctx context.Context) error {
	rows, err := w.store.pool.Query(ctx, `SELECT unnest(seen) FROM etl.walk_pages WHERE walk_id = $1
		UNION ALL `+w.recallSeenSQL(), w.ID)
	if err != nil {
		return fail("recall a walk", err)
	}
	var id string
	if _, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		w.remember(id)
		return nil
	}); err != nil {
		return fail("recall a walk", err)
	}
	return w.look(ctx)
}

// look asks once whether the resource has open rejects, and whether anything of it is remembered or stands; most have none of
// the one, and a first load nothing of the other, and then no page has to look. A walk over a part has no lock on the whole.
func (w *Walk) look(ctx context.Context) error {
	empty := []string{strconv.FormatBool(w.Scope == (Scope{}))}
	for _, t := range w.resource.Tables() {
		if !t.Shared {
			empty = append(empty, "NOT EXISTS (SELECT FROM "+t.String()+")")
		}
	}
	err := w.store.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM etl.rejects WHERE state = 'open' AND resource = $1),
		EXISTS (SELECT FROM etl.objects WHERE resource = $1), `+strings.Join(empty, " AND "), w.resource.Name).
		Scan(&w.openRejects, &w.recalls, &w.empty)
	w.recallSQL, w.ahead, w.agreed = w.recallObjectsSQL(), ahead{to: w.open.to}, agreed{}
	w.sharing = slices.ContainsFunc(w.resource.Tables(), func(t *transform.Table) bool { return t.Shared })
	return fail("look for open rejects", err)
}

// FirstSight reports whether the walk meets this object for the first time, and remembers it. Objects are told apart by a
// 64-bit hash: two of ten million share one with a chance of about one in a million.
func (w *Walk) FirstSight(user, id string) bool {
	name := transform.SeenKey(user, id)
	if w.knows(name) {
		return false
	}
	w.remember(name)
	return true
}

func (w *Walk) knows(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, known := w.known[maphash.String(w.seed, name)]
	return known
}

func (w *Walk) remember(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[maphash.String(w.seed, name)] = struct{}{}
}

// Restart sends a walk back to its start, because the API refused the cursor it would have gone on with.
func (w *Walk) Restart(ctx context.Context) error {
	w.Cursor, w.Begun = "", false
	clear(w.known)
	w.seen, w.asked = nil, nil
	if w.dry {
		w.countAnew()
		return nil
	}
	return w.anew(ctx)
}

// Stop ends a walk short of its end. Its cursor stays. The context may be over already.
func (w *Walk) Stop(ctx context.Context, state, class, message string) error {
	w.State = state
	if w.dry {
		return nil
	}
	now := w.store.now()
	_, err := w.store.pool.Exec(ctx, `UPDATE etl.walks SET state = $3, error_class = nullif($4, ''), error = nullif($5, ''), updated_at = $6, finished_at = $6
		WHERE walk_id = $1 AND epoch = $2 AND state = 'running'`, w.ID, w.epoch, state, class, message, now)
	return fail("stop a walk", err)
}

// sql is the SQL of one of the walk's tables for owners of so many key columns.
func (w *Walk) sql(t *transform.Table, owner int) *statements {
	byOwner := w.statements[t]
	if byOwner == nil {
		byOwner = map[int]*statements{}
		w.statements[t] = byOwner
	}
	if byOwner[owner] == nil {
		byOwner[owner] = sqlOf(t, owner)
	}
	return byOwner[owner]
}

// order is where a table stands among the resource's, which is the order that every page writes them in.
func (w *Walk) order(t *transform.Table) int {
	for i, known := range w.resource.Tables() {
		if known == t {
			return i
		}
	}
	return len(w.resource.Tables())
}

// linesOf are the tables of lines that live with the rows of t.
func (w *Walk) linesOf(t *transform.Table) []*transform.Table { return w.store.lines[t] }
