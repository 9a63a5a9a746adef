package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// superuser is the only account of a new cluster.
const superuser = "linkhouse"

// initialise makes the data directory. It is made beside its place and renamed into it, so that one cut short is never
// taken for a cluster.
func (h home) initialise(ctx context.Context, binDir string, as account, fsync bool) error {
	leftovers, _ := filepath.Glob(filepath.Join(h.dir, "data.new-*")) // the pattern is a constant
	for _, dir := range leftovers {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp(h.dir, "data.new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // gone already when all went well
	if err := as.own(dir); err != nil {
		return err
	}
	password, err := h.makePassword()
	if err != nil {
		return err
	}
	if err := h.runInitdb(ctx, binDir, as, dir, password, fsync); err != nil {
		return err
	}
	if err := os.Rename(dir, h.data()); err != nil {
		return err
	}
	return syncDir(h.dir)
}

func (h home) runInitdb(ctx context.Context, binDir string, as account, dir, password string, fsync bool) error {
	stdin, err := h.passwordFile(as, password)
	if err != nil {
		return err
	}
	defer func() { _ = stdin.Close() }()

	cmd := exec.CommandContext(ctx, filepath.Join(binDir, "initdb"))
	path, release, err := handDirectory(cmd, as, dir)
	if err != nil {
		return err
	}
	defer release()
	// Text sorts by code point, the same on every machine and after every upgrade of its C library; only the classes of
	// letters are Unicode's, so that lower() and ILIKE work beyond ASCII.
	cmd.Args = append(cmd.Args, "-D", path, "-U", superuser, "--auth=scram-sha-256", "--pwfile=/dev/stdin",
		"--encoding=UTF8", "--locale=C", "--lc-ctype="+letters())
	if fsync {
		cmd.Args = append(cmd.Args, "--data-checksums")
	} else {
		cmd.Args = append(cmd.Args, "--no-sync")
	}
	cmd.Stdin = stdin
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as.credential()}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(string(out)))
	}
	return nil
}

// passwordFile is an open file with the password that no longer has a name. initdb reopens it by /dev/stdin, so it must
// be a file, and its account's: a pipe of ours would be closed to it.
func (h home) passwordFile(as account, password string) (*os.File, error) {
	f, err := os.CreateTemp(h.dir, "password-")
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*os.File, error) {
		_ = f.Close()
		return nil, err
	}
	if err := as.own(f.Name()); err != nil {
		return fail(err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return fail(err)
	}
	if _, err := f.WriteString(password + "\n"); err != nil {
		return fail(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fail(err)
	}
	return f, nil
}

func letters() string {
	switch runtime.GOOS {
	case "linux", "freebsd":
		return "C.UTF-8"
	case "darwin":
		return "UTF-8"
	default:
		return "C"
	}
}

// environment is all that the server sees of ours. Credentials in the environment are not its business, and PG* and
// LC_* would change what it does.
func environment() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		_ = d.Close()
		return err
	}
	return d.Close()
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
