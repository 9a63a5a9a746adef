package archive

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

var (
	// shared is the server of all tests that do not harm it.
	shared    *gateway.Server
	sharedErr error
	// certificate is that of every server.
	certificate gateway.Certificate
)

// location is a fresh prefix in a bucket of the server, with further parameters.
func location(g *gateway.Server, bucket, parameters string) string {
	return g.Location(bucket, strings.ToLower(rand.Text())+"/archive", parameters)
}

// openBucket opens an archive that is empty, on the shared server.
func openBucket(t testing.TB, o Options) *bucket {
	t.Helper()
	return openAt(t, location(sharedGateway(t), gateway.Bucket, ""), o)
}

func openAt(t testing.TB, location string, o Options) *bucket {
	t.Helper()
	a, err := OpenWith(context.Background(), location, o)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*bucket)
}

func sharedGateway(t testing.TB) *gateway.Server {
	t.Helper()
	if sharedErr != nil {
		t.Fatal(sharedErr)
	}
	return shared
}

// uploads are the keys of the unfinished uploads under the archive's prefix.
func uploads(t *testing.T, b *bucket) []string {
	t.Helper()
	prefix := b.whole("")
	found, err := b.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &b.at.bucket, Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, u := range found.Uploads {
		keys = append(keys, *u.Key)
	}
	return keys
}

// versions are all versions of all objects of the archive, and the marks of deletions.
func versions(t *testing.T, b *bucket) []types.ObjectVersion {
	t.Helper()
	prefix := b.whole("")
	found, err := b.client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &b.at.bucket, Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	all := found.Versions
	for _, marker := range found.DeleteMarkers {
		all = append(all, types.ObjectVersion{Key: marker.Key, VersionId: marker.VersionId})
	}
	return all
}

func enabled() *types.VersioningConfiguration {
	return &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}
}

// file is where the server keeps an object's bytes.
func file(g *gateway.Server, b *bucket, key string) string { return g.Path(b.at.bucket, b.whole(key)) }
