package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	// strayUpload is the age at which an unfinished upload belongs to nobody any more; it is also how often they are
	// looked for. No document takes a day to send.
	strayUpload = 24 * time.Hour
	sweepWithin = 30 * time.Second
)

// Remove deletes every version of every object of the record, and what was sent of those that were never finished. In a
// bucket with versions a plain deletion would only hide them.
func (b *bucket) Remove(ctx context.Context, resource, id string) error {
	folder, err := Name{Resource: resource, ID: id}.folder()
	if err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	prefix := b.whole(folder + "/")
	if err := b.abortUploads(ctx, prefix, time.Time{}); err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	if err := b.deleteVersions(ctx, prefix); err != nil {
		return fmt.Errorf("remove documents: %w", err)
	}
	return nil
}

func (b *bucket) deleteVersions(ctx context.Context, prefix string) error {
	for pages := s3.NewListObjectVersionsPaginator(b.client, &s3.ListObjectVersionsInput{Bucket: &b.at.bucket, Prefix: &prefix}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if notImplemented(err) {
			return b.deleteObjects(ctx, prefix)
		}
		if err != nil {
			return b.fault(ctx, "s3:ListBucketVersions", err)
		}
		for _, v := range page.Versions {
			if err := b.delete(ctx, v.Key, v.VersionId); err != nil {
				return err
			}
		}
		for _, v := range page.DeleteMarkers {
			if err := b.delete(ctx, v.Key, v.VersionId); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteObjects is for servers that know no versions.
func (b *bucket) deleteObjects(ctx context.Context, prefix string) error {
	for pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.at.bucket, Prefix: &prefix}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return b.fault(ctx, "s3:ListBucket", err)
		}
		for _, object := range page.Contents {
			if err := b.delete(ctx, object.Key, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bucket) delete(ctx context.Context, key, version *string) error {
	in := &s3.DeleteObjectInput{Bucket: &b.at.bucket, Key: key, VersionId: version}
	if aws.ToString(version) == "" {
		in.VersionId = nil
	} else if b.at.retention.mode == "GOVERNANCE" {
		// Who may bypass this mode may erase a person; who may not is refused.
		in.BypassGovernanceRetention = aws.Bool(true)
	}
	_, err := b.client.DeleteObject(ctx, in)
	if err = b.fault(ctx, "s3:DeleteObjectVersion", err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweep aborts, once a day, what crashed processes left unfinished. Its failure costs nothing but space, so it stops
// nobody from storing a document; not everyone may list uploads.
func (b *bucket) sweep(ctx context.Context) {
	now := time.Now()
	last := b.swept.Load()
	if last != 0 && now.Sub(time.Unix(0, last)) < b.strayAge || !b.swept.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	if err := b.abortUploads(ctx, b.whole(""), now.Add(-b.strayAge)); err != nil {
		b.log.DebugContext(ctx, "unfinished uploads could not be looked for", "error", err)
	}
}

// abortUploads aborts the unfinished uploads of documents that began before the given time, or all of them when it is zero.
func (b *bucket) abortUploads(ctx context.Context, prefix string, before time.Time) error {
	for pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.at.bucket, Prefix: &prefix}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if notImplemented(err) {
			return nil
		}
		if err != nil {
			return b.fault(ctx, "s3:ListBucketMultipartUploads", err)
		}
		for _, u := range page.Uploads {
			if _, _, ours := b.own(aws.ToString(u.Key)); !ours || !before.IsZero() && !aws.ToTime(u.Initiated).Before(before) {
				continue
			}
			_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.at.bucket, Key: u.Key, UploadId: u.UploadId})
			if err = b.fault(ctx, "s3:AbortMultipartUpload", err); err != nil && !errors.Is(err, errRaced) { // it has ended meanwhile
				return err
			}
		}
	}
	return nil
}

func notImplemented(err error) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotImplemented
}
