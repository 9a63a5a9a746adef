package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/load/embedded"
)

// patience bounds what is done to the server for one test; machines that run many tests at once are slow.
const patience = 2 * time.Minute

var (
	cluster  = sync.OnceValues(start)
	sequence atomic.Int64
)

// server is this test binary's.
type server struct {
	*embedded.Cluster

	claim *os.File // on its directory; kept so that it stays open as long as the process
}

// Database returns the URL of an empty database that is this test's alone. It is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	return database(t, "")
}

// Prepared is a template that databases are copied from.
type Prepared struct {
	name    string
	prepare func() error
}

// Template describes a database that prepare fills, given its URL, when the first test asks for a copy. prepare must
// have closed its connections when it returns. The name is unique within a test binary.
func Template(name string, prepare func(url string) error) *Prepared {
	name = "template_" + name
	return &Prepared{name: name, prepare: sync.OnceValue(func() error {
		c, err := cluster()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.CreateDatabase(ctx, name, ""); err != nil {
			return err
		}
		return prepare(c.URL(name))
	})}
}

// Database returns the URL of a copy of the template that is this test's alone. It is dropped when the test ends.
func (p *Prepared) Database(t testing.TB) string {
	t.Helper()
	if err := p.prepare(); err != nil {
		t.Fatalf("prepare %s: %v", p.name, err)
	}
	return database(t, p.name)
}

func database(t testing.TB, template string) string {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name := databaseName(t.Name())
	if err := c.CreateDatabase(ctx, name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience) // t.Context() is over by now
		defer cancel()
		if err := c.DropDatabase(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return c.URL(name)
}

// databaseName carries the test's name, for whoever looks at a hanging one, within Postgres's 63 bytes.
func databaseName(test string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		default:
			return '_'
		}
	}, test)
	if len(clean) > 48 {
		clean = clean[:48]
	}
	return "t" + strconv.FormatInt(sequence.Add(1), 10) + "_" + clean
}

// start makes this binary's server. Nothing stops it but the end of the process, since no test knows it is the last;
// where the kernel does not pass that on, the next to use the directory does.
func start() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir, lock, err := claim()
	if err != nil {
		return nil, fmt.Errorf("claim a directory: %w", err)
	}
	if err := embedded.Shutdown(ctx, dir); err != nil {
		return nil, err
	}
	// Always anew: a role or a setting that an earlier run left would be a secret ingredient of this one.
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	c, err := embedded.Start(ctx, embedded.Config{Dir: dir, Settings: map[string]string{"max_connections": "200"}})
	return &server{Cluster: c, claim: lock}, err
}

// claim takes the first directory that no other test binary has, so that runs of any number leave no more directories
// behind than ever ran at once.
func claim() (dir string, lock *os.File, err error) {
	base := filepath.Join(os.TempDir(), "linkhouse-pgtest-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(base, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", nil, err
	}
	info, err := os.Lstat(base)
	if err != nil {
		return "", nil, err
	}
	// Anybody may create a name in the temporary directory; one that is not ours alone is not to be trusted.
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return "", nil, fmt.Errorf("%s is not a directory of ours alone", base)
	}
	for n := 0; ; n++ {
		dir := filepath.Join(base, strconv.Itoa(n))
		lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return "", nil, err
		}
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return dir, lock, nil
		}
		if err := lock.Close(); err != nil {
			return "", nil, err
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return "", nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
		}
	}
}
