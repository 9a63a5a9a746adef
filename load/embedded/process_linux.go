package embedded

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// diesWithUs asks the kernel to send sig to the child when the thread that starts it ends: also after kill -9, which
// leaves nobody to clean up.
func diesWithUs(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// commandLine is what a process was started as; empty when there is none, or only its corpse.
func commandLine(pid int) string {
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
}

// handDirectory gives the child a directory that its account may own but not reach: root's home is closed to others, so
// a path below it cannot be walked, while an open descriptor needs no walk. It returns the path by which the child
// opens it.
func handDirectory(cmd *exec.Cmd, as account, dir string) (path string, release func(), err error) {
	if !as.lent {
		return dir, func() {}, nil
	}
	handle, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, handle) // the first extra file is the child's descriptor 3
	return "/proc/self/fd/" + strconv.Itoa(2+len(cmd.ExtraFiles)), func() { _ = handle.Close() }, nil
}
