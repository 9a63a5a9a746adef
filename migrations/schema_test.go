package migrations_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ours = `('employerlink', 'paylink', 'etl', 'archive', 'history', 'analytics', 'vault')`

func TestEverySchemaTableViewAndColumnHasAComment(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	described := lines(t, conn, `SELECT nspname FROM pg_namespace WHERE nspname IN `+ours+` AND obj_description(oid, 'pg_namespace') <> ''`)
	if len(described) != 7 {
		t.Errorf("schemas with a comment: %v, want all 7", described)
	}
	if bare := lines(t, conn, `
		SELECT oid::regclass::text FROM pg_class
		WHERE relnamespace::regnamespace::text IN `+ours+` AND relkind IN ('r', 'v', 'm', 'p')
			AND coalesce(obj_description(oid, 'pg_class'), '') = ''
		UNION ALL
		SELECT c.oid::regclass || '.' || a.attname FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace::regnamespace::text IN `+ours+` AND c.relkind IN ('r', 'v', 'm', 'p')
			AND coalesce(col_description(c.oid, a.attnum), '') = ''
		UNION ALL
		SELECT oid::regprocedure::text FROM pg_proc
		WHERE pronamespace::regnamespace::text IN `+ours+` AND coalesce(obj_description(oid, 'pg_proc'), '') = ''`); len(bare) > 0 {
		t.Errorf("without a comment: %v", bare)
	}
}

func TestACommentSaysTheSameOfAColumnEverywhereItIsShared(t *testing.T) {
	t.Parallel()
	// The columns every table ends with are described in the files of two schemas.
	conn := connect(t, warehouse.Database(t))
	if several := lines(t, conn, `
		SELECT a.attname || ': ' || count(DISTINCT col_description(c.oid, a.attnum)) FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace::regnamespace::text IN ('employerlink', 'paylink') AND c.relkind = 'r'
			AND a.attname ~ '^_' AND c.relname !~ '^statement_'
		GROUP BY a.attname HAVING count(DISTINCT col_description(c.oid, a.attnum)) > 1`); len(several) > 0 {
		t.Errorf("described in different ways: %v", several)
	}
}

func TestEveryWarehouseTableEndsWithTheColumnsOfItsRow(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	got := map[string][]string{}
	for _, line := range lines(t, conn, `
		SELECT c.relname || ' ' || string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN '!' ELSE '' END, ', ' ORDER BY a.attnum)
		FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname ~ '^_'
		WHERE c.relnamespace::regnamespace::text IN ('employerlink', 'paylink') AND c.relkind = 'r'
		GROUP BY c.relname ORDER BY c.relname`) {
		table, columns, _ := strings.Cut(line, " ")
		got[columns] = append(got[columns], table)
	}
	whole := "_first_seen_at timestamp with time zone!, _synced_at timestamp with time zone!, _removed_at timestamp with time zone, _run_id bigint!, _row_hash bytea!, _extra jsonb"
	if n := len(got[whole]); n != 25 {
		t.Errorf("%d tables end with what a row knows of itself, want 25: %v", n, got)
	}
	want := []string{"statement_deductions", "statement_earnings", "statement_net_amount_adjustments"}
	if diff := cmp.Diff(want, got["_extra jsonb"]); diff != "" {
		t.Errorf("tables with _extra alone (-want +got):\n%s", diff)
	}
}

func TestOnlyKeysAreRequired(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	if required := lines(t, conn, `
		SELECT c.oid::regclass || '.' || a.attname FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attname !~ '^_'
		JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relnamespace::regnamespace::text IN ('employerlink', 'paylink') AND c.relkind = 'r' AND NOT a.attnum = ANY (i.indkey)
		UNION ALL
		SELECT conrelid::regclass || ' ' || conname FROM pg_constraint
		WHERE connamespace::regnamespace::text IN ('employerlink', 'paylink', 'history') AND contype NOT IN ('p', 'n')`); len(required) > 0 {
		t.Errorf("required or constrained beyond the key: %v", required)
	}
}

func TestWhatBelongsToAPersonIsKeyedByThePersonFirst(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	if late := lines(t, conn, `
		SELECT c.oid::regclass::text FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('employee_id', 'user_identifier')
		JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relnamespace::regnamespace::text IN ('employerlink', 'paylink') AND c.relkind = 'r' AND i.indkey[0] <> a.attnum`); len(late) > 0 {
		t.Errorf("keyed by something else first: %v", late)
	}
	if n := len(lines(t, conn, `SELECT tablename FROM pg_tables WHERE schemaname = 'paylink' AND tablename <> 'companies'
		AND NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'paylink' AND table_name = tablename
			AND column_name = 'user_identifier' AND ordinal_position = 1)`)); n > 0 {
		t.Errorf("%d PayLink tables do not begin with their user", n)
	}
}

