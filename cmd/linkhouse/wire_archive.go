package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/archive"
)

// sniffed is how many bytes of a document tell its kind.
const sniffed = 512

// keeper files documents in the archive by what they are: the flow knows them by their records only.
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
		archive.Metadata{SourceID: doc.ID, ArchivedAt: time.Now().UTC(), ContentType: contentType})
	if err != nil {
		return load.Archived{}, err
	}
	return load.Archived{SHA256: stored.SHA256, Bytes: stored.Bytes, ContentType: contentType, Location: stored.Location}, nil
}

// openArchive opens the configured archive, or the one under data_dir.
func (c *Config) openArchive() (archive.Archive, error) {
	location := c.Archive.URL
	if location == "" {
		var err error
		if location, err = c.dataPath("archive"); err != nil {
			return nil, err
		}
	}
	opened, err := archive.Open(location)
	if err != nil {
		return nil, &failure{code: exitStore, err: err, hint: "check archive.url and the rights on the directory"}
	}
	return opened, nil
}
