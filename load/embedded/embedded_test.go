package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// starterDir makes this binary, run again, start the cluster in that directory and wait to be killed.
const (
	starterDir  = "LINKHOUSE_TEST_STARTER_DIR"
	starterKeep = "LINKHOUSE_TEST_STARTER_KEEP"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(starterDir); dir != "" {
		beStarter(dir, os.Getenv(starterKeep) != "")
	}
	os.Exit(m.Run())
}

func beStarter(dir string, keep bool) {
	c, err := Start(context.Background(), Config{Dir: dir, KeepRunning: keep})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(c.URL(Database), c.Attached())
	select {}
}

// starter is another process that answers for a cluster.
type starter struct {
	cmd      *exec.Cmd
	url      string
	attached bool
}

func startInAnotherProcess(t *testing.T, dir string, env ...string) *starter {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), starterDir+"="+dir)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &starter{cmd: cmd}
	t.Cleanup(s.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &s.url, &s.attached); err != nil {
		t.Fatalf("the other process said %q", line)
	}
	return s
}

func (s *starter) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func begin(t *testing.T, cfg Config) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func run(t *testing.T, url, statement string) {
	t.Helper()
	if err := execute(t.Context(), url, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func ask(t *testing.T, url, query string) string {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	var answer string
	if err := db.QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func pidOf(t *testing.T, dir string) int {
	t.Helper()
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, ok, err := h.readPid()
	if err != nil || !ok {
		t.Fatalf("read the server's pid: %v, %v", ok, err)
	}
	return r.pid
}

// ended waits until the process is gone.
func ended(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); commandLine(pid) != ""; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

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
	dir := filepath.Join(t.TempDir(), "cluster")
	c := begin(t, Config{Dir: dir})
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
	dir := t.TempDir()
	c := begin(t, Config{Dir: dir})
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
	dir := t.TempDir()
	begin(t, Config{Dir: dir})
	group, err := syscall.Getpgid(pidOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if group == syscall.Getpgrp() {
		t.Error("the server is in our process group, which the terminal interrupts as a whole")
	}
}

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
	first := begin(t, Config{Dir: t.TempDir()})
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
	c := begin(t, Config{Dir: t.TempDir()})
	run(t, c.URL(Database), "CREATE TABLE kept AS SELECT 'yes' AS answer")
	const name = `odd "name"`
	if err := c.CreateDatabase(t.Context(), name, Database); err != nil {
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
