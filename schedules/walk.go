package schedules

import (
	"context"
	"errors"
	"time"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// walk reads one resource to its end and removes what is gone. Its report is complete whatever happens; the error is only
// what must end the whole run.
func (r *run) walk(ctx context.Context, resource *transform.Resource) (report WalkReport, fatal error) {
	report = WalkReport{Resource: resource.Name, Scope: r.plan.scope().String(), State: load.WalkRunning}
	start := time.Now()
	w, err := r.held.Walk(ctx, resource, r.plan.scope())
	if err != nil {
		return r.stopped(report, nil, err)
	}
	already := w.Done()
	way := r.way(ctx, w, resource)
	defer func() {
		report.Counts, report.Seconds = w.Counts, time.Since(start).Seconds()
		r.observe(Progress{Resource: resource.Name, Counts: w.Counts, Before: w.Before, Already: already, Tables: w.Tables(), State: report.State, Done: true})
	}()
	if already { // an earlier process of this run read it
		report.State = w.State
		return report, nil
	}
	guarded, err := r.readToItsEnd(ctx, w, resource, way)
	if errors.Is(err, extract.ErrCursorRefused) && w.Begun || errors.Is(err, load.ErrForgotten) { // once more from the start
		r.log.WarnContext(ctx, "starting the walk anew", "resource", resource.Name, "error", err)
		if err = w.Restart(ctx); err == nil {
			way.anew(w)
			guarded, err = r.readToItsEnd(ctx, w, resource, way)
		}
	}
	if err != nil {
		return r.stopped(report, w, err)
	}
	report.State, report.Guarded = w.State, guarded
	return report, nil
}

// readToItsEnd reads a walk to its last page and removes what is gone.
func (r *run) readToItsEnd(ctx context.Context, w *load.Walk, resource *transform.Resource, way *way) (*load.Guarded, error) {
	if err := r.read(ctx, w, resource, way); err != nil {
		return nil, err
	}
	return w.Complete(ctx, load.Removal{
		Filtered:    r.plan.filtered(resource) || resource.PerUser && len(r.users) == 0, // to ask nobody tells nothing
		MaxFraction: r.MaxRemoval, Approved: r.plan.ApproveRemovals,
	})
}

// read commits page after page. A page is done only when it is committed; what is read ahead of that is bounded.
func (r *run) read(ctx context.Context, w *load.Walk, resource *transform.Resource, way *way) error {
	if w.Begun && w.Cursor == "" { // every page is committed; only the end of the walk is missing
		return nil
	}
	var sent extract.Counts
	reader := r.reader(resource, r.API.Counting(&sent), w.FirstSight)
	reader.read, reader.memory = way.read, r.memory(w, resource)
	if !w.Remembers() { // a first load: as many as keep the API busy, until it is known how large they are
		reader.pace.first = 2 * r.Concurrency
	}
	doubts := doubts{reader: reader}
	var requests, retries int64
	for page, err := range reader.pages(ctx, w.Cursor) {
		if err != nil {
			return err
		}
		sure, err := doubts.sure(ctx, page)
		if err != nil {
			return err
		}
		for _, page := range sure {
			out := assemble(page)
			out.Requests, requests = sent.Requests.Load()-requests, sent.Requests.Load()
			out.Retries, retries = sent.Retries.Load()-retries, sent.Retries.Load()
			if _, err := w.Commit(ctx, out); err != nil {
				return err
			}
			w.Begun = true
			way.committed(w)
		}
	}
	return nil
}

// assemble makes a page of the store out of its pieces.
func assemble(page extract.Page[piece]) load.Page {
	out := load.Page{Next: page.Next}
	for _, p := range page.Items {
		out.Listed += p.listed
		if p.asked != "" && !p.same {
			out.Asked = append(out.Asked, p.asked)
		}
		if p.list != nil {
			out.Lists = append(out.Lists, *p.list)
		}
		if p.record != nil {
			out.Records = append(out.Records, p.record)
		}
		if p.gone {
			out.Vanished++
		}
		if p.fetched {
			out.Fetched++
		}
		if p.healed {
			out.Healed++
		}
		if p.spared {
			out.Spared++
		}
	}
	return out
}

// stopped notes why a walk did not reach its end, and keeps its cursor where the next run can go on with it.
func (r *run) stopped(report WalkReport, w *load.Walk, err error) (WalkReport, error) {
	o := outcomeOf(err)
	report.State, report.Error, report.ErrorClass = o.walkState(), err.Error(), string(o)
	if w != nil && load.ClassOf(err) != load.ClassFenced {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		if stop := w.Stop(ctx, report.State, string(o), err.Error()); stop != nil {
			r.log.Warn("the end of the walk could not be noted; the next run finds out by itself", "resource", report.Resource)
		}
	}
	if o == OutcomePartial { // only this walk failed
		return report, nil
	}
	return report, err
}
