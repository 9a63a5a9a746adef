package schedules

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Archive keeps documents.
type Archive interface {
	// Keep stores the document and says what it is. It must be durable when Keep returns, and the same document stored again
	// must be the same object.
	Keep(ctx context.Context, doc load.Document, declaredType string, body io.Reader) (load.Archived, error)
}

const (
	// documentAttempts is how often a document is asked for in one run, each time with a fresh link.
	documentAttempts = 20
	// againAttempts is the same for a document that could not be had in an earlier run.
	againAttempts = 3
	// documentPatience is how long after it was asked for first a document is asked for again.
	documentPatience = 20 * time.Minute
	// documentBackoff is the first wait after a failure; it doubles, up to documentBackoffMost times as long.
	documentBackoff     = 50 * time.Millisecond
	documentBackoffMost = 40
	// linkMargin is how old a link may be when it is used. It may live an hour, or less when temporary credentials signed it;
	// here it is used as soon as it is known, so that more than this means that the process was held up.
	linkMargin = 5 * time.Minute
	// drainBatch is how many pending documents are read from the warehouse at a time.
	drainBatch = 500
)

// drain archives the documents of the filter that wait: those just staged, and those that failed or were absent before. Each
// link is asked for just in time, used at once and forgotten. A document that cannot be had costs only itself.
func (r *run) drain(ctx context.Context, resource *transform.Resource, filter load.DocumentFilter) (DocumentsReport, error) {
	filter.Resources = []string{resource.Name}
	d := &drained{run: r, resource: resource, filter: filter}
	if _, err := r.Store.StageMissing(ctx, filter); err != nil {
		return d.report, err
	}
	var err error
	if d.total, err = r.Store.CountPendingDocuments(ctx, filter); err != nil || d.total == 0 {
		return d.report, err
	}
	g, work := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Concurrency) + 1)
	g.Go(func() error { // reads on while others work; Go waits for a free place, so that little is read ahead
		for doc, err := range inOrder(work, func(after load.DocumentKey) ([]load.Document, error) {
			return r.Store.PendingDocuments(work, filter, after, drainBatch)
		}) {
			if err != nil {
				return err
			}
			g.Go(func() error { return d.archive(work, doc) })
		}
		return nil
	})
	err = g.Wait()
	d.observe(true)
	return d.report, err
}

// inOrder are the documents of one batch after another, in the order of their keys. Whoever ranges over them learns of the end
// of ctx by an error, never by an early end: that would look as if all had been seen.
func inOrder[T interface{ Key() load.DocumentKey }](ctx context.Context, read func(after load.DocumentKey) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for after := (load.DocumentKey{}); ; {
			err := ctx.Err()
			var batch []T
			if err == nil {
				batch, err = read(after)
			}
			if err != nil {
				yield(none, err)
				return
			}
			if len(batch) == 0 {
				return
			}
			for _, one := range batch {
				if !yield(one, nil) {
					return
				}
			}
			after = batch[len(batch)-1].Key()
		}
	}
}

// drained is a drain under way.
type drained struct {
	*run
	resource *transform.Resource
	filter   load.DocumentFilter
	total    int64 // documents to fetch
	probing  sync.Mutex
	mu       sync.Mutex
	report   DocumentsReport
}

func (d *drained) observe(done bool) {
	d.mu.Lock()
	report := d.report
	d.mu.Unlock()
	d.run.observe(Progress{Resource: d.resource.Name + " files", Documents: &report, Total: d.total, State: load.WalkRunning, Done: done})
}

// archive brings one document into the archive. The error is only what must end the run.
func (d *drained) archive(ctx context.Context, doc load.Document) error {
	kept, age, err := d.fetchPatiently(ctx, doc)
	one := DocumentsReport{LinkAgeMax: age.Seconds(), LinkAgeMean: age.Seconds(), links: 1}
	switch class := extract.ClassOf(err); {
	case err == nil:
		d.documentStreak.broken()
		fresh, marked := d.Store.MarkArchived(ctx, doc, kept)
		switch {
		case marked != nil:
			return marked
		case fresh:
			one.Archived, one.Bytes = 1, kept.Bytes
		default:
			one.Unchanged = 1
		}
	case d.hostDown(ctx, doc, err):
		return errors.Join(ErrDocumentHost, err)
	case errors.Is(err, errUnavailable), class == "", class == extract.ClassRefused, class == extract.ClassCanceled:
		return err
	case class == extract.ClassAbsent, class == extract.ClassNotFound:
		one = DocumentsReport{Absent: 1}
		err = d.Store.MarkNotArchived(ctx, doc, load.DocumentAbsent, string(class))
	default:
		one = DocumentsReport{Failed: 1}
		d.log.WarnContext(ctx, "a document could not be fetched", "resource", d.resource.Name, "class", string(class))
		err = d.Store.MarkNotArchived(ctx, doc, load.DocumentFailed, string(class))
	}
	d.mu.Lock()
	d.report.Add(one)
	d.mu.Unlock()
	d.observe(false)
	return err
}

// hostDown counts documents that could not be had after every attempt. Single ones are documents; many in a row are an outage of where
// the links lead, and are not waited for one by one. Or they are documents that nobody can have any more and that end together, because
// they take longest: it is looked whether the newest can be had. Those that an earlier run did not get either tell nothing.
func (d *drained) hostDown(ctx context.Context, doc load.Document, err error) bool {
	if errors.Is(err, errNoLink) || errors.Is(err, errUnavailable) {
		return false
	}
	switch extract.ClassOf(err) {
	case extract.ClassUnavailable, extract.ClassThrottled, extract.ClassMalformed, extract.ClassExpired:
		return doc.Attempts == 0 && d.documentStreak.grown() && !d.othersCanBeHad(ctx)
	case extract.ClassAbsent, extract.ClassNotFound:
		d.documentStreak.broken()
	}
	return false
}

