package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load/archive"
)

func TestAFileOfTheArchiveTellsWhatItIsWithoutTheWarehouse(t *testing.T) {
	t.Parallel()
	w := archived(t)
	file := w.file("resource = 'employer-documents'")
	id := filepath.Base(filepath.Dir(file))
	text, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".meta.json")
	if err != nil {
		t.Fatal(err)
	}
	var got archive.Metadata
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	of := "FROM archive.subjects JOIN archive.documents USING (resource, source_id) WHERE source_id = '" + id + "'"
	want := archive.Metadata{SourceID: id, EmployerID: w.text("SELECT employer_id " + of), Type: w.text("SELECT type " + of),
		DocumentDate: w.text("SELECT document_date::text " + of), ContentType: w.text("SELECT content_type " + of), ArchivedAt: got.ArchivedAt}
	if diff := cmp.Diff(want, got); diff != "" || time.Since(got.ArchivedAt) > time.Hour {
		t.Errorf("archived at %s\n%s", got.ArchivedAt, diff)
	}
	if declared := w.text("SELECT declared_type " + of); declared == "" {
		t.Error("what the download declared is not kept")
	}
}

func TestADocumentIsCopiedOutOfTheArchiveAndOverwritesNothing(t *testing.T) {
	t.Parallel()
	w := archived(t)
	source := w.file("resource = 'employer-documents'")
	id := w.text("SELECT source_id FROM archive.documents WHERE location = 'file://" + source + "'")
	want, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	name := id + filepath.Ext(source)
	got := w.run(exitComplete, "documents get "+id)
	if !strings.HasPrefix(got.stdout, "Wrote "+name+": ") || !strings.HasSuffix(got.stdout, ", as it was archived.\n") {
		t.Errorf("%q", got.stdout)
	}
	copied, err := os.ReadFile(filepath.Join(w.env.Dir, name))
	if err != nil || string(copied) != string(want) {
		t.Errorf("%d bytes were copied of %d: %v", len(copied), len(want), err)
	}
	again := w.run(exitUsage, "documents get "+id)
	if wanted := "linkhouse: " + name + " is there already\n  name another with --file, or replace it with --force\n"; again.stderr != wanted {
		t.Errorf("%q", again.stderr)
	}
	w.run(exitComplete, "documents get --force "+id)
	w.run(exitComplete, "documents get --file archive "+id) // a directory that is there
	if piped := w.run(exitComplete, "documents get --file - "+id); piped.stdout != string(want) {
		t.Errorf("%d bytes came through standard output, want %d", len(piped.stdout), len(want))
	}
	if left, _ := filepath.Glob(filepath.Join(w.env.Dir, "."+id+"*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestADocumentThatIsNotWhatWasArchivedIsNotCopied(t *testing.T) {
	t.Parallel()
	w := archived(t)
	source := w.file("resource = 'employer-documents'")
	id := w.text("SELECT source_id FROM archive.documents WHERE location = 'file://" + source + "'")
	flip(t, source)
	heal := "\n  to fetch it again: linkhouse documents retry " + id + " --refetch\n"
	damaged := w.run(exitFailure, "documents get --file copy "+id)
	if damaged.stderr != "linkhouse: the document in the archive is damaged: it is not what was archived"+heal {
		t.Errorf("%q", damaged.stderr)
	}
	if err := os.Remove(source); err != nil {
		t.Fatal(err)
	}
	if missing := w.run(exitFailure, "documents get --file copy "+id); missing.stderr != "linkhouse: the document is missing from the archive"+heal {
		t.Errorf("%q", missing.stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(w.env.Dir, "*copy*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	w.run(exitComplete, "documents retry --refetch "+id)
	w.run(exitComplete, "documents get --file copy "+id)
}

func TestADocumentThatCannotBeGivenSaysWhy(t *testing.T) {
	t.Parallel()
	w := archived(t)
	id := w.text("SELECT min(source_id) FROM archive.documents WHERE state = 'archived'")
	tests := []struct {
		code       int
		args, want string
	}{
		{exitUsage, "nobody", "linkhouse: there is no document nobody\n  linkhouse documents list shows those there are\n"},
		{exitUsage, id + " --document-version 7", "linkhouse: there is no version 7 of this document\n  linkhouse documents list " + id + " shows those there are\n"},
		{exitUsage, id + " --resource tasks", "linkhouse: tasks have no documents\n  resources with documents are employer-documents, payroll-runs\n"},
	}
	for _, test := range tests {
		if got := w.run(test.code, "documents get "+test.args); got.stderr != test.want {
			t.Errorf("%s: %q", test.args, got.stderr)
		}
	}
	w.exec("UPDATE archive.documents SET state = 'failed' WHERE source_id = '" + id + "'")
	got := w.run(exitFailure, "documents get "+id)
	if want := "linkhouse: version 1 of this document is failed: it is not in the archive\n  to fetch it: linkhouse documents retry " + id + "\n"; got.stderr != want {
		t.Errorf("%q", got.stderr)
	}
	w.exec("UPDATE archive.documents SET state = 'archived', location = replace(location, '/archive/', '/elsewhere/') WHERE source_id = '" + id + "'")
	for _, verb := range []string{"get", "verify"} {
		if got := w.run(exitStore, "documents "+verb+" "+id); !strings.Contains(got.stderr, "which is not below file://") || !strings.Contains(got.stderr, "archive.url") {
			t.Errorf("%s: %q", verb, got.stderr)
		}
	}
}

func TestAFileThatAppearsMeanwhileIsLeftAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "copy.pdf")
	err := writeWhole(file, false, func(w io.Writer) error {
		writeFile(t, file, "somebody else's")
		_, err := io.WriteString(w, "ours")
		return err
	})
	if kept, _ := os.ReadFile(file); !errors.Is(err, fs.ErrExist) || string(kept) != "somebody else's" {
		t.Errorf("%v, and the file holds %q", err, kept)
	}
}
