package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// lockKey is the advisory lock around everything that writes here: "linkhous" in ASCII.
	lockKey int64 = 0x6c696e6b686f7573
	// lockPoll is how often a session that waits looks again.
	lockPoll = 50 * time.Millisecond
	// answerWithin bounds what a server does at once when it is there: a connection, or a look at the ledger. A migration may
	// take as long as it takes.
	answerWithin = 20 * time.Second
)

// configure reads any pgx connection string, that of a pool included.
func configure(url string, log *slog.Logger) (*pgx.ConnConfig, error) {
	pool, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The error repeats the string, and not every part of one that does not parse is recognised as a password.
		if inner := errors.Unwrap(err); inner != nil {
			err = inner
		}
		return nil, fmt.Errorf("read the warehouse's connection string: %w", err)
	}
	cfg := pool.ConnConfig
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "linkhouse migrations"
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = answerWithin
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		log.Info("postgres says", "notice", n.Message)
	}
	return cfg, nil
}

// unbound lifts what the server, the database or the user allows the statements of people: a migration is one statement. What the
// connection string says holds. So does a lock_timeout: it keeps a migration that waits from keeping everybody else waiting.
func unbound(ctx context.Context, conn *pgx.Conn, params map[string]string) error {
	const timeout = "statement_timeout"
	if _, said := params[timeout]; said || strings.Contains(params["options"], timeout) {
		return nil
	}
	_, err := conn.Exec(ctx, "SET "+timeout+" = 0")
	return err
}

// under does something with a database of exactly one connection, whose session holds our lock from its first moment to
// its last. The lock and the migration share the session on purpose: when the process is killed, the server may still be
// at work on the file it was sent, and the lock is free only when it is done with it.
func under(ctx context.Context, cfg *pgx.ConnConfig, log *slog.Logger, do func(*sql.DB) error) (err error) {
	var session *pgx.Conn
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		session = conn
		if err := unbound(ctx, conn, cfg.RuntimeParams); err != nil {
			return err
		}
		return lock(ctx, conn, log)
	}))
	db.SetMaxOpenConns(1)
	defer func() {
		err = errors.Join(err, db.Close())
		// A connection that is checked out survives that, and golang-migrate does not give back the one it took.
		if session != nil {
			err = errors.Join(err, session.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("connect to the warehouse: %w", err)
	}
	return do(db)
}

// lock waits for our lock. It tries again and again rather than asking the server to wait, because a session that waits
// there cannot be told to stop without being killed.
func lock(ctx context.Context, conn *pgx.Conn, log *slog.Logger) error {
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for first := true; ; first = false {
		held, err := tryLock(ctx, conn)
		if err != nil {
			return fmt.Errorf("take the lock of migrations: %w", err)
		}
		if held {
			return nil
		}
		if first {
			log.Info("another process is migrating the warehouse; waiting for it")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for another process to migrate the warehouse: %w", ctx.Err())
		case <-poll.C:
		}
	}
}

func tryLock(ctx context.Context, conn *pgx.Conn) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockKey).Scan(&held)
	return held, err
}
