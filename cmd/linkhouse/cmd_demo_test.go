package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheDemoRunsFromNothingAndLeavesSomethingToLookAt(t *testing.T) {
	home := t.TempDir()
	env := Env{Vars: map[string]string{"HOME": home}}
	got := run(t, env, "demo")
	if got.code != exitComplete || got.stderr != "" {
		t.Fatalf("exit %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	for _, want := range []string{"The first night", "The second night", "employerlink.statements", "Payroll cost", "GROSS", ".pdf", "broken on purpose"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("the demo does not show %q", want)
		}
	}
	if strings.Contains(got.stdout, "(none)") {
		t.Errorf("a question has no answer:\n%s", got.stdout)
	}

	// What it says to do next works.
	config := filepath.Join(home, ".local/share/linkhouse/demo/linkhouse.yaml")
	if !strings.Contains(got.stdout, "linkhouse --config ~/.local/share/linkhouse/demo/linkhouse.yaml psql") {
		t.Errorf("the demo does not say how to go on:\n%s", got.stdout)
	}
	after := run(t, env, "--config", config, "psql", "-c", "select count(*) > 1000 from employerlink.statements", "--", "--csv", "--tuples-only")
	if after.code != exitComplete || after.stdout != "t\n" {
		t.Errorf("psql after the demo: %+v", after)
	}

	// The next one begins anew.
	stray := filepath.Join(home, ".local/share/linkhouse/demo/archive/stray")
	writeFile(t, stray, "")
	again := run(t, env, "demo")
	if again.code != exitComplete {
		t.Fatalf("the second demo: %+v", again)
	}
	if _, err := os.Stat(stray); !os.IsNotExist(err) {
		t.Errorf("the second demo did not begin anew: %v", err)
	}
}

func TestTheDemoTakesNoDirectoryThatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "precious"), "")
	got := run(t, Env{Dir: dir}, "demo", "--dir", ".")
	if got.code != exitUsage || !strings.Contains(got.stderr, "holds something, and not a demo") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "precious")); err != nil {
		t.Error(err)
	}
}
