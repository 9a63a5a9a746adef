package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writerDir makes this binary, run again, put documents into that directory until it is killed.
const writerDir = "LINKHOUSE_TEST_WRITER_DIR"

// putForEver puts large documents one after the other and says the key of each when it is put.
func putForEver(dir string) {
	a, err := Open(dir)
	for n := uint64(os.Getpid()) << 32; err == nil; n++ {
		body := bytes.Repeat(binary.LittleEndian.AppendUint64(nil, n), 1<<17)
		var stored Stored
		stored, err = a.Put(context.Background(), Name{Resource: "r", ID: fmt.Sprint(n % 7), Ext: ".bin"}, bytes.NewReader(body), Metadata{})
		fmt.Println(stored.Key)
	}
	fmt.Println("error:", err)
	os.Exit(1)
}

func openTemp(t *testing.T) (a Archive, dir string) {
	t.Helper()
	dir = t.TempDir()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a, dir
}

// files are the paths of all files below dir that pass, relative to it.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			path, err = filepath.Rel(dir, path)
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestADirectoryIsAnArchive(t *testing.T) {
	t.Parallel()
	conforms(t, func(t *testing.T) Archive { a, _ := openTemp(t); return a })
}

func TestAWriterKilledAtAnyMomentLeavesOnlyWholeDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for kill := range 15 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), writerDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("the writer said nothing")
		}
		time.Sleep(time.Duration(kill) * 3 * time.Millisecond / 2) // somewhere else in its work each time
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		keys := []string{lines.Text()}
		for lines.Scan() {
			keys = append(keys, lines.Text())
		}
		_ = cmd.Wait() // killed
		a, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			info, err := a.Stat(t.Context(), key)
			if err != nil || info.Metadata != (Metadata{}) || info.Bytes != 1<<20 {
				t.Errorf("what was put is %+v, %v", info, err)
			}
		}
	}
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, name := range files(t, dir) {
		if strings.HasPrefix(name, incoming) || strings.HasSuffix(name, metaExt) {
			continue
		}
		whole++
		if err := Verify(t.Context(), a, filepath.ToSlash(name)); err != nil {
			t.Error(err)
		}
	}
	if whole < 15 {
		t.Errorf("%d documents after 15 writers that each put one", whole)
	}
}

func TestWhatACrashLeftIsRemovedWhenNobodyCanBeWritingIt(t *testing.T) {
	t.Parallel()
	a, dir := openTemp(t)
	other := a.(*directory)
	old, young := filepath.Join(dir, incoming, "old"), filepath.Join(dir, incoming, "young")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-stray - time.Minute)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	second, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Join(incoming, "young")}, files(t, dir)); diff != "" {
		t.Errorf("while another has it open: %s", diff)
	}
	if err := errors.Join(other.claim.Close(), second.(*directory).claim.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string(nil), files(t, dir)); diff != "" {
		t.Errorf("when nobody else has: %s", diff)
	}
}

// Mutation: without expect in openDirectory it is red.
func TestADirectoryWhoseDiskIsNotMountedIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	filed := func(n int64, err error) func(context.Context, string) (int64, error) {
		return func(context.Context, string) (int64, error) { return n, err }
	}
	dir := filepath.Join(t.TempDir(), "it's mounted", "archive")
	refused := func(what string) {
		t.Helper()
		before, _ := os.ReadDir(dir) // none where it is not there
		_, err := OpenWith(t.Context(), dir, Options{Filed: filed(7, nil)})
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "holds nothing, and 7 documents were archived in it") {
			t.Errorf("%s: %v", what, err)
		}
		if after, _ := os.ReadDir(dir); len(after) != len(before) {
			t.Errorf("%s: something was made there: %v", what, after)
		}
	}
	refused("no directory")
	if err := os.MkdirAll(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused("a new file system")
	if err := os.WriteFile(filepath.Join(dir, "NOT-MOUNTED"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a file of somebody's")
	gone := errors.New("nobody to ask")
	if _, err := OpenWith(t.Context(), dir, Options{Filed: filed(0, gone)}); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
	var asked string
	a, err := OpenWith(t.Context(), dir, Options{Filed: func(_ context.Context, directory string) (int64, error) { asked = directory; return 0, nil }})
	if err != nil || asked != a.String() {
		t.Fatalf("a new archive is made where nothing is missing: %v, asked of %q", err, asked)
	}
	if _, err := OpenWith(t.Context(), dir, Options{Filed: filed(7, gone)}); err != nil {
		t.Errorf("one that is there is opened, and nobody is asked: %v", err)
	}
}

func TestADamagedDocumentIsFoundAndHealedByPuttingItAgain(t *testing.T) {
	t.Parallel()
	a, dir := openTemp(t)
	name := Name{Resource: "r", ID: "1", Ext: ".pdf"}
	stored := put(t, a, name, "as it was", Metadata{})
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(stored.Key)), []byte("as it is "), 0o600); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if err := Verify(t.Context(), a, stored.Key); !errors.As(err, &damaged) || damaged.Found != digestOf("as it is ") {
		t.Errorf("verify: %v", err)
	}
	if again := put(t, a, name, "as it was", Metadata{}); again.Existed {
		t.Error("the damaged document passed for the same")
	}
	if err := Verify(t.Context(), a, stored.Key); err != nil {
		t.Error(err)
	}
}

