package archive

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Archive is a place that keeps documents. Its methods may be called at the same time. Errors of an object that is not
// there are fs.ErrNotExist; those of an archive that cannot work at all are an UnavailableError. Open and Stat take a key
// or a location of this archive.
type Archive interface {
	// Put stores what r yields. When it returns without error the object is whole and survives a power cut. A failing r
	// gives a SourceError; all other errors are the archive's.
	Put(ctx context.Context, name Name, r io.Reader, meta Metadata) (Stored, error)
	// Open reads an object. It does not check what it reads: see Verify. A frozen one is a FrozenError.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Stat tells about an object without reading it.
	Stat(ctx context.Context, key string) (Info, error)
	// Remove deletes all that is filed under a record, for ever: the right to be forgotten. That includes what was put
	// and never marked, so it goes by record and not by key. Nothing there is no error.
	Remove(ctx context.Context, resource, id string) error
	// List tells of every object that is filed under a resource, or of all there are for an empty one, in no particular
	// order and without metadata. What is not filed as a document is passed over. The error comes last and alone.
	List(ctx context.Context, resource string) iter.Seq2[Info, error]
	// Probe stores a small object, reads it back and deletes it, as documents would be. It returns a ProbeError.
	Probe(ctx context.Context) error
	// String names the archive for people, without credentials.
	String() string
}

// Name is what a document is filed under.
type Name struct {
	Resource string // API path name, such as employer-documents
	ID       string // of the record that the document belongs to; from outside, so any text
	Ext      string // with its dot, as Sniff gives it; empty for none
}

// Metadata is kept beside the object, so that an archive can be read without its warehouse. It holds no person's name,
// no link and no secret.
type Metadata struct {
	SourceID     string    `json:"source_id"`
	EmployerID   string    `json:"employer_id,omitempty"`
	Type         string    `json:"type,omitempty"`          // as the API calls it
	DocumentDate string    `json:"document_date,omitempty"` // 2006-01-02
	ArchivedAt   time.Time `json:"archived_at"`
	ContentType  string    `json:"content_type,omitempty"`
}

// Stored is what Put has put.
type Stored struct {
	Key      string // in this archive
	Location string // for the record: a URL without credentials
	SHA256   string // hexadecimal
	Bytes    int64
	Existed  bool // the same bytes were there already, and are untouched
}

// Info is what Stat and List tell.
type Info struct {
	Key      string
	SHA256   string // hexadecimal, from the key: what the bytes ought to be
	Bytes    int64
	Metadata Metadata // zero when it got lost, and from List
}

// Verify reads an object and compares it with its key. It returns a DamagedError when they differ, and a FrozenError for one that
// cannot be read at present.
func Verify(ctx context.Context, a Archive, key string) error {
	info, err := a.Stat(ctx, key)
	if err != nil {
		return err
	}
	r, err := a.Open(ctx, key)
	if err != nil {
		return err
	}
	found, _, err := digest(&interruptible{ctx: ctx, r: r})
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("read document %s: %w", info.Key, err)
	}
	if found != info.SHA256 {
		return &DamagedError{Key: info.Key, Found: found}
	}
	return nil
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, context.Cause(i.ctx)
	}
	return i.r.Read(p)
}

func isDigest(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 32 && strings.ToLower(text) == text
}
