package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// conforms is what every archive must pass. open gives an empty one.
func conforms(t *testing.T, open func(t *testing.T) Archive) {
	t.Helper()
	name := Name{Resource: "employer-documents", ID: "64dceb6abeb56d14d4b3cce5", Ext: ".pdf"}
	meta := Metadata{
		SourceID: name.ID, EmployerID: "e1", Type: "941", DocumentDate: "2023-01-31",
		ArchivedAt: time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC), ContentType: "application/pdf",
	}

	t.Run("what was put is there, with its digest and metadata", func(t *testing.T) {
		a := open(t)
		stored := put(t, a, name, "%PDF-1.7 first", meta)
		sum := digestOf("%PDF-1.7 first")
		want := Stored{
			Key: "employer-documents/" + name.ID + "/" + sum + ".pdf", Location: a.String() + "/" + stored.Key, SHA256: sum, Bytes: 14,
		}
		if diff := cmp.Diff(want, stored); diff != "" {
			t.Error(diff)
		}
		for _, key := range []string{stored.Key, stored.Location} {
			if diff := cmp.Diff("%PDF-1.7 first", get(t, a, key)); diff != "" {
				t.Error(diff)
			}
			info, err := a.Stat(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Info{Key: stored.Key, SHA256: sum, Bytes: 14, Metadata: meta}, info); diff != "" {
				t.Error(diff)
			}
			if err := Verify(t.Context(), a, key); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("the same bytes again change nothing", func(t *testing.T) {
		a := open(t)
		first := put(t, a, name, "same", meta)
		later := meta
		later.ArchivedAt = later.ArchivedAt.Add(time.Hour)
		second := put(t, a, name, "same", later)
		first.Existed = true
		if diff := cmp.Diff(first, second); diff != "" {
			t.Error(diff)
		}
		info, err := a.Stat(t.Context(), first.Key)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(meta, info.Metadata); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("a corrected document stands beside its predecessor", func(t *testing.T) {
		a := open(t)
		first, second := put(t, a, name, "as filed", meta), put(t, a, name, "as corrected", meta)
		if second.Existed {
			t.Error("the correction is said to have existed")
		}
		if got := []string{get(t, a, first.Key), get(t, a, second.Key)}; !cmp.Equal(got, []string{"as filed", "as corrected"}) {
			t.Errorf("got %q", got)
		}
	})

	t.Run("of many that put the same at once one is new and all succeed", func(t *testing.T) {
		a := open(t)
		body := strings.Repeat("page ", 100_000)
		var wg sync.WaitGroup
		var mu sync.Mutex
		fresh := 0
		for range 16 {
			wg.Go(func() {
				stored, err := a.Put(t.Context(), name, strings.NewReader(body), meta)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				} else if !stored.Existed {
					fresh++
				}
			})
		}
		wg.Wait()
		if fresh != 1 {
			t.Errorf("%d of them were new", fresh)
		}
		if err := Verify(t.Context(), a, put(t, a, name, body, meta).Key); err != nil {
			t.Error(err)
		}
	})

	t.Run("a stream that breaks off leaves no object and is no fault of the archive", func(t *testing.T) {
		a := open(t)
		broken := errors.New("connection reset")
		_, err := a.Put(t.Context(), name, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), meta)
		var source *SourceError
		if !errors.As(err, &source) || !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if stored := put(t, a, name, "half", meta); stored.Existed {
			t.Error("half a document was stored")
		}
	})

	t.Run("a put that is called off leaves no object", func(t *testing.T) {
		a := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		endless := io.MultiReader(strings.NewReader("begun"), readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
		if _, err := a.Put(ctx, name, endless, meta); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if stored := put(t, a, name, "begun", meta); stored.Existed {
			t.Error("it was stored")
		}
	})

	t.Run("an empty document is a document", func(t *testing.T) {
		a := open(t)
		if got := get(t, a, put(t, a, name, "", meta).Key); got != "" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("what is not there is said so", func(t *testing.T) {
		a := open(t)
		key := "employer-documents/1/" + digestOf("nothing") + ".pdf"
		if _, err := a.Open(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open: %v", err)
		}
		if _, err := a.Stat(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("stat: %v", err)
		}
		if err := Verify(t.Context(), a, key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("verify: %v", err)
		}
	})

	t.Run("any id makes a key of its own", func(t *testing.T) {
		a := open(t)
		keys := map[string]string{}
		for _, id := range hostileIDs() {
			stored, err := a.Put(t.Context(), Name{Resource: "employer-documents", ID: id}, strings.NewReader("x"), meta)
			if err != nil {
				t.Errorf("put under %.40q: %v", id, err)
				continue
			}
			if other, taken := keys[stored.Key]; taken || stored.Existed {
				t.Errorf("%.40q and %.40q have the same key", id, other)
			}
			keys[stored.Key] = id
			if got := get(t, a, stored.Key); got != "x" {
				t.Errorf("got %q under %.40q", got, id)
			}
		}
	})

	t.Run("what cannot be a name or a key is refused", func(t *testing.T) {
		a := open(t)
		for _, bad := range []Name{{ID: "1"}, {Resource: "r"}, {Resource: "r", ID: "1", Ext: "pdf"}, {Resource: "r", ID: "1", Ext: "./../x"}} {
			if _, err := a.Put(t.Context(), bad, strings.NewReader("x"), meta); err == nil {
				t.Errorf("%+v was taken", bad)
			}
		}
		for _, bad := range []string{"", "/", "../../etc/passwd", "r/../" + digestOf("x"), "r/1/secret", "/r/1/" + digestOf("x"), ".r/1/" + digestOf("x")} {
			if _, err := a.Open(t.Context(), bad); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("open %q: %v", bad, err)
			}
			if _, err := a.Stat(t.Context(), bad); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("stat %q: %v", bad, err)
			}
		}
	})

	t.Run("removing a record takes all of it and nothing else", func(t *testing.T) {
		a := open(t)
		other := Name{Resource: name.Resource, ID: name.ID + "0", Ext: ".pdf"} // with a name that begins alike
		gone := []Stored{put(t, a, name, "one", meta), put(t, a, name, "two", meta)}
		kept := put(t, a, other, "one", meta)
		for range 2 {
			if err := a.Remove(t.Context(), name.Resource, name.ID); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range gone {
			if _, err := a.Stat(t.Context(), s.Key); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("stat: %v", err)
			}
		}
		if got := get(t, a, kept.Key); got != "one" {
			t.Errorf("the other record holds %q", got)
		}
		if put(t, a, name, "one", meta).Existed {
			t.Error("what was removed is said to exist")
		}
	})

	t.Run("the list names every document of a resource once, or of all", func(t *testing.T) {
		a := open(t)
		want := map[string]int64{}
		for _, id := range []string{"1", "2", "../x"} {
			want[put(t, a, Name{Resource: "employer-documents", ID: id, Ext: ".pdf"}, "body of "+id, meta).Key] = int64(len("body of " + id))
		}
		other := put(t, a, Name{Resource: "employer-documents-2", ID: "1"}, "x", meta)
		if diff := cmp.Diff(want, lengths(t, a, "employer-documents")); diff != "" {
			t.Error(diff)
		}
		want[other.Key] = 1
		if diff := cmp.Diff(want, lengths(t, a, "")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int64{}, lengths(t, a, "nothing")); diff != "" {
			t.Error(diff)
		}
		for info, err := range a.List(t.Context(), "employer-documents") {
			if err != nil || info.SHA256 == "" || !strings.Contains(info.Key, info.SHA256) {
				t.Errorf("%+v, %v", info, err)
			}
			break // and nothing more is given
		}
	})

	t.Run("a list that is called off ends with an error", func(t *testing.T) {
		a := open(t)
		put(t, a, name, "x", meta)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var last error
		for _, err := range a.List(ctx, "") {
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("got %v", last)
		}
	})

	t.Run("a probe leaves no document", func(t *testing.T) {
		a := open(t)
		for range 2 {
			if err := a.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(map[string]int64{}, lengths(t, a, "")); diff != "" {
			t.Error(diff)
		}
	})
}

// lengths are the lengths of the documents by key. One that is named twice fails the test.
func lengths(t *testing.T, a Archive, resource string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for info, err := range a.List(t.Context(), resource) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := found[info.Key]; twice {
			t.Errorf("%s is named twice", info.Key)
		}
		found[info.Key] = info.Bytes
	}
	return found
}

func hostileIDs() []string {
	long := strings.Repeat("a", 300)
	return []string{
		"plain", "Plain!", "..", ".", ".hidden", "a/b", `a\b`, "a!2Fb", "../../../../tmp/x", "/etc/passwd", "ünïcode", "a b", "a%2Fb",
		"line\nbreak", "nul\x00", "\xff", "-rf", "~", "a:b", "con|nul?*", long, long + "a", "!!" + digestOf(long), "com.apple",
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func put(t *testing.T, a Archive, name Name, body string, meta Metadata) Stored {
	t.Helper()
	stored, err := a.Put(t.Context(), name, iotest.OneByteReader(strings.NewReader(body)), meta)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func get(t *testing.T, a Archive, key string) string {
	t.Helper()
	r, err := a.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func digestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}
