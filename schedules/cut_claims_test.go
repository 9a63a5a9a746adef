package schedules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// claims finds where the warehouse is not what its walks claim. It holds at every instant at which no transaction is open,
// whatever cut a run short:
//
//   - What stood before the run can still be told, row by row, from live rows and history: nothing was lost or overwritten.
//   - The new, changed, returned and removed objects that a walk counts are those that the tables show by their instants.
//     A walk that does not exist has touched nothing.
//   - A walk that is not complete has touched only objects of the pages that it has committed (nothing beyond its cursor was
//     written), has removed nothing, and its cursor is that of its last page. Every id of these pages has rows or a reject.
//   - A complete walk has left nothing of its pages, and what stands live in its table is what it has met.
//   - The rejects and the drift that walks count are those by which etl.rejects and etl.drift grew.
//   - No version stands twice in history, none overlaps another or the live row.
//   - Each document row that says archived has an object of that digest and size; an object that is live in the warehouse and
//     has a document is staged; and one that the run has touched was staged or asked for by the run.
func (a *attempt) claims() (broken []string) {
	a.t.Helper()
	say := func(format string, arguments ...any) { broken = append(broken, fmt.Sprintf(format, arguments...)) }
	for name, now := range a.digest(a.q.stood) {
		if now != a.stood[name] {
			say("%s: of what stood before the run %d rows can be told, and it was %d, or they differ", name, now.rows, a.stood[name].rows)
		}
	}
	counted := a.counted()
	for _, r := range catalog() {
		w := a.claimed(r)
		for _, c := range []struct {
			name          string
			claims, found int64
		}{
			{"new", w.new, w.foundNew}, {"changed", w.changed, w.foundChanged}, {"returned", w.returned, w.foundReturned},
			{"removed", w.removed, w.foundRemoved}, {"rejected", w.rejected, counted["rejects of "+r.Name] - a.night.counted["rejects of "+r.Name]},
			{"drift", w.drift, counted["drift of "+r.Name] - a.night.counted["drift of "+r.Name]},
			{"objects touched beyond the committed pages", 0, w.beyond}, {"ids without rows or a reject", 0, w.bare},
			{"pages whose cursor is not the walk's", 0, w.strayed},
		} {
			if c.claims != c.found {
				say("%s (%s): %s claims %d, the tables show %d", r.Name, w.state, c.name, c.claims, c.found)
			}
		}
		if met := w.new + w.changed + w.unchanged + w.returned; w.state == "complete" && (w.live != met+w.standing || w.pages != 0) {
			say("%s: met %d objects, %d stand besides as rejects, and %d live; %d pages are left", r.Name, met, w.standing, w.live, w.pages)
		}
	}
	for _, t := range warehouseTables() {
		if n := a.number(disorder(t)); n != 0 {
			say("%s: %d versions stand twice or overlap", t, n)
		}
	}
	return append(broken, a.documentClaims()...)
}

// counted is how often what of each resource has been rejected or has drifted, over all runs.
func (a *attempt) counted() map[string]int64 {
	a.t.Helper()
	rows, err := a.db.Query(context.Background(), `SELECT 'rejects of ' || resource, sum(times)::bigint FROM etl.rejects GROUP BY 1
		UNION ALL SELECT 'drift of ' || resource, sum(times)::bigint FROM etl.drift GROUP BY 1`)
	if err != nil {
		a.t.Fatal(err)
	}
	counted := map[string]int64{}
	var what string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&what, &n}, func() error { counted[what] = n; return nil }); err != nil {
		a.t.Fatal(err)
	}
	return counted
}

// claimed is what the run's walk of a resource claims, and what the tables show.
type claimed struct {
	state                                                       string // "none" when there is no walk
	new, changed, unchanged, returned, removed, rejected, drift int64
	foundNew, foundChanged, foundReturned, foundRemoved         int64
	live, standing, pages                                       int64
	beyond, bare, strayed                                       int64
}

func (a *attempt) claimed(r *transform.Resource) (w claimed) {
	a.t.Helper()
	if err := a.db.QueryRow(context.Background(), a.claimSQL(r)).Scan(&w.state, &w.new, &w.changed, &w.unchanged, &w.returned, &w.removed, &w.rejected, &w.drift,
		&w.foundNew, &w.foundChanged, &w.foundReturned, &w.foundRemoved, &w.live, &w.standing, &w.pages, &w.beyond, &w.bare, &w.strayed); err != nil {
		a.t.Fatal(err)
	}
	return w
}

