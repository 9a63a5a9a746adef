package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

// halfway makes this binary, run again, stop in the middle of an upload.
const halfway = "LINKHOUSE_TEST_HALFWAY"

const large = 50 << 20

// putHalf sends two parts of a large document, says so and waits to be killed.
func putHalf(location string) {
	b, err := OpenWith(context.Background(), location, Options{Transport: &stopping{}})
	if err == nil {
		_, err = b.Put(context.Background(), w2, noise(large, 9), Metadata{})
	}
	fmt.Println("error:", err)
	os.Exit(1)
}

// stopping lets two parts through.
type stopping struct{ parts atomic.Int32 }

func (s *stopping) RoundTrip(r *http.Request) (*http.Response, error) {
	if operation(r) != "Part" {
		return trusting().RoundTrip(r)
	}
	if s.parts.Add(1) > 2 {
		select {} // until the end
	}
	answer, err := trusting().RoundTrip(r)
	fmt.Println("part", err)
	return answer, err
}

func TestWhatAKilledProcessSentIsAbortedByALaterOne(t *testing.T) {
	t.Parallel()
	location := location(sharedGateway(t), gateway.Bucket, "")
	b := openAt(t, location, Options{strayAge: time.Nanosecond})
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), halfway+"="+location)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 2 {
		if !lines.Scan() || lines.Text() != "part <nil>" {
			t.Fatalf("the writer said %q", lines.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if got := uploads(t, b); len(got) != 1 {
		t.Fatalf("it left the uploads %v", got)
	}
	// A process that thinks it may still be alive leaves it alone.
	put(t, openAt(t, location, Options{}), w2, "young", Metadata{})
	if got := uploads(t, b); len(got) != 1 {
		t.Fatalf("after a process that waits a day there are %v", got)
	}
	put(t, b, w2, "later", Metadata{})
	if got := uploads(t, b); len(got) > 0 {
		t.Errorf("left are the uploads %v", got)
	}
	stored, err := b.Put(t.Context(), w2, noise(large, 9), Metadata{})
	if err != nil || stored.Existed {
		t.Errorf("put again gives %+v, %v", stored, err)
	}
}

func TestUnfinishedUploadsAreLookedForOnceAndThoseOfOthersLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := openBucket(t, Options{Transport: w})
	for _, key := range []string{"somebody/else", "r/1/2/" + digestOf("x")} {
		in := &s3.CreateMultipartUploadInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(key))}
		if _, err := b.client.CreateMultipartUpload(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	w.forget()
	put(t, b, w2, "one", Metadata{})
	put(t, b, w2, "two", Metadata{})
	if got := w.count("Uploads"); got != 1 {
		t.Errorf("they were looked for %d times", got)
	}
	if err := b.abortUploads(t.Context(), b.whole(""), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := uploads(t, b); len(got) != 2 {
		t.Errorf("left are %v", got)
	}
}

func TestWhoMayNotListUploadsMayStoreDocuments(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.before = func(r *http.Request) (*http.Response, error) {
		if operation(r) == "Uploads" {
			return answer(http.StatusForbidden, "AccessDenied"), nil
		}
		return nil, nil
	}
	b := openBucket(t, Options{Transport: w})
	put(t, b, w2, "body", Metadata{})
	if !among(w, "Uploads") {
		t.Error("they were not looked for")
	}
	// But to erase a person and not be sure is a failure.
	var unavailable *UnavailableError
	if err := b.Remove(t.Context(), w2.Resource, w2.ID); !errors.As(err, &unavailable) {
		t.Errorf("remove: %v", err)
	}
}

func TestAnUploadThatFailsOrIsCalledOffLeavesNoPart(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(cancel func()) (*http.Response, error){
		"refused":    func(func()) (*http.Response, error) { return answer(http.StatusForbidden, "AccessDenied"), nil },
		"broken off": func(func()) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"called off": func(cancel func()) (*http.Response, error) { cancel(); return nil, context.Canceled },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWire(t)
		var parts atomic.Int32
		w.before = func(r *http.Request) (*http.Response, error) {
			if operation(r) == "Part" && parts.Add(1) > 2 {
				return fail(cancel)
			}
			return nil, nil
		}
		b := openBucket(t, Options{Transport: w, Attempts: 1})
		_, err := b.Put(ctx, w2, noise(4*partBytes, 4), Metadata{})
		var unavailable *UnavailableError
		if name == "called off" && !errors.Is(err, context.Canceled) || name != "called off" && !errors.As(err, &unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if got := uploads(t, b); len(got) > 0 || w.count("Abort") != 1 {
			t.Errorf("%s: left are %v", name, got)
		}
		cancel()
	}
}

// It runs alone: what it counts is the whole process's.
func TestALargeDocumentTakesLittleMemory(t *testing.T) {
	b := openBucket(t, Options{})
	put(t, b, w2, "warm", Metadata{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stored, err := b.Put(t.Context(), w2, noise(large, 2), Metadata{})
	runtime.ReadMemStats(&after)
	if err != nil || stored.Bytes != large {
		t.Fatalf("%+v, %v", stored, err)
	}
	// All that was ever taken, given back or not, is the strictest bound there is. Most of it is the connections'.
	if taken := after.TotalAlloc - before.TotalAlloc; taken > large/4 {
		t.Errorf("%d bytes took %d of memory", stored.Bytes, taken)
	}
	if err := Verify(t.Context(), b, stored.Key); err != nil {
		t.Error(err)
	}
}

func TestAStreamThatBreaksOffAnywhereIsNoFaultOfTheBucket(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := openBucket(t, Options{Transport: w})
	for _, size := range []int64{0, 10, held, held + 10, wholeUpTo + 10} {
		_, err := b.Put(t.Context(), w2, io.MultiReader(noise(size, 4), iotest.ErrReader(io.ErrUnexpectedEOF)), Metadata{})
		var source *SourceError
		if !errors.As(err, &source) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: %v", size, err)
		}
	}
	if diff := cmp.Diff([]string{"Uploads"}, w.operations()); diff != "" {
		t.Error(diff)
	}
}

func TestAServerThatDiesIsUnavailableAndServesAgainWhenItIsBack(t *testing.T) {
	t.Parallel()
	sharedGateway(t)
	dir := t.TempDir()
	g, err := gateway.Start(dir, "", certificate)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { g.Kill() }()
	w := newWire(t)
	var parts atomic.Int32
	w.before = func(r *http.Request) (*http.Response, error) {
		if operation(r) == "Part" && parts.Add(1) == 3 {
			g.Kill()
		}
		return nil, nil
	}
	b := openAt(t, location(g, gateway.Bucket, ""), Options{Transport: w, Attempts: 2, strayAge: time.Nanosecond})
	_, err = b.Put(t.Context(), w2, noise(4*partBytes, 8), Metadata{})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Check == "" || strings.Contains(err.Error(), w2.ID) {
		t.Errorf("with the server gone: %v", err)
	}
	if g, err = gateway.Start(dir, g.Addr, certificate); err != nil {
		t.Fatal(err)
	}
	stored, err := b.Put(t.Context(), w2, noise(4*partBytes, 8), Metadata{})
	if err != nil || stored.Existed {
		t.Fatalf("with the server back: %+v, %v", stored, err)
	}
	if err := Verify(t.Context(), b, stored.Key); err != nil {
		t.Error(err)
	}
	put(t, b, w2, "next", Metadata{})
	if got := uploads(t, b); len(got) > 0 {
		t.Errorf("left are the uploads %v", got)
	}
}
