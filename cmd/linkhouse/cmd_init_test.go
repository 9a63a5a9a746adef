package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInitWritesTheExampleForItsOwnersEyes(t *testing.T) {
	dir := t.TempDir()
	got := run(t, Env{Dir: dir}, "init")
	if got.code != exitComplete || !strings.HasPrefix(got.stdout, "Wrote linkhouse.yaml.\n") {
		t.Fatalf("%+v", got)
	}
	assertWritten(t, filepath.Join(dir, "linkhouse.yaml"), exampleConfig())
}

func TestInitKeepsAFileThatIsThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "linkhouse.yaml")
	writeFile(t, path, "mine")
	want := result{exitUsage, "", "linkhouse: linkhouse.yaml is there already\n  keep it, name another file, or overwrite it with --force\n"}
	if diff := cmp.Diff(want, run(t, Env{Dir: dir}, "init"), cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	assertWritten(t, path, "mine")
}

func TestInitWithForceReplacesTheFileAndItsAccessRights(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "other.yaml")
	writeFile(t, path, "mine")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := run(t, Env{Dir: dir}, "init", "--force", "other.yaml"); got.code != exitComplete {
		t.Fatalf("%+v", got)
	}
	assertWritten(t, path, exampleConfig())
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestInitSaysWhyItCannotWrite(t *testing.T) {
	got := run(t, Env{}, "init", "no/such/folder/c.yaml")
	want := result{exitFailure, "", "linkhouse: write no/such/folder/c.yaml: no such file or directory\n"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestWhatInitWroteCanBeUsedAsItIs(t *testing.T) {
	dir := t.TempDir()
	run(t, Env{Dir: dir}, "init")
	if _, err := loadConfig(configInput{dir: dir}); err != nil {
		t.Error(err)
	}
}

func assertWritten(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}
