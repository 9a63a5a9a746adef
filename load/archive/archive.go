package archive

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// Archive is a place that keeps documents. Its methods may be called at the same time. Errors of an object that is not
// there are fs.ErrNotExist. Open and Stat take a key or a location of this archive.
type Archive interface {
	// Put stores what r yields. When it returns without error the object is whole and survives a power cut. A failing r
	// gives a SourceError; all other errors are the archive's.
	Put(ctx context.Context, name Name, r io.Reader, meta Metadata) (Stored, error)
	// Open reads an object. It does not check what it reads: see Verify.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Stat tells about an object without reading it.
	Stat(ctx context.Context, key string) (Info, error)
	// Remove deletes all that is filed under a record, for ever: the right to be forgotten. That includes what was put
	// and never marked, so it goes by record and not by key. Nothing there is no error.
	Remove(ctx context.Context, resource, id string) error
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

// Info is what Stat tells.
type Info struct {
	Key      string
	SHA256   string // hexadecimal, from the key: what the bytes ought to be
	Bytes    int64
	Metadata Metadata // zero when it got lost
}

// SourceError is a failure of the document's stream: the archive is well, and the document can be fetched again.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return "read the document: " + e.Err.Error() }

// Unwrap gives the stream's own error.
func (e *SourceError) Unwrap() error { return e.Err }

// DamagedError says that an object is not what its key promises.
type DamagedError struct {
	Key   string
	Found string // SHA-256 of the bytes that are there, hexadecimal
}

func (e *DamagedError) Error() string { return "document " + e.Key + " is damaged" }

// Open opens the archive at a URL: file:///dir, or a plain path. The directory is made when it is not there.
func Open(location string) (Archive, error) {
	scheme, _, isURL := strings.Cut(location, "://")
	switch {
	case location == "":
		return nil, errors.New("open archive: no location")
	case !isURL:
		return openDirectory(location)
	case scheme == "file":
		u, err := url.Parse(location)
		if err != nil || u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) || u.RawQuery != "" || u.Fragment != "" {
			return nil, errors.New("open archive: a file URL looks like file:///absolute/path")
		}
		return openDirectory(u.Path)
	default:
		// Of the URL only the scheme is repeated: the rest may hold credentials.
		return nil, fmt.Errorf("open archive: %s:// is not supported; use file:///absolute/path or a plain path", scheme)
	}
}

// Verify reads an object and compares it with its key. It returns a DamagedError when they differ.
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
