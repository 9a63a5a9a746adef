package embedded

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// home is a cluster's directory and the names of what is in it.
type home struct {
	dir string // absolute, links resolved
}

func openHome(dir string) (home, error) {
	if dir == "" {
		return home{}, errors.New("no directory given")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return home{}, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return home{}, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return home{}, err
	}
	if _, err := os.Stat(filepath.Join(abs, "PG_VERSION")); err == nil {
		return home{}, fmt.Errorf("%s is the data directory of some other server; name an empty directory", abs)
	}
	return home{dir: abs}, nil
}

func (h home) data() string     { return filepath.Join(h.dir, "data") }
func (h home) pidFile() string  { return filepath.Join(h.data(), "postmaster.pid") }
func (h home) log() string      { return filepath.Join(h.dir, "server.log") }
func (h home) keep() string     { return filepath.Join(h.dir, "keep") }
func (h home) port() string     { return filepath.Join(h.dir, "port") }
func (h home) password() string { return filepath.Join(h.dir, "password") }

// name marks the server's command line, by which a process is recognised as this directory's server and no other.
func (h home) name() string {
	sum := sha256.Sum256([]byte(h.dir))
	return "linkhouse-" + hex.EncodeToString(sum[:6])
}

// tryLock takes the directory for this process until the file is closed, or says nil when another process has it. The
// kernel lets go of it however the holder ends.
func (h home) tryLock() (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(h.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return lock, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, lock.Close()
	default:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", lock.Name(), err), lock.Close())
	}
}

// major is the version that made the data directory; empty when there is none yet.
func (h home) major() (string, error) {
	text, err := os.ReadFile(filepath.Join(h.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// readPassword returns the stored password.
func (h home) readPassword() (string, error) {
	text, err := os.ReadFile(h.password())
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is missing: the cluster beside it cannot be opened without its password", h.password())
	}
	return strings.TrimSpace(string(text)), err
}

// makePassword stores a new password and returns it. It comes before initdb, so that no cluster exists without one.
func (h home) makePassword() (string, error) {
	password := rand.Text()
	if err := os.WriteFile(h.password(), []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	return password, nil
}

// lastPort is the port of the previous start, 0 when unknown.
func (h home) lastPort() int {
	text, err := os.ReadFile(h.port())
	if err != nil {
		return 0
	}
	if port := positive(string(text)); port <= 65535 {
		return port
	}
	return 0
}

// running is what postmaster.pid tells of a server.
type running struct {
	pid, port int
}

// readPid reads postmaster.pid; ok is false when there is none or it is not complete yet.
func (h home) readPid() (r running, ok bool, err error) {
	text, err := os.ReadFile(h.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return running{}, false, nil
	}
	if err != nil {
		return running{}, false, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 4 {
		return running{}, false, nil
	}
	r = running{pid: positive(lines[0]), port: positive(lines[3])}
	return r, r.pid > 1 && r.port > 0, nil
}

// positive reads a number; anything else is 0.
func positive(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// isOurs tells whether the process is this directory's server, and not another that was given the same number since.
func (h home) isOurs(pid int) bool {
	return strings.Contains(commandLine(pid)+" ", "cluster_name="+h.name()+" ")
}

// disownPid prepares a stale postmaster.pid whose number now belongs to some other living process, at which Postgres
// would refuse to start. It puts our own number there: Postgres takes its parent's for stale, and still checks the
// shared memory that the file names, which removing the file would prevent.
func (h home) disownPid() error {
	text, err := os.ReadFile(h.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, rest, found := strings.Cut(string(text), "\n")
	if !found {
		return nil
	}
	// Written in place: the file keeps its owner, who must be able to remove it.
	return os.WriteFile(h.pidFile(), []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600)
}
