package main

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

// s3World is a world whose archive is a bucket of a real S3 server of its own, over TLS. Environment variables tell linkhouse
// of it, as they would on any machine, so that only processes of their own can read and write there.
type s3World struct {
	*world
	dir         string
	certificate gateway.Certificate
	server      *gateway.Server
}

func newS3World(t *testing.T, change func(*sandbox.Config)) *s3World {
	t.Helper()
	w := &s3World{world: newWorld(t, change), dir: t.TempDir()}
	var err error
	if w.certificate, err = gateway.WriteCertificate(w.dir); err != nil {
		t.Fatal(err)
	}
	w.serve("")
	t.Cleanup(func() { w.server.Kill() })
	maps.Copy(w.env.Vars, gateway.Environment(w.certificate))
	w.env.Vars["LINKHOUSE_ARCHIVE_URL"] = w.server.Location(gateway.Bucket, "nightly", "&region=us-east-1")
	return w
}

func (w *s3World) serve(addr string) {
	w.t.Helper()
	var err error
	if w.server, err = gateway.Start(w.dir, addr, w.certificate); err != nil {
		w.t.Fatal(err)
	}
}

// carry runs a command line in a process of its own and expects its exit code.
func (w *s3World) carry(code int, args string) result {
	w.t.Helper()
	return w.ends(w.start(args), code)
}

// files are the objects in the bucket.
func (w *s3World) files() []string {
	w.t.Helper()
	found, err := filepath.Glob(w.server.Path(gateway.Bucket, "nightly/*/*/*"))
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// equalsTruth compares the objects with what the sandbox serves: each document once, whole, and nothing besides.
func (w *s3World) equalsTruth() (compared int) {
	w.t.Helper()
	got, want := map[string]string{}, map[string]string{}
	for _, file := range w.files() {
		body, err := os.ReadFile(file)
		if err != nil {
			w.t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		folder := filepath.Dir(file)
		name := filepath.Base(filepath.Dir(folder)) + "/" + filepath.Base(folder)
		if got[name] != "" {
			w.t.Errorf("%s has two objects", name)
		}
		got[name] = hex.EncodeToString(sum[:])
	}
	for resource, documents := range w.api.Truth().Documents {
		for id, sum := range documents {
			want[resource+"/"+id] = sum
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("objects (-sandbox +bucket):\n%s", diff)
	}
	return len(want)
}

func (w *s3World) archived() int64 {
	return w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'")
}

// Semantics 8 and 12, with the archive on S3: a process of ours dies in the middle of the documents, then the server does;
// links live for two seconds and a third of them are refused early. In the end each document stands there once, whole.
// Mutation: when drained.fetch forgets the error of Keep it is red.
func TestDocumentsOnS3AreWholeAndThereOnceThoughAProcessAndTheServerDie(t *testing.T) {
	t.Parallel()
	w := newS3World(t, func(c *sandbox.Config) {
		tame(c)
		c.Employees, c.Users, c.Documents, c.DocumentBytes, c.LinkLife = 2, 1, 12, 60<<10, 2*time.Second
	})
	w.env.Vars["LINKHOUSE_ATOMIC_CONCURRENCY"] = "4"
	w.carry(exitComplete, "check")
	w.carry(exitComplete, "sync employers")
	faults := []*sandbox.Fired{
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Expired, Chance: 0.3, Times: 60}),
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Reset, Chance: 0.1, Times: 20}),
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Truncate, Chance: 0.1, Times: 20}),
		w.api.Inject(sandbox.Fault{Match: "/documents/*", Kind: sandbox.Slow, Delay: 100 * time.Millisecond}),
	}
	const command = "sync employer-documents payroll-runs"
	running := w.start(command)
	w.await("some documents are archived", func() bool { return w.archived() > 10 })
	if !running.kill() {
		t.Fatal("the first process ended before it was killed")
	}
	running = w.start(command)
	w.await("some more are archived", func() bool { return w.archived() > 30 })
	addr := w.server.Addr
	w.server.Kill()
	got := w.ends(running, exitStore)
	if !strings.Contains(got.stderr, "cannot be reached") || !strings.HasSuffix(got.stderr, "linkhouse "+command+"\n") || strings.Contains(got.stderr, "X-Amz") {
		t.Errorf("%s", got.stderr)
	}
	w.serve(addr)
	w.carry(exitComplete, command)
	for i, f := range faults {
		if f.Stop(); f.Count() == 0 {
			t.Errorf("fault %d never fired", i)
		}
	}
	if n := w.equalsTruth(); n < 60 {
		t.Errorf("only %d documents were compared", n)
	}
	w.carry(exitComplete, "documents verify --orphans")
}

// What is flipped or deleted behind the server's back is named, and fetched again.
// Mutation: without MarkLost in verification.verify it is red.
func TestAnObjectOnS3ThatWasFlippedOrDeletedIsNamedAndHealed(t *testing.T) {
	t.Parallel()
	w := newS3World(t, func(c *sandbox.Config) { tame(c); c.Employees, c.Users = 2, 1 })
	w.carry(exitComplete, "sync employers employer-documents payroll-runs")
	files := w.files()
	flip(t, files[0])
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	found := w.carry(exitPartial, "documents verify")
	for what, file := range map[string]string{"damaged": files[0], "missing": files[1]} {
		if !strings.Contains(found.stdout, what) || !strings.Contains(found.stdout, filepath.Base(file)) {
			t.Errorf("%s is not named as %s:\n%s", filepath.Base(file), what, found.stdout)
		}
	}
	if healed := w.carry(exitComplete, "documents retry"); !strings.HasPrefix(healed.stdout, "Documents: 2 archived (") {
		t.Errorf("%s", healed.stdout)
	}
	w.carry(exitComplete, "documents verify --orphans")
	w.equalsTruth()
}
