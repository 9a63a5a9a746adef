package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/archive"
)

type documentsGetCmd struct {
	ID       string `arg:"" help:"Id of the document or payroll run, as linkhouse documents list shows it."`
	Resource string `placeholder:"NAME" help:"The resource, if the id is one in both: employer-documents or payroll-runs."`
	Version  int    `name:"document-version" placeholder:"N" help:"The version. Default: the last one that is archived."`
	File     string `placeholder:"PATH" help:"Where to write it: a file, a directory, or - for standard output. Default: a file named by the id."`
	Force    bool   `help:"Replace the file if it is there already."`
}

// Help is the long help of the verb.
func (documentsGetCmd) Help() string {
	return `Copies a document out of the archive and compares it, on the way, with the digest in the warehouse: a file is only there
when it is the one that was archived. On standard output the bytes come first; the exit code tells whether they are right.

Examples:

    linkhouse documents get 61d49e2d8b7f0a0009d9fd2f
    linkhouse documents get 61d49e2d8b7f0a0009d9fd2f --document-version 1 --file first.pdf
    linkhouse documents get 61d49e2d8b7f0a0009d9fd2f --file - | less`
}

// mostVersions bounds how many versions of one document are looked through.
const mostVersions = 1000

// Run copies the document.
func (c *documentsGetCmd) Run(ctx context.Context, a *app) error {
	if err := hasDocuments(c.Resource); err != nil {
		return err
	}
	if c.Version < 0 {
		return misuse("versions count from 1", "there is no such version")
	}
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	return a.withStore(ctx, config, log, false, func(store *load.Store) error {
		row, err := c.find(ctx, a, store)
		if err != nil {
			return err
		}
		opened, err := config.openArchive(ctx, log, store)
		if err != nil {
			return err
		}
		if err := (keeper{opened}).holds(row.Location); err != nil {
			return err
		}
		return c.copy(a, row, func() (io.ReadCloser, error) { return opened.Open(ctx, row.Location) })
	})
}

// find is the version that was asked for.
func (c *documentsGetCmd) find(ctx context.Context, a *app, store *load.Store) (row load.DocumentRow, err error) {
	rows, err := store.Documents(ctx, load.DocumentFilter{Resources: namesOf(withDocuments(c.Resource)), IDs: []string{c.ID}}, load.DocumentKey{}, mostVersions)
	if err != nil {
		return row, err
	}
	list := a.command("documents", "list", c.ID) + " shows those there are"
	if len(rows) == 0 {
		return row, misuse(a.command("documents", "list")+" shows those there are", "there is no document "+c.ID)
	}
	if rows[0].Resource != rows[len(rows)-1].Resource {
		return row, misuse("name the resource with --resource", "the id is one of "+listed(documentResources))
	}
	var last load.DocumentRow
	for _, r := range rows {
		switch {
		case c.Version != 0 && r.Version != c.Version:
			continue
		case r.State == load.DocumentArchived:
			row = r
		}
		last = r
	}
	switch {
	case row.State != "":
		return row, nil
	case last.State == "":
		return row, misuse(list, fmt.Sprintf("there is no version %d of this document", c.Version))
	}
	return row, &failure{code: exitFailure, err: fmt.Errorf("version %d of this document is %s: it is not in the archive", last.Version, last.State),
		hint: "to fetch it: " + a.command("documents", "retry", c.ID)}
}

// copy writes the document where it is wanted.
func (c *documentsGetCmd) copy(a *app, row load.DocumentRow, open func() (io.ReadCloser, error)) error {
	write := func(w io.Writer) error { return c.verified(a, row, open, w) }
	if c.File == "-" {
		return write(a.stdout)
	}
	file := c.target(a, row)
	if _, err := os.Lstat(a.path(file)); err == nil && !c.Force {
		return misuse("name another with --file, or replace it with --force", file+" is there already")
	}
	if err := writeWhole(a.path(file), c.Force, write); errors.Is(err, fs.ErrExist) {
		return misuse("name another with --file, or replace it with --force", file+" is there already")
	} else if err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "Wrote %s: %s, %s, as it was archived.\n", file, size(row.Bytes), row.ContentType)
	return err
}

// target is the file to write. Its own name is that of the document's folder in the archive, which is fit for a file
// system, with the extension that it has there.
func (c *documentsGetCmd) target(a *app, row load.DocumentRow) string {
	name := path.Base(path.Dir(row.Location)) + path.Ext(row.Location)
	if c.File == "" {
		return name
	}
	if info, err := os.Stat(a.path(c.File)); err == nil && info.IsDir() {
		return filepath.Join(c.File, name)
	}
	return c.File
}

// verified copies the document and compares what came with what was archived.
func (c *documentsGetCmd) verified(a *app, row load.DocumentRow, open func() (io.ReadCloser, error), w io.Writer) error {
	heal := "to fetch it again: " + a.command("documents", "retry", c.ID, "--refetch")
	r, err := open()
	if errors.Is(err, fs.ErrNotExist) {
		return &failure{code: exitFailure, err: errors.New("the document is missing from the archive"), hint: heal}
	}
	var frozen *archive.FrozenError
	if errors.As(err, &frozen) {
		return &failure{code: exitFailure, err: errors.New("the document is in a storage class that must give it back first"),
			hint: "restore the object of S3 at " + row.Location + ", which takes hours, and run the same again"}
	}
	if err != nil {
		return archiveFailure(err, "check archive.url and the rights on it")
	}
	defer func() { _ = r.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, hash), r); err != nil {
		return fmt.Errorf("copy the document: %w", err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != row.SHA256 {
		return &failure{code: exitFailure, err: errors.New("the document in the archive is damaged: it is not what was archived"), hint: heal}
	}
	return nil
}

// writeWhole makes a file of what write gives, as a whole or not at all, for its owner's eyes. It replaces one only when it
// is told to.
func writeWhole(file string, replace bool, write func(io.Writer) error) error {
	name := filepath.Base(file)
	f, err := os.CreateTemp(filepath.Dir(file), "."+name+".*") // made with 0600
	if err != nil {
		return fmt.Errorf("write %s: %s", name, bare(err))
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its own name by then, or is not wanted
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	if replace {
		err = os.Rename(f.Name(), file)
	} else if err = os.Link(f.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(f.Name(), file) // a file system without links
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
