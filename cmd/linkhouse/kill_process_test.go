package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the real binary, built once for the tests of this package that need a process of its own: to be killed, stopped
// or run beside another. It is not instrumented: what is tried with it is time.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "linkhouse-program-")
	if err != nil {
		return "", err
	}
	built = dir
	name := filepath.Join(dir, "linkhouse")
	if said, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", name, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	return name, nil
})

var built string // the directory of the binary

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		if err := os.RemoveAll(built); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// process is linkhouse in a process of its own.
type process struct {
	cmd    *exec.Cmd
	args   string
	stdout bytes.Buffer // to be read when it has ended
	log    string       // the file of its standard error
	begun  time.Time
	took   time.Duration // to be read when it has ended
	ended  chan struct{}
}

// start starts a command line in a process of its own.
func (w *world) start(args string) *process {
	w.t.Helper()
	name, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{cmd: exec.Command(name, strings.Fields(args)...), args: args, ended: make(chan struct{})}
	log, err := os.CreateTemp(w.env.Dir, "stderr-")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	p.log = log.Name()
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = w.env.Dir, &p.stdout, log
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.env.Dir}
	for name, value := range w.env.Vars {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended stands in its state
		p.took = time.Since(p.begun)
		close(p.ended)
	}()
	w.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// kill sends SIGKILL and waits for the end. It reports whether the signal met a living process.
func (p *process) kill() bool {
	_ = p.cmd.Process.Kill() // an error means that it has ended
	<-p.ended
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// killAfter kills the process when so much time has passed since its start, unless it ends before.
func (p *process) killAfter(d time.Duration) bool {
	select {
	case <-time.After(time.Until(p.begun.Add(d))):
		return p.kill()
	case <-p.ended:
		return false
	}
}

// wait waits for the end within a time, and gives the exit code with what was said.
func (p *process) wait(within time.Duration) (result, error) {
	select {
	case <-p.ended:
	case <-time.After(within):
		return result{}, fmt.Errorf("linkhouse %s still runs after %s", p.args, within)
	}
	said, err := os.ReadFile(p.log)
	return result{p.cmd.ProcessState.ExitCode(), p.stdout.String(), string(said)}, err
}

// ends expects the process to end with one of these codes.
func (w *world) ends(p *process, codes ...int) result {
	w.t.Helper()
	got, err := p.wait(2 * time.Minute)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, code := range codes {
		if got.code == code {
			return got
		}
	}
	w.t.Fatalf("linkhouse %s: exit %d, want %v\n%s%s", p.args, got.code, codes, got.stdout, got.stderr)
	return got
}

// eventually waits for a condition, as long as a slow machine needs.
func eventually(ctx context.Context, what string, condition func() bool) error {
	for end := time.Now().Add(2 * time.Minute); !condition(); time.Sleep(3 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("it never came to this: " + what)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// await is eventually, or the end of the test.
func (w *world) await(what string, condition func() bool) {
	w.t.Helper()
	if err := eventually(w.t.Context(), what, condition); err != nil {
		w.t.Fatal(err)
	}
}

// told reports whether the process has said that on its standard error so far.
func (p *process) told(what string) bool {
	said, err := os.ReadFile(p.log)
	return err == nil && strings.Contains(string(said), what)
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
