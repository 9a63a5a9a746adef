package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// key accepts a location of this archive for a key.
func (b *bucket) key(keyOrLocation string) (key, sum string, err error) {
	key = strings.TrimPrefix(keyOrLocation, b.base+"/")
	sum, _, err = parseKey(key)
	return key, sum, err
}

func (b *bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	key, _, err := b.key(key)
	if err != nil {
		return nil, fmt.Errorf("open document: %w", err)
	}
	found, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(key))})
	if err = b.fault(ctx, "s3:GetObject", err); errors.Is(err, errFrozen) {
		err = &FrozenError{Key: key}
	}
	if err != nil {
		return nil, fmt.Errorf("open document: %w", err)
	}
	return &reading{ReadCloser: found.Body, fault: func(err error) error { return b.fault(ctx, "s3:GetObject", err) }}, nil
}

// reading is an object's body whose failures are told like any other of the archive.
type reading struct {
	io.ReadCloser
	fault func(error) error
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.fault(err)
	}
	return n, err
}

func (b *bucket) Stat(ctx context.Context, key string) (Info, error) {
	key, sum, err := b.key(key)
	if err != nil {
		return Info{}, fmt.Errorf("stat document: %w", err)
	}
	found, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(key))})
	if err = b.fault(ctx, "s3:GetObject", err); errors.Is(err, fs.ErrNotExist) {
		// A HEAD has no words: it may be the bucket that is missing, and no document with it.
		err = b.missing(ctx, key)
	}
	if err != nil {
		return Info{}, fmt.Errorf("stat document: %w", err)
	}
	return Info{Key: key, SHA256: sum, Bytes: aws.ToInt64(found.ContentLength),
		Metadata: parseMeta(found.Metadata, aws.ToString(found.ContentType))}, nil
}

// missing says what it is that was not found.
func (b *bucket) missing(ctx context.Context, key string) error {
	found, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(key))})
	if err != nil {
		return b.fault(ctx, "s3:GetObject", err)
	}
	_ = found.Body.Close() // nothing of it was wanted
	return fs.ErrNotExist  // it was not there when it was asked for
}

// List asks for a thousand objects at a time.
func (b *bucket) List(ctx context.Context, resource string) iter.Seq2[Info, error] {
	prefix := b.whole("")
	if resource != "" {
		prefix = b.whole(segment(resource) + "/")
	}
	return func(yield func(Info, error) bool) {
		for pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.at.bucket, Prefix: &prefix}); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Info{}, fmt.Errorf("list documents: %w", b.fault(ctx, "s3:ListBucket", err)))
				return
			}
			for _, object := range page.Contents {
				key, sum, ok := b.own(aws.ToString(object.Key))
				if ok && !yield(Info{Key: key, SHA256: sum, Bytes: aws.ToInt64(object.Size)}, nil) {
					return
				}
			}
		}
	}
}
