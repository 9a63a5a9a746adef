package load_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Semantics 8: a process that was stopped in the middle of a COPY keeps its rows locked, and the server waits for it without end.
// Whoever takes over does not.
// Mutation: without endStandstill the page is not committed.
func TestAProcessThatStandsStillInACopyKeepsNobodyFromItsRows(t *testing.T) {
	t.Parallel()
	w := open(t)
	sleeper, err := pgx.Connect(t.Context(), w.url+"&application_name=linkhouse")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sleeper.Close(context.WithoutCancel(t.Context())) }()
	if _, err := sleeper.Exec(t.Context(), `BEGIN; INSERT INTO employerlink.employers (employer_id, _first_seen_at, _synced_at, _run_id, _row_hash)
		VALUES ('e1', now(), now(), 1, '\x00')`); err != nil {
		t.Fatal(err)
	}
	stopped, wakes := io.Pipe()
	defer func() { _ = wakes.Close() }()
	ended := make(chan error, 1)
	go func() {
		_, err := sleeper.PgConn().CopyFrom(context.WithoutCancel(t.Context()), stopped, "COPY employerlink.employer_locations FROM STDIN")
		ended <- err
	}()
	_, walk := w.walk(w.store, "employers", load.RunSpec{})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	counts, err := walk.Commit(ctx, load.Page{Records: []*transform.Record{employer(t, "e1", `{"name":"A"}`)}})
	if err != nil || counts.New != 1 {
		t.Errorf("%+v, %v", counts, err)
	}
	_ = wakes.Close()
	err = <-ended
	var said *pgconn.PgError
	if err == nil || errors.As(err, &said) && said.Code != "57P01" {
		t.Errorf("the sleeper's COPY ended with %v", err)
	}
}
