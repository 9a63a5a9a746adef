package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load/embedded"
)

// demoMark is the first line of a demonstration's configuration, by which the next one knows that the directory is its own.
const demoMark = "# Made by linkhouse demo; the next linkhouse demo begins this directory anew."

// demoHome is the directory of a demonstration.
type demoHome struct{ dir, config, users string }

// demoHome finds the directory: the one that was asked for, or demo under data_dir.
func (a *app) demoHome(dir string) (demoHome, error) {
	if dir == "" {
		s := setting{text: keyAt("data_dir").fallback, dir: a.env.Dir, home: a.env.Vars["HOME"]}
		if given := a.env.Vars[keyAt("data_dir").env()]; given != "" {
			s.text = given
		}
		data, err := s.path(s.text)
		if err != nil {
			return demoHome{}, misuse("name a directory with --dir", "no place for the demo: HOME is not set")
		}
		dir = filepath.Join(data, "demo")
	}
	dir = a.path(dir)
	return demoHome{dir: dir, config: filepath.Join(dir, defaultConfigFile), users: filepath.Join(dir, "users.txt")}, nil
}

// clear removes what the last demonstration made and nothing else.
func (h demoHome) clear(ctx context.Context) error {
	entries, err := os.ReadDir(h.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %s", h.dir, bare(err))
	}
	text, err := os.ReadFile(h.config)
	if err != nil || !strings.HasPrefix(string(text), demoMark) {
		return misuse("name an empty or a new directory with --dir", h.dir+" holds something, and not a demo")
	}
	postgres := filepath.Join(h.dir, "postgres")
	if _, err := os.Stat(postgres); err == nil {
		if err := embedded.Shutdown(ctx, postgres); err != nil {
			return &failure{code: exitLocked, err: errors.New("another linkhouse is using the demo in " + h.dir),
				hint: "end it first, or name another directory with --dir"}
		}
	}
	// The mark goes last: a directory that was cleared halfway is still known.
	for _, name := range []string{postgres, filepath.Join(h.dir, "archive"), h.users, h.config} {
		if err := os.RemoveAll(name); err != nil {
			return fmt.Errorf("clear %s: %s", h.dir, bare(err))
		}
	}
	return nil
}

// furnish writes the configuration and the list of users.
func (h demoHome) furnish(users []string) error {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %s", h.dir, bare(err))
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	c := sandbox.DefaultConfig()
	text := fmt.Sprintf(demoMark+`
# To sync into it again, let linkhouse sandbox serve its world in another shell.
data_dir: .
atomic:
  base_url: http://127.0.0.1:8322
  api_key: %s
  api_secret: %s
users:
  file: users.txt
archive:
  allowed_hosts: [127.0.0.1]
  allow_private_hosts: true
privacy:
  key: %q
log:
  level: warn
`, c.APIKey, c.APISecret, hex.EncodeToString(key))
	if err := writeNew(h.config, text, false); err != nil {
		return fmt.Errorf("write %s: %s", h.config, bare(err))
	}
	if err := writeNew(h.users, strings.Join(users, "\n")+"\n", true); err != nil {
		return fmt.Errorf("write %s: %s", h.users, bare(err))
	}
	return nil
}
