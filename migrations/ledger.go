package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The ledger stands outside our schemas because golang-migrate needs it before there are any.
const (
	ledgerSchema = "public"
	ledgerTable  = "linkhouse_migrations"
)

// undefinedTable is Postgres's code for a table that does not exist.
const undefinedTable = "42P01"

// ledger is what the table says. golang-migrate writes version with dirty set before it runs a file and clears it
// after, upwards as on the way down; before 0001 its version is -1.
type ledger struct {
	version int
	dirty   bool
}

// reached is the version as people count: 0 before the first.
func (l ledger) reached() uint { return uint(max(l.version, 0)) } // #nosec G115 -- max keeps it from being negative

// newerError tells that a database was migrated by a later linkhouse.
func (l ledger) newerError() error {
	if l.reached() <= latest() {
		return nil
	}
	return &NewerError{Version: l.reached(), Latest: latest()}
}

// NewerError means that the database is at a version this binary does not know. It never goes on from there, since it
// cannot tell what the tables mean by now.
type NewerError struct {
	Version uint // of the database
	Latest  uint // that this binary knows
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("the warehouse is at schema version %d and this linkhouse knows up to %d: use the newer linkhouse", e.Version, e.Latest)
}

const readLedger = `SELECT version, dirty FROM ` + ledgerSchema + `.` + ledgerTable + ` LIMIT 1`

// scanLedger reads a row of readLedger; no row and no table both mean that nothing was migrated yet.
func scanLedger(row interface{ Scan(...any) error }) (ledger, error) {
	var l ledger
	err := row.Scan(&l.version, &l.dirty)
	var pgErr *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows), errors.Is(err, sql.ErrNoRows):
		return ledger{}, nil
	case errors.As(err, &pgErr) && pgErr.Code == undefinedTable:
		return ledger{}, nil
	case err != nil:
		return ledger{}, fmt.Errorf("read the ledger of migrations: %w", err)
	}
	return l, nil
}

// settle makes a dirty ledger say what the catalog shows. golang-migrate leaves it dirty when it is killed in a file,
// but the file is one transaction: Postgres either committed all of it or nothing. It reports whether it had to. The
// caller holds our lock, so no migration is under way any more, not even on a connection whose client died.
func settle(ctx context.Context, db *sql.DB) (ledger, bool, error) {
	l, err := scanLedger(db.QueryRowContext(ctx, readLedger))
	if err != nil {
		return l, false, err
	}
	if err := l.newerError(); err != nil {
		return l, false, err
	}
	if !l.dirty {
		return l, false, nil
	}
	actual, err := probe(ctx, db)
	if err != nil {
		return l, false, err
	}
	// A file on its way up left its own number, one on its way down the number before it.
	if said := l.reached(); actual+1 < said || actual > said+1 {
		return l, false, fmt.Errorf("the ledger of migrations stopped in version %d and the catalog shows version %d: this takes a person", said, actual)
	}
	if err := writeLedger(ctx, db, actual); err != nil {
		return l, false, fmt.Errorf("repair the ledger of migrations: %w", err)
	}
	return ledger{version: int(actual)}, true, nil // #nosec G115 -- a count of embedded files
}

// probe asks the catalog which version it shows.
func probe(ctx context.Context, db *sql.DB) (uint, error) {
	var actual uint
	for _, m := range known() {
		var there bool
		if err := db.QueryRowContext(ctx, probes[m.Version]).Scan(&there); err != nil {
			return 0, fmt.Errorf("probe for %s: %w", m, err)
		}
		if !there {
			continue
		}
		if m.Version != actual+1 {
			return 0, fmt.Errorf("the catalog shows %s but not version %d: this takes a person", m, actual+1)
		}
		actual = m.Version
	}
	return actual, nil
}

func writeLedger(ctx context.Context, db *sql.DB, version uint) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM `+ledgerSchema+`.`+ledgerTable)
	if err == nil && version > 0 {
		_, err = tx.ExecContext(ctx, `INSERT INTO `+ledgerSchema+`.`+ledgerTable+` (version, dirty) VALUES ($1, false)`, version)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
