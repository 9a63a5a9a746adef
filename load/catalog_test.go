package load_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
)

// The catalog and the migrations each say what columns a table has; they must say the same.
func TestEveryTableOfTheCatalogStandsInTheWarehouseColumnForColumn(t *testing.T) {
	t.Parallel()
	w := open(t)
	meta := map[string]string{
		"_first_seen_at": "timestamptz", "_synced_at": "timestamptz", "_removed_at": "timestamptz", "_run_id": "int8",
		"_row_hash": "bytea", "_extra": "jsonb",
	}
	said := map[string]map[string]string{}
	keys := map[string]string{}
	for _, r := range catalog() {
		for _, table := range r.Tables() {
			columns := map[string]string{"_extra": "jsonb"}
			if !table.Lines {
				for name, kind := range meta {
					columns[name] = kind
				}
			}
			for _, c := range table.Columns() {
				columns[c.Name] = c.Kind.PostgresType()
			}
			said[table.String()] = columns
			keys[table.String()] = keyText(table)
		}
	}
	stands := map[string]map[string]string{}
	rows, err := w.db.Query(t.Context(), `SELECT table_schema || '.' || table_name, column_name, udt_name FROM information_schema.columns
		WHERE table_schema IN ('employerlink', 'paylink')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		if stands[table] == nil {
			stands[table] = map[string]string{}
		}
		stands[table][column] = kind
	}
	if diff := cmp.Diff(stands, said); diff != "" {
		t.Errorf("columns (-migrations +catalog):\n%s", diff)
	}
	for table, key := range keys {
		if got := w.text(`SELECT string_agg(a.attname, ',' ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index i
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indisprimary AND i.indrelid = $1::text::regclass`, table); got != key {
			t.Errorf("the key of %s is %s, the catalog says %s", table, got, key)
		}
	}
}

func keyText(t *transform.Table) string {
	text := ""
	for i, c := range t.Key {
		if i > 0 {
			text += ","
		}
		text += c.Name
	}
	return text
}

// Walks that run side by side lock the shared tables that they write, each in the order of its resource: were these not one order,
// two walks would wait for each other until the server ends one of them. Mutation: with the users before the companies in tasks it
// is red.
func TestAllResourcesWriteSharedTablesInOneOrder(t *testing.T) {
	t.Parallel()
	before := map[[2]string]string{}
	for _, r := range catalog() {
		var shared []string
		for _, table := range r.Tables() {
			if table.Shared {
				shared = append(shared, table.String())
			}
		}
		for i, later := range shared {
			for _, earlier := range shared[:i] {
				if other, ok := before[[2]string{later, earlier}]; ok {
					t.Errorf("%s writes %s before %s, and %s after it", r.Name, earlier, later, other)
				}
				before[[2]string{earlier, later}] = r.Name
			}
		}
	}
	if len(before) == 0 {
		t.Error("no resource writes two shared tables")
	}
}