func TestHistoryHasEveryTableColumnByColumn(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	columns := func(schemas, extra string) []string {
		return lines(t, conn, `
			SELECT c.relname || ': ' || string_agg(format('%s %s %s (%s)', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
				col_description(c.oid, a.attnum)), ', ' ORDER BY a.attnum)
			FROM pg_class c
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE c.relnamespace::regnamespace::text IN (`+schemas+`) AND c.relkind = 'r'
			GROUP BY c.relname ORDER BY c.relname`+extra)
	}
	want := columns(`'employerlink', 'paylink'`, "")
	if len(want) != 28 {
		t.Fatalf("%d warehouse tables, want 28", len(want))
	}
	const held = ", _valid_from timestamp with time zone t (From when this version held. Instant, included.)" +
		", _valid_to timestamp with time zone t (Until when this version held. Instant, excluded.)"
	for i := range want {
		want[i] += held
	}
	if diff := cmp.Diff(want, columns(`'history'`, "")); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if unindexed := lines(t, conn, `
		SELECT b.relname FROM pg_class b
		JOIN pg_index k ON k.indrelid = b.oid AND k.indisprimary
		JOIN pg_class h ON h.relname = b.relname AND h.relnamespace = 'history'::regnamespace
		JOIN pg_attribute f ON f.attrelid = h.oid AND f.attname = '_valid_from'
		WHERE b.relnamespace::regnamespace::text IN ('employerlink', 'paylink')
			AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = h.oid AND i.indkey::text = k.indkey::text || ' ' || f.attnum)`); len(unindexed) > 0 {
		t.Errorf("without an index on the key and the start of the version: %v", unindexed)
	}
}

// A search for files that no document names asks for all files of the archive, some hundred at a time.
func TestDocumentsAreFoundByWhereTheirFilesAre(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	execute(t, conn, `INSERT INTO archive.documents (resource, source_id, version, state, location, staged_at)
		SELECT 'payroll-runs', n, 1, 'archived', 'payroll-runs/' || n || '/' || md5(n::text) || '.pdf', now() FROM generate_series(1, 20000) n; ANALYZE archive.documents`)
	plan := strings.Join(lines(t, conn, `EXPLAIN SELECT location FROM archive.documents
		WHERE location = ANY(ARRAY(SELECT location FROM archive.documents LIMIT 500))`), "\n")
	if !strings.Contains(plan, "documents_location") {
		t.Errorf("every document is read for a few files:\n%s", plan)
	}
}

func TestEveryFileIsOneTransactionAndDropsNothingOfOthers(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(os.DirFS("."), "*.sql")
	if err != nil || len(names) != 2*latest {
		t.Fatalf("%d files, %v; want %d", len(names), err, 2*latest)
	}
	comments := regexp.MustCompile(`(?m)--.*$`)
	for _, name := range names {
		text, err := os.ReadFile(name) // #nosec G304 -- names of our own files
		if err != nil {
			t.Fatal(err)
		}
		bare := strings.TrimSpace(comments.ReplaceAllString(string(text), ""))
		if !strings.HasPrefix(bare, "BEGIN;") || !strings.HasSuffix(bare, "COMMIT;") || strings.Count(bare, "BEGIN;") != 1 || strings.Count(bare, "COMMIT;") != 1 {
			t.Errorf("%s is not one BEGIN; ... COMMIT;", name)
		}
		for _, word := range []string{"CONCURRENTLY", "CASCADE;", "DROP OWNED"} {
			if strings.Contains(strings.ToUpper(bare), word) {
				t.Errorf("%s says %s", name, word)
			}
		}
		for i, m := range regexp.MustCompile(`\bT[1-9][0-9]?\b`).FindAllString(string(text), -1) {
			t.Errorf("%s cites %s (%d), which its readers cannot look up", name, m, i)
		}
	}
	for i, name := range everyName {
		for _, ending := range []string{".up.sql", ".down.sql"} {
			if _, err := os.Stat(name + ending); err != nil {
				t.Error(fmt.Errorf("file %d: %w", i+1, err))
			}
		}
	}
}
