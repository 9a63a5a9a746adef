package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// install puts programs that do nothing into dir.
func install(t *testing.T, dir string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + filepath.Base(filepath.Dir(dir)) + ".4'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// machine is one with the given patterns of places, nothing on PATH and nothing in the cache.
func machine(t *testing.T, patterns ...string) {
	t.Helper()
	wasPlaces, wasCache := places, rootCache
	places, rootCache = patterns, t.TempDir()
	t.Cleanup(func() { places, rootCache = wasPlaces, wasCache })
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
}

func TestTheHighestVersionOfADistributionIsTaken(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root) // the number in a path is its version: keep others out of it
	machine(t, filepath.Join("*", "bin"))
	for _, v := range []string{"9.6", "15", "17"} {
		install(t, filepath.Join(root, v, "bin"), "initdb", "postgres", "psql")
	}
	install(t, filepath.Join(root, "18", "bin"), "psql") // a client alone
	dir, err := FindBinaries()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filepath.Join("17", "bin"), dir); diff != "" {
		t.Error(diff)
	}
	psql, err := FindPsql()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filepath.Join("17", "bin", "psql"), psql); diff != "" {
		t.Error(diff)
	}
}

func TestProgramsOnThePathComeFirstAndAreFoundThroughTheirLinks(t *testing.T) {
	root := t.TempDir()
	machine(t)
	real := filepath.Join(root, "16", "bin")
	install(t, real, "initdb", "postgres")
	links := filepath.Join(root, "links")
	install(t, links)
	if err := os.Symlink(filepath.Join(real, "initdb"), filepath.Join(links, "initdb")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", links)
	dir, err := FindBinaries()
	if err != nil {
		t.Fatal(err)
	}
	want, err := filepath.EvalSymlinks(real)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, dir); diff != "" {
		t.Error(diff)
	}
}

func TestADataDirectoryIsOpenedByTheVersionThatMadeIt(t *testing.T) {
	root := t.TempDir()
	machine(t, filepath.Join(root, "*", "bin"))
	t.Setenv("PATH", "/bin:/usr/bin") // the scripts need a shell
	for _, v := range []string{"115", "117"} {
		install(t, filepath.Join(root, v, "bin"), "initdb", "postgres")
	}
	dir, err := binariesFor("115")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filepath.Join(root, "115", "bin"), dir); diff != "" {
		t.Error(diff)
	}
	if _, err := binariesFor("116"); err == nil || !strings.Contains(err.Error(), "version 116") {
		t.Errorf("got %v", err)
	}
}

func TestAMachineWithoutPostgresIsToldWhatToInstall(t *testing.T) {
	machine(t)
	_, err := FindBinaries()
	for _, want := range []string{"apt-get install", "brew install", "npm install", "warehouse.url"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if _, err := FindPsql(); err == nil || !strings.Contains(err.Error(), "postgresql-client") {
		t.Errorf("psql: %v", err)
	}
}

func TestTheLinksOfAnNpmPackageAreMadeOnceAndInsideIt(t *testing.T) {
	pkg := t.TempDir()
	install(t, filepath.Join(pkg, "native", "lib"), "libpq.so.5.17")
	list := filepath.Join(pkg, "native", "pg-symlinks.json")
	write := func(text string) {
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`)
	for range 2 {
		if err := linkLibraries(pkg); err != nil {
			t.Fatal(err)
		}
	}
	if to, err := os.Readlink(filepath.Join(pkg, "native", "lib", "libpq.so.5")); err != nil || to != "libpq.so.5.17" {
		t.Errorf("it points to %q, %v", to, err)
	}
	write(`[{"source":"native/lib/libpq.so.5.17","target":"../outside"}]`)
	if err := linkLibraries(pkg); err == nil {
		t.Error("a link outside the package was made")
	}
}
