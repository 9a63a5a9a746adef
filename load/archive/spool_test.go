package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestWhatIsReceivedHasNoNameOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	seen := -1
	last := readerFunc(func([]byte) (int, error) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		seen = len(entries)
		return 0, io.EOF
	})
	s, err := spool(t.Context(), io.MultiReader(noise(held+1, 1), last))
	if err != nil {
		t.Fatal(err)
	}
	if s.file == nil || seen != 0 || s.left {
		t.Errorf("while it was received %d files stood there", seen)
	}
	if info, err := s.file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if err := s.discard(true); err != nil {
		t.Error(err)
	}
}

func TestABufferIsNotUsedAgainWhileARequestMayReadIt(t *testing.T) {
	t.Parallel()
	s, err := spool(t.Context(), strings.NewReader("mine"))
	if err != nil {
		t.Fatal(err)
	}
	slow := s.section(0, s.size) // as a request that was answered before it was sent
	if err := s.discard(false); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			other, err := spool(t.Context(), strings.NewReader("other"))
			if err != nil {
				t.Error(err)
				return
			}
			if err := other.discard(true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if body, err := io.ReadAll(slow); err != nil || string(body) != "mine" {
		t.Errorf("it reads %q, %v", body, err)
	}
}

func TestADirectoryThatCannotHoldADocumentIsUnavailable(t *testing.T) {
	t.Parallel()
	a, dir := openTemp(t)
	if err := os.WriteFile(filepath.Join(dir, "r"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := a.Put(t.Context(), Name{Resource: "r", ID: "64dceb6abeb56d14d4b3cce5"}, strings.NewReader("x"), Metadata{})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Check == "" || strings.Contains(err.Error(), "64dceb6abeb56d14d4b3cce5") {
		t.Errorf("put: %v", err)
	}
	for _, failed := range a.List(t.Context(), "") {
		t.Errorf("a file in the way of a folder is no document and no failure: %v", failed)
	}
}
