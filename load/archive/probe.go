package archive

import (
	"context"
	"crypto/rand"
	"io"
	"strings"
	"time"
)

// ProbeError tells at which step a probe failed.
type ProbeError struct {
	Step string // "write", "read" or "delete"
	Err  error
}

func (e *ProbeError) Error() string { return "probe the archive: " + e.Step + ": " + e.Err.Error() }

// Unwrap gives the error of the step.
func (e *ProbeError) Unwrap() error { return e.Err }

// probed is the resource that probes are filed under.
const probed = "linkhouse-probe"

// Probe is without retention: what may not be deleted for years would be left behind by each.
func (b *bucket) Probe(ctx context.Context) error {
	return probe(ctx, b, func(ctx context.Context, name Name, r io.Reader, meta Metadata) (Stored, error) {
		return b.put(ctx, name, r, meta, retention{})
	})
}

// Probe stores, reads back and deletes a small object.
func (d *directory) Probe(ctx context.Context) error { return probe(ctx, d, d.Put) }

func probe(ctx context.Context, a Archive, put func(context.Context, Name, io.Reader, Metadata) (Stored, error)) error {
	id := rand.Text() // no other probe's
	stored, err := put(ctx, Name{Resource: probed, ID: id, Ext: ".txt"}, strings.NewReader("linkhouse "+id),
		Metadata{SourceID: id, ArchivedAt: time.Now().UTC(), ContentType: "text/plain"})
	if err != nil {
		return &ProbeError{Step: "write", Err: err}
	}
	read, removed := Verify(ctx, a, stored.Key), a.Remove(ctx, probed, id)
	switch {
	case read != nil:
		return &ProbeError{Step: "read", Err: read}
	case removed != nil:
		return &ProbeError{Step: "delete", Err: removed}
	}
	return nil
}
