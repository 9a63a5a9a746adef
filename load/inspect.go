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
	Version   string // of the server, as it calls itself
	Major     int
	Database  string
	ReadOnly  bool // a replica, or a database or role that is set to read only
	CanCreate bool // schemas, which migrations need
	CanTemp   bool // temporary tables, which every run needs
	// Refused counts our tables that the user may not both read and write.
	Refused int64
}

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
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int, current_database(),
			pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
			has_database_privilege(current_database(), 'CREATE'), has_database_privilege(current_database(), 'TEMP'),
			(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('employerlink', 'paylink', 'etl', 'archive', 'history')
					AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
						AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')))`).
		Scan(&i.Version, &number, &i.Database, &i.ReadOnly, &i.CanCreate, &i.CanTemp, &i.Refused)
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
	// An advisory lock on one number stands in pg_locks as the number's two halves.
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks
			WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND mode = 'ExclusiveLock'
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0))`, name).Scan(&alive)
	return alive, fail("look for the locks of a run", err)
}
