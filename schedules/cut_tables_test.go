package schedules

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// digest is how many rows a table has, and a hash of them all.
type digest struct {
	rows int64
	hash string
}

type digests map[string]digest

func (d digests) records() (n int64) {
	for _, table := range d {
		n += table.rows
	}
	return n
}

// What of a row two runs over the same world need not share. Instants and numbers of runs from before the run are compared as
// they are: only those of the run itself are told apart from them, and not from each other.
var (
	ourInstants = []string{
		"_first_seen_at", "_synced_at", "_removed_at", "_valid_from", "_valid_to", "first_seen_at", "last_seen_at", "resolved_at",
		"staged_at", "archived_at", "checked_at", "verified_at", "started_at", "updated_at", "finished_at", "detailed_at",
	}
	runNumbers = []string{"run_id", "_run_id", "first_run_id", "last_run_id"}
	// Numbers that a transaction which was given up has used, or that walks side by side draw in another order; what is about a process and not about the data; what counts
	// requests, of which a cut costs some more; how often a document was asked for; and how many rows a walk wrote, since rows
	// that two walks share are written by the one that comes first. The rows themselves are compared.
	volatile = []string{"reject_id", "walk_id", "epoch", "pid", "host", "api_calls", "retries", "attempts", "rows_written", "number"}
)

// queries are what an attempt's tables are compared by.
type queries struct {
	whole string   // a digest of each table
	rows  []string // of each table its name, then its rows
	stood string   // a digest of what each table of the warehouse had live before the run, told from live rows and history
}

func (a *attempt) queries() queries {
	var q queries
	var whole, stood []string
	tables := a.columns()
	from, run := fmt.Sprintf("'%s'::timestamptz", a.from.Format(time.RFC3339Nano)), fmt.Sprint(a.runs)
	for _, table := range tables {
		var row []string
		for _, c := range table.columns {
			switch {
			case slices.Contains(volatile, c):
			case slices.Contains(ourInstants, c):
				row = append(row, fmt.Sprintf("CASE WHEN %s >= %s THEN 'during the run' ELSE %s::text END", c, from, c))
			case slices.Contains(runNumbers, c):
				row = append(row, fmt.Sprintf("CASE WHEN %s > %s THEN 'the run' ELSE %s::text END", c, run, c))
			default:
				row = append(row, c)
			}
		}
		rows := fmt.Sprintf("SELECT ROW(%s)::text AS r FROM %s", strings.Join(row, ", "), table.name)
		whole = append(whole, hashed(table.name, rows))
		q.rows = append(q.rows, table.name, rows)
	}
	for _, t := range warehouseTables() {
		if !t.Shared { // what a shared row lacked is filled in, in place
			stood = append(stood, hashed(t.String(), stoodBefore(t, from)))
		}
	}
	q.whole, q.stood = strings.Join(whole, "\nUNION ALL "), strings.Join(stood, "\nUNION ALL ")
	return q
}

func hashed(name, rows string) string {
	return fmt.Sprintf(`SELECT '%s', count(*), coalesce(md5(string_agg(r, chr(10) ORDER BY r COLLATE "C")), '') FROM (%s) AS q`, name, rows)
}

// stoodBefore selects what of a table was live at an instant.
func stoodBefore(t *transform.Table, at string) string {
	var columns []string
	for _, c := range t.Columns() {
		if !c.Volatile {
			columns = append(columns, "t."+c.Name)
		}
	}
	row := fmt.Sprintf("SELECT ROW(%s, t._extra)::text AS r", strings.Join(columns, ", "))
	live := fmt.Sprintf("%s FROM %s t WHERE t._synced_at < %s AND (t._removed_at IS NULL OR t._removed_at >= %s)", row, t, at, at)
	if t.Lines {
		live = fmt.Sprintf("%s FROM %s t JOIN employerlink.statements s USING (employee_id, statement_id) WHERE s._synced_at < %s AND (s._removed_at IS NULL OR s._removed_at >= %s)", row, t, at, at)
	}
	return fmt.Sprintf("%s UNION ALL %s FROM history.%s t WHERE t._valid_from < %s AND t._valid_to >= %s", live, row, t.Name, at, at)
}

// warehouseTables are all tables of the catalog, each once.
func warehouseTables() (tables []*transform.Table) {
	for _, r := range catalog() {
		for _, t := range append(r.Tables(), r.Users) {
			if t != nil && !slices.ContainsFunc(tables, func(known *transform.Table) bool { return known.String() == t.String() }) {
				tables = append(tables, t)
			}
		}
	}
	return tables
}

type tableColumns struct {
	name    string
	columns []string
}

// columns are the tables of the whole database, with their columns.
func (a *attempt) columns() []tableColumns {
	a.t.Helper()
	rows, err := a.db.Query(context.Background(), `SELECT c.table_schema || '.' || c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
		FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE t.table_type = 'BASE TABLE' AND c.table_schema IN ('employerlink', 'paylink', 'history', 'etl', 'archive') GROUP BY 1 ORDER BY 1`)
	if err != nil {
		a.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t tableColumns, err error) {
		err = row.Scan(&t.name, &t.columns)
		return t, err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return tables
}

func (a *attempt) digest(sql string) digests {
	a.t.Helper()
	rows, err := a.db.Query(context.Background(), sql)
	if err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
	found := digests{}
	var name string
	var d digest
	if _, err := pgx.ForEachRow(rows, []any{&name, &d.rows, &d.hash}, func() error {
		found[name] = d
		return nil
	}); err != nil {
		a.t.Fatal(err)
	}
	return found
}

// rowsOf are the rows of tables, to tell what differs.
func (a *attempt) rowsOf(queries []string) map[string][]string {
	a.t.Helper()
	found := map[string][]string{}
	for i := 0; i < len(queries); i += 2 {
		rows, err := a.db.Query(context.Background(), queries[i+1])
		if err != nil {
			a.t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			a.t.Fatal(err)
		}
		slices.Sort(texts)
		found[queries[i]] = texts
	}
	return found
}

// differences compares every table with what an undisturbed run leaves. lost and doubled count the rows that are missing and
// those that are there besides.
func (a *attempt) differences() (found []string, lost, doubled int) {
	whole := a.digest(a.q.whole)
	for i := 0; i < len(a.q.rows); i += 2 {
		name := a.q.rows[i]
		if whole[name] == a.whole[name] {
			continue
		}
		want, got := a.rows[name], a.rowsOf(a.q.rows[i : i+2])[name]
		for _, row := range missing(want, got) {
			lost++
			found = append(found, name+" lacks "+row)
		}
		for _, row := range missing(got, want) {
			doubled++
			found = append(found, name+" has besides "+row)
		}
	}
	return found, lost, doubled
}

// missing are the rows of a that b lacks, as often as it does.
func missing(a, b []string) (out []string) {
	count := map[string]int{}
	for _, row := range b {
		count[row]++
	}
	for _, row := range a {
		if count[row]--; count[row] < 0 {
			out = append(out, row)
		}
	}
	return out
}
