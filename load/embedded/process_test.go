package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

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
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// shared is one cluster for the tests that only look at it. Making one is the slow part.
var shared struct {
	sync.Once
	c   *Cluster
	dir string
	err error
}

func look(t *testing.T) (c *Cluster, dir string) {
	t.Helper()
	shared.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "linkhouse-shared-"); shared.err == nil {
			// MkdirTemp has made the parent; the cluster makes its own directory.
			shared.c, shared.err = Start(context.Background(), Config{Dir: filepath.Join(shared.dir, "cluster")})
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.c, filepath.Join(shared.dir, "cluster")
}

func stopShared() error {
	if shared.c == nil {
		return nil
	}
	return errors.Join(shared.c.Stop(), os.RemoveAll(shared.dir))
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
