package archive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// Options are what a location does not say. The zero value is good.
type Options struct {
	// SSE is the encryption that S3 is asked for: "AES256", "aws:kms", or "" for what the bucket does by itself.
	SSE string
	// KMSKey is the id or ARN of the key for aws:kms; "" is the account's own.
	KMSKey string
	// Log takes what is worth knowing and no error; nil is nowhere.
	Log *slog.Logger
	// Transport carries the requests to S3; nil is one that also trusts the certificates in AWS_CA_BUNDLE.
	Transport http.RoundTripper
	// Filed tells how many documents are known to be below a directory's String. It is asked for one in which there is nothing yet:
	// such a one is made where nothing is missing, and refused where its disk is not mounted. nil is none.
	Filed func(ctx context.Context, directory string) (int64, error)
	// Attempts is how often a request to S3 is sent before its failure is final; 0 is several, over half a minute.
	Attempts int

	strayAge time.Duration // of an upload that belongs to nobody any more; 0 is the default. For tests
}

// Open opens the archive at a location; see OpenWith.
func Open(location string) (Archive, error) {
	return OpenWith(context.Background(), location, Options{})
}

// OpenWith opens the archive at a URL, file:///dir or s3://bucket/prefix, or at a plain path. A directory is made when it
// is not there, unless documents ought to be in it (Options.Filed). Of a bucket nothing is asked yet: Probe does. What an s3 URL may say besides is told by CheckLocation.
// Its credentials are found as every AWS tool finds them: environment, shared files, a role of the machine.
func OpenWith(ctx context.Context, location string, o Options) (Archive, error) {
	dir, bucket, err := parseLocation(location)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open archive: %w", err)
	case bucket != nil:
		return openS3(ctx, *bucket, o)
	case o.SSE != "" || o.KMSKey != "":
		// To store in the clear what was to be encrypted would be the worse answer.
		return nil, errors.New("open archive: server-side encryption is for s3:// only")
	}
	return openDirectory(ctx, dir, o)
}

// CheckLocation tells whether a location can be opened, and touches nothing. Its error repeats no part of a URL that
// could be a credential. After s3://bucket/prefix an s3 URL takes region, endpoint (host:port or a URL; plain http for
// this machine and private networks only), path_style (true or false), retention_mode (GOVERNANCE or COMPLIANCE) with
// retention_days, and tags (name=value,name=value).
func CheckLocation(location string) error {
	_, _, err := parseLocation(location)
	return err
}

// parseLocation gives either a directory or a bucket.
func parseLocation(location string) (dir string, bucket *s3Location, err error) {
	scheme, _, isURL := strings.Cut(location, "://")
	switch {
	case location == "":
		return "", nil, errors.New("no location")
	case !isURL:
		return location, nil, nil
	case scheme == "s3":
		bucket, err = parseS3(location)
		return "", bucket, err
	case scheme == "file":
		u, err := url.Parse(location)
		if err != nil || u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) || u.RawQuery != "" || u.Fragment != "" {
			return "", nil, errors.New("a file URL looks like file:///absolute/path")
		}
		return u.Path, nil, nil
	default:
		// Of the URL only the scheme is repeated: the rest may hold credentials.
		return "", nil, fmt.Errorf("%s:// is not supported; use s3://bucket/prefix, file:///absolute/path or a plain path", scheme)
	}
}
