package schedules

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Archive keeps documents.
type Archive interface {
	// Keep stores the document and says what it is. It must be durable when Keep returns, and the same document stored again
	// must be the same object. The errors of body are returned as they are.
	Keep(ctx context.Context, doc load.Document, contentType string, body io.Reader) (load.Archived, error)
}

// documentAttempts is how often a document is asked for in one run, each time with a fresh link.
const documentAttempts = 3

// drainBatch is how many pending documents are read from the warehouse at a time.
const drainBatch = 500

// drain archives the documents of a resource that wait: those just staged, and those that failed or were absent before.
// Each link is asked for just in time, used at once and forgotten. A document that cannot be had costs only itself.
func (r *run) drain(ctx context.Context, resource *transform.Resource) (report DocumentsReport, err error) {
	var mu sync.Mutex
	for {
		documents, err := r.Store.PendingDocuments(ctx, resource.Name, r.held.Since, drainBatch)
		if err != nil || len(documents) == 0 {
			r.observe(Progress{Resource: resource.Name + " files", Documents: &report, Done: true})
			return report, err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(r.Concurrency)
		for _, doc := range documents {
			g.Go(func() error {
				one, err := r.archive(ctx, resource, doc)
				mu.Lock()
				defer mu.Unlock()
				report.Add(one)
				return err
			})
		}
		err = g.Wait()
		r.observe(Progress{Resource: resource.Name + " files", Documents: &report, State: load.WalkRunning})
		if err != nil {
			return report, err
		}
	}
}

// archive brings one document into the archive. The error is only what must end the run.
func (r *run) archive(ctx context.Context, resource *transform.Resource, doc load.Document) (report DocumentsReport, err error) {
	var kept load.Archived
	for attempt := 1; ; attempt++ {
		kept, err = r.fetch(ctx, resource, doc)
		class := extract.ClassOf(err)
		if err == nil || errors.Is(err, errUnavailable) || class == "" || class == extract.ClassRefused || class == extract.ClassCanceled ||
			class == extract.ClassAbsent || class == extract.ClassNotFound || attempt == documentAttempts {
			break
		}
	}
	if errors.Is(err, errUnavailable) {
		return report, err
	}
	switch class := extract.ClassOf(err); class {
	case "":
		if err != nil {
			return report, err
		}
		fresh, err := r.Store.MarkArchived(ctx, doc, kept)
		if fresh {
			report.Archived, report.Bytes = 1, kept.Bytes
		} else {
			report.Unchanged = 1
		}
		return report, err
	case extract.ClassRefused, extract.ClassCanceled:
		return report, err
	case extract.ClassAbsent, extract.ClassNotFound:
		report.Absent = 1
		return report, r.Store.MarkNotArchived(ctx, doc, load.DocumentAbsent, string(class))
	default:
		report.Failed = 1
		r.log.WarnContext(ctx, "a document could not be fetched", "resource", resource.Name, "class", string(class))
		return report, r.Store.MarkNotArchived(ctx, doc, load.DocumentFailed, string(class))
	}
}

// fetch asks for a fresh link and stores what is behind it, at once.
func (r *run) fetch(ctx context.Context, resource *transform.Resource, doc load.Document) (load.Archived, error) {
	detail, err := r.API.Get(ctx, extract.Request{Template: resource.Detail, Args: []string{doc.ID}})
	if err != nil {
		if c := extract.ClassOf(err); (c == extract.ClassUnavailable || c == extract.ClassThrottled) && r.streak.grown() {
			err = errors.Join(errUnavailable, err)
		}
		return load.Archived{}, err
	}
	r.streak.broken()
	if detail, err = extract.Unwrap(detail, resource.DetailItem); err != nil {
		return load.Archived{}, err
	}
	var link struct {
		URL any `json:"url"`
	}
	_ = json.Unmarshal(detail, &link) // a detail without a link that can be read has none
	address, _ := link.URL.(string)
	download, err := r.Documents.Open(ctx, address)
	if err != nil {
		return load.Archived{}, err
	}
	defer func() { _ = download.Body.Close() }() // it was read; nothing is lost when the connection cannot be kept
	body := &sourceReader{Reader: download.Body}
	kept, err := r.Archive.Keep(ctx, doc, download.ContentType, body)
	switch {
	case body.err != nil:
		return load.Archived{}, body.err
	case err != nil && ctx.Err() != nil:
		return load.Archived{}, ctx.Err()
	case err != nil:
		return load.Archived{}, errors.Join(ErrArchive, err)
	}
	return kept, nil
}

// sourceReader remembers an error of the origin, to tell it from one of the archive.
type sourceReader struct {
	io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
