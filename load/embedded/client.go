package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	cannotConnectNow = "57P03" // starting up or shutting down
	duplicateDB      = "42P04"
	objectInUse      = "55006"
)

func connURL(password string, port int, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// answers tells whether the server lets us in. Our password is random, so one that does is ours.
func answers(ctx context.Context, conn string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := pgx.Connect(ctx, conn)
	if err != nil {
		return err
	}
	return db.Close(ctx)
}

// awaitReady returns when the server answers, has ended, or has been silent for too long. One that replays its log
// after a crash is not silent, and is waited for as long as ctx allows.
func awaitReady(ctx context.Context, s *server, conn string) error {
	silent := time.Now()
	for {
		err := answers(ctx, conn)
		if err == nil {
			return nil
		}
		if s.gone() {
			return errors.New("the server ended")
		}
		if sqlState(err) == cannotConnectNow {
			silent = time.Now()
		}
		if time.Since(silent) > patience {
			return fmt.Errorf("the server does not answer: %w", err)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// execute runs one statement on its own connection.
func execute(ctx context.Context, conn, statement string) error {
	db, err := pgx.Connect(ctx, conn)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, statement)
	return errors.Join(err, db.Close(context.WithoutCancel(ctx)))
}

// createDatabase copies template to a new database. A template that somebody is still disconnecting from is waited for.
func createDatabase(ctx context.Context, conn, name, template string) error {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		statement += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	for attempt := 0; ; attempt++ {
		err := execute(ctx, conn, statement)
		if sqlState(err) != objectInUse || attempt == 3 { // the server itself waits five seconds before each
			return err
		}
	}
}

func sqlState(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