func (a *attempt) claimSQL(r *transform.Resource) string {
	named := make([]string, r.Named)
	for i := range named {
		named[i] = "t." + r.Table.Key[i].Name
	}
	object := strings.Join(named, ` || E'\x1f' || `)
	same := make([]string, len(r.Table.Key))
	for i, c := range r.Table.Key {
		same[i] = fmt.Sprintf("h.%s = t.%s", c.Name, c.Name)
	}
	var touched []string
	for _, t := range r.Tables() {
		if !t.Shared && !t.Lines {
			touched = append(touched, fmt.Sprintf("SELECT %s AS object FROM %s t WHERE t._synced_at >= x.since OR t._removed_at >= x.since", object, t))
		}
	}
	owned, seen := "r.source_id", "o.source_id"
	if r.Named == 2 {
		owned, seen = `r.owner || E'\x1f' || r.source_id`, `o.owner || E'\x1f' || o.source_id`
	}
	if r.OneList() {
		seen = `o.owner || E'\x1f' || unnest(o.holds)`
	}
	return strings.NewReplacer("$SINCE", fmt.Sprintf("'%s'::timestamptz", a.from.Format(time.RFC3339Nano)), "$RUNS", fmt.Sprint(a.runs),
		"$RESOURCE", "'"+r.Name+"'", "$NAMED", seen, "$OWNED", owned, "$OWN", r.Table.String(), "$HISTORY", "history."+r.Table.Name, "$OBJECT", object,
		"$SAME", strings.Join(same, " AND "), "$TOUCHED", strings.Join(touched, " UNION ")).Replace(`
	WITH x AS MATERIALIZED (SELECT $SINCE AS since),
	walk AS (SELECT * FROM etl.walks WHERE run_id > $RUNS AND resource = $RESOURCE),
	told AS (SELECT int8range(seen_after, seen_to, '(]') AS r FROM walk WHERE seen_to > 0 UNION ALL SELECT unnest(p.numbers) FROM etl.walk_pages p JOIN walk USING (walk_id)),
	seen AS (SELECT unnest(p.seen) AS object FROM etl.walk_pages p JOIN walk USING (walk_id) UNION
		SELECT $NAMED FROM told JOIN etl.objects o ON o.resource = $RESOURCE AND o.number <@ told.r),
	touched AS (SELECT object FROM x, LATERAL ($TOUCHED) AS u),
	own AS (SELECT $OBJECT AS object, bool_or(t._first_seen_at >= x.since) AS fresh, bool_or(t._removed_at IS NULL) AS live, max(t._removed_at) AS gone,
			bool_or(t._synced_at >= x.since AND t._first_seen_at < x.since AND (SELECT h._removed_at IS NOT NULL FROM $HISTORY h WHERE $SAME
				ORDER BY h._valid_to DESC LIMIT 1)) AS back
		FROM $OWN t, x GROUP BY 1),
	rejected AS (SELECT $OWNED AS object, r.place FROM etl.rejects r WHERE r.resource = $RESOURCE AND r.state = 'open' AND r.run_id > $RUNS)
	SELECT coalesce((SELECT state FROM walk), 'none'), coalesce((SELECT new FROM walk), 0), coalesce((SELECT changed FROM walk), 0),
		coalesce((SELECT unchanged FROM walk), 0), coalesce((SELECT returned FROM walk), 0), coalesce((SELECT removed FROM walk), 0),
		coalesce((SELECT rejected FROM walk), 0), coalesce((SELECT drift FROM walk), 0),
		(SELECT count(*) FROM own WHERE fresh),
		(SELECT count(*) FROM own WHERE NOT fresh AND live AND NOT coalesce(back, false) AND object IN (SELECT object FROM touched)),
		(SELECT count(*) FROM own WHERE NOT fresh AND live AND back),
		(SELECT count(*) FROM own, x WHERE NOT live AND gone >= x.since),
		(SELECT count(*) FROM own WHERE live),
		(SELECT count(*) FROM own WHERE live AND object IN (SELECT object FROM rejected WHERE place = '')),
		(SELECT count(*) FROM etl.walk_pages p JOIN walk USING (walk_id)),
		(SELECT count(*) FROM touched WHERE coalesce((SELECT state FROM walk), 'none') <> 'complete' AND object NOT IN (SELECT object FROM seen)),
		(SELECT count(*) FROM seen WHERE object NOT LIKE E'\x1e%' AND object NOT IN (SELECT object FROM own WHERE live) AND object NOT IN (SELECT object FROM rejected)),
		(SELECT count(*) FROM etl.walk_pages p JOIN walk w USING (walk_id) WHERE p.page_no > w.pages OR p.page_no = w.pages AND p.cursor IS DISTINCT FROM w.cursor)`)
}

