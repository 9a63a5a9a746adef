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

// What a walk has seen is told in two ways. Objects that were read are told by their names, page by page. Objects and lists that were
// recognised are told by their numbers in etl.objects, as stretches: a list that names them in the order of their numbers is one stretch, however
// long it is. The last stretch stands in etl.walks, where a page that continues it changes one number; those before stand in
// etl.walk_pages.

// stretch are all objects of a resource whose number is greater than after and not greater than to.
type stretch struct{ after, to int64 }

// seenByNumber adds places to a stretch, and gives those that are ended by that, and the one that is open now.
func seenByNumber(open stretch, places []transform.Place) (ended []stretch, _ stretch) {
	slices.SortFunc(places, func(a, b transform.Place) int { return cmp.Compare(a.Number, b.Number) })
	for _, p := range places {
		switch {
		case open.to == p.After && open != (stretch{}):
			open.to = p.Number
			continue
		case open != (stretch{}):
			ended = append(ended, open)
		}
		open = stretch{p.After, p.Number}
	}
	return ended, open
}

// multirange is how Postgres is told of stretches; nil for none.
func multirange(stretches []stretch) *string {
	if len(stretches) == 0 {
		return nil
	}
	texts := make([]string, len(stretches))
	for i, s := range stretches {
		texts[i] = fmt.Sprintf("(%d,%d]", s.after, s.to)
	}
	text := "{" + strings.Join(texts, ",") + "}"
	return &text
}

// evidence is what there is of each kind. What there is none of is left out of what the server is asked.
type evidence struct {
	names, asked bool // in the tables walk_seen and walk_asked
	ended        bool // stretches in etl.walk_pages
}

// recognisedSQL gives the rows of etl.objects that the walk has seen by number: objects or, where these are recognised as one, lists.
// The open stretch stands in the text, so that the planner knows how much that is.
func (w *Walk) recognisedSQL(is evidence) string {
	of := fmt.Sprintf("SELECT owner, source_id, holds FROM etl.objects WHERE resource = '%s' AND part = '%s' AND number", w.resource.Name, w.part)
	sql := fmt.Sprintf("%s > %d AND number <= %d", of, w.open.after, w.open.to)
	if is.ended {
		sql += fmt.Sprintf(` UNION ALL SELECT o.* FROM etl.walk_pages p CROSS JOIN unnest(p.numbers) AS s
			CROSS JOIN LATERAL (%s >= lower(s) AND number < upper(s) OFFSET 0) AS o WHERE p.walk_id = %d`, of, w.ID)
	}
	return sql
}

// recallSeenSQL gives transform.SeenKey of all objects that the walk has seen by number.
func (w *Walk) recallSeenSQL() string {
	recognised := w.recognisedSQL(evidence{ended: true})
	switch {
	case w.resource.OneList():
		return `SELECT owner || E'\x1f' || unnest(holds) FROM (` + recognised + ") AS recognised"
	case w.resource.PerUser:
		return `SELECT owner || E'\x1f' || source_id FROM (` + recognised + ") AS recognised"
	}
	return "SELECT source_id FROM (" + recognised + ") AS recognised"
}

// idSQL is transform.SeenKey of a row t of the walk's own table.
func (w *Walk) idSQL() string {
	return strings.Join(w.named("t."), ` || E'\x1f' || `)
}

// named are the columns that name an object in the walk's own table.
func (w *Walk) named(prefix string) []string {
	names := namesOf(w.resource.Table.Key[:w.resource.Named])
	for i := range names {
		names[i] = prefix + names[i]
	}
	return names
}

// ofObject is the condition that a row t of the walk's own table is of the object that a row o of etl.objects remembers.
func (w *Walk) ofObject() string {
	of := []string{"o.owner", "o.source_id"}[2-w.resource.Named:]
	named := w.named("t.")
	for i := range named {
		named[i] += " = " + of[i]
	}
	return strings.Join(named, " AND ")
}

