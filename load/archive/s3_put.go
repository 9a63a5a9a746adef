package archive

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// wholeUpTo is the size up to which a document goes in one request.
	wholeUpTo = 8 << 20
	// settleAttempts bounds how often a document is sent because others put, heal or remove the same one meanwhile.
	settleAttempts = 6
)

// Put reads the document to its end, since its key is its digest, and sends it on the condition that nothing has the key.
func (b *bucket) Put(ctx context.Context, name Name, r io.Reader, meta Metadata) (Stored, error) {
	return b.put(ctx, name, r, meta, b.at.retention)
}

func (b *bucket) put(ctx context.Context, name Name, r io.Reader, meta Metadata, keep retention) (Stored, error) {
	folder, err := name.folder()
	if err != nil {
		return Stored{}, err
	}
	b.sweep(ctx)
	doc, err := spool(ctx, r)
	if err != nil {
		return Stored{}, fmt.Errorf("store document of %s: %w", name.Resource, err)
	}
	key := folder + "/" + doc.hex() + name.Ext
	existed, err := b.settle(ctx, &upload{spooled: doc, key: key, meta: meta, keep: keep})
	if err := errors.Join(err, doc.discard(err == nil && !existed)); err != nil {
		return Stored{}, fmt.Errorf("store document of %s: %w", name.Resource, err)
	}
	return Stored{Key: key, Location: b.base + "/" + key, SHA256: doc.hex(), Bytes: doc.size, Existed: existed}, nil
}

// upload is a document on its way.
type upload struct {
	*spooled
	key     string
	meta    Metadata
	keep    retention
	replace string // the ETag of the damaged object that it replaces; empty: it replaces nothing
}

// settle stores the document unless the same bytes have its key already. Nobody else's whole object is ever replaced:
// each request names what it expects to find, nothing or the very object that was seen to be damaged.
func (b *bucket) settle(ctx context.Context, u *upload) (existed bool, err error) {
	for attempt := range settleAttempts {
		// What is small is simply sent; what is large is looked for before.
		if attempt > 0 || u.size > wholeUpTo {
			switch u.replace, err = b.check(ctx, u); {
			case err == nil:
				return true, nil
			case !isDamaged(err) && !errors.Is(err, fs.ErrNotExist):
				return false, err
			}
		}
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return false, err
			}
		}
		if err = b.send(ctx, u); err == nil {
			return false, nil
		}
		if !errors.Is(err, errRaced) {
			return false, err
		}
	}
	return false, &UnavailableError{
		Reason: fmt.Sprintf("a document was sent %d times in vain: each time the bucket held something else than before", settleAttempts),
		Check:  "check that nothing else writes to it, and that its server keeps to the conditions of a put", Err: err,
	}
}

// check reads what has the key and compares it with the document. The server's word on it, a length and a checksum, is what
// it was told when it stored the object and not what it holds now. Only of one that is frozen it is taken, as there is no other. Of a
// damaged object it returns the ETag.
func (b *bucket) check(ctx context.Context, u *upload) (etag string, err error) {
	found, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(u.key))})
	if err = b.fault(ctx, "s3:GetObject", err); errors.Is(err, errFrozen) {
		return b.checkFrozen(ctx, u)
	}
	if err != nil {
		return "", err
	}
	etag = aws.ToString(found.ETag)
	sum := "" // of another length, which need not be read to be wrong
	if aws.ToInt64(found.ContentLength) == u.size {
		sum, _, err = digest(&interruptible{ctx: ctx, r: found.Body})
	}
	_ = found.Body.Close() // it was read
	if err != nil {
		return "", b.fault(ctx, "s3:GetObject", err)
	}
	if sum != u.hex() {
		return etag, &DamagedError{Key: u.key, Found: sum}
	}
	return "", nil
}

// checkFrozen compares lengths.
func (b *bucket) checkFrozen(ctx context.Context, u *upload) (etag string, err error) {
	found, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.at.bucket, Key: aws.String(b.whole(u.key))})
	if err != nil {
		return "", b.fault(ctx, "s3:GetObject", err)
	}
	if aws.ToInt64(found.ContentLength) != u.size {
		return aws.ToString(found.ETag), &DamagedError{Key: u.key}
	}
	return "", nil
}

// send stores the document in one request or in many. What it may find is that it raced with another: errRaced.
func (b *bucket) send(ctx context.Context, u *upload) error {
	confirmed, err := false, error(nil)
	if u.size <= wholeUpTo {
		confirmed, err = b.sendWhole(ctx, u)
	} else {
		confirmed, err = b.sendParts(ctx, u)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist): // what it was to replace
		return errRaced
	case err != nil, confirmed:
		return err
	}
	// A server that does not say which SHA-256 it found may not have looked for one.
	if _, err = b.check(ctx, u); isDamaged(err) {
		err = &UnavailableError{Reason: "the bucket does not hold what was sent to it", Check: "check the server and the way to it", Err: err}
	}
	return err
}

// sendWhole reports whether the server confirmed the digest.
func (b *bucket) sendWhole(ctx context.Context, u *upload) (confirmed bool, err error) {
	in := &s3.PutObjectInput{
		Bucket: &b.at.bucket, Key: aws.String(b.whole(u.key)), Body: u.section(0, u.size), ContentLength: &u.size,
		ChecksumSHA256: aws.String(u.checksum()), Metadata: metaHeaders(u.meta, u.hex()),
		ContentType: optional(u.meta.ContentType), Tagging: optional(b.at.tags),
		ServerSideEncryption: types.ServerSideEncryption(b.sse), SSEKMSKeyId: optional(b.kmsKey),
		ObjectLockMode: types.ObjectLockMode(u.keep.mode), ObjectLockRetainUntilDate: u.keep.until(time.Now()),
	}
	in.IfNoneMatch, in.IfMatch = u.condition()
	out, err := b.client.PutObject(ctx, in, b.signing...)
	if err != nil {
		return false, b.fault(ctx, "s3:PutObject", err)
	}
	return aws.ToString(out.ChecksumSHA256) == u.checksum(), nil
}

// checksum is the digest as S3 writes it.
func (u *upload) checksum() string { return base64.StdEncoding.EncodeToString(u.sum[:]) }

// condition is what the request expects to find.
func (u *upload) condition() (ifNoneMatch, ifMatch *string) {
	if u.replace != "" {
		return nil, &u.replace
	}
	return aws.String("*"), nil
}

// pause waits a moment, longer each time, and not as long as others do.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(time.Duration(attempt) * (20*time.Millisecond + rand.N(80*time.Millisecond)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
