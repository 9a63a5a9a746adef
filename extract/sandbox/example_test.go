package sandbox

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func references(t *testing.T) map[string]any {
	t.Helper()
	b, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	m, _ := decode(t, b).(map[string]any)
	return m
}

func TestTheReferencesListRowsStandFirstAndAsTheyAre(t *testing.T) {
	c, want := start(t, DefaultConfig()), references(t)
	for k := anEmployer; k <= aRun; k++ {
		got := list(c.get("/"+k.String()+"?limit=7"), "data", listKeys[k])
		examples := list(want, "list "+listKeys[k])
		if len(examples) < 2 || len(got) < len(examples) {
			t.Fatalf("%s: %d examples, %d rows", k, len(examples), len(got))
		}
		if d := cmp.Diff(examples, got[:len(examples)]); d != "" {
			t.Errorf("%s: %s", k, d)
		}
	}
}

func TestTheReferencesDetailsAreServedAsTheyAre(t *testing.T) {
	c, want := start(t, DefaultConfig()), references(t)
	for k := anEmployer; k <= aRun; k++ {
		example := at(want, "detail "+k.String())
		if example == nil {
			t.Fatalf("no example of %s", k)
		}
		if d := cmp.Diff(example, at(c.get("/"+k.String()+"/"+str(example, "_id")), "data")); d != "" {
			t.Errorf("%s: %s", k, d)
		}
	}
}

func TestTheReferencesAccountAndTasksAreServedAsTheyAre(t *testing.T) {
	c, want := start(t, DefaultConfig()), references(t)
	if d := cmp.Diff(at(want, "accounts"), at(c.get(accountsPath(exampleUser)), "accounts")); d != "" {
		t.Error(d)
	}
	tasks := list(c.get(tasksPath(exampleUser)), "data", "tasks")
	if d := cmp.Diff(list(want, "tasks"), tasks[2:]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(at(want, "task"), at(c.get("/task/"+str(tasks[1], "_id")+"/details"), "data", "task")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(at(want, "status"), c.get("/task/"+str(tasks[0], "_id")+"/status")); d != "" {
		t.Error(d)
	}
}

func TestExampleObjectsStayAndOnlyTheirRetrievalMoves(t *testing.T) {
	c := start(t, DefaultConfig())
	path := "/employees/5eea73d5f55d6c0007d1fcdf"
	before := c.get(path)
	for range 5 {
		c.s.AdvanceDay()
	}
	after := c.get(path)
	if str(before, "data", "updatedAt") == str(after, "data", "updatedAt") {
		t.Error("updatedAt stood still")
	}
	b, _ := at(before, "data").(map[string]any)
	a, _ := at(after, "data").(map[string]any)
	delete(a, "updatedAt")
	delete(b, "updatedAt")
	if d := cmp.Diff(b, a); d != "" {
		t.Error(d)
	}
}
