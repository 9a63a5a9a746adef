package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// stopAt carries out a command line and interrupts it when the warehouse gives that number.
func (w *world) stopAt(args, sql string, n int64) result {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	var group errgroup.Group
	group.Go(func() error {
		for ctx.Err() == nil && w.number(sql) < n {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		return nil
	})
	got := w.runWith(ctx, exitInterrupted, args)
	cancel()
	_ = group.Wait()
	return got
}

// held locks one row of the archive's documents, so that whoever wants to write it waits; release lets it go.
func (w *world) held(id string) (release func()) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := conn.Exec(w.t.Context(), "BEGIN; SELECT FROM archive.documents WHERE source_id = '"+id+"' FOR UPDATE"); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		ctx := context.WithoutCancel(w.t.Context())
		// Whoever was interrupted may still wait in the server, and would write after all.
		_, _ = conn.Exec(ctx, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		_ = conn.Close(ctx)
	}
}

func TestAnInterruptedVerificationGoesOnWithTheCommandThatItEndsWith(t *testing.T) {
	t.Parallel()
	w := archived(t)
	total := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
	last := w.text("SELECT max(source_id) FROM archive.documents WHERE state = 'archived'")
	release := w.held(last)
	defer release()
	got := w.stopAt("documents verify --until 2030-01-01", "SELECT count(*) FROM archive.documents WHERE verified_at IS NOT NULL", total-1)
	release()
	command := regexp.MustCompile(`^linkhouse: interrupted\n  what was read is noted; to go on: linkhouse (documents verify --until 2030-01-01 --not-since \S+)\n$`).
		FindStringSubmatch(got.stderr)
	if command == nil || !strings.Contains(got.stdout, " as archived.\n") {
		t.Fatalf("%s%s", got.stdout, got.stderr)
	}
	if rest := answer[verifyAnswer](w, exitComplete, command[1]); rest.Checked != 1 || rest.Sound != 1 {
		t.Errorf("%d were read, one was left", rest.Checked)
	}
	w.exec("UPDATE archive.documents SET verified_at = NULL")
	release = w.held(last)
	again := w.stopAt(command[1], "SELECT count(*) FROM archive.documents WHERE verified_at IS NOT NULL", total-1)
	release()
	if strings.Count(again.stderr, "--not-since") != 1 {
		t.Errorf("%s", again.stderr)
	}
}

func TestAnInterruptedBackfillGoesOnAndEndsLikeAnUndisturbedOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"], w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "5", "2"
	const command = "backfill payroll-runs --since 2000-01-01 --refetch"
	steps := []struct {
		name, match, sql string
		after            int64
	}{
		// So many that the first page is among them: its last detail may be overtaken by those of the pages read ahead.
		{"while it reads", "/payroll-runs/*", "SELECT count(*) FROM employerlink.payroll_runs", 30},
		{"while it archives", "/documents/*", "SELECT count(*) FROM archive.documents WHERE state = 'archived'", 3},
	}
	for _, step := range steps {
		var asked atomic.Int64
		hang := w.api.Inject(sandbox.Fault{Match: step.match, Kind: sandbox.Hang, When: func(*http.Request) bool { return asked.Add(1) > step.after }})
		got := w.stopAt(command, step.sql, 1)
		want := "linkhouse: interrupted\n  what was read is saved; the next run goes on where this one stopped: linkhouse " + command + "\n"
		if got.stderr != want {
			t.Errorf("%s: %q", step.name, got.stderr)
		}
		hang.Stop()
		if status := w.run(exitComplete, "status"); !strings.Contains(status.stdout, "The last run did not come to its end. To go on:\n  linkhouse "+command+"\n") {
			t.Errorf("%s:\n%s", step.name, status.stdout)
		}
	}
	if done := w.run(exitComplete, command); !strings.Contains(done.stdout, "gone on with where it had stopped") {
		t.Errorf("%s", done.stdout)
	}
	if n := w.number("SELECT count(*) FROM etl.runs"); n != 1 {
		t.Errorf("%d runs", n)
	}
	other := newWorld(t, tame)
	other.run(exitComplete, command)
	const whole = `SELECT md5(string_agg(concat_ws('|', payroll_run_id, encode(_row_hash, 'hex'), d.state, d.sha256), E'\n' ORDER BY payroll_run_id))
		FROM employerlink.payroll_runs JOIN archive.documents d ON d.resource = 'payroll-runs' AND d.source_id = payroll_run_id`
	if a, b := w.text(whole), other.text(whole); a != b {
		t.Error("it differs from an undisturbed backfill")
	}
	if got := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'"); got != int64(len(w.api.Truth().Documents["payroll-runs"])) {
		t.Errorf("%d are archived", got)
	}
}
