package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// ledger is what a comparison of the warehouse with the sandbox's own truth came to.
type ledger struct {
	t *testing.T
	// Compared are the rows, sums and documents that were looked at, lost and doubled the rows that should stand and do not,
	// and that stand and should not.
	compared, lost, doubled int64
}

func (l *ledger) add(o ledger) {
	l.compared, l.lost, l.doubled = l.compared+o.compared, l.lost+o.lost, l.doubled+o.doubled
}

// accounts compares the warehouse and the archive with the truth of a sandbox, on one pool of connections.
type accounts struct {
	ledger

	db    *pgxpool.Pool
	truth sandbox.Truth
	dir   string // of the archive
}

// holdsTruth compares everything that a completed run has left with what the sandbox counts itself: rows, sums, rejects,
// documents on disk, history without doubles, and nothing half written in the archive.
func (w *world) holdsTruth(what string) ledger {
	w.t.Helper()
	db, err := pgxpool.New(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	a := &accounts{ledger: ledger{t: w.t}, db: db, truth: w.api.Truth(), dir: filepath.Join(w.env.Dir, "archive")}
	failed := w.t.Failed()
	a.rows()
	a.rejects()
	a.documents()
	a.history()
	if w.t.Failed() && !failed {
		w.t.Errorf("this was after: %s", what)
	}
	return a.ledger
}

func (a *accounts) number(sql string, arguments ...any) (n int64) {
	a.t.Helper()
	if err := a.db.QueryRow(a.t.Context(), sql, arguments...).Scan(&n); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (a *accounts) text(sql string, arguments ...any) (text string) {
	a.t.Helper()
	if err := a.db.QueryRow(a.t.Context(), sql, arguments...).Scan(&text); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// liveRows is the condition of the rows that stand for what the API has now.
func liveRows(table string) string {
	switch {
	case strings.HasPrefix(table, "employerlink.statement_"):
		return ` l WHERE EXISTS (SELECT FROM employerlink.statements s WHERE s.employee_id = l.employee_id
			AND s.statement_id = l.statement_id AND s._removed_at IS NULL)`
	case table == "paylink.companies", table == "paylink.users":
		return ""
	}
	return " WHERE _removed_at IS NULL"
}

func (a *accounts) rows() {
	a.t.Helper()
	for table, want := range a.truth.Rows {
		got := a.number("SELECT count(*) FROM " + table + liveRows(table))
		a.compared += got
		// Bill history is merged, and companies stay when nobody names them any more.
		more := a.truth.Day > 0 && (table == "paylink.account_billing_history" || table == "paylink.companies")
		if got < want || got > want && !more {
			a.t.Errorf("%s has %d rows, the sandbox %d", table, got, want)
			a.lost, a.doubled = a.lost+max(0, want-got), a.doubled+max(0, got-want)
		}
		if more {
			continue
		}
		for column, sum := range a.truth.Sums[table] {
			a.compared++
			if got := a.text(fmt.Sprintf("SELECT trim_scale(coalesce(sum(%s), 0)::numeric)::text FROM %s%s", column, table, liveRows(table))); got != sum {
				a.t.Errorf("%s.%s adds up to %s, the sandbox's to %s", table, column, got, sum)
			}
		}
	}
}

// rejects compares what the walks of the last run have rejected, those of its earlier processes included.
func (a *accounts) rejects() {
	a.t.Helper()
	for _, r := range catalog {
		a.compared++
		got := a.number("SELECT coalesce(sum(rejected), -1) FROM etl.walks WHERE run_id = (SELECT max(run_id) FROM etl.runs) AND resource = $1", r.Name)
		if got >= 0 && got != int64(a.truth.Rejects[r.Name]) {
			a.t.Errorf("%d %s were rejected, the sandbox has %d that must be", got, r.Name, a.truth.Rejects[r.Name])
		}
	}
}

func (a *accounts) documents() {
	a.t.Helper()
	for resource, documents := range a.truth.Documents {
		for id, sum := range documents {
			a.compared++
			got := a.text(`SELECT coalesce((SELECT concat_ws(' ', state, sha256) FROM archive.documents
				WHERE resource = $1 AND source_id = $2 ORDER BY version DESC LIMIT 1), 'nothing')`, resource, id)
			if got != "archived "+sum {
				a.t.Errorf("the document of %s %s stands as %q, the sandbox serves %s", resource, id, got, sum)
				a.lost++
			}
		}
	}
	rows, err := a.db.Query(a.t.Context(), "SELECT location, sha256 FROM archive.documents WHERE state = 'archived'")
	if err != nil {
		a.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var location, sum string
		if err := rows.Scan(&location, &sum); err != nil {
			a.t.Fatal(err)
		}
		a.compared++
		body, err := os.ReadFile(strings.TrimPrefix(location, "file://"))
		if digest := sha256.Sum256(body); err != nil || hex.EncodeToString(digest[:]) != sum {
			a.t.Errorf("what stands at %s is not what was archived: %v", location, err)
			a.lost++
		}
	}
	if err := rows.Err(); err != nil {
		a.t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(a.dir, ".incoming"))
	if err != nil || len(left) > 0 {
		a.t.Errorf("%d files are left half written in the archive: %v", len(left), err)
	}
	if n := a.number(`SELECT count(*) FROM (SELECT sha256 = lag(sha256) OVER (PARTITION BY resource, source_id ORDER BY version) AS same
		FROM archive.documents WHERE sha256 IS NOT NULL) q WHERE same`); n > 0 {
		a.t.Errorf("%d documents have the same content in two versions", n)
		a.doubled += n
	}
}

// history looks for versions that are there twice, that overlap, or that say nothing new.
func (a *accounts) history() {
	a.t.Helper()
	seen := map[string]bool{}
	for _, r := range catalog {
		for _, t := range r.Tables() {
			if seen[t.Name] {
				continue
			}
			seen[t.Name] = true
			key := ""
			for _, c := range t.Key {
				key += c.Name + ", "
			}
			a.compared += a.number("SELECT count(*) FROM history." + t.Name)
			if n := a.number(fmt.Sprintf("SELECT count(*) FROM (SELECT FROM history.%s GROUP BY %s _valid_from HAVING count(*) > 1) q", t.Name, key)); n > 0 {
				a.t.Errorf("%d versions of %s are there twice", n, t.Name)
				a.doubled += n
			}
			if t.Lines {
				continue
			}
			all := fmt.Sprintf(`SELECT %[1]s _row_hash, _valid_from, _valid_to FROM history.%[2]s UNION ALL
				SELECT %[1]s _row_hash, _synced_at, coalesce(_removed_at, 'infinity') FROM %[3]s.%[2]s`, key, t.Name, t.Schema)
			if n := a.number(fmt.Sprintf(`SELECT count(*) FROM (SELECT _row_hash, _valid_to, lead(_row_hash) OVER w AS next, lead(_valid_from) OVER w AS next_from
				FROM (%s) v WINDOW w AS (PARTITION BY %s ORDER BY _valid_from)) q WHERE next_from < _valid_to OR next_from = _valid_to AND next = _row_hash`,
				all, strings.TrimSuffix(key, ", "))); n > 0 {
				a.t.Errorf("%d versions of %s overlap, or repeat what stood", n, t.Name)
				a.doubled += n
			}
		}
	}
}
