package schedules

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"iter"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// DocumentsPlan says which documents to fetch, without reading any list.
type DocumentsPlan struct {
	Resources []*transform.Resource // those that carry documents
	Filter    load.DocumentFilter
	// Refetch also fetches what is archived already. New content becomes a new version, the same content none.
	Refetch bool
	Flags   []string // that choose the documents on the command line, as in Plan
	Version string
}

// ArchiveDocuments fetches the documents of the filter that are not archived. It excludes runs of the same resources, which
// would fetch them as well.
func (r *Runner) ArchiveDocuments(ctx context.Context, plan DocumentsPlan) (*Report, error) {
	report := &Report{Job: "documents", Started: time.Now()}
	held, err := r.Store.BeginRun(ctx, load.RunSpec{Job: report.Job, Resources: names(plan.Resources), Flags: plan.Flags, Version: plan.Version, Fresh: true})
	if err == nil {
		report.RunID = held.ID
		this := &run{Runner: r, plan: &Plan{}, held: held, log: r.Logger.With("run", held.ID)}
		err = this.drainAll(ctx, plan, report)
		this.finish(report.sum(ctx, err), err)
	}
	report.Outcome = report.sum(ctx, err)
	report.Seconds = time.Since(report.Started).Seconds()
	return report, err
}

func (r *run) drainAll(ctx context.Context, plan DocumentsPlan, report *Report) error {
	plan.Filter.Resources = names(plan.Resources)
	if plan.Refetch {
		if _, err := r.Store.Refetch(ctx, plan.Filter, r.held.Started); err != nil {
			return err
		}
		report.Staged = true
	}
	for _, resource := range plan.Resources {
		documents, err := r.drain(ctx, resource, plan.Filter)
		report.Documents.Add(documents)
		if err != nil {
			return err
		}
	}
	return nil
}

// ErrDamaged says that an object of the archive is not what it was when it was put there.
var ErrDamaged = errors.New("document is damaged")

// ErrFrozen says that an object of the archive is there and cannot be read at present: its storage class must give it back first.
var ErrFrozen = errors.New("document is frozen")

// Inspector looks into the archive.
type Inspector interface {
	// Verify reads a whole object: fs.ErrNotExist when it is not there, ErrDamaged when it is not what it was, ErrFrozen when it
	// cannot be read.
	Verify(ctx context.Context, location string) error
	// List are the locations of all objects of a resource.
	List(ctx context.Context, resource string) iter.Seq2[string, error]
}

// VerifyPlan says what to verify.
type VerifyPlan struct {
	Filter load.DocumentFilter
	// Sample is the fraction of the documents to read, chosen by their id and Salt; 0 is all. With the same salt the same are
	// chosen, with others in the end all of them.
	Sample float64
	Salt   string
	// Orphans looks for objects that no row knows.
	Orphans bool
}

// Finding is what is wrong with one document: "missing", "damaged" or "orphan".
type Finding struct {
	Resource string `json:"resource"`
	SourceID string `json:"source_id,omitempty"`
	Version  int    `json:"version,omitempty"`
	Location string `json:"location"`
	What     string `json:"what"`
	// Superseded says that the API serves newer content: only a backup can bring this back.
	Superseded bool `json:"superseded,omitempty"`
}

// VerifyReport is what a verification found.
type VerifyReport struct {
	Checked  int64     `json:"checked"`
	Sound    int64     `json:"sound"`
	Missing  int64     `json:"missing"`
	Damaged  int64     `json:"damaged"`
	Frozen   int64     `json:"frozen"` // there, and not to be read at present: neither sound nor lost
	Lost     int64     `json:"lost"`   // of the missing and damaged ones, those that the API does not serve any more
	Orphans  int64     `json:"orphans"`
	Bytes    int64     `json:"bytes"`
	Findings []Finding `json:"findings"` // the first of them
}

// mostFindings bounds what a report lists; all are counted.
const mostFindings = 1000

func (v *VerifyReport) found(f Finding) {
	if len(v.Findings) < mostFindings {
		v.Findings = append(v.Findings, f)
	}
}

