package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// faultTable reads the rows of the README's table of faults.
func faultTable(t *testing.T) (rows [][]string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "\n### What happens when\n")
	if !found {
		t.Fatal("the README has no section of that name")
	}
	for line := range strings.Lines(section) {
		cells, row := strings.CutPrefix(strings.TrimSpace(line), "|")
		switch {
		case row:
			fields := strings.Split(strings.TrimSuffix(cells, "|"), "|")
			for i := range fields {
				fields[i] = strings.TrimSpace(fields[i])
			}
			rows = append(rows, fields)
		case len(rows) > 0:
			return rows[2:] // below the head
		}
	}
	t.Fatal("the table has no end")
	return nil
}

// testFiles are the files that each test function of the repository stands in.
func testFiles(t *testing.T) map[string][]byte {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	all := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range function.FindAllSubmatch(source, -1) {
			all[string(match[1])] = source
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEveryRowOfTheFaultTableNamesItsProof keeps the README's table honest: each test that it names exists, each way in which
// the API misbehaves stands in it, and with the exit code that its test expects. Mutations: a test renamed in the table, a
// wrong exit code there or a row taken out turn it red.
func TestEveryRowOfTheFaultTableNamesItsProof(t *testing.T) {
	t.Parallel()
	files := testFiles(t)
	named := regexp.MustCompile("`(Test\\w+)(?:/([^`]+))?`")
	shown := map[string]bool{}
	rows := faultTable(t)
	for _, row := range rows {
		if len(row) != 4 {
			t.Errorf("a row of %d cells: %q", len(row), row)
			continue
		}
		fault, codes, proofs := row[0], row[2], named.FindAllStringSubmatch(row[3], -1)
		if len(proofs) == 0 {
			t.Errorf("%s: names no test", fault)
		}
		if left := strings.Trim(named.ReplaceAllString(row[3], ""), ", "); left != "" {
			t.Errorf("%s: %q is no test", fault, left)
		}
		for _, proof := range proofs {
			function, subtest := proof[1], proof[2]
			switch {
			case files[function] == nil:
				t.Errorf("%s: there is no %s", fault, function)
			case function == "TestTheAPIMisbehaves":
				if !showsMisbehaviour(t, subtest, codes, shown) {
					t.Errorf("%s: nothing misbehaves as %q", fault, subtest)
				}
			case !strings.Contains(string(files[function]), strings.TrimSuffix(subtest, "...")):
				t.Errorf("%s: %s has no subtest %q", fault, function, subtest)
			}
		}
	}
	for _, m := range misbehaviours() {
		if !shown[m.name] {
			t.Errorf("the table does not tell of %q", m.name)
		}
	}
	if len(rows) < 25 {
		t.Errorf("the table has %d rows", len(rows))
	}
}

// showsMisbehaviour marks the subtests that a name of the table stands for.
func showsMisbehaviour(t *testing.T, name, codes string, shown map[string]bool) (found bool) {
	t.Helper()
	prefix, grouped := strings.CutSuffix(name, "...")
	for _, m := range misbehaviours() {
		if m.name != name && (!grouped || !strings.HasPrefix(m.name, prefix)) {
			continue
		}
		found, shown[m.name] = true, true
		if !slices.Contains(strings.Split(codes, " or "), strconv.Itoa(m.code)) {
			t.Errorf("%s ends with %d, the table says %s", m.name, m.code, codes)
		}
	}
	return found
}
