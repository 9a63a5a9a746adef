package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// held is how many bytes of a document stand in memory. Most documents are smaller; what is larger goes to a file, so
// that memory does not grow with it.
const held = 1 << 20

var buffers = sync.Pool{New: func() any { return new([held]byte) }}

// spooled is a document that was read to its end: its digest names it, so nothing can be sent before.
type spooled struct {
	sum  [sha256.Size]byte
	size int64
	buf  *[held]byte // nil when it is in the file
	file *os.File
	left bool // the file still has its name, on systems that do not let go of it while it is open
}

// spool reads r to its end. A failing r gives a SourceError, a failing disk an UnavailableError.
func spool(ctx context.Context, r io.Reader) (*spooled, error) {
	source := &watched{r: &interruptible{ctx: ctx, r: r}}
	buf := buffers.Get().(*[held]byte)
	n, err := io.ReadFull(source, buf[:])
	switch {
	case source.err != nil:
		buffers.Put(buf)
		return nil, &SourceError{Err: source.err}
	case err != nil: // the end came before the buffer's
		return &spooled{sum: sha256.Sum256(buf[:n]), size: int64(n), buf: buf}, nil
	}
	defer buffers.Put(buf)
	s, err := newFile()
	if err != nil {
		return nil, unwritable(err)
	}
	hash := sha256.New()
	both := io.MultiWriter(hash, s.file)
	if _, err = both.Write(buf[:]); err == nil {
		s.size, err = io.CopyBuffer(both, source, buf[:])
	}
	if err != nil {
		if source.err != nil {
			err = &SourceError{Err: source.err}
		} else {
			err = unwritable(err)
		}
		return nil, errors.Join(err, s.discard(false))
	}
	s.size += int64(n)
	hash.Sum(s.sum[:0])
	return s, nil
}

// newFile makes a file for the owner only that has no name, so that a crash leaves nothing of a document behind.
func newFile() (*spooled, error) {
	f, err := os.CreateTemp("", "linkhouse-*")
	if err != nil {
		return nil, err
	}
	return &spooled{file: f, left: os.Remove(f.Name()) != nil}, nil
}

// hex is the digest as keys have it.
func (s *spooled) hex() string { return hex.EncodeToString(s.sum[:]) }

// section reads n bytes from off. Sections may be read at the same time.
func (s *spooled) section(off, n int64) *io.SectionReader {
	if s.buf != nil {
		return io.NewSectionReader(bytes.NewReader(s.buf[:s.size]), off, n)
	}
	return io.NewSectionReader(s.file, off, n)
}

// discard lets go of the document. Its buffer may be used again only when no request can still be reading it: a server
// that answers early leaves a writer behind that goes on for a while.
func (s *spooled) discard(idle bool) error {
	if s.buf != nil {
		if idle {
			buffers.Put(s.buf)
		}
		s.buf = nil
		return nil
	}
	err := s.file.Close()
	if s.left {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	if err != nil {
		return fmt.Errorf("discard the temporary file: %w", err)
	}
	return nil
}

func unwritable(err error) error {
	return &UnavailableError{Reason: "the temporary directory cannot hold a document: " + innermost(err).Error(),
		Check: "check the free space and the rights of " + os.TempDir() + ", or set TMPDIR", Err: err}
}

// innermost is the error at the bottom, which names no path and no address; of several the first.
func innermost(err error) error {
	for {
		var next error
		switch e := err.(type) { //nolint:errorlint // it is the layers themselves that are taken off
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			next = e.Unwrap()[0]
		}
		if next == nil {
			return err
		}
		err = next
	}
}