func TestAPutLeavesNothingButTheDocumentAndItsMetadataForTheOwnerOnly(t *testing.T) {
	t.Parallel()
	a, dir := openTemp(t)
	name := Name{Resource: "r", ID: "1", Ext: ".pdf"}
	stored := put(t, a, name, "body", Metadata{SourceID: "1"})
	put(t, a, name, "body", Metadata{SourceID: "1"})
	_, err := a.Put(t.Context(), name, io.MultiReader(strings.NewReader("half"), readerFunc(func([]byte) (int, error) {
		return 0, errors.New("reset")
	})), Metadata{})
	if err == nil {
		t.Error("half a document was put")
	}
	want := []string{filepath.FromSlash(stored.Key), filepath.Join("r", "1", stored.SHA256+metaExt)}
	got := files(t, dir)
	if diff := cmp.Diff([]string{want[1], want[0]}, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range got {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
}

func TestLostMetadataCostsNoDocument(t *testing.T) {
	t.Parallel()
	a, dir := openTemp(t)
	stored := put(t, a, Name{Resource: "r", ID: "1"}, "body", Metadata{SourceID: "1"})
	meta := filepath.Join(dir, "r", "1", stored.SHA256+metaExt)
	want := Info{Key: stored.Key, SHA256: stored.SHA256, Bytes: 4}
	for _, lose := range []func() error{
		func() error { return os.WriteFile(meta, []byte("{ ha"), 0o600) },
		func() error { return os.Remove(meta) },
	} {
		if err := lose(); err != nil {
			t.Fatal(err)
		}
		info, err := a.Stat(t.Context(), stored.Key)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, info); diff != "" {
			t.Error(diff)
		}
	}
}

func TestALinkThatLeadsOutOfTheArchiveIsNotFollowed(t *testing.T) {
	t.Parallel()
	a, dir := openTemp(t)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "r")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Put(t.Context(), Name{Resource: "r", ID: "1"}, strings.NewReader("x"), Metadata{}); err == nil {
		t.Error("a document was put through the link")
	}
	if found := files(t, outside); len(found) > 0 {
		t.Errorf("outside stand %v", found)
	}
}

func TestAnArchiveIsNamedByPathOrFileURL(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "with space", "archive")
	base := &url.URL{Scheme: "file", Path: dir}
	for _, location := range []string{dir, dir + "/", base.String()} {
		a, err := Open(location)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(base.String(), a.String()); diff != "" {
			t.Error(diff)
		}
	}
	for _, bad := range []string{"", "file://host/dir", "file://relative", "file:///dir?x=1", "file://%zz"} {
		if _, err := Open(bad); err == nil {
			t.Errorf("%q was opened", bad)
		}
	}
}

func TestALocationThatIsNotSupportedIsNamedWithoutItsCredentials(t *testing.T) {
	t.Parallel()
	_, err := Open("ftp://key:secret@host/prefix?token=secret")
	if err == nil || !strings.Contains(err.Error(), "ftp:// is not supported; use s3://bucket/prefix, file:///") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}
