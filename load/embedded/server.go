package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// patience is how long a server may stay silent. One that says it is starting up may take longer: it replays what a
	// crash left.
	patience = 60 * time.Second
	// stopPatience is how long a fast stop may take, which writes out everything, before it becomes an immediate one.
	stopPatience = 60 * time.Second
	// maxLog is the size in bytes at which server.log is put aside as server.log.1 on the next start.
	maxLog = 10 << 20
)

// errTaken means that the port went to somebody else between choosing it and the server's start.
var errTaken = errors.New("the port is in use")

// errLingering means that processes of a killed server still hold its shared memory.
var errLingering = errors.New("processes of a killed server are still ending")

// server is a running postmaster.
type server struct {
	pid  int
	gone func() bool // tells whether it has ended
}

// launch starts the server and returns when it answers.
func (h home) launch(ctx context.Context, cfg Config, binDir string, as account, password string, port int) (*server, error) {
	log, before, err := h.openLog()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()

	// Not bound to ctx: the server outlives the call that starts it, and is stopped by Stop.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(binDir, "postgres"))
	path, release, err := handDirectory(cmd, as, h.data())
	if err != nil {
		return nil, err
	}
	defer release()
	cmd.Args = append(cmd.Args, "-D", path)
	cmd.Args = append(cmd.Args, h.settings(cfg, port)...)
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: Ctrl-C at the terminal is for us to handle, while the server is still needed to save state.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: as.credential()}
	if !cfg.KeepRunning {
		diesWithUs(cmd.SysProcAttr, syscall.SIGINT)
	}
	done, err := startLocked(cmd)
	if err != nil {
		return nil, err
	}
	s := &server{pid: cmd.Process.Pid, gone: func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}}
	if err := awaitReady(ctx, s, connURL(password, port, "postgres")); err != nil {
		if !s.gone() {
			return nil, errors.Join(err, s.stop())
		}
		return nil, h.whyEnded(before)
	}
	return s, nil
}

// startLocked starts the command on a thread that lives until it ends, since the kernel's promise to stop the child
// with its parent is tied to that thread. The channel is closed when the child has been reaped.
func startLocked(cmd *exec.Cmd) (done <-chan struct{}, err error) {
	started := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
		}
	}()
	return ended, <-started
}

// settings are the command line's: they win over postgresql.conf, which stays as initdb wrote it.
func (h home) settings(cfg Config, port int) []string {
	set := map[string]string{
		"timezone":     "UTC",
		"log_timezone": "UTC",
		// What an error message quotes beyond its own sentence is rows and statements: not for a log.
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
	}
	if !cfg.Fsync {
		// Commits still reach the operating system: a killed server loses nothing, only a power cut would.
		set["fsync"], set["full_page_writes"] = "off", "off"
	}
	maps.Copy(set, cfg.Settings)
	set["listen_addresses"] = "127.0.0.1"
	set["unix_socket_directories"] = ""
	set["port"] = strconv.Itoa(port)
	set["cluster_name"] = h.name()
	var args []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	return args
}

// openLog opens server.log for appending and tells how long it is already.
func (h home) openLog() (log *os.File, size int64, err error) {
	if info, err := os.Stat(h.log()); err == nil && info.Size() > maxLog {
		if err := os.Rename(h.log(), h.log()+".1"); err != nil {
			return nil, 0, err
		}
	}
	log, err = os.OpenFile(h.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := log.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, log.Close())
	}
	return log, info.Size(), nil
}

// whyEnded reads from the log why a server that was just started has ended.
func (h home) whyEnded(before int64) error {
	log, err := os.Open(h.log())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	said, err := io.ReadAll(io.NewSectionReader(log, before, 64<<10))
	if err != nil {
		return err
	}
	text := string(said)
	switch {
	case strings.Contains(text, "could not bind"):
		return errTaken
	case strings.Contains(text, "shared memory block"):
		return errLingering
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "FATAL:") {
			return fmt.Errorf("the server ended: %s (see %s)", strings.TrimSpace(line), h.log())
		}
	}
	return fmt.Errorf("the server ended: %s (see %s)", lastLine(text), h.log())
}

// stop ends the server: fast, which disconnects clients and writes everything out, then less and less politely.
func (s *server) stop() error {
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, stopPatience}, {syscall.SIGQUIT, 10 * time.Second}, {syscall.SIGKILL, 10 * time.Second}} {
		if s.gone() {
			return nil
		}
		if err := syscall.Kill(s.pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal process %d: %w", s.pid, err)
		}
		for end := time.Now().Add(step.patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if s.gone() {
				return nil
			}
		}
	}
	return fmt.Errorf("process %d does not end", s.pid)
}

// freePort asks the system for a port that nobody listens on now; preferred, when it is one, wins.
func freePort(ctx context.Context, preferred int) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
	if err != nil && preferred != 0 {
		l, err = lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	}
	if err != nil {
		return 0, err
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(fmt.Errorf("listen: unexpected address %T", l.Addr()), l.Close())
	}
	return addr.Port, l.Close()
}