// probes is how many documents are tried to find out whether any can be had.
const probes = 3

// othersCanBeHad reports whether one of the newest documents that wait can be had.
func (d *drained) othersCanBeHad(ctx context.Context) bool {
	d.probing.Lock()
	defer d.probing.Unlock()
	if d.documentStreak.failures.Load() < failuresInARow { // found out meanwhile
		return true
	}
	return d.newest(ctx, func(doc load.Document) bool {
		link, _, err := d.ask(ctx, doc)
		if err != nil || link == "" {
			return false
		}
		download, err := d.Documents.Open(ctx, link)
		if err != nil {
			return false
		}
		_ = download.Body.Close() // it is fetched when its turn comes
		d.documentStreak.broken()
		return true
	})
}

// detailsAreAnswered is the same for the API: whether it answers for one of the newest documents.
func (d *drained) detailsAreAnswered(ctx context.Context) bool {
	d.probing.Lock()
	defer d.probing.Unlock()
	if d.streak.failures.Load() < failuresInARow {
		return true
	}
	return d.newest(ctx, func(doc load.Document) bool {
		_, _, err := d.ask(ctx, doc)
		if isSilent(err) || err != nil && extract.ClassOf(err) == extract.ClassCanceled {
			return false
		}
		d.streak.broken()
		return true
	})
}

// newest tries the newest documents that wait until one is as it should be.
func (d *drained) newest(ctx context.Context, good func(load.Document) bool) bool {
	newest, err := d.Store.LastPendingDocuments(ctx, d.filter, probes)
	return err == nil && slices.ContainsFunc(newest, good)
}

// fetchPatiently fetches a document, each time with a fresh link: at once when the link was refused for the first time, after a wait
// when it is refused again or the origin is in trouble.
func (d *drained) fetchPatiently(ctx context.Context, doc load.Document) (kept load.Archived, age time.Duration, err error) {
	attempts, wait, first := documentAttempts, cmp.Or(d.documentWait, documentBackoff), time.Now()
	longest := documentBackoffMost * wait
	if doc.Attempts > 0 {
		attempts = againAttempts
	}
	for attempt := 1; ; attempt++ {
		kept, age, err = d.fetch(ctx, doc)
		class := extract.ClassOf(err)
		switch {
		case err == nil, errors.Is(err, errUnavailable), errors.Is(err, errNoLink), attempt == attempts, time.Since(first) > documentPatience:
			return kept, age, err
		case class == extract.ClassExpired && attempt == 1:
			continue
		case class != extract.ClassExpired && class != extract.ClassUnavailable && class != extract.ClassThrottled && class != extract.ClassMalformed:
			return kept, age, err
		}
		select {
		case <-time.After(max(wait/2+rand.N(wait/2), extract.RetryAfter(err))):
		case <-ctx.Done():
			return kept, age, ctx.Err()
		}
		wait = min(2*wait, longest)
	}
}

// errOldLink says that a link was too old before it was used.
var errOldLink = &extract.Error{Op: "GET document", Class: extract.ClassExpired}

// fetch asks for a fresh link and stores what is behind it, at once. age is how old the link was, at most, when it was used.
func (d *drained) fetch(ctx context.Context, doc load.Document) (kept load.Archived, age time.Duration, err error) {
	link, made, err := d.link(ctx, doc)
	if err != nil {
		return kept, 0, err
	}
	if age = time.Since(made); age > linkMargin {
		return kept, age, errOldLink
	}
	download, err := d.Documents.Open(ctx, link)
	if err != nil {
		return kept, age, err
	}
	defer func() { _ = download.Body.Close() }() // it was read; nothing is lost when the connection cannot be kept
	body := &sourceReader{Reader: download.Body}
	kept, err = d.Archive.Keep(ctx, doc, download.ContentType, body)
	switch {
	case body.err != nil:
		return load.Archived{}, age, body.err
	case err != nil && ctx.Err() != nil:
		return load.Archived{}, age, ctx.Err()
	case err != nil:
		return load.Archived{}, age, errors.Join(ErrArchive, err)
	}
	return kept, age, nil
}

// errNoLink says that the API did not answer what it was asked for a link. It was asked several times then, and is not asked again for
// this document.
var errNoLink = errors.New("the API gave no answer with a link")

// link asks for the object once more, because each answer brings a link of its own. It is "" when there is none (T27), and made after the
// time that is given with it.
func (d *drained) link(ctx context.Context, doc load.Document) (link string, made time.Time, err error) {
	link, made, err = d.ask(ctx, doc)
	switch {
	case err == nil:
		d.streak.broken()
		return link, made, nil
	case isSilent(err) && doc.Attempts == 0 && d.streak.grown() && !d.detailsAreAnswered(ctx):
		return "", made, errors.Join(errUnavailable, err)
	}
	return "", made, errors.Join(errNoLink, err)
}

func (d *drained) ask(ctx context.Context, doc load.Document) (link string, sent time.Time, err error) {
	detail, err := d.API.Get(ctx, extract.Request{Template: d.resource.Detail, Args: []string{doc.ID}, Sent: &sent})
	if err == nil {
		detail, err = extract.Unwrap(detail, d.resource.DetailItem)
	}
	if err != nil {
		return "", sent, err
	}
	var object struct {
		URL any `json:"url"`
	}
	_ = json.Unmarshal(detail, &object) // a detail whose link cannot be read has none
	link, _ = object.URL.(string)
	return link, sent, nil
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