// besideSQL joins the rows t of the scope with what was recognised, o, and what else was seen, s. It gives a FROM clause, and the
// conditions that a row's object was recognised, and that it was seen in any way or by a later run.
func (w *Walk) besideSQL(is evidence) (from, recognised, seen string) {
	from, recognised = fmt.Sprintf("(%s) AS t", w.standingSQL(is)), "o.source_id IS NOT NULL"
	switch {
	case w.resource.OneList():
		named := w.named("t.")
		recognised = "coalesce(" + named[1] + " = ANY(o.holds), false)"
		from += fmt.Sprintf(" JOIN (%s) AS o ON o.owner = %s", w.listsSQL(is), named[0])
	case w.Scope.Employer != "":
		from += " JOIN walk_asked a ON a.owner = t.employer_id"
		fallthrough
	default:
		from += fmt.Sprintf(" LEFT JOIN (%s) AS o ON %s", w.recognisedSQL(is), w.ofObject())
	}
	if !is.names {
		return from, recognised, "(" + recognised + " OR t.later)"
	}
	return from + " LEFT JOIN walk_seen s ON s.id = " + w.idSQL(), recognised, "(" + recognised + " OR s.id IS NOT NULL OR t.later)"
}

// listsSQL gives the users who were asked, each with the objects that a recognised list holds.
func (w *Walk) listsSQL(is evidence) string {
	sql := "SELECT owner, holds FROM (" + w.recognisedSQL(is) + ") AS recognised"
	if is.asked {
		sql += " UNION ALL SELECT owner, NULL FROM walk_asked"
	}
	return sql
}

// collectSeen looks what there is of the walk's evidence, and puts names where they can be joined: those that it has seen, and whom it
// was asked for.
func (w *Walk) collectSeen(ctx context.Context, tx pgx.Tx) (is evidence, _ error) {
	seen, asked := "SELECT unnest(seen) FROM etl.walk_pages WHERE walk_id = $1", "SELECT unnest(asked) FROM etl.walk_pages WHERE walk_id = $1"
	seenFrom, askedFrom := any(w.ID), any(w.ID)
	if w.dry {
		seen, asked = "SELECT unnest($1::text[])", "SELECT unnest($1::text[])"
		seenFrom, askedFrom = w.seen, w.asked
		is = evidence{names: len(w.seen) > 0, asked: len(w.asked) > 0}
	} else if err := tx.QueryRow(ctx, `SELECT coalesce(bool_or(EXISTS (SELECT FROM unnest(seen) AS id WHERE id NOT LIKE E'\x1e%')), false),
			coalesce(bool_or(cardinality(asked) > 0), false), coalesce(bool_or(numbers IS NOT NULL), false) FROM etl.walk_pages WHERE walk_id = $1`, w.ID).
		Scan(&is.names, &is.asked, &is.ended); err != nil {
		return is, fail("collect what was seen", err)
	}
	if w.Scope.Employer != "" {
		asked, askedFrom, is.asked = "SELECT $1::text", w.Scope.Employer, true
	}
	if is.names {
		if err := collect(ctx, tx, "walk_seen (id text)", "SELECT id FROM ("+seen+") AS seen(id) WHERE id NOT LIKE E'\\x1e%'", seenFrom); err != nil {
			return is, err
		}
	}
	if is.asked {
		return is, collect(ctx, tx, "walk_asked (owner text)", asked, askedFrom)
	}
	return is, nil
}