// disorder counts the versions of a table that stand twice in history or overlap, with each other or the live row.
func disorder(t *transform.Table) string {
	var key, same []string
	for _, c := range t.Key {
		key = append(key, c.Name)
		same = append(same, fmt.Sprintf("h.%s = t.%s", c.Name, c.Name))
	}
	live := fmt.Sprintf("(SELECT count(*) FROM history.%s h JOIN %s t ON %s WHERE h._valid_to > t._synced_at)", t.Name, t, strings.Join(same, " AND "))
	if t.Lines {
		live = fmt.Sprintf("(SELECT count(*) FROM history.%s h JOIN %s t ON %s JOIN employerlink.statements s ON s.employee_id = t.employee_id AND s.statement_id = t.statement_id WHERE h._valid_to > s._synced_at)",
			t.Name, t, strings.Join(same, " AND "))
	}
	return fmt.Sprintf(`SELECT %s + (SELECT count(*) FROM (SELECT _valid_from, _valid_to, lead(_valid_from) OVER (PARTITION BY %s ORDER BY _valid_from, _valid_to) AS next
		FROM history.%s) AS h WHERE next < _valid_to OR next = _valid_from OR _valid_to < _valid_from)`, live, strings.Join(key, ", "), t.Name)
}

// documentClaims finds documents that are not as the warehouse says, and objects whose document nobody fetches.
func (a *attempt) documentClaims() (broken []string) {
	a.t.Helper()
	rows, err := a.db.Query(context.Background(), "SELECT resource || '/' || source_id, sha256, bytes, location FROM archive.documents WHERE state = 'archived'")
	if err != nil {
		a.t.Fatal(err)
	}
	var name, digest, location string
	var size int64
	if _, err := pgx.ForEachRow(rows, []any{&name, &digest, &size, &location}, func() error {
		data, ok := a.archive.objects[location]
		if sum := sha256.Sum256(data); !ok || hex.EncodeToString(sum[:]) != digest || int64(len(data)) != size {
			broken = append(broken, name+" stands as archived and its object is missing or another")
		}
		return nil
	}); err != nil {
		a.t.Fatal(err)
	}
	since := a.from.Format(time.RFC3339Nano)
	for name, sql := range map[string]string{
		"live objects whose document is not staged": `SELECT count(*) FROM archive.subjects s WHERE s._removed_at IS NULL AND NOT EXISTS
			(SELECT FROM archive.documents d WHERE d.resource = s.resource AND d.source_id = s.source_id)`,
		"objects that were touched and whose document was not": `SELECT count(*) FROM (
			SELECT 'employer-documents' AS resource, employer_document_id AS id FROM employerlink.employer_documents WHERE _synced_at >= '` + since + `'
			UNION ALL SELECT 'payroll-runs', payroll_run_id FROM employerlink.payroll_runs WHERE _synced_at >= '` + since + `') AS s
			WHERE NOT EXISTS (SELECT FROM archive.documents d WHERE d.resource = s.resource AND d.source_id = s.id
				AND (d.staged_at >= '` + since + `' OR d.checked_at >= '` + since + `' OR d.state = 'pending'))`,
		"digests that stand twice": "SELECT count(*) FROM (SELECT FROM archive.documents GROUP BY resource, source_id, sha256 HAVING sha256 IS NOT NULL AND count(*) > 1) AS d",
	} {
		if n := a.number(sql); n != 0 {
			broken = append(broken, fmt.Sprintf("%d %s", n, name))
		}
	}
	return broken
}
