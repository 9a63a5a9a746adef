package figures

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWhatAProofCountedStandsInOneLineUnderItsName(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(directory, dir)
	Print(t, "cuts", 12, "rows lost", 0)
	line, err := os.ReadFile(filepath.Join(dir, t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	if want := t.Name() + ": cuts 12, rows lost 0\n"; string(line) != want {
		t.Errorf("got %q, want %q", line, want)
	}
}

func TestAProofIsQuickUnlessADurationIsAsked(t *testing.T) {
	t.Setenv(soak, "")
	if got := Soak(t); got != 0 {
		t.Errorf("got %s", got)
	}
	t.Setenv(soak, "90s")
	if got := Soak(t); got != 90*time.Second {
		t.Errorf("got %s", got)
	}
}
