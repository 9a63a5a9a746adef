//go:build unix && !linux

package embedded

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// diesWithUs has no equivalent here: a server left by kill -9 is stopped by the next Start instead.
func diesWithUs(*syscall.SysProcAttr, syscall.Signal) {}

// commandLine is what a process was started as; empty when there is none.
func commandLine(pid int) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// handDirectory names the directory by its path, which the child's account must be able to walk.
func handDirectory(_ *exec.Cmd, _ account, dir string) (path string, release func(), err error) {
	return dir, func() {}, nil
}
