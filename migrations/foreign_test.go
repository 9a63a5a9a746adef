package migrations_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
)

// theirs makes what other programs keep in the same database: names like ours in public and in schemas with similar names,
// another ledger, and things of another owner in schemas that we share.
const theirs = `
	CREATE ROLE somebody;
	CREATE TABLE public.employers (employer_id text PRIMARY KEY, name text);
	INSERT INTO public.employers VALUES ('e1', 'theirs');
	CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
	INSERT INTO public.schema_migrations VALUES (20240101, true);
	CREATE TABLE public.runs (id int); CREATE TABLE public.linkhouse (id int);
	CREATE SCHEMA employer_link CREATE TABLE employers (id int);
	CREATE SCHEMA "EmployerLink" CREATE TABLE employers (id int);
	CREATE SCHEMA employerlink_old CREATE TABLE statements (id int);
	CREATE SCHEMA histories CREATE TABLE employers (id int);
	CREATE SCHEMA analytics AUTHORIZATION somebody;
	COMMENT ON SCHEMA analytics IS 'Marts of somebody.';
	CREATE TABLE analytics.marts (id int PRIMARY KEY, note text);
	ALTER TABLE analytics.marts OWNER TO somebody;
	INSERT INTO analytics.marts VALUES (1, 'theirs');
	COMMENT ON TABLE analytics.marts IS 'Theirs.';
	CREATE FUNCTION analytics.marts() RETURNS int LANGUAGE sql AS 'SELECT 1';
	CREATE SCHEMA etl; COMMENT ON SCHEMA etl IS 'Staging of somebody.';
	CREATE TABLE etl.staging (id bigint GENERATED ALWAYS AS IDENTITY, v text);
	GRANT SELECT ON etl.staging TO somebody;
	INSERT INTO etl.staging (v) VALUES ('theirs');
	CREATE SCHEMA history;
	CREATE VIEW history.overview AS SELECT v FROM etl.staging;
	CREATE TYPE history.mood AS ENUM ('good', 'bad');
	CREATE SCHEMA archive CREATE TABLE document (id int);
	CREATE SCHEMA paylink CREATE TABLE account (id int);`

// possessions describes all that is not ours: objects, owners, grants, comments and rows.
func possessions(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	found := lines(t, conn, `
		WITH theirs AS (
			SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname IN (
				'public.employers', 'public.schema_migrations', 'public.runs', 'public.linkhouse', 'employer_link.employers',
				'EmployerLink.employers', 'employerlink_old.statements', 'histories.employers', 'analytics.marts', 'analytics.marts_pkey',
				'etl.staging', 'etl.staging_id_seq', 'history.overview', 'archive.document', 'paylink.account'))
		SELECT format('%s %s %s owned by %s: %s %s %s', oid, relkind, oid::regclass, relowner::regrole, relacl, obj_description(oid, 'pg_class'), relfilenode) FROM theirs
		UNION ALL SELECT format('schema %s owned by %s: %s', oid, nspowner::regrole, obj_description(oid, 'pg_namespace')) FROM pg_namespace
			WHERE nspname IN ('public', 'employer_link', 'EmployerLink', 'employerlink_old', 'histories', 'analytics', 'etl')
		UNION ALL SELECT format('function %s %s %s', oid, oid::regprocedure, proacl) FROM pg_proc WHERE proname = 'marts'
		UNION ALL SELECT format('type %s %s', oid, typacl) FROM pg_type WHERE typname = 'mood'
		UNION ALL SELECT format('role %s %s %s %s', oid, rolname, rolcanlogin, shobj_description(oid, 'pg_authid')) FROM pg_roles WHERE rolname ~ '^(somebody|linkhouse_analyst)$'
		ORDER BY 1`)
	for _, rows := range []string{"public.employers", "public.schema_migrations", "analytics.marts", "etl.staging"} {
		found = append(found, lines(t, conn, `SELECT '`+rows+` holds ' || t::text || ' written by ' || t.xmin::text FROM `+rows+` t ORDER BY 1`)...)
	}
	return found
}

