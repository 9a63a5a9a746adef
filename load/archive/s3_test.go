package archive

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

var w2 = Name{Resource: "employer-documents", ID: "64dceb6abeb56d14d4b3cce5", Ext: ".pdf"}

func TestABucketIsAnArchive(t *testing.T) {
	t.Parallel()
	conforms(t, func(t *testing.T) Archive { return openBucket(t, Options{Attempts: 15}) })
}

func TestABucketThatKeepsVersionsIsAnArchive(t *testing.T) {
	t.Parallel()
	g := sharedGateway(t)
	name := makeBucket(t, g, false)
	conforms(t, func(t *testing.T) Archive { return openAt(t, location(g, name, ""), Options{Attempts: 15}) })
}

func TestASmallDocumentIsOneConditionalRequestWithItsDigest(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := openBucket(t, Options{Transport: w})
	put(t, b, w2, "first", Metadata{})
	w.forget() // the first put of a process looks for unfinished uploads besides
	put(t, b, w2, "body", Metadata{SourceID: "1"})
	if diff := cmp.Diff([]string{"Put"}, w.operations()); diff != "" {
		t.Fatal(diff)
	}
	sum := sha256.Sum256([]byte("body"))
	got := w.headers("Put")[0]
	want := map[string]string{
		"If-None-Match": "*", "If-Match": "", "X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(sum[:]),
		"X-Amz-Meta-Sha256": hex.EncodeToString(sum[:]), "X-Amz-Meta-Source-Id": "1",
	}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.Get(name), value)
		}
	}
}

func TestALargeDocumentGoesInPartsAndComesBackWhole(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := openBucket(t, Options{Transport: w})
	const size = 2*partBytes + 3
	meta := Metadata{SourceID: "1", ArchivedAt: time.Unix(1700000000, 0).UTC(), ContentType: "application/pdf"}
	stored, err := b.Put(t.Context(), w2, noise(size, 1), meta)
	if err != nil {
		t.Fatal(err)
	}
	sum, _, _ := digest(noise(size, 1))
	if stored.SHA256 != sum || stored.Bytes != size || stored.Existed || w.count("Part") != 3 {
		t.Errorf("%+v in %d parts", stored, w.count("Part"))
	}
	if got := w.headers("Complete"); len(got) != 1 || got[0].Get("If-None-Match") != "*" {
		t.Errorf("it was completed with %v", got)
	}
	for _, part := range w.headers("Part") {
		if part.Get("X-Amz-Checksum-Sha256") == "" {
			t.Error("a part went without its digest")
		}
	}
	info, err := b.Stat(t.Context(), stored.Key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Info{Key: stored.Key, SHA256: sum, Bytes: size, Metadata: meta}, info); diff != "" {
		t.Error(diff)
	}
	if err := Verify(t.Context(), b, stored.Key); err != nil {
		t.Error(err)
	}
	w.forget()
	again, err := b.Put(t.Context(), w2, noise(size, 1), meta)
	if err != nil || !again.Existed {
		t.Errorf("again: %+v, %v", again, err)
	}
	if diff := cmp.Diff([]string{"Get"}, w.operations()); diff != "" {
		t.Errorf("what is there was sent again: %s", diff)
	}
	if diff := cmp.Diff([]string{}, uploads(t, b)); diff != "" {
		t.Error(diff)
	}
}

