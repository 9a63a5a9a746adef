package archive

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

// everyWay calls all that asks the bucket for something.
func everyWay(t *testing.T, b *bucket) map[string]error {
	key := w2.Resource + "/" + w2.ID + "/" + digestOf("x") + ".pdf"
	_, put := b.Put(t.Context(), w2, strings.NewReader("x"), Metadata{})
	_, putLarge := b.Put(t.Context(), w2, noise(wholeUpTo+1, 1), Metadata{})
	r, open := b.Open(t.Context(), key)
	if open == nil {
		_ = r.Close()
	}
	_, stat := b.Stat(t.Context(), key)
	var list error
	for _, err := range b.List(t.Context(), w2.Resource) {
		list = err
	}
	return map[string]error{
		"put": put, "put large": putLarge, "open": open, "stat": stat, "verify": Verify(t.Context(), b, key), "list": list,
		"remove": b.Remove(t.Context(), w2.Resource, w2.ID), "probe": b.Probe(t.Context()),
	}
}

// says asserts that every way fails as an unavailable archive, in words that help and give nothing away.
func says(t *testing.T, b *bucket, words string) {
	t.Helper()
	for way, err := range everyWay(t, b) {
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", way, err)
			continue
		}
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%s does not say %q: %v", way, words, err)
		}
		if unavailable.Check == "" || !strings.HasSuffix(err.Error(), unavailable.Reason+"; "+unavailable.Check) {
			t.Errorf("%s does not say what to look at: %v", way, err)
		}
		for _, private := range []string{gateway.AccessKey, gateway.SecretKey, w2.ID, "s3cret", "hunter2", "https://", "\n"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("%s gives %q away: %v", way, private, err)
			}
		}
	}
}

func TestABucketThatIsMissingIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	says(t, openAt(t, location(sharedGateway(t), "missing", ""), Options{}), "bucket missing does not exist; check the bucket's name")
}

func TestCredentialsThatAreWrongAreSaidToBe(t *testing.T) {
	g := sharedGateway(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	b := openAt(t, location(g, gateway.Bucket, ""), Options{Attempts: 1})
	ways := everyWay(t, b)
	delete(ways, "stat")   // a HEAD has no words: it only says 403
	delete(ways, "verify") // which begins with one
	for way, err := range ways {
		if err == nil || !strings.Contains(err.Error(), "the AWS credentials are refused for bucket documents") {
			t.Errorf("%s: %v", way, err)
		}
	}
	says(t, b, "refuse")
	t.Setenv("AWS_ACCESS_KEY_ID", "hunter2")
	says(t, openAt(t, location(g, gateway.Bucket, ""), Options{Attempts: 1}), "refuse")
}

func TestCredentialsThatAreNowhereAreSaidToBe(t *testing.T) {
	g := sharedGateway(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	says(t, openAt(t, location(g, gateway.Bucket, ""), Options{Attempts: 1}), "no AWS credentials could be found for bucket documents")
}

func TestCredentialsOfAProfileAreUsed(t *testing.T) {
	g := sharedGateway(t)
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[archive]\naws_access_key_id = " + gateway.AccessKey + "\naws_secret_access_key = " + gateway.SecretKey + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	t.Setenv("AWS_PROFILE", "archive")
	if err := openAt(t, location(g, gateway.Bucket, ""), Options{}).Probe(t.Context()); err != nil {
		t.Error(err)
	}
	t.Setenv("AWS_PROFILE", "another")
	_, err := OpenWith(t.Context(), location(g, gateway.Bucket, ""), Options{})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "check AWS_PROFILE") {
		t.Errorf("with a profile that is not there: %v", err)
	}
}

func TestACertificateThatIsNotTrustedIsSaidToBe(t *testing.T) {
	g := sharedGateway(t)
	other, err := gateway.WriteCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", other.File)
	says(t, openAt(t, location(g, gateway.Bucket, ""), Options{}), "AWS_CA_BUNDLE")
}

func TestAServerThatIsNotThereIsSaidToBe(t *testing.T) {
	t.Parallel()
	sharedGateway(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	says(t, openAt(t, "s3://documents/x?path_style=true&endpoint="+closed.Addr().String(), Options{Attempts: 1}), "cannot be reached")
}

func TestWhatTheServerAnswersBecomesAReasonAndWhatToLookAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status             int
		code, words, check string
	}{
		{403, "AccessDenied", "bucket documents refuses access for s3:", "the credentials need s3:PutObject"},
		{400, "ExpiredToken", "the AWS credentials are refused for bucket documents (ExpiredToken)", "AWS_SESSION_TOKEN"},
		{301, "PermanentRedirect", "bucket documents is in another region, eu-west-1", "region="},
		{400, "AuthorizationHeaderMalformed", "bucket documents is in another region", "region="},
		{403, "RequestTimeTooSkewed", "this machine's clock", "set the clock"},
		{503, "SlowDown", "bucket documents is overloaded", "later"},
		{500, "InternalError", "fails with status 500", "later"},
		{400, "KMS.NotFoundException", "the KMS key is refused", "archive.kms_key"},
		{400, "InvalidRequest", "refuses the request", "settings"},
	} {
		w := newWire(t)
		w.before = func(r *http.Request) (*http.Response, error) {
			a := answer(c.status, c.code)
			a.Header.Set("X-Amz-Bucket-Region", "eu-west-1")
			if r.Method == http.MethodHead {
				return nil, errors.New("a HEAD tells less") // it is not asked here
			}
			return a, nil
		}
		b := openBucket(t, Options{Transport: w, Attempts: 1})
		_, err := b.Put(t.Context(), w2, strings.NewReader("x"), Metadata{})
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(unavailable.Reason, c.words) || !strings.Contains(unavailable.Check, c.check) {
			t.Errorf("%d %s: %v", c.status, c.code, err)
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), w2.ID) {
			t.Errorf("%s gives away what the server said: %v", c.code, err)
		}
	}
}

func TestAnOverloadedServerIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	slow := 2
	w.before = func(r *http.Request) (*http.Response, error) {
		if operation(r) == "Put" && slow > 0 {
			slow--
			return answer(http.StatusServiceUnavailable, "SlowDown"), nil
		}
		return nil, nil
	}
	b := openBucket(t, Options{Transport: w})
	put(t, b, w2, "body", Metadata{})
	if diff := cmp.Diff(3, w.count("Put")); diff != "" {
		t.Error(diff)
	}
}

func TestAServerThatCannotDoConditionalPutsIsRefused(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.before = func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") != "" {
			return answer(http.StatusNotImplemented, "NotImplemented"), nil
		}
		return nil, nil
	}
	b := openBucket(t, Options{Transport: w, Attempts: 1})
	_, err := b.Put(t.Context(), w2, strings.NewReader("x"), Metadata{})
	if err == nil || !strings.Contains(err.Error(), "never be overwritten") {
		t.Errorf("got %v", err)
	}
}

func TestATemporaryDirectoryThatCannotBeWrittenIsSaidToBe(t *testing.T) {
	b := openBucket(t, Options{})
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	_, err := b.Put(t.Context(), w2, noise(held+1, 1), Metadata{})
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || !strings.Contains(unavailable.Check, "TMPDIR") {
		t.Errorf("got %v", err)
	}
}
