package archive

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

const (
	partBytes   = 8 << 20
	mostParts   = 10_000 // as S3 has it
	partsAtOnce = 4
	abortWithin = 30 * time.Second
)

// sendParts sends a large document part by part, each with its own SHA-256. S3's checksum of the whole is then one of
// checksums, so our own goes into the metadata. The SDK's manager would read the parts into memory, one buffer each, and
// decide by itself when to abort; over a file that lies there already this is shorter than driving it.
// It reports whether the server confirmed every digest.
func (b *bucket) sendParts(ctx context.Context, u *upload) (confirmed bool, err error) {
	created, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.at.bucket, Key: aws.String(b.whole(u.key)),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, Metadata: metaHeaders(u.meta, u.hex()),
		ContentType: optional(u.meta.ContentType), Tagging: optional(b.at.tags),
		ServerSideEncryption: types.ServerSideEncryption(b.sse), SSEKMSKeyId: optional(b.kmsKey),
		ObjectLockMode: types.ObjectLockMode(u.keep.mode), ObjectLockRetainUntilDate: u.keep.until(time.Now()),
	})
	if err != nil {
		return false, b.fault(ctx, "s3:PutObject", err)
	}
	parts, confirmed, err := b.sendEach(ctx, u, created.UploadId)
	if err == nil {
		in := &s3.CompleteMultipartUploadInput{
			Bucket: &b.at.bucket, Key: created.Key, UploadId: created.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		}
		in.IfNoneMatch, in.IfMatch = u.condition()
		_, err = b.client.CompleteMultipartUpload(ctx, in)
	}
	if err != nil {
		b.abort(ctx, created.Key, created.UploadId)
		return false, b.fault(ctx, "s3:PutObject", err)
	}
	return confirmed, nil
}

// sendEach sends the parts, some at once. Their memory is that of the connections: they are read from the file.
func (b *bucket) sendEach(ctx context.Context, u *upload, id *string) (parts []types.CompletedPart, confirmed bool, err error) {
	size := partSize(u.size)
	parts = make([]types.CompletedPart, (u.size+size-1)/size)
	var silent atomic.Bool
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(partsAtOnce)
	for i := range parts {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			off := int64(i) * size
			body := u.section(off, min(size, u.size-off))
			hash := sha256.New()
			if _, err := io.Copy(hash, body); err != nil {
				return unwritable(err) // a disk that lost what it held
			}
			if _, err := body.Seek(0, io.SeekStart); err != nil {
				return err
			}
			sum := base64.StdEncoding.EncodeToString(hash.Sum(nil))
			out, err := b.client.UploadPart(ctx, &s3.UploadPartInput{
				Bucket: &b.at.bucket, Key: aws.String(b.whole(u.key)), UploadId: id, PartNumber: aws.Int32(int32(i + 1)),
				Body: body, ContentLength: aws.Int64(body.Size()), ChecksumSHA256: &sum,
			}, b.signing...)
			if err != nil {
				return err
			}
			if aws.ToString(out.ChecksumSHA256) != sum {
				silent.Store(true)
			}
			parts[i] = types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: out.ETag, ChecksumSHA256: &sum}
			return nil
		})
	}
	err = g.Wait()
	return parts, !silent.Load(), err
}

// partSize is the least that gets along with as many parts as there may be.
func partSize(size int64) int64 {
	return max(partBytes, (size+mostParts-1)/mostParts)
}

// abort takes back what was sent of an upload, also when the caller has been called off. What it cannot reach is left for
// sweep.
func (b *bucket) abort(ctx context.Context, key, id *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortWithin)
	defer cancel()
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.at.bucket, Key: key, UploadId: id})
	if err != nil {
		b.log.DebugContext(ctx, "an unfinished upload could not be aborted; a later run will", "error", b.fault(ctx, "s3:AbortMultipartUpload", err))
	}
}
