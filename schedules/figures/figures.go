// Package figures gathers what the proofs counted (cuts tried, kills survived, faults fired, records compared), for the
// summary at the end of make test and make soak. Only tests use it; it knows nothing of ours.
package figures

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// directory names the variable with the directory that the summary is made from; without it figures are only logged.
	directory = "LINKHOUSE_FIGURES"
	// soak names the variable with the time that each proof may take; without it a proof runs its quick version.
	soak = "LINKHOUSE_SOAK"
)

// Print records what a proof counted, as pairs of a name and a number, in one line under the test's name.
func Print(t testing.TB, pairs ...any) {
	t.Helper()
	var line strings.Builder
	fmt.Fprintf(&line, "%s:", t.Name())
	for i := 0; i+1 < len(pairs); i += 2 {
		separator := ","
		if i == 0 {
			separator = ""
		}
		fmt.Fprintf(&line, "%s %v %v", separator, pairs[i], pairs[i+1])
	}
	t.Log(line.String())
	dir := os.Getenv(directory)
	if dir == "" {
		return
	}
	name := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_"))
	if err := os.WriteFile(name, []byte(line.String()+"\n"), 0o600); err != nil {
		t.Errorf("the figures could not be kept: %v", err)
	}
}

// Soak is how long a proof may go on: 0 asks for its quick version, which has a fixed amount of work.
func Soak(t testing.TB) time.Duration {
	t.Helper()
	value := os.Getenv(soak)
	if value == "" {
		return 0
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		t.Fatalf("%s=%q is no duration such as 10m", soak, value)
	}
	return d
}
