package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/migrations"
)

// A warehouse that turns read only under a run (the primary has become a replica, or a hosted server's disk is full), or whose
// administrator cancels a statement, is one that cannot be used: the run leaves with 7 and says why, and the next one goes on.
//
// Mutation: without 25006 in classOfState (load/errors.go), or with 57014 as ClassCanceled there, it is red.
func TestAWarehouseThatRefusesUnderARunExitsWith7AndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault func(w *world, db *pgx.Conn) (strike, end func())
		says  string
	}{
		"it turns read only": {turnsReadOnly, "the warehouse is read only, SQLSTATE 25006"},
		"it cancels":         {cancels, "the server cancelled the statement, SQLSTATE 57014"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := startCluster(t, t.TempDir())
			defer func() { _ = cluster.Stop() }()
			w := newWorld(t, func(c *sandbox.Config) { small(c); c.Latency = 10 * time.Millisecond })
			w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4", "4"
			w.at(cluster)
			if _, err := migrations.Up(t.Context(), w.url, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			db, err := pgx.Connect(t.Context(), w.url)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close(t.Context()) }()
			strike, end := c.fault(w, db)
			p := w.start(syncAll)
			w.await("a page is committed", func() bool { return p.over() || w.number("SELECT count(*) FROM etl.walk_pages") > 0 })
			strike()
			got := w.ends(p, exitStore)
			for _, words := range []string{c.says, "the next run goes on where this one stopped"} {
				if !strings.Contains(got.stderr, words) {
					t.Errorf("it does not say %q:\n%s", words, got.stderr)
				}
			}
			end()
			if n := w.number("SELECT count(*) FROM etl.walks WHERE state = 'failed'"); n != 0 {
				t.Errorf("%d walks are to begin anew", n)
			}
			w.ends(w.start(syncAll), exitComplete, exitPartial)
			if n := w.number("SELECT count(*) FROM etl.runs"); n != 1 {
				t.Errorf("%d runs instead of one that was gone on with", n)
			}
			w.holdsTruth(name)
		})
	}
}

func turnsReadOnly(w *world, db *pgx.Conn) (strike, end func()) {
	say := func(sql string) {
		if _, err := db.Exec(w.t.Context(), sql); err != nil {
			w.t.Fatalf("%s: %v", sql, err)
		}
	}
	strike = func() {
		say("ALTER SYSTEM SET default_transaction_read_only = on")
		say("SELECT pg_reload_conf()")
	}
	return strike, func() {
		say("ALTER SYSTEM RESET default_transaction_read_only")
		say("SELECT pg_reload_conf()")
		w.await("it takes rows again", func() bool { return w.text("SHOW default_transaction_read_only") == "off" })
	}
}

// cancels keeps the run, from its beginning, from a table that every page of employees writes to, and cancels the statement that waits
// for it.
func cancels(w *world, db *pgx.Conn) (strike, end func()) {
	tx, err := db.Begin(w.t.Context())
	if err == nil {
		_, err = tx.Exec(w.t.Context(), "LOCK TABLE employerlink.employees IN SHARE MODE")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	strike = func() {
		w.await("a statement is cancelled", func() bool {
			return w.number("SELECT count(*) FILTER (WHERE pg_cancel_backend(pid)) FROM pg_stat_activity WHERE application_name = 'linkhouse' AND wait_event_type = 'Lock'") > 0
		})
	}
	return strike, func() { _ = tx.Rollback(w.t.Context()) }
}