// schemaGrants are who may do what with the schemas that are shared.
func schemaGrants(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return lines(t, conn, `SELECT format('%s %s %s', nspname, a.grantee::regrole, a.privilege_type) FROM pg_namespace,
		LATERAL aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a WHERE nspname IN ('analytics', 'etl', 'history', 'archive', 'paylink') ORDER BY 1`)
}

// Section 4: a warehouse may stand in a database that others use. Nothing of theirs is granted, commented, renamed, emptied or
// dropped, on the way up or down. Mutations: with GRANT ... ON ALL TABLES IN SCHEMA, with COMMENT ON SCHEMA analytics without
// its condition, or with DROP ROLE whoever made it, it is red.
func TestNothingThatBelongsToOthersIsTouched(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	conn := connect(t, c.URL("linkhouse"))
	execute(t, conn, `CREATE ROLE linkhouse_analyst LOGIN; COMMENT ON ROLE linkhouse_analyst IS 'Ours since 2019.'`)
	execute(t, conn, theirs)
	before, granted := possessions(t, conn), schemaGrants(t, conn)
	if len(before) < 25 {
		t.Fatalf("only %d things are compared", len(before))
	}
	for round := range 2 {
		up(t, c.URL("linkhouse"))
		if diff := cmp.Diff(before, possessions(t, conn)); diff != "" {
			t.Errorf("round %d, up (-before +after):\n%s", round, diff)
		}
		if got := strings.Join(grants(t, conn, "linkhouse_analyst"), ", "); got != "analytics: SELECT" {
			t.Errorf("the analyst may %q", got)
		}
		execute(t, conn, `SET ROLE linkhouse_analyst`)
		execute(t, conn, `SELECT * FROM analytics.payroll_register`)
		if _, err := conn.Exec(t.Context(), `SELECT * FROM analytics.marts`); err == nil {
			t.Error("an analyst reads a table of somebody else")
		}
		execute(t, conn, `RESET ROLE`)
		down(t, c.URL("linkhouse"), 0)
		if diff := cmp.Diff(before, possessions(t, conn)); diff != "" {
			t.Errorf("round %d, down (-before +after):\n%s", round, diff)
		}
		if diff := cmp.Diff(granted, schemaGrants(t, conn)); diff != "" {
			t.Errorf("round %d, grants on schemas (-before +after):\n%s", round, diff)
		}
	}
	if diff := cmp.Diff([]string{"linkhouse_analyst"}, lines(t, conn, roles)); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

// Every table and view of ours is granted by name. One that is missing in that list would be out of reach of the program
// itself. Mutation: without etl.runs in the list of 0007 it is red.
func TestEveryTableOfOursIsGranted(t *testing.T) {
	t.Parallel()
	conn := connect(t, warehouse.Database(t))
	missing := lines(t, conn, `SELECT format('%s to %s', c.oid::regclass, r) FROM pg_class c CROSS JOIN unnest(ARRAY['linkhouse_pii', 'linkhouse_writer']) r
		WHERE c.relnamespace::regnamespace::text IN ('employerlink', 'paylink', 'etl', 'archive', 'history', 'analytics') AND c.relkind IN ('r', 'v')
		AND NOT (has_table_privilege(r, c.oid, 'SELECT') AND (r <> 'linkhouse_writer' OR (
			has_table_privilege(r, c.oid, 'INSERT') AND has_table_privilege(r, c.oid, 'UPDATE') AND has_table_privilege(r, c.oid, 'DELETE'))))`)
	if len(missing) > 0 {
		t.Errorf("not granted: %s", strings.Join(missing, ", "))
	}
	if numbers := lines(t, conn, `SELECT schemaname || '.' || sequencename FROM pg_sequences WHERE schemaname IN ('etl', 'archive')
		AND NOT has_sequence_privilege('linkhouse_writer', quote_ident(schemaname) || '.' || quote_ident(sequencename), 'USAGE')`); len(numbers) > 0 {
		t.Errorf("sequences that are not granted: %v", numbers)
	}
}

// A name that is really taken is told, with the migration that needs it, and what took it stays as it is. Mutation: without
// the step's name in what walk tells (migrate.go) it is red.
func TestANameThatIsTakenIsToldAndLeftAlone(t *testing.T) {
	t.Parallel()
	for _, taken := range []struct{ make, file, name string }{
		{`CREATE SCHEMA employerlink CREATE VIEW employers AS SELECT 1 AS one`, "0001_employerlink", "employers"},
		{`CREATE SCHEMA paylink; CREATE TYPE paylink.tasks AS ENUM ('a')`, "0002_paylink", "tasks"},
		{`CREATE SCHEMA etl; CREATE SEQUENCE etl.walks`, "0003_etl", "walks"},
		{`CREATE SCHEMA history; CREATE MATERIALIZED VIEW history.tasks AS SELECT 1 AS one`, "0005_history", "tasks"},
		{`CREATE SCHEMA analytics; CREATE FUNCTION analytics.calendar_day(value text) RETURNS date LANGUAGE sql AS 'SELECT NULL::date'`, "0006_analytics", "calendar_day"},
		{`CREATE SCHEMA vault`, "0007_roles", "vault"},
		{`CREATE TABLE public.linkhouse_migrations (id int)`, "ledger of migrations", "version"},
	} {
		t.Run(taken.file, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Database(t)
			conn := connect(t, url)
			execute(t, conn, taken.make)
			mine := func() []string {
				return lines(t, conn, `SELECT format('%s %s %s %s', oid, relkind, relname, relacl) FROM pg_class WHERE relname = $1 OR relname = 'linkhouse_migrations' AND NOT EXISTS (
					SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'dirty') UNION ALL SELECT format('%s %s', oid, typname) FROM pg_type WHERE typname = $1
					UNION ALL SELECT format('%s %s', oid, nspname) FROM pg_namespace WHERE nspname = $1 UNION ALL SELECT format('%s %s', oid, proname) FROM pg_proc WHERE proname = $1 ORDER BY 1`, taken.name)
			}
			before := mine()
			for range 2 { // the second attempt finds it as the first did
				_, err := migrations.Up(t.Context(), url, nil)
				if err == nil || !strings.Contains(err.Error(), taken.file) || !strings.Contains(err.Error(), taken.name) {
					t.Errorf("the error does not tell %s and %s: %v", taken.file, taken.name, err)
				}
			}
			if after := mine(); len(before) == 0 || !contains(after, before) {
				t.Errorf("before %v, after %v", before, after)
			}
		})
	}
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// Who may not write where a schema of that name stands is told so, and leaves no half of anything, nor a dirty ledger. Mutation:
// with to_regclass in columnThere (catalog.go) it is red.
func TestASchemaOfAnotherOwnerIsToldAndLeftAlone(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	admin := connect(t, c.URL("linkhouse"))
	execute(t, admin, `CREATE ROLE plain LOGIN PASSWORD 'plain'`)
	execute(t, admin, `CREATE DATABASE shared OWNER plain`)
	shared := connect(t, c.URL("shared"))
	execute(t, shared, `CREATE SCHEMA etl CREATE TABLE staging (id int)`)
	u, err := url.Parse(c.URL("shared"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("plain", "plain")

	result, err := migrations.Up(t.Context(), u.String(), nil)
	if err == nil || !strings.Contains(err.Error(), "0003_etl") || !strings.Contains(err.Error(), "etl (SQLSTATE 42501)") {
		t.Errorf("the error does not tell which schema is in the way: %v", err)
	}
	if result.To != 2 {
		t.Errorf("stopped at %d", result.To)
	}
	if tables := lines(t, shared, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'etl'`); !slices.Equal(tables, []string{"staging"}) {
		t.Errorf("schema etl holds %v", tables)
	}
	if state, err := migrations.Status(t.Context(), u.String()); err != nil || state.Dirty || state.Version != 2 {
		t.Errorf("status %+v, %v", state, err)
	}
}
