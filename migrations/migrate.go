package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
)

// cleanupTime bounds what is still tried on the warehouse after a migration failed.
const cleanupTime = 10 * time.Second

// Result is what a call did, as far as it came: it is filled beside an error too.
type Result struct {
	From, To uint     // versions before and after; 0 is an empty database
	Applied  []string // the steps taken in their order, such as "0001_employerlink"; on the way down those undone
	Repaired bool     // the ledger was dirty, from a process that was killed, and was set right first
}

// State is how far a database has come.
type State struct {
	Version uint        // 0 is an empty database
	Dirty   bool        // a process was killed in a migration; the next Up or Down sets it right
	Latest  uint        // the version this binary knows; smaller than Version when the database is newer
	Pending []Migration // the steps that Up would take; without those that turn out to be open when Dirty
}

// Up applies the pending migrations to the database of a pgx connection string. When nothing is pending that is one
// query. Processes that call it together queue for one lock. A context that ends stops it in the queue or between two
// migrations; one that is under way is finished first. It returns a *NewerError for a database newer than this binary.
func Up(ctx context.Context, url string, log *slog.Logger) (Result, error) {
	return run(ctx, url, log, func(ledger) uint { return latest() })
}

// Down undoes the last steps migrations, or all of them when steps is 0, and with them the data in what they made. It
// stops where something of others depends on what it would drop. It queues and stops as Up does.
func Down(ctx context.Context, url string, steps int, log *slog.Logger) (Result, error) {
	if steps < 0 {
		return Result{}, fmt.Errorf("undo migrations: %d is not a number of steps", steps)
	}
	return run(ctx, url, log, func(l ledger) uint {
		if steps == 0 || uint(steps) >= l.reached() {
			return 0
		}
		return l.reached() - uint(steps)
	})
}

// Status tells how far a database has come, and changes nothing. A database newer than this binary is no error here.
func Status(ctx context.Context, url string) (State, error) {
	cfg, err := configure(url, slog.New(slog.DiscardHandler))
	if err != nil {
		return State{}, err
	}
	l, err := look(ctx, cfg)
	if err != nil {
		return State{}, err
	}
	return State{Version: l.reached(), Dirty: l.dirty, Latest: latest(), Pending: after(l.reached())}, nil
}

// look reads the ledger on a connection of its own, without a lock.
func look(ctx context.Context, cfg *pgx.ConnConfig) (l ledger, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return ledger{}, fmt.Errorf("connect to the warehouse: %w", err)
	}
	defer func() {
		if closed := conn.Close(ctx); err == nil {
			err = closed
		}
	}()
	return scanLedger(conn.QueryRow(ctx, readLedger))
}

// run brings the database to the version that target makes of where it stands.
func run(ctx context.Context, url string, log *slog.Logger, target func(ledger) uint) (Result, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	cfg, err := configure(url, log)
	if err != nil {
		return Result{}, err
	}
	// Nearly always there is nothing to do, and whoever starts a run waits for this.
	l, err := look(ctx, cfg)
	if err != nil {
		return Result{}, err
	}
	result := Result{From: l.reached(), To: l.reached()}
	if !l.dirty && l.reached() == target(l) {
		return result, nil
	}

	err = under(ctx, cfg, log, func(db *sql.DB) error {
		// What was seen without the lock may be over by now.
		l, repaired, err := settle(ctx, db)
		if err != nil {
			return err
		}
		result.Repaired = repaired
		result.From, result.To = l.reached(), l.reached()
		if result.Repaired {
			log.Warn("a migration was interrupted; the ledger now says what the database shows", "version", result.From)
		}
		return walk(ctx, db, target(l), &result, log)
	})
	if err == nil || ctx.Err() != nil {
		return result, err
	}
	// The file that failed was rolled back, so the ledger need not stay dirty until the next call.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if settleErr := under(after, cfg, log, func(db *sql.DB) error {
		l, _, err := settle(after, db)
		if err == nil {
			result.To = l.reached()
		}
		return err
	}); settleErr != nil {
		log.Warn("the ledger of migrations could not be set right; the next call tries again", "error", settleErr)
	}
	return result, err
}

// walk takes one step after the other until the database is at the target.
func walk(ctx context.Context, db *sql.DB, target uint, result *Result, log *slog.Logger) error {
	source, err := iofs.New(files, ".")
	if err != nil {
		return fmt.Errorf("read the embedded migrations: %w", err)
	}
	driver, err := migratepgx.WithInstance(db, &migratepgx.Config{SchemaName: ledgerSchema, MigrationsTable: ledgerTable})
	if err != nil {
		return fmt.Errorf("make the ledger of migrations: %w", plain(err))
	}
	migrator, err := migrate.NewWithInstance("iofs", source, "pgx5", driver)
	if err != nil {
		return fmt.Errorf("start migrating: %w", err)
	}
	for result.To != target {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("migrate the warehouse: %w", err)
		}
		step, next := 1, result.To+1
		if target < result.To {
			step, next = -1, result.To-1
		}
		name := known()[max(result.To, next)-1].String()
		started := time.Now()
		if err := migrator.Steps(step); err != nil {
			return fmt.Errorf("migrate the warehouse from version %d to %d (%s): %w", result.To, next, name, plain(err))
		}
		result.Applied, result.To = append(result.Applied, name), next
		log.Info("migrated the warehouse", "migration", name, "version", next, "took", time.Since(started))
	}
	return nil
}

// plain takes golang-migrate's wrapping off an error: its text repeats the whole file.
func plain(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		return plain(joined.Unwrap()[0]) // what follows is only that nothing else works in a failed transaction
	}
	var value database.Error
	var pointer *database.Error
	switch {
	case errors.As(err, &value) && value.OrigErr != nil:
		return value.OrigErr
	case errors.As(err, &pointer) && pointer.OrigErr != nil:
		return pointer.OrigErr
	}
	return err
}
