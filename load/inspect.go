package load

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// inspectWithin bounds an inspection: whoever asks waits for the answer.
const inspectWithin = 15 * time.Second

// Inspection is what a warehouse lets its user do.
type Inspection struct {
	Version  string // of the server, as it calls itself
	Major    int
	Database string
	User     string
	ReadOnly bool     // a replica, or a database or role that is set to read only
	CanTemp  bool     // temporary tables, which every run needs
	Lacks    []string // on what the user lacks CREATE that migrations need, as GRANT names it
	// Tables counts our tables, and Refused those of them that the user may not both read and write.
	Tables, Refused int64
	// Free is how many connections this user may still open, this one given back, and Limit which of the limits is the nearest.
	Free  int64
	Limit string
	// Ahead is how far the server's clock is ahead of this machine's: it is that, give or take Unsure.
	Ahead, Unsure time.Duration
}

// CanCreate reports whether the user may make the tables.
func (i Inspection) CanCreate() bool { return len(i.Lacks) == 0 }

// lackedCreate are the objects on which migrations need CREATE and do not have it: the database, for our schemas, and schema public
// as long as the ledger of migrations is to be made there. Since Postgres 15 that is not everybody's.
const lackedCreate = `ARRAY(SELECT what FROM (VALUES
	('DATABASE ' || quote_ident(current_database()), has_database_privilege(current_database(), 'CREATE')),
	('SCHEMA public', coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'CREATE'), false)
		OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'linkhouse_migrations'))) AS needed (what, granted)
	WHERE NOT granted)`

// freeConnections is the least that is left of what the server, the database and the user are limited to.
const freeConnections = `SELECT n, what FROM (
	SELECT current_setting('max_connections')::bigint - CASE WHEN current_setting('is_superuser')::bool THEN 0
			ELSE current_setting('superuser_reserved_connections')::bigint + coalesce(current_setting('reserved_connections', true), '0')::bigint END
		- (SELECT sum(numbackends)::bigint FROM pg_stat_database) + 1, 'max_connections of the server'
	UNION ALL SELECT datconnlimit - (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid) + 1, 'the limit of the database'
		FROM pg_database d WHERE datname = current_database() AND datconnlimit >= 0
	UNION ALL SELECT rolconnlimit - (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid) + 1, 'the limit of the user'
		FROM pg_roles r WHERE rolname = session_user AND rolconnlimit >= 0) AS limits (n, what) ORDER BY n LIMIT 1`

// Inspect looks at the warehouse of a connection string without changing it. Its errors are *Error.
func Inspect(ctx context.Context, url string) (Inspection, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return Inspection{}, &Error{Op: "read warehouse.url", Class: ClassConfig, err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return Inspection{}, fail("connect to the warehouse", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing was written
	var i Inspection
	var number int
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int, current_database(), current_user,
			pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
			`+lackedCreate+`, has_database_privilege(current_database(), 'TEMP'), count(c.oid),
			count(c.oid) FILTER (WHERE NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
				AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')))
		FROM pg_namespace n LEFT JOIN pg_class c ON n.oid = c.relnamespace AND c.relkind IN ('r', 'p')
		WHERE n.nspname IN ('employerlink', 'paylink', 'etl', 'archive', 'history')`).
		Scan(&i.Version, &number, &i.Database, &i.User, &i.ReadOnly, &i.Lacks, &i.CanTemp, &i.Tables, &i.Refused)
	if err == nil {
		err = conn.QueryRow(ctx, freeConnections).Scan(&i.Free, &i.Limit)
	}
	if err == nil {
		asked, now := time.Now(), time.Time{}
		err = conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
		i.Unsure = time.Since(asked) / 2
		i.Ahead = now.Sub(asked.Add(i.Unsure))
	}
	i.Major = number / 10000
	return i, fail("inspect the warehouse", err)
}

// Alive tells whether somebody works on a run that stands as running: the locks of a process that was killed are free.
func (s *Store) Alive(ctx context.Context, run RunRow) (alive bool, err error) {
	if run.State != RunRunning || len(run.Resources) == 0 {
		return false, nil
	}
	name := "linkhouse/" + run.Resources[0]
	if run.Scope != ScopeAll {
		name += "/" + run.Scope
	}
	alive, err = s.held(ctx, name)
	return alive, fail("look for the locks of a run", err)
}
