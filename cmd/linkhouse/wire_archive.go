package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/archive"
	"github.com/linkhouse/linkhouse/schedules"
)

// sniffed is how many bytes of a document tell its kind.
const sniffed = 512

// keeper files documents in the archive by what they are, and finds them again: the flow knows them by their records only.
type keeper struct{ archive archive.Archive }

// Keep stores a document under its record's name and the extension that its first bytes ask for.
func (k keeper) Keep(ctx context.Context, doc load.Document, declared string, body io.Reader) (load.Archived, error) {
	first := make([]byte, sniffed)
	n, err := io.ReadFull(body, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return load.Archived{}, err
	}
	first = first[:n]
	contentType, ext := archive.Sniff(first, declared)
	stored, err := k.archive.Put(ctx, archive.Name{Resource: doc.Resource, ID: doc.ID, Ext: ext},
		io.MultiReader(bytes.NewReader(first), body),
		archive.Metadata{SourceID: doc.ID, EmployerID: doc.EmployerID, Type: doc.Type, DocumentDate: doc.Date,
			ArchivedAt: time.Now().UTC(), ContentType: contentType})
	if err != nil {
		return load.Archived{}, err
	}
	return load.Archived{SHA256: stored.SHA256, Bytes: stored.Bytes, ContentType: contentType, DeclaredType: declared,
		Location: stored.Location}, nil
}

// Verify reads a document whole.
func (k keeper) Verify(ctx context.Context, location string) error {
	if err := k.holds(location); err != nil {
		return err
	}
	err := archive.Verify(ctx, k.archive, location)
	var damaged *archive.DamagedError
	var frozen *archive.FrozenError
	switch {
	case errors.As(err, &damaged):
		return errors.Join(schedules.ErrDamaged, err)
	case errors.As(err, &frozen):
		return errors.Join(schedules.ErrFrozen, err)
	}
	return err
}

// List gives the locations of a resource's documents.
func (k keeper) List(ctx context.Context, resource string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for info, err := range k.archive.List(ctx, resource) {
			if !yield(k.archive.String()+"/"+info.Key, err) || err != nil {
				return
			}
		}
	}
}

// holds refuses the location of another archive: a document that stands elsewhere is not missing here.
func (k keeper) holds(location string) error {
	if strings.HasPrefix(location, k.archive.String()+"/") {
		return nil
	}
	return &failure{code: exitStore, err: fmt.Errorf("a document stands at %s, which is not below %s", location, k.archive),
		hint: "point archive.url to where the documents are; after a move, correct archive.documents.location"}
}

// openArchive opens the configured archive, or the one under data_dir. An empty directory is none if the warehouse knows of documents
// in it.
func (c *Config) openArchive(ctx context.Context, log *slog.Logger, store *load.Store) (archive.Archive, error) {
	return c.openArchiveWith(ctx, archive.Options{Log: log, Filed: store.CountFiled})
}

func (c *Config) openArchiveWith(ctx context.Context, o archive.Options) (archive.Archive, error) {
	o.SSE, o.KMSKey = c.Archive.SSE, c.Archive.KMSKey
	location := c.Archive.URL
	if location == "" {
		var err error
		if location, err = c.dataPath("archive"); err != nil {
			return nil, err
		}
	}
	opened, err := archive.OpenWith(ctx, location, o)
	if err != nil {
		return nil, archiveFailure(err, "check archive.url and the rights on it")
	}
	return opened, nil
}

// archiveFailure gives an error of the archive its exit code, and the archive's own advice where it has any.
func archiveFailure(err error, hint string) error {
	var unavailable *archive.UnavailableError
	if errors.As(err, &unavailable) {
		err = errors.New(unavailable.Reason)
		if unavailable.Check != "" {
			hint = unavailable.Check
		}
	}
	return &failure{code: exitStore, err: err, hint: hint}
}
