package load

import (
	"fmt"
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

// metaColumns are what every row of the warehouse carries besides its own columns; lines carry the last alone.
var metaColumns = []string{"_first_seen_at", "_synced_at", "_removed_at", "_run_id", "_row_hash", "_extra"}

// statements are the SQL of one table, spelled out once.
type statements struct {
	table    *transform.Table
	columns  []string // own and meta
	volatile []string // own columns that are refreshed in place

	read    string // the stored rows of some owners: key, hash, first seen, last written, removed, volatile columns
	copy    string
	replace string // $1..$n keys, then now: moves rows to history, so that their next version can be copied in
	remove  string // $1..$n keys, then now
	refresh string // $1..$n keys, then one array per volatile column
}

// sqlOf writes a table's SQL. owner is how many key columns name the owner of a set of rows.
func sqlOf(t *transform.Table, owner int) *statements {
	s := &statements{table: t}
	for _, c := range t.Columns() {
		s.columns = append(s.columns, c.Name)
		if c.Volatile {
			s.volatile = append(s.volatile, c.Name)
		}
	}
	if t.Lines {
		s.columns = append(s.columns, "_extra")
	} else {
		s.columns = append(s.columns, metaColumns...)
	}
	key := namesOf(t.Key)
	list := strings.Join(s.columns, ", ")
	s.copy = fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT binary)", t, list)
	if t.Lines {
		return s
	}
	s.read = fmt.Sprintf("SELECT %s, t._row_hash, t._first_seen_at, t._synced_at, t._removed_at%s FROM %s t WHERE %s",
		prefixed("t.", key, "::text"), leading(prefixed("t.", s.volatile, "")), t, among(t.Key[:owner], "t.", 1))
	named := among(t.Key, "t.", 1)
	now := fmt.Sprintf("$%d::timestamptz", len(key)+1)
	s.replace = fmt.Sprintf(`WITH old AS (DELETE FROM %s t WHERE %s RETURNING t.*)
		INSERT INTO history.%s (%s, _valid_from, _valid_to)
		SELECT %s, _synced_at, greatest(coalesce(_removed_at, %s), _synced_at) FROM old`, t, named, t.Name, list, list, now)
	s.remove = fmt.Sprintf("UPDATE %s t SET _removed_at = greatest(%s, t._synced_at) WHERE t._removed_at IS NULL AND %s", t, now, named)
	if len(s.volatile) > 0 {
		s.refresh = refreshSQL(t, key, s.volatile)
	}
	return s
}

func refreshSQL(t *transform.Table, key, volatile []string) string {
	given, named := arraysOf(key, volatile)
	sets := make([]string, len(volatile))
	for i, name := range volatile {
		sets[i] = fmt.Sprintf("%s = u.%s", name, name)
	}
	return fmt.Sprintf("UPDATE %s t SET %s FROM %s WHERE %s", t, strings.Join(sets, ", "), given, named)
}

// refreshMovedSQL is refreshSQL for live rows whose retrieval time is another, and gives how many these are: a task has a row for each
// of its products.
func refreshMovedSQL(t *transform.Table, key, volatile []string) string {
	return fmt.Sprintf("WITH moved AS (%s AND %s RETURNING 1) SELECT count(*) FROM moved", refreshSQL(t, key, volatile), moved(volatile))
}

// countMovedSQL gives how many rows refreshMovedSQL would write.
func countMovedSQL(t *transform.Table, key, volatile []string) string {
	given, named := arraysOf(key, volatile)
	return fmt.Sprintf("SELECT count(*) FROM %s JOIN %s t ON %s AND %s", given, t, named, moved(volatile))
}

func moved(volatile []string) string {
	return fmt.Sprintf("t._removed_at IS NULL AND t.%[1]s IS DISTINCT FROM u.%[1]s", volatile[0])
}

// arraysOf are the keys and times that are given as arrays, and the condition that a row is theirs.
func arraysOf(key, volatile []string) (given, named string) {
	arrays := make([]string, 0, len(key)+len(volatile))
	where := make([]string, len(key))
	for i, name := range key {
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		where[i] = fmt.Sprintf("t.%s = u.%s", name, name)
	}
	for i := range volatile {
		arrays = append(arrays, fmt.Sprintf("$%d::timestamptz[]", len(key)+i+1))
	}
	columns := strings.Join(append(append([]string{}, key...), volatile...), ", ")
	return fmt.Sprintf("unnest(%s) AS u(%s)", strings.Join(arrays, ", "), columns), strings.Join(where, " AND ")
}

// linesSQL moves the lines of superseded rows to history, with the version of the row they lived with. It must run before
// that row itself is replaced, because the version stands there.
func linesSQL(lines, parent *transform.Table) string {
	key := namesOf(parent.Key)
	columns := append(namesOf(lines.Columns()), "_extra")
	on := make([]string, len(key))
	for i, name := range key {
		on[i] = fmt.Sprintf("p.%s = old.%s", name, name)
	}
	return fmt.Sprintf(`WITH old AS (DELETE FROM %s t WHERE %s RETURNING t.*)
		INSERT INTO history.%s (%s, _valid_from, _valid_to)
		SELECT %s, p._synced_at, greatest(coalesce(p._removed_at, $%d::timestamptz), p._synced_at) FROM old JOIN %s p ON %s`,
		lines, among(parent.Key, "t.", 1), lines.Name, strings.Join(columns, ", "),
		prefixed("old.", columns, ""), len(key)+1, parent, strings.Join(on, " AND "))
}

// among is a condition on key columns that holds for the keys whose texts are in the arrays $first, $first+1, ...
func among(key []transform.Column, prefix string, first int) string {
	if len(key) == 1 {
		return fmt.Sprintf("%s%s = ANY($%d::text[])", prefix, key[0].Name, first)
	}
	var arrays, names, casts []string
	for i, c := range key {
		name := fmt.Sprintf("k%d", i)
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", first+i))
		names = append(names, name)
		casts = append(casts, name+"::"+c.Kind.PostgresType())
	}
	return fmt.Sprintf("(%s) IN (SELECT %s FROM unnest(%s) AS k(%s))", prefixed(prefix, namesOf(key), ""),
		strings.Join(casts, ", "), strings.Join(arrays, ", "), strings.Join(names, ", "))
}

func namesOf(columns []transform.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

func prefixed(prefix string, names []string, suffix string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name + suffix
	}
	return strings.Join(out, ", ")
}

func leading(list string) string {
	if list == "" {
		return ""
	}
	return ", " + list
}
