package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// usage is what a process took, from its start to its end.
type usage struct {
	Begun time.Time
	Wall  time.Duration
	CPU   time.Duration // user and system, of the process alone
	RSS   int64         // bytes at most
}

// program is a process to be measured.
type program struct {
	path   string
	args   []string
	env    []string // all of it: what this machine has set must not decide
	dir    string
	stderr io.Writer
}

// run waits for the end. A process that fails is an error with what it said.
//
// The kernel counts what the parent held at the fork as the child's, so this program stays smaller than what it measures.
func (p program) run(ctx context.Context) (stdout []byte, u usage, err error) {
	var out, said bytes.Buffer
	cmd := p.command(ctx)
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(&said, p.stderr)
	u.Begun = time.Now()
	err = cmd.Run()
	u.Wall = time.Since(u.Begun)
	if err != nil {
		return nil, u, fmt.Errorf("%s %v: %w\n%s", filepath.Base(p.path), p.args, err, tail(said.Bytes(), 2000))
	}
	spent, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, u, fmt.Errorf("%s: this system does not tell what a process took", filepath.Base(p.path))
	}
	u.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.RSS = spent.Maxrss
	if runtime.GOOS != "darwin" {
		u.RSS <<= 10
	}
	return out.Bytes(), u, nil
}

func (p program) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, p.args...)
	cmd.Env, cmd.Dir = p.env, p.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }
