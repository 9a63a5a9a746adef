package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASecondProcessUsesTheServerOfTheFirstAndLeavesItRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := begin(t, Config{Dir: dir})
	other := startInAnotherProcess(t, dir)
	if diff := cmp.Diff([]any{c.URL(Database), true}, []any{other.url, other.attached}); diff != "" {
		t.Error(diff)
	}
	other.kill()
	attached := begin(t, Config{Dir: dir})
	if err := attached.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := answers(t.Context(), c.URL(Database)); err != nil {
		t.Errorf("the first process lost its server: %v", err)
	}
}

func TestProcessesThatStartTogetherShareOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	type result struct {
		c   *Cluster
		err error
	}
	results := make(chan result)
	const all = 4
	for range all {
		go func() { c, err := Start(t.Context(), Config{Dir: dir}); results <- result{c, err} }()
	}
	ports, owners := map[int]bool{}, 0
	for range all {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
			continue
		}
		defer func() { _ = r.c.Stop() }()
		ports[r.c.Port()] = true
		if !r.c.Attached() {
			owners++
		}
	}
	if len(ports) != 1 || owners != 1 {
		t.Errorf("%d servers and %d owners", len(ports), owners)
	}
}

func TestWhatAKilledStarterCommittedIsThereAtTheNextStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := startInAnotherProcess(t, dir)
	run(t, other.url, "CREATE TABLE kept AS SELECT 'yes' AS answer")
	orphan := pidOf(t, dir)
	other.kill()

	c := begin(t, Config{Dir: dir})
	if c.Attached() {
		t.Error("attached to a server that nobody answers for")
	}
	if got := ask(t, c.URL(Database), "SELECT answer FROM kept"); got != "yes" {
		t.Errorf("got %q", got)
	}
	ended(t, orphan)
}

func TestAServerEndsWithItsKilledStarter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := startInAnotherProcess(t, dir)
	orphan := pidOf(t, dir)
	other.kill()
	ended(t, orphan)
}

func TestAKilledServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := begin(t, Config{Dir: dir})
	run(t, first.URL(Database), "CREATE TABLE kept AS SELECT 'yes' AS answer")
	if err := syscall.Kill(pidOf(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := begin(t, Config{Dir: dir})
	if got := ask(t, second.URL(Database), "SELECT answer FROM kept"); got != "yes" {
		t.Errorf("got %q", got)
	}
}

func TestAPidFileThatNamesSomebodyElsesProcessIsStale(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := begin(t, Config{Dir: dir})
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	// A process of the server's own account is what Postgres would take for a living server.
	as, err := serverAccount(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	bystander := exec.CommandContext(t.Context(), "sleep", "600")
	bystander.Dir = "/"
	bystander.SysProcAttr = &syscall.SysProcAttr{Credential: as.credential()}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bystander.Process.Kill(); _ = bystander.Wait() }()
	_, rest, _ := strings.Cut(string(text), "\n")
	stale := fmt.Sprintf("%d\n%s", bystander.Process.Pid, rest)
	if err := os.WriteFile(pidFile, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := as.own(pidFile); err != nil {
		t.Fatal(err)
	}

	second := begin(t, Config{Dir: dir})
	if second.Attached() {
		t.Error("attached to a stranger")
	}
	if err := bystander.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger was harmed: %v", err)
	}
}

func TestAServerKeptRunningIsUsedUntilShutdown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := startInAnotherProcess(t, dir, starterKeep+"=1")
	t.Cleanup(func() { _ = Shutdown(context.Background(), dir) })
	if err := Shutdown(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "another process answers for") {
		t.Errorf("shutting down under its starter gives %v", err)
	}
	kept := pidOf(t, dir)
	other.kill()
	for range 2 {
		c := begin(t, Config{Dir: dir})
		if c.URL(Database) != other.url || pidOf(t, dir) != kept {
			t.Error("it was not used")
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := answers(t.Context(), other.url); err != nil {
		t.Errorf("it was stopped: %v", err)
	}
	if err := Shutdown(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := answers(t.Context(), other.url); err == nil {
		t.Error("it runs after Shutdown")
	}
	if err := Shutdown(t.Context(), dir); err != nil {
		t.Errorf("shutting down nothing gives %v", err)
	}
}

func TestHalfAnInitialisationIsDoneAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	half := filepath.Join(dir, "data.new-1", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	begin(t, Config{Dir: dir})
	if exists(half) {
		t.Error("the half is still there")
	}
}
