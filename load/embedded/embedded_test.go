package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnEmptyDirectoryBecomesAClusterThatKeepsItsDataAndItsPort(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b") // t.TempDir is closed to other accounts, like a home directory
	first := begin(t, Config{Dir: dir, Fsync: true})
	run(t, first.URL(Database), "CREATE TABLE kept AS SELECT 'Ærø' AS name")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := answers(t.Context(), first.URL(Database)); err == nil {
		t.Error("the server answers after Stop")
	}

	second := begin(t, Config{Dir: dir, Fsync: true})
	if diff := cmp.Diff("ærø", ask(t, second.URL(Database), "SELECT lower(name) FROM kept")); diff != "" {
		t.Error(diff)
	}
	if first.Port() != second.Port() {
		t.Errorf("the port moved from %d to %d", first.Port(), second.Port())
	}
}

func TestOnlyTheOwnerCanReadThePassword(t *testing.T) {
	t.Parallel()
	c, dir := look(t)
	for name, want := range map[string]os.FileMode{".": 0o700, "password": 0o600, "server.log": 0o600, "data": 0o700} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
	wrong := strings.Replace(c.URL(Database), c.password, "guess", 1)
	if err := answers(t.Context(), wrong); sqlState(err) != "28P01" {
		t.Errorf("a wrong password gives %v", err)
	}
	leftovers, err := filepath.Glob(filepath.Join(dir, "password-*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("copies of the password: %v, %v", leftovers, err)
	}
}

func TestTheServerListensOnLoopbackOnlyAndKnowsNoneOfOurSecrets(t *testing.T) {
	t.Setenv("LINKHOUSE_ATOMIC_API_SECRET", "environment-secret")
	t.Setenv("PGDATABASE", "elsewhere")
	t.Setenv("LC_ALL", "xx_YY.broken")
	c := begin(t, Config{Dir: t.TempDir()})
	if got := ask(t, c.URL(Database), "SHOW listen_addresses"); got != "127.0.0.1" {
		t.Errorf("listens on %q", got)
	}
	if got := ask(t, c.URL(Database), "SHOW unix_socket_directories"); got != "" {
		t.Errorf("has sockets in %q", got)
	}
	for _, entry := range environment() {
		if strings.Contains(entry, "secret") || strings.HasPrefix(entry, "PG") {
			t.Errorf("the server's environment has %q", entry)
		}
	}
}

func TestTheServersLogHoldsNoStatementAndNoRow(t *testing.T) {
	t.Parallel()
	c, dir := look(t)
	run(t, c.URL(Database), "CREATE TABLE people (ssn text PRIMARY KEY)")
	run(t, c.URL(Database), "INSERT INTO people VALUES ('078-05-1120')")
	if err := execute(t.Context(), c.URL(Database), "INSERT INTO people VALUES ('078-05-1120')"); sqlState(err) != "23505" {
		t.Fatalf("got %v, want a duplicate key", err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "duplicate key") {
		t.Error("the log does not tell of the error")
	}
	if strings.Contains(string(log), "078-05-1120") || strings.Contains(string(log), "INSERT") {
		t.Errorf("the log tells too much:\n%s", log)
	}
}

func TestCtrlCAtTheTerminalDoesNotReachTheServer(t *testing.T) {
	t.Parallel()
	_, dir := look(t)
	group, err := syscall.Getpgid(pidOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if group == syscall.Getpgrp() {
		t.Error("the server is in our process group, which the terminal interrupts as a whole")
	}
}

func TestTheDirectoryOfAnotherServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "some other server") {
		t.Errorf("got %v", err)
	}
}

func TestABadSettingIsNamedAndNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Start(t.Context(), Config{Dir: dir, Settings: map[string]string{"max_connections": "many"}})
	if err == nil || !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("got %v", err)
	}
	begin(t, Config{Dir: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
}

func TestAFixedPortThatIsTakenIsAnErrorAndAFreeOneIsNot(t *testing.T) {
	t.Parallel()
	first, _ := look(t)
	dir := t.TempDir()
	if _, err := Start(t.Context(), Config{Dir: dir, Port: first.Port()}); !errors.Is(err, errTaken) {
		t.Errorf("got %v, want %v", err, errTaken)
	}
	if err := os.WriteFile(filepath.Join(dir, "port"), fmt.Append(nil, first.Port()), 0o600); err != nil {
		t.Fatal(err)
	}
	if second := begin(t, Config{Dir: dir}); second.Port() == first.Port() {
		t.Error("two servers on one port")
	}
}

func TestAStartThatIsCalledOffLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Config{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	begin(t, Config{Dir: dir})
}

func TestDatabasesAreCopiedFromATemplateAndDropped(t *testing.T) {
	t.Parallel()
	c, _ := look(t)
	const name, template = `odd "name"`, "model"
	if err := c.CreateDatabase(t.Context(), template, ""); err != nil {
		t.Fatal(err)
	}
	run(t, c.URL(template), "CREATE TABLE kept AS SELECT 'yes' AS answer")
	if err := c.CreateDatabase(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, c.URL(name), "SELECT answer FROM kept"); got != "yes" {
		t.Errorf("got %q", got)
	}
	if err := c.CreateDatabase(t.Context(), name, ""); sqlState(err) != duplicateDB {
		t.Errorf("a second one of that name gives %v", err)
	}
	for range 2 {
		if err := c.DropDatabase(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}
