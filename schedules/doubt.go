package schedules

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract"
)

// askAgain is how many objects of committed pages a walk remembers in order to ask for them once more at its end.
const askAgain = 200

// doubts decides whether an object that could not be had is to blame itself or the API is. While nothing was answered after
// a failure it may be the beginning of an outage: its page is held back, so that the run which goes on after the outage
// reads it anew. Once the walk gets an answer again, the failure was the object's own, and the page is sure.
//
// At the end of the walk everything that failed is asked for once more: an outage may have passed meanwhile. If the walk
// ends on failures and nothing at all is answered then, it has not come to its end.
type doubts struct {
	reader *reader
	held   []extract.Page[piece]
	failed []piece // of pages that are committed
}

// sure takes the next page and gives those that can be committed now.
func (d *doubts) sure(ctx context.Context, page extract.Page[piece]) ([]extract.Page[piece], error) {
	d.held = append(d.held, page)
	if page.Next == "" {
		if err := d.settle(ctx); err != nil {
			return nil, err
		}
	} else if d.doubtful() {
		return nil, nil
	}
	sure := d.held
	d.held = nil
	for _, page := range sure {
		for _, p := range page.Items {
			if p.failed && p.item.ID != "" && len(d.failed) < askAgain {
				d.failed = append(d.failed, p)
			}
		}
	}
	return sure, nil
}

// doubtful reports whether a page that is held has failures after which nothing was answered. Fewer than failuresInARow
// objects are answered meanwhile, so that little more than one page is ever held.
func (d *doubts) doubtful() bool {
	return d.reader.own.failures.Load() > 0 && len(d.held) <= failuresInARow && slices.ContainsFunc(d.held, func(page extract.Page[piece]) bool {
		return slices.ContainsFunc(page.Items, func(p piece) bool { return p.failed })
	})
}

// settle asks once more for all that failed, as the last page is about to be committed, and puts what is answered into the
// page it belongs to, or into the last one.
func (d *doubts) settle(ctx context.Context) error {
	inDoubt := d.doubtful()
	earlier := &extract.Page[piece]{Items: d.failed}
	again := []*extract.Page[piece]{earlier}
	for i := range d.held {
		again = append(again, &d.held[i])
	}
	alive := false
	for _, page := range again {
		answered, err := d.retry(ctx, page)
		if err != nil {
			return err
		}
		alive = alive || answered
	}
	last := &d.held[len(d.held)-1]
	for _, p := range earlier.Items {
		if p.fetched && len(p.record.Rejects) == 0 { // otherwise the reject that stands for it stays true
			p.listed, p.healed = 0, true
			last.Items = append(last.Items, p)
		}
	}
	if inDoubt && !alive {
		return d.reader.alive(ctx)
	}
	return nil
}

// retry asks once more for what failed of a page, and reports whether anything was answered.
func (d *doubts) retry(ctx context.Context, page *extract.Page[piece]) (answered bool, err error) {
	reader := d.reader.again()
	var group errgroup.Group
	group.SetLimit(max(1, reader.inFlight))
	became := make([][]piece, len(page.Items))
	for i, p := range page.Items {
		became[i] = []piece{p}
		if p.failed {
			group.Go(func() (err error) {
				became[i], err = reader.retry(ctx, p)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	for i, p := range page.Items {
		answered = answered || p.failed && !slices.ContainsFunc(became[i], func(p piece) bool { return p.failed })
	}
	page.Items = slices.Concat(became...)
	return answered, nil
}

// again is the same reader without the counting of failures: what has failed already tells nothing new of the API.
func (r *reader) again() *reader {
	return &reader{
		api: r.api, resource: r.resource, scope: r.scope, include: r.include, query: r.query, users: r.users, sealer: r.sealer,
		inFlight: r.inFlight, pageSize: r.pageSize, streak: r.streak, patient: true, first: r.first, only: r.only, days: r.days,
		memory: r.memory,
	}
}

// retry asks for an object, or for the list of a user with all that it names.
func (r *reader) retry(ctx context.Context, p piece) ([]piece, error) {
	p.record, p.failed = nil, false
	pieces := []piece{p}
	if p.item.ID == "" {
		known, err := r.memory.lists(ctx, []string{p.item.User})
		if err != nil {
			return nil, err
		}
		if pieces, err = r.userList(ctx, askingFor(p.item.User, known)); err != nil {
			return nil, err
		}
		if err := r.memory.attach(ctx, pieces); err != nil {
			return nil, err
		}
	}
	for i := range pieces {
		var err error
		if pieces[i], err = r.understand(ctx, pieces[i]); err != nil {
			return nil, err
		}
	}
	return pieces, nil
}

// alive asks for something that the walk has had, after its last answers all failed. Whatever is answered tells that the
// API is there; other walks may have found that out meanwhile.
func (r *reader) alive(ctx context.Context) (err error) {
	if r.streak.failures.Load() < r.own.failures.Load() {
		return nil
	}
	for _, request := range r.probes() {
		_, err = r.api.Get(ctx, request)
		switch extract.ClassOf(err) {
		case extract.ClassRefused, extract.ClassCanceled:
			return err
		}
		if !isSilent(err) {
			r.answered()
			return nil
		}
	}
	return errors.Join(errUnavailable, err)
}

// probes are requests that an API which is there answers: for the beginning of the list, or for the list of a user whose
// list was answered before. Where there was none, any of several users will do.
func (r *reader) probes() []extract.Request {
	if !r.resource.PerUser {
		return []extract.Request{{Template: r.resource.List, Query: extract.NewQuery(url.Values{"limit": {"1"}})}}
	}
	users := slices.Compact([]string{r.users[0], r.users[len(r.users)/2], r.users[len(r.users)-1]})
	if known := r.known.Load(); known != nil {
		users = []string{*known}
	}
	var requests []extract.Request
	for _, user := range users {
		requests = append(requests, extract.Request{Template: r.resource.List, Args: []string{user}})
	}
	return requests
}
