package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/load/embedded"
	"github.com/linkhouse/linkhouse/migrations"
)

// template is the database that all others are copies of.
const template = "migrated"

// warehouse is a private Postgres with the settings that it comes with: commits reach the disk before they are answered.
type warehouse struct {
	cluster *embedded.Cluster
	pid     int // of the server, where the system tells what it takes
	admin   *pgx.Conn
}

func openWarehouse(ctx context.Context, dir string) (*warehouse, error) {
	cluster, err := embedded.Start(ctx, embedded.Config{Dir: dir, Fsync: true})
	if err != nil {
		return nil, err
	}
	w := &warehouse{cluster: cluster, pid: postmaster(dir)}
	if err := w.prepare(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *warehouse) prepare(ctx context.Context) error {
	if err := w.cluster.CreateDatabase(ctx, template, ""); err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, w.cluster.URL(template), slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	var err error
	w.admin, err = pgx.Connect(ctx, w.cluster.URL("postgres"))
	return err
}

func (w *warehouse) close() error {
	var err error
	if w.admin != nil {
		err = w.admin.Close(context.Background())
	}
	return errors.Join(err, w.cluster.Stop())
}

// create makes a database with the tables of the warehouse and no row in them.
func (w *warehouse) create(ctx context.Context, name string) error {
	return w.cluster.CreateDatabase(ctx, name, template)
}

// settle does what Postgres itself would do in the minutes after a load, so that a phase pays for its own work alone: rows
// are vacuumed, and everything is written out.
func (w *warehouse) settle(ctx context.Context, database string) error {
	if database != "" {
		err := w.in(ctx, database, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "VACUUM (ANALYZE)")
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := w.until(ctx, "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"); err != nil {
		return err
	}
	_, err := w.admin.Exec(ctx, "CHECKPOINT")
	return err
}

// until asks again and again, until the answer is true.
func (w *warehouse) until(ctx context.Context, query string, args ...any) error {
	for {
		var yes bool
		if err := w.admin.QueryRow(ctx, query, args...).Scan(&yes); err != nil || yes {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// wal is how many bytes of write-ahead log there ever were.
func (w *warehouse) wal(ctx context.Context) (n int64, err error) {
	err = w.admin.QueryRow(ctx, "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint").Scan(&n)
	return n, err
}

// written counts the rows that were ever inserted, updated or deleted in the tables that people read: the warehouse's and
// their history, companies aside, of which there are a few and which many users share. Sessions report that when they end, so it waits until all have.
func (w *warehouse) written(ctx context.Context, database string) (n int64, err error) {
	err = w.until(ctx, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'", database)
	if err != nil {
		return 0, err
	}
	err = w.in(ctx, database, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables
			WHERE schemaname IN ('employerlink', 'paylink', 'history') AND relname <> 'companies'`).Scan(&n)
	})
	return n, err
}

// in connects to a database for as long as do takes.
func (w *warehouse) in(ctx context.Context, database string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, w.cluster.URL(database))
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

// content is how many rows a table has and what its numbers sum up to, as in the sandbox's truth.
type content struct {
	rows int64
	sums map[string]string
}

// contents counts what stands in the tables now, the removed left out. The lines of a statement are removed with it.
func (w *warehouse) contents(ctx context.Context, database string, wanted map[string]map[string]string) (map[string]content, error) {
	all := map[string]content{}
	err := w.in(ctx, database, func(conn *pgx.Conn) error {
		for name, sums := range wanted {
			c := content{sums: map[string]string{}}
			columns := slices.Sorted(maps.Keys(sums))
			into := []any{&c.rows}
			var list strings.Builder
			values := make([]string, len(columns))
			for i, column := range columns {
				fmt.Fprintf(&list, ", trim_scale(coalesce(sum(t.%s), 0)::numeric)::text", pgx.Identifier{column}.Sanitize())
				into = append(into, &values[i])
			}
			from := name + " t WHERE t._removed_at IS NULL"
			if strings.HasPrefix(name, "employerlink.statement_") {
				from = name + " t JOIN employerlink.statements s USING (employee_id, statement_id) WHERE s._removed_at IS NULL"
			}
			if err := conn.QueryRow(ctx, "SELECT count(*)"+list.String()+" FROM "+from).Scan(into...); err != nil {
				return fmt.Errorf("count %s: %w", name, err)
			}
			for i, column := range columns {
				c.sums[column] = values[i]
			}
			all[name] = c
		}
		return nil
	})
	return all, err
}
