package archive

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestAServerThatConfirmsNoDigestIsReadBack(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{100, wholeUpTo + 1} {
		w := newWire(t)
		w.after = func(_ *http.Request, answer *http.Response) { answer.Header.Del("X-Amz-Checksum-Sha256") }
		b := openBucket(t, Options{Transport: w})
		if _, err := b.Put(t.Context(), w2, noise(size, 5), Metadata{}); err != nil {
			t.Fatal(err)
		}
		last := w.operations()
		if last[len(last)-1] != "Get" {
			t.Errorf("of %d bytes it was asked %v", size, last)
		}
		w.after = func(r *http.Request, answer *http.Response) {
			answer.Header.Del("X-Amz-Checksum-Sha256")
			if operation(r) == "Get" && answer.StatusCode == http.StatusOK {
				body := answer.Body
				answer.Body = struct {
					io.Reader
					io.Closer
				}{io.MultiReader(strings.NewReader("?"), io.LimitReader(body, answer.ContentLength-1)), body}
			}
		}
		_, err := b.Put(t.Context(), w2, noise(size, 6), Metadata{})
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "does not hold what was sent") {
			t.Errorf("of %d bytes others came back, and it says %v", size, err)
		}
	}
}

func TestADocumentThatIsChangedOnItsWayIsRefused(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{100, wholeUpTo + 1} {
		w := newWire(t)
		w.before = func(r *http.Request) (*http.Response, error) {
			if o := operation(r); o == "Put" || o == "Part" {
				flip(r)
			}
			return nil, nil
		}
		b := openBucket(t, Options{Transport: w, Attempts: 1})
		_, err := b.Put(t.Context(), w2, noise(size, 5), Metadata{})
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "damaged on its way") {
			t.Errorf("%d bytes: %v", size, err)
		}
		if got := len(versions(t, b)) + len(uploads(t, b)); got != 0 {
			t.Errorf("%d bytes: it left %d objects or uploads", size, got)
		}
	}
}

func TestAConflictIsTriedAgainAndAnEndlessOneGivenUp(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{100, wholeUpTo + 1} {
		w := newWire(t)
		conflicts := 2
		w.before = func(r *http.Request) (*http.Response, error) {
			if o := operation(r); (o == "Put" || o == "Complete") && conflicts > 0 {
				conflicts--
				return answer(http.StatusConflict, "ConditionalRequestConflict"), nil
			}
			return nil, nil
		}
		b := openBucket(t, Options{Transport: w, Attempts: 1})
		if stored, err := b.Put(t.Context(), w2, noise(size, 5), Metadata{}); err != nil || stored.Existed {
			t.Errorf("%d bytes: %+v, %v", size, stored, err)
		}
		conflicts = 1000
		_, err := b.Put(t.Context(), w2, noise(size, 6), Metadata{})
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if got := uploads(t, b); len(got) > 0 {
			t.Errorf("left are the uploads %v", got)
		}
	}
}

func TestAnAnswerThatBreaksOffIsTheArchivesFaultAndNoDamage(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := openBucket(t, Options{Transport: w, Attempts: 1})
	stored := put(t, b, w2, "body", Metadata{})
	w.after = func(r *http.Request, answer *http.Response) {
		if operation(r) == "Get" {
			answer.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(io.LimitReader(answer.Body, 2), iotest.ErrReader(io.ErrUnexpectedEOF)), answer.Body}
		}
	}
	_, again := b.Put(t.Context(), w2, strings.NewReader("body"), Metadata{})
	for way, err := range map[string]error{"verify": Verify(t.Context(), b, stored.Key), "put": again} {
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || isDamaged(err) || !strings.Contains(err.Error(), "no whole answer: unexpected EOF") {
			t.Errorf("%s: %v", way, err)
		}
	}
	if got := w.count("Put"); got != 2 {
		t.Errorf("%d puts: what could not be read was replaced", got)
	}
}

// An object that a rule of the bucket has moved to Glacier is neither lost nor sent again, nor does it end a run.
// Mutation: without checkFrozen in check it is red.
func TestAFrozenObjectIsKeptAndSaidToBeFrozen(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	b := openBucket(t, Options{Transport: w, Attempts: 1})
	stored := put(t, b, w2, "body", Metadata{})
	reads := 0
	w.before = func(r *http.Request) (*http.Response, error) {
		if operation(r) != "Get" {
			return nil, nil
		}
		reads++
		return answer(http.StatusForbidden, "InvalidObjectState"), nil
	}
	var frozen *FrozenError
	if err := Verify(t.Context(), b, stored.Key); !errors.As(err, &frozen) || frozen.Key != stored.Key || isDamaged(err) {
		t.Errorf("verified: %v", err)
	}
	if again, err := b.Put(t.Context(), w2, strings.NewReader("body"), Metadata{}); err != nil || !again.Existed {
		t.Errorf("put again: %+v, %v", again, err)
	}
	if got := versions(t, b); len(got) != 1 || reads < 2 {
		t.Errorf("it was written again: %v; %d reads were refused", got, reads)
	}
	w.after = func(r *http.Request, answer *http.Response) {
		if operation(r) == "Head" {
			answer.Header.Set("Content-Length", "3")
		}
	}
	if healed, err := b.Put(t.Context(), w2, strings.NewReader("body"), Metadata{}); err != nil || healed.Existed {
		t.Errorf("one of another length is replaced: %+v, %v", healed, err)
	}
}
