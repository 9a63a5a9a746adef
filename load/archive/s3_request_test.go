package archive

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asked is what the requests of a kind said about how to keep an object.
func asked(h http.Header) map[string]string {
	all := map[string]string{}
	for name := range h {
		for _, about := range []string{"X-Amz-Server-Side-", "X-Amz-Tagging", "X-Amz-Object-Lock-Mode"} {
			if strings.HasPrefix(name, about) {
				all[name] = h.Get(name)
			}
		}
	}
	return all
}

// It is asserted on the request: the tests' server keeps no key.
func TestEncryptionTagsAndRetentionAreAskedForWithEveryDocument(t *testing.T) {
	t.Parallel()
	g := sharedGateway(t)
	bucket := makeBucket(t, g, true)
	const key = "arn:aws:kms:us-east-1:111122223333:key/1"
	for name, c := range map[string]struct {
		parameters string
		options    Options
		want       map[string]string
	}{
		"nothing": {want: map[string]string{}},
		"SSE-S3":  {options: Options{SSE: "AES256"}, want: map[string]string{"X-Amz-Server-Side-Encryption": "AES256"}},
		"SSE-KMS": {options: Options{SSE: "aws:kms"}, want: map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms"}},
		"SSE-KMS with a key": {options: Options{SSE: "aws:kms", KMSKey: key}, want: map[string]string{
			"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": key,
		}},
		"tags": {parameters: "&tags=team=pay%20roll,kept=7y", want: map[string]string{"X-Amz-Tagging": "kept=7y&team=pay+roll"}},
		"retention": {parameters: "&retention_mode=GOVERNANCE&retention_days=30",
			want: map[string]string{"X-Amz-Object-Lock-Mode": "GOVERNANCE"}},
	} {
		w := newWire(t)
		c.options.Transport = w
		b := openAt(t, location(g, bucket, c.parameters), c.options)
		if _, err := b.Put(t.Context(), w2, strings.NewReader("body"), Metadata{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := b.Put(t.Context(), w2, noise(wholeUpTo+1, 1), Metadata{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, operation := range []string{"Put", "Create"} {
			sent := w.headers(operation)
			if len(sent) != 1 {
				t.Fatalf("%s: %d times %s", name, len(sent), operation)
			}
			if diff := cmp.Diff(c.want, asked(sent[0])); diff != "" {
				t.Errorf("%s, %s: %s", name, operation, diff)
			}
			until, _ := time.Parse(time.RFC3339, sent[0].Get("X-Amz-Object-Lock-Retain-Until-Date"))
			if left := time.Until(until); c.want["X-Amz-Object-Lock-Mode"] != "" && (left < 29*24*time.Hour || left > 30*24*time.Hour) {
				t.Errorf("%s, %s: it is kept for %v", name, operation, left)
			}
		}
		w.forget()
		if err := b.Probe(t.Context()); err != nil {
			t.Errorf("%s: probe: %v", name, err)
		}
		if got := w.headers("Put")[0].Get("X-Amz-Object-Lock-Mode"); got != "" {
			t.Errorf("%s: a probe would be kept in mode %s", name, got)
		}
	}
}

func TestRetentionKeepsDocumentsFromBeingRemovedUnlessItMayBeBypassed(t *testing.T) {
	t.Parallel()
	g := sharedGateway(t)
	name := makeBucket(t, g, true)
	kept := openAt(t, location(g, name, "&retention_mode=COMPLIANCE&retention_days=1"), Options{})
	stored := put(t, kept, w2, "body", Metadata{})
	err := kept.Remove(t.Context(), w2.Resource, w2.ID)
	if err == nil || !strings.Contains(err.Error(), "under COMPLIANCE retention cannot be deleted before its end") {
		t.Errorf("remove: %v", err)
	}
	if err := Verify(t.Context(), kept, stored.Key); err != nil {
		t.Error(err)
	}
	w := newWire(t)
	free := openAt(t, location(g, name, "&retention_mode=GOVERNANCE&retention_days=1"), Options{Transport: w})
	put(t, free, w2, "body", Metadata{})
	_ = free.Remove(t.Context(), w2.Resource, w2.ID) // whether it may is the bucket's policy
	if got := w.headers("Delete")[0].Get("X-Amz-Bypass-Governance-Retention"); got != "true" {
		t.Errorf("the bypass was asked for with %q", got)
	}
}

func TestEncryptionThatCannotBeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		location string
		options  Options
	}{
		{"s3://bucket/x?region=r", Options{SSE: "aes"}},
		{"s3://bucket/x?region=r", Options{KMSKey: "k"}},
		{"s3://bucket/x?region=r", Options{SSE: "AES256", KMSKey: "k"}},
		{t.TempDir(), Options{SSE: "AES256"}},
	} {
		if _, err := OpenWith(t.Context(), c.location, c.options); err == nil {
			t.Errorf("%+v was opened", c.options)
		}
	}
}
