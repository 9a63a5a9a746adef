package transform

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Objects that seem the same are not read again, so whoever changes what is made of them has to say so: a fixture that came to
// other rows while the number of the mapping stayed would be objects that keep their old rows for ever.
func TestTheMappingHasAnotherNumberWhenAFixtureComesToOtherRows(t *testing.T) {
	const list = "testdata/mapping.txt"
	data, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	before := map[string]string{}
	for _, line := range lines[1:] {
		fixture, rows, _ := strings.Cut(line, " = ")
		before[fixture] = rows
	}
	goldens, err := filepath.Glob("*/testdata/*/*.golden")
	if err != nil || len(goldens) < 50 {
		t.Fatalf("%d golden files: %v", len(goldens), err)
	}
	number := fmt.Sprintf("mapping %d", mapping)
	now := []string{number}
	for _, golden := range goldens {
		fixture := filepath.ToSlash(strings.TrimSuffix(golden, ".golden"))
		fixture, rows := fixture+" "+digestOf(t, fixture+".json"), digestOf(t, golden)
		now = append(now, fixture+" = "+rows)
		if was, known := before[fixture]; known && was != rows && lines[0] == number {
			t.Errorf("%s comes to other rows than before: raise the number of the mapping in print.go", golden)
		}
	}
	text := strings.Join(now, "\n") + "\n"
	if os.Getenv("UPDATE") != "" && !t.Failed() {
		if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != string(data) {
		t.Errorf("%s is not what the fixtures are: UPDATE=1 go test ./transform writes it anew", list)
	}
}

func digestOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))[:16]
}
