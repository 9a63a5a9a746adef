package archive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// errRaced says that the bucket does not hold what a conditional request expects, or that the upload is gone.
var errRaced = errors.New("another changed the same document")

// errFrozen says that an object cannot be read before it is asked for.
var errFrozen = errors.New("the object is frozen")

// fault says what an error of the SDK means and what to look at. The SDK's own words are not repeated: they hold the
// object's address, and a refusal names who asked for it. doing is the permission that the request needs.
func (b *bucket) fault(ctx context.Context, doing string, err error) error {
	var known *UnavailableError
	var credentials *credentialsError
	var answer smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &known):
		return known
	case errors.As(err, &credentials):
		return &UnavailableError{Reason: "no AWS credentials could be found for bucket " + b.at.bucket,
			Check: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give this machine a role", Err: errors.New("no credentials")}
	}
	errors.As(err, &response)
	if !errors.As(err, &answer) {
		if response == nil || response.HTTPStatusCode() < 300 {
			return b.unreachable(err)
		}
		answer = &smithy.GenericAPIError{Code: http.StatusText(response.HTTPStatusCode())}
	}
	status := 0
	if response != nil {
		status = response.HTTPStatusCode()
	}
	return b.answered(doing, answer.ErrorCode(), status, response)
}

// answered sorts what the server says. A HEAD is answered without words, so that only its status tells.
func (b *bucket) answered(doing, code string, status int, response *awshttp.ResponseError) error {
	say := func(check, format string, args ...any) error {
		return &UnavailableError{Reason: fmt.Sprintf(format, args...), Check: check, Err: fmt.Errorf("%s, status %d", code, status)}
	}
	bucket := "bucket " + b.at.bucket
	switch {
	case code == "NoSuchBucket":
		return say("check the bucket's name, region and endpoint in the archive's URL", "%s does not exist", bucket)
	case code == "NoSuchKey", code == "NotFound", code == "NoSuchVersion":
		return fs.ErrNotExist
	case code == "InvalidObjectState":
		return errFrozen
	case code == "NoSuchUpload", code == "PreconditionFailed", code == "ConditionalRequestConflict", code == "OperationAborted",
		status == http.StatusPreconditionFailed, status == http.StatusConflict:
		return errRaced
	case code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch", code == "ExpiredToken", code == "InvalidToken",
		code == "TokenRefreshRequired", code == "InvalidSecurity", code == "ExpiredTokenException":
		return say("check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile or role they come from",
			"the AWS credentials are refused for %s (%s)", bucket, code)
	case code == "RequestTimeTooSkewed":
		return say("set the clock", "this machine's clock differs from that of %s", bucket)
	case code == "PermanentRedirect", code == "AuthorizationHeaderMalformed", code == "IllegalLocationConstraintException",
		status == http.StatusMovedPermanently, status == http.StatusTemporaryRedirect:
		return say("set region= in the archive's URL", "%s is in another region%s", bucket, regionOf(response))
	case strings.HasPrefix(code, "KMS."), strings.HasPrefix(code, "Kms"):
		return say("check archive.kms_key and the right to use it", "the KMS key is refused for %s (%s)", bucket, code)
	case status == http.StatusForbidden:
		check := "the credentials need s3:PutObject, s3:GetObject, s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload, and rights on the KMS key if there is one"
		if b.at.retention.mode != "" && strings.HasPrefix(doing, "s3:Delete") {
			check = "documents under " + b.at.retention.mode + " retention cannot be deleted before its end; otherwise " + check
		}
		return say(check, "%s refuses access for %s", bucket, doing)
	case status == http.StatusNotImplemented, code == "NotImplemented":
		return say("use a server that does; documents must never be overwritten", "the server of %s does not support what %s needs", bucket, doing)
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests, code == "SlowDown":
		return say("try again later", "%s is overloaded (%s)", bucket, code)
	case status >= 500:
		return say("try again later", "the server of %s fails with status %d", bucket, status)
	case code == "BadDigest", strings.HasPrefix(code, "XAmzContent"), code == "InvalidDigest":
		return say("check the network and what stands between", "a document was damaged on its way to %s, which refused it (%s)", bucket, code)
	case code == "InvalidRequest" && b.at.retention.mode != "":
		return say("check that the bucket has object lock, or leave out retention_mode and retention_days", "%s refuses a retention", bucket)
	default:
		return say("check the archive's URL and the bucket's settings", "%s refuses the request for %s (%s, status %d)", bucket, doing, code, status)
	}
}

// regionOf tells where the bucket is, if the server does.
func regionOf(response *awshttp.ResponseError) string {
	if response == nil || response.Response == nil {
		return ""
	}
	if region := response.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
		return ", " + region
	}
	return ""
}

// unreachable sorts the failures to get any answer, or the whole of it.
func (b *bucket) unreachable(err error) error {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var op *net.OpError
	where := "the server of bucket " + b.at.bucket
	const check = "check the region and endpoint in the archive's URL, and the network"
	switch {
	case errors.As(err, &certificate):
		return &UnavailableError{Reason: where + " shows a certificate that is not trusted: " + certificate.Err.Error(),
			Check: "name its authority's file in AWS_CA_BUNDLE", Err: certificate}
	case errors.As(err, &name):
		return &UnavailableError{Reason: where + " cannot be found: " + name.Error(), Check: check, Err: name}
	case errors.As(err, &op):
		return &UnavailableError{Reason: where + " cannot be reached: " + op.Error(), Check: check, Err: op}
	}
	// At the bottom stands what happened; the layers above it repeat the address.
	inner := innermost(err)
	return &UnavailableError{Reason: where + " gave no whole answer: " + inner.Error(), Check: check, Err: inner}
}