// VerifyDocuments reads the archived documents and compares them with the warehouse. What is missing or damaged is marked
// as failed, so that it is fetched again; what was lost before and is sound now is archived again. Each sound one is noted at once: a verification that was interrupted can leave out
// what it has seen (DocumentFilter.VerifiedBefore).
func (r *Runner) VerifyDocuments(ctx context.Context, archive Inspector, resources []*transform.Resource, plan VerifyPlan) (VerifyReport, error) {
	v := &verification{Runner: r, archive: archive}
	// Those that were lost as well: somebody may have brought them back.
	plan.Filter.States, plan.Filter.Kept = []string{load.DocumentArchived, load.DocumentFailed}, true
	g, work := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Concurrency) + 1)
	g.Go(func() error {
		for row, err := range inOrder(work, func(after load.DocumentKey) ([]load.DocumentRow, error) {
			return r.Store.Documents(work, plan.Filter, after, drainBatch)
		}) {
			if err != nil {
				return err
			}
			if sampled(plan.Salt+row.SourceID, plan.Sample) {
				g.Go(func() error { return v.verify(work, row) })
			}
		}
		return nil
	})
	err := g.Wait()
	if err == nil && plan.Orphans {
		for _, resource := range resources {
			if err = v.orphans(ctx, resource.Name); err != nil {
				break
			}
		}
	}
	return v.report, err
}

// verification is a verification under way.
type verification struct {
	*Runner
	archive Inspector
	mu      sync.Mutex
	report  VerifyReport
}

func (v *verification) verify(ctx context.Context, row load.DocumentRow) error {
	what := ""
	switch err := v.archive.Verify(ctx, row.Location); {
	case errors.Is(err, fs.ErrNotExist):
		what = "missing"
	case errors.Is(err, ErrDamaged):
		what = "damaged"
	case errors.Is(err, ErrFrozen):
		what = "frozen"
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return errors.Join(ErrArchive, err)
	}
	var err error
	switch what {
	case "":
		err = v.Store.MarkVerified(ctx, row.Key())
	case "missing", "damaged":
		var still bool
		if still, err = v.Store.MarkLost(ctx, row, what); err == nil && !still {
			return nil // archived anew meanwhile: it was not this that was looked at
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if what == "frozen" {
		v.report.Frozen++
		return err
	}
	v.report.Checked++
	v.report.Bytes += row.Bytes
	switch what {
	case "missing":
		v.report.Missing++
	case "damaged":
		v.report.Damaged++
	default:
		v.report.Sound++
	}
	if what != "" {
		if row.Superseded {
			v.report.Lost++
		}
		v.report.found(Finding{Resource: row.Resource, SourceID: row.SourceID, Version: row.Version, Location: row.Location, What: what,
			Superseded: row.Superseded})
	}
	if v.Observe != nil {
		v.Observe(Progress{Resource: "documents", Documents: &DocumentsReport{Archived: v.report.Checked, Bytes: v.report.Bytes}})
	}
	return err
}

// orphans finds objects that no row knows, some at a time.
func (v *verification) orphans(ctx context.Context, resource string) error {
	var batch []string
	flush := func() error {
		known, err := v.Store.Locations(ctx, batch)
		if err != nil {
			return err
		}
		for _, location := range batch {
			if !known[location] {
				v.report.Orphans++
				v.report.found(Finding{Resource: resource, Location: location, What: "orphan"})
			}
		}
		batch = batch[:0]
		return nil
	}
	for location, err := range v.archive.List(ctx, resource) {
		if err != nil {
			return errors.Join(ErrArchive, err)
		}
		if batch = append(batch, location); len(batch) == drainBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// sampled chooses by a hash of the id.
func sampled(id string, fraction float64) bool {
	if fraction <= 0 || fraction >= 1 {
		return true
	}
	sum := sha256.Sum256([]byte(id))
	return float64(binary.BigEndian.Uint64(sum[:]))/(1<<64) < fraction
}
