package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// TestMain plays the plain programs for the bench, which starts itself again.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "child-") {
		if err := start(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// built is the real program.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "linkhouse")
	if out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestEveryPhaseOfATinyWorldDoesTheSameWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options{
		linkhouse: built(t), measure: []string{"large", "lists"}, scale: 0.01, rounds: 1,
		json: filepath.Join(dir, "to", "bench.json"), bench: filepath.Join(dir, "bench.txt"), dir: dir,
	}
	var out strings.Builder
	if err := o.run(t.Context(), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var r report
	text, err := os.ReadFile(o.json)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Worlds) != 2 || r.Worlds[0].People != 20 || r.Worlds[1].People != 200 {
		t.Fatalf("%s", text)
	}
	isAsItShouldBe(t, r.Worlds[0], map[string]int{phaseFetch: 6, phasePlain: 1, phaseFirst: 1, phaseUnchanged: unchangedRuns, phaseChanged: 1})
	isAsItShouldBe(t, r.Worlds[1], map[string]int{phaseFetch: 5, phasePlain: 1, phaseFirst: 1, phaseUnchanged: unchangedRuns})
	if f := r.Worlds[0].of(phaseChanged); f.Rows == 0 {
		t.Errorf("nothing changed: %+v", f)
	}
	lines, err := os.ReadFile(o.bench)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^BenchmarkEndToEnd/(large|lists)/[a-z-]+ 1 \d+ ns/op( [\d.]+ [A-Za-z/-]+)+$`)
	if n := len(line.FindAll(lines, -1)); n != len(r.Worlds[0].Figures)+len(r.Worlds[1].Figures) {
		t.Errorf("%d lines of it:\n%s", n, lines)
	}
	for _, want := range []string{"first-load", "unchanged", "cpu/plain", "large: 20 people", "rows per second"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// isAsItShouldBe compares the figures of a world's phases with each other, and their number with what is wanted.
func isAsItShouldBe(t *testing.T, w worldRun, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, f := range w.Figures {
		got[f.Phase]++
		if f.Wall <= 0 || f.CPU <= 0 || f.RSS < 1e6 || f.Requests != w.Figures[0].Requests ||
			(f.Phase == phaseFetch || f.Phase == phasePlain) != (f.Bytes > 1000) {
			t.Errorf("%+v", f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", w.World, diff)
	}
	for phase, rows := range map[string]int64{phasePlain: w.Rows, phaseFirst: w.Rows, phaseUnchanged: 0} {
		if f := w.of(phase); f.Rows != rows || rows > 0 && f.WAL < 100*rows {
			t.Errorf("%s: %+v, and the world has %d rows", phase, f, w.Rows)
		}
	}
}

func TestALoadThatIsNotWhatTheAPIHasIsAnError(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	world, err := sandbox.New(sandbox.Config{Bare: true, Employers: 2, Employees: 12, Statements: 4, Lines: 9})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	url, err := world.Start()
	if err != nil {
		t.Fatal(err)
	}
	w, err := openWarehouse(ctx, filepath.Join(t.TempDir(), "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.close() })
	if err := w.create(ctx, "good"); err != nil {
		t.Fatal(err)
	}
	reader := newReader(url)
	copied, err := loadPlain(ctx, reader, w.cluster.URL("good"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.check(ctx, "good", world.Truth(), "employerlink")
	if err != nil || rows != copied {
		t.Fatalf("%d rows were copied, %d are there: %v", copied, rows, err)
	}
	for name, c := range map[string]struct{ sql, want string }{
		"lost":   {"DELETE FROM employerlink.statement_earnings WHERE ctid = (SELECT min(ctid) FROM employerlink.statement_earnings)", "statement_earnings has"},
		"wrong":  {"UPDATE employerlink.statements SET net_amount = net_amount + 0.01", "employerlink.statements.net_amount sums up to"},
		"hidden": {"UPDATE employerlink.taxes SET _removed_at = now()", "employerlink.taxes has 0 rows"},
	} {
		if err := w.cluster.CreateDatabase(ctx, name, "good"); err != nil {
			t.Fatal(err)
		}
		spoil := func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, c.sql)
			return err
		}
		if err := w.in(ctx, name, spoil); err != nil {
			t.Fatal(err)
		}
		if _, err := w.check(ctx, name, world.Truth(), "employerlink"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.create(ctx, "empty"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.check(ctx, "empty", sandbox.Truth{}, "employerlink"); err == nil {
		t.Error("an empty world is taken for a measure")
	}
}

func TestAPlainProgramThatFailsSaysSo(t *testing.T) {
	p := program{path: os.Args[0], args: []string{childFetch}, env: []string{childAPI + "=http://127.0.0.1:1"}, stderr: io.Discard}
	_, _, err := p.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
