package archive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

const (
	// sdkAttempts is how often the SDK asks before it gives up, in its standard mode: about a quarter of a minute at most.
	sdkAttempts = 5
	// answerWithin is how long a server may think once it has the whole request. Without it one that hangs would hold a
	// run for ever.
	answerWithin = 2 * time.Minute
	// idleConns keeps a connection for each of the documents under way; the SDK's own ten would close and open many.
	idleConns = 64
)

// bucket is an archive in a bucket of S3, or of what speaks like it. It uses no extension of its own, deletes nothing but
// by Remove, and overwrites nothing but what is damaged.
type bucket struct {
	client *s3.Client
	at     s3Location
	base   string // s3://bucket/prefix
	sse    string
	kmsKey string
	log    *slog.Logger

	signing  []func(*s3.Options) // of requests that carry a document
	strayAge time.Duration
	swept    atomic.Int64 // when unfinished uploads were last looked for, in nanoseconds since 1970
}

func openS3(ctx context.Context, at s3Location, o Options) (*bucket, error) {
	switch {
	case o.SSE != "" && o.SSE != "AES256" && o.SSE != "aws:kms":
		return nil, errors.New("open archive: server-side encryption is AES256 or aws:kms")
	case o.KMSKey != "" && o.SSE != "aws:kms":
		return nil, errors.New("open archive: a KMS key is for aws:kms")
	}
	attempts := o.Attempts
	if attempts == 0 {
		attempts = sdkAttempts
	}
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = answerWithin
		t.MaxIdleConnsPerHost = idleConns
	})
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(transport), config.WithLogger(logging.Nop{}),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(s *retry.StandardOptions) {
				s.MaxAttempts = attempts
				s.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(worthless)}, s.Retryables...)
			})
		}))
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", &UnavailableError{Reason: "the AWS settings of this machine cannot be read",
			Check: "check AWS_PROFILE, AWS_CA_BUNDLE and the files under ~/.aws", Err: err})
	}
	switch {
	case at.region != "":
		cfg.Region = at.region
	case cfg.Region == "" && at.endpoint != "":
		cfg.Region = "us-east-1" // what servers that have no regions are called
	case cfg.Region == "":
		return nil, errors.New("open archive: the bucket's region is not known; write s3://bucket/prefix?region=, or set AWS_REGION")
	}
	cfg.Credentials = aws.NewCredentialsCache(named{cfg.Credentials})
	b := &bucket{at: at, base: at.String(), sse: o.SSE, kmsKey: o.KMSKey, log: o.Log, strayAge: o.strayAge}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.strayAge == 0 {
		b.strayAge = strayUpload
	}
	b.client = s3.NewFromConfig(cfg, func(s *s3.Options) {
		if o.Transport != nil {
			s.HTTPClient = &http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		}
		if at.endpoint != "" {
			s.BaseEndpoint = aws.String(at.endpoint)
		}
		s.UsePathStyle = at.pathStyle
		// Documents bring their own SHA-256; this is for the requests that do not, such as the list of a document's parts.
		// Answers are not checked by the SDK: Verify does, and tells damage from failure.
		s.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
		s.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	if !strings.HasPrefix(at.endpoint, "http://") {
		// Under TLS the signature covers the digest that a document brings, and the server holds the bytes against that. To
		// sign the bytes too would be to hash them once more on either side.
		b.signing = append(b.signing, s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware))
	}
	return b, nil
}

// worthless says no to another attempt where a certificate is not trusted: it will not be the next time.
func worthless(err error) aws.Ternary {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

func (b *bucket) String() string { return b.base }

// whole is the object's key in the bucket.
func (b *bucket) whole(key string) string {
	if b.at.prefix == "" {
		return key
	}
	return b.at.prefix + "/" + key
}

// own is the reverse of whole. What is not filed as a document is not ours.
func (b *bucket) own(whole string) (key, sum string, ok bool) {
	key, ok = whole, true
	if b.at.prefix != "" {
		key, ok = strings.CutPrefix(whole, b.at.prefix+"/")
	}
	sum, _, err := parseKey(key)
	return key, sum, ok && err == nil
}

// named tells a failure to find credentials from a failure of the request.
type named struct{ aws.CredentialsProvider }

func (n named) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := n.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return found, &credentialsError{err}
	}
	return found, nil
}

type credentialsError struct{ error }

func (e *credentialsError) Unwrap() error { return e.error }
