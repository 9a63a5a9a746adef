package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
)

// listed is how many names of a folder are read at a time, so that memory does not grow with the archive.
const listed = 1000

// List walks the two levels of folders. What goes while it walks is passed over.
func (d *directory) List(ctx context.Context, resource string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		w := &walk{ctx: ctx, d: d, yield: yield}
		if resource != "" {
			w.resource(segment(resource))
		} else {
			w.each(".", fs.FileMode.IsDir, w.resource)
		}
		if w.err != nil {
			yield(Info{}, fmt.Errorf("list documents: %w", w.err))
		}
	}
}

// walk goes through the folders until its caller has enough, its context ends or a folder cannot be read.
type walk struct {
	ctx   context.Context
	d     *directory
	yield func(Info, error) bool
	err   error
}

func (w *walk) resource(folder string) bool {
	return w.each(folder, fs.FileMode.IsDir, func(id string) bool {
		return w.each(folder+"/"+id, fs.FileMode.IsRegular, func(name string) bool {
			return w.object(folder + "/" + id + "/" + name)
		})
	})
}

func (w *walk) object(key string) bool {
	sum, _, err := parseKey(key)
	if err != nil {
		return true // its metadata, or what somebody else has put there
	}
	found, err := w.d.root.Stat(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true
	case err != nil:
		w.err = err
		return false
	}
	return w.yield(Info{Key: key, SHA256: sum, Bytes: found.Size()}, nil)
}

// each gives the names in a folder that are of a kind, and tells whether to go on.
func (w *walk) each(folder string, kind func(fs.FileMode) bool, give func(name string) bool) (on bool) {
	f, err := w.d.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		w.err = err
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	for {
		if w.ctx.Err() != nil {
			w.err = context.Cause(w.ctx)
			return false
		}
		entries, err := f.ReadDir(listed)
		for _, e := range entries {
			if kind(e.Type()) && !give(e.Name()) {
				return false
			}
		}
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			w.err = err
			return false
		}
	}
}