// collect fills a table of this transaction.
func collect(ctx context.Context, tx pgx.Tx, table, sql string, argument any) error {
	name, _, _ := strings.Cut(table, " ")
	if _, err := tx.Exec(ctx, "CREATE TEMP TABLE "+table+" ON COMMIT DROP"); err != nil {
		return fail("collect what was seen", err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO "+name+" SELECT DISTINCT * FROM ("+sql+") AS said", argument); err != nil {
		return fail("collect what was seen", err)
	}
	_, err := tx.Exec(ctx, "ANALYZE "+name)
	return fail("collect what was seen", err)
}

// comparison is what a walk has seen beside what stands. It counts objects, not rows: a task stands in one row per product.
type comparison struct {
	evidence
	told, bare int64 // what was recognised, objects or lists, and the objects of it that do not stand
	live, gone int64 // objects that stand in the scope, and those of them that were not seen
}

// compare compares them. A walk that saw only a part of its scope says nothing of what is gone.
func (w *Walk) compare(ctx context.Context, tx pgx.Tx, filtered bool) (is comparison, err error) {
	is.evidence, err = w.collectSeen(ctx, tx)
	count := func(sql string, into ...any) {
		if err == nil {
			err = tx.QueryRow(ctx, sql, pgx.QueryExecModeExec).Scan(into...)
		}
	}
	var objects, stand, strangers int64
	told, stranger := w.recognisedSQL(is.evidence), "false"
	from := "(" + told + ") AS o"
	if w.resource.OneList() { // a list that was recognised says nothing of its user
		stranger = "u.user_identifier IS NULL"
		from += fmt.Sprintf(" LEFT JOIN %s u ON u.user_identifier = o.owner", w.resource.Users)
	}
	count(fmt.Sprintf("SELECT count(*), coalesce(sum(coalesce(cardinality(holds), 1)), 0), count(*) FILTER (WHERE %s) FROM %s", stranger, from),
		&is.told, &objects, &strangers)
	if !filtered {
		from, recognised, seen := w.besideSQL(is.evidence)
		count(fmt.Sprintf("SELECT count(*), count(*) FILTER (WHERE NOT %s), count(*) FILTER (WHERE %s) FROM %s", seen, recognised, from),
			&is.live, &is.gone, &stand)
	}
	if filtered || w.Scope.Employer != "" { // what was recognised may stand elsewhere
		on := w.ofObject()
		if w.resource.OneList() {
			on = w.named("t.")[0] + " = o.owner AND " + w.named("t.")[1] + " = ANY(o.holds)"
		}
		count(fmt.Sprintf("SELECT count(*) FROM (%s) AS o JOIN (%s) AS t ON %s", told, w.standingSQL(is.evidence), on), &stand)
	}
	is.bare = strangers + objects - stand
	return is, fail("compare what was seen with what stands", err)
}

// standingSQL gives the objects that stand live, a row for each, and whether another run wrote it later: that one saw it where a walk
// which was gone on with may have passed before. Tasks, which have several rows, are the ones with a longer key.
func (w *Walk) standingSQL(is evidence) string {
	later := "false"
	if w.resumed {
		later = fmt.Sprintf("t._run_id <> %d AND (t._run_id > %[1]d OR t._synced_at >= '%s')", w.runID, w.started.UTC().Format(time.RFC3339Nano))
	}
	if len(w.resource.Table.Key) == w.resource.Named {
		return fmt.Sprintf("SELECT t.*, %s AS later FROM %s t WHERE t._removed_at IS NULL", later, w.resource.Table)
	}
	whose := "false"
	if is.asked { // of the users who were asked: all that was recognised is of theirs
		whose = "t.user_identifier IN (SELECT owner FROM walk_asked)"
	}
	key := strings.Join(w.named("t."), ", ")
	return fmt.Sprintf("SELECT %[1]s, bool_or(%[4]s) AS later FROM %[2]s t WHERE t._removed_at IS NULL AND %[3]s GROUP BY %[1]s", key, w.resource.Table, whose, later)
}

// forget forgets what was recognised and does not stand.
func (w *Walk) forget(ctx context.Context, tx pgx.Tx) error {
	tag, err := tx.Exec(ctx, "SELECT FROM etl.walks WHERE walk_id = $1 AND epoch = $2 AND state = 'running' FOR UPDATE", w.ID, w.epoch)
	if err == nil && tag.RowsAffected() != 1 {
		return &Error{Op: "complete a walk", Class: ClassFenced}
	}
	if err != nil {
		return fail("forget objects", err)
	}
	bare := fmt.Sprintf("NOT EXISTS (SELECT FROM %s t WHERE %s AND t._removed_at IS NULL)", w.resource.Table, w.ofObject())
	if w.resource.OneList() {
		named := w.named("t.")
		bare = fmt.Sprintf("cardinality(o.holds) <> (SELECT count(*) FROM %s t WHERE %s = o.owner AND %s = ANY(o.holds) AND t._removed_at IS NULL) OR NOT EXISTS (SELECT FROM %s u WHERE u.user_identifier = o.owner)",
			w.resource.Table, named[0], named[1], w.resource.Users)
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf("DELETE FROM etl.objects WHERE resource = $1 AND (owner, source_id) IN (SELECT o.owner, o.source_id FROM (%s) AS o WHERE %s)",
		w.recognisedSQL(evidence{ended: true}), bare), w.resource.Name); err != nil {
		return fail("forget objects", err)
	}
	return fail("forget objects", tx.Commit(ctx))
}