func TestADocumentJustAtALimitIsWhole(t *testing.T) {
	t.Parallel()
	b := openBucket(t, Options{})
	for _, size := range []int64{held - 1, held, held + 1, wholeUpTo, wholeUpTo + 1} {
		stored, err := b.Put(t.Context(), w2, noise(size, uint64(size)), Metadata{})
		if err != nil || stored.Bytes != size {
			t.Errorf("%d bytes: %+v, %v", size, stored, err)
			continue
		}
		if err := Verify(t.Context(), b, stored.Key); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestOfManyWhoPutTheSameLargeDocumentOneIsNewAndNoPartIsLeft(t *testing.T) {
	t.Parallel()
	b := openBucket(t, Options{})
	var mu sync.Mutex
	fresh := 0
	var g errgroup.Group
	for range 16 {
		g.Go(func() error {
			stored, err := b.Put(t.Context(), w2, noise(wholeUpTo+1, 7), Metadata{})
			mu.Lock()
			defer mu.Unlock()
			if err == nil && !stored.Existed {
				fresh++
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if fresh != 1 {
		t.Errorf("%d of them were new", fresh)
	}
	if got := uploads(t, b); len(got) > 0 {
		t.Errorf("left are the uploads %v", got)
	}
	if got := versions(t, b); len(got) != 1 {
		t.Errorf("there are %d objects", len(got))
	}
}

func TestADamagedObjectIsFoundAndHealedByPuttingItAgain(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"small": 1000, "large": wholeUpTo + 1} {
		for damage, change := range map[string]func([]byte) []byte{
			"a flipped byte": func(body []byte) []byte { body[500] ^= 1; return body },
			"a lost end":     func(body []byte) []byte { return body[:500] },
		} {
			w := newWire(t)
			b := openBucket(t, Options{Transport: w})
			stored, err := b.Put(t.Context(), w2, noise(size, 3), Metadata{})
			if err != nil {
				t.Fatal(err)
			}
			path := file(shared, b, stored.Key)
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(body), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Verify(t.Context(), b, stored.Key); !isDamaged(err) {
				t.Errorf("%s, %s: verify says %v", name, damage, err)
			}
			w.forget()
			again, err := b.Put(t.Context(), w2, noise(size, 3), Metadata{})
			if err != nil || again.Existed {
				t.Errorf("%s, %s: put again gives %+v, %v", name, damage, again, err)
			}
			sent := append(w.headers("Put"), w.headers("Complete")...)
			if last := sent[len(sent)-1]; last.Get("If-Match") == "" || last.Get("If-None-Match") != "" {
				t.Errorf("%s, %s: another than the damaged object could have been replaced", name, damage)
			}
			if err := Verify(t.Context(), b, stored.Key); err != nil {
				t.Errorf("%s, %s: after it verify says %v", name, damage, err)
			}
		}
	}
}

func TestRemovingARecordTakesEveryVersionAndEveryUnfinishedUpload(t *testing.T) {
	t.Parallel()
	g := sharedGateway(t)
	b := openAt(t, location(g, makeBucket(t, g, false), ""), Options{})
	stored := put(t, b, w2, "body", Metadata{})
	whole := aws.String(b.whole(stored.Key))
	if _, err := b.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b.at.bucket, Key: whole}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.at.bucket, Key: whole, Body: strings.NewReader("body")}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.at.bucket, Key: whole}); err != nil {
		t.Fatal(err)
	}
	if got := len(versions(t, b)) + len(uploads(t, b)); got != 4 {
		t.Fatalf("there are %d, want two versions, the mark of a deletion and an upload", got)
	}
	if err := b.Remove(t.Context(), w2.Resource, w2.ID); err != nil {
		t.Fatal(err)
	}
	if got := len(versions(t, b)) + len(uploads(t, b)); got != 0 {
		t.Errorf("%d of them are left", got)
	}
}

func TestAListGoesOnBehindItsFirstThousand(t *testing.T) {
	t.Parallel()
	b := openBucket(t, Options{})
	var g errgroup.Group
	g.SetLimit(16)
	for i := range 1001 {
		g.Go(func() error {
			_, err := b.Put(t.Context(), Name{Resource: "r", ID: strconv.Itoa(i)}, strings.NewReader("x"), Metadata{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := len(lengths(t, b, "r")); got != 1001 {
		t.Errorf("it names %d", got)
	}
}

func TestWhatIsNoDocumentIsPassedOver(t *testing.T) {
	t.Parallel()
	b := openBucket(t, Options{})
	for _, key := range []string{"notes.txt", "r/1/notes.txt", "r/1/2/" + digestOf("x"), ".hidden/1/" + digestOf("x")} {
		in := &s3.PutObjectInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(key)), Body: strings.NewReader("x")}
		if _, err := b.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int64{}, lengths(t, b, "")); diff != "" {
		t.Error(diff)
	}
}

func TestMetadataOfAnyTextSurvives(t *testing.T) {
	t.Parallel()
	b := openBucket(t, Options{})
	meta := Metadata{SourceID: " ünï%41 ", EmployerID: "a\nb: c", Type: "W-2c", DocumentDate: "2023-01-31",
		ArchivedAt: time.Date(2026, 3, 1, 2, 3, 4, 5, time.UTC), ContentType: "text/plain"}
	info, err := b.Stat(t.Context(), put(t, b, w2, "body", meta).Key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(meta, info.Metadata); diff != "" {
		t.Error(diff)
	}
	meta.SourceID = strings.Repeat("x", longestMeta+1)
	if info, err = b.Stat(t.Context(), put(t, b, w2, "other", meta).Key); err != nil || info.Metadata.SourceID != "" || info.Metadata.Type != "W-2c" {
		t.Errorf("with a value that is too long it is %+v, %v", info.Metadata, err)
	}
}

func TestAServerWithoutTLSOnThisMachineWillDo(t *testing.T) {
	t.Parallel()
	sharedGateway(t)
	g, err := gateway.Start(t.TempDir(), "", gateway.Certificate{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Kill()
	b := openAt(t, location(g, gateway.Bucket, ""), Options{})
	for _, size := range []int64{0, 100, wholeUpTo + 1} {
		stored, err := b.Put(t.Context(), w2, noise(size, 1), Metadata{})
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(t.Context(), b, stored.Key); err != nil {
			t.Error(err)
		}
	}
}

// makeBucket makes a bucket that keeps versions, and perhaps objects from being deleted.
func makeBucket(t *testing.T, g *gateway.Server, lock bool) (name string) {
	t.Helper()
	name = "bucket-" + strings.ToLower(rand.Text())
	b := openAt(t, location(g, gateway.Bucket, ""), Options{})
	if _, err := b.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: &lock}); err != nil {
		t.Fatal(err)
	}
	in := &s3.PutBucketVersioningInput{Bucket: &name, VersioningConfiguration: enabled()}
	if _, err := b.client.PutBucketVersioning(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	return name
}

// among tells whether an operation was asked for.
func among(w *wire, name string) bool { return slices.Contains(w.operations(), name) }
