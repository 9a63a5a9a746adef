package schedules

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// errStale says that a list brings the same objects again and again.
var errStale = errors.New("too many pages in a row brought only what was listed before")

// reader reads one resource in one scope: pages of items, each with its detail, understood on the way.
type reader struct {
	api      *extract.Client
	resource *transform.Resource
	scope    load.Scope
	include  []string
	query    extract.Query // include, as details are asked for with it
	users    []string      // the PayLink users, sorted
	sealer   transform.Sealer
	inFlight int
	pageSize int
	streak   *streak                    // over all walks
	own      streak                     // of this one, which the success of others does not break
	known    atomic.Pointer[string]     // a user whose list was answered
	had      atomic.Pointer[string]     // an object whose detail was answered
	asking   sync.Mutex                 // whether the API is there at all
	patient  bool                       // what fails does not count for the streaks
	first    func(user, id string) bool // whether the walk meets an object for the first time
	only     only                       // the objects to read; nil for all
	// days bound what is read: the objects, where the list tells their day, or else what belongs to them.
	days   transform.Days
	memory memory
	pace   pace
	// read, when set, is told of objects whose meaning is known, before their page is committed.
	read func(objects int)
}

// piece is a part of a page on its way: an object, or the word that a user was asked, with all objects of the list where that was
// recognised.
type piece struct {
	item   transform.Item
	asked  string            // this user's list was read to its end
	list   *load.List        // how it is recognised the next time, as far as it can be
	record *transform.Record // what the object means, once that is known
	listed int64
	// failed says that the API failed to answer, as against an answer that is wrong for this object.
	failed bool
	// healed says that an earlier page has the object as a reject, which is closed with it.
	healed bool
	known  *load.Remembered  // what is remembered of the object
	memory *transform.Memory // what is to be remembered of it, once it is read
	// same says that its answer, or the user's list, is the one before, byte for byte; spared that none was asked for.
	same, spared bool
	// fetched and gone tell an object whose detail was answered from one that is not there any more.
	fetched, gone bool
}

// objects is how many objects a piece is.
func (p *piece) objects() int {
	if p.asked != "" { // the word alone, or with a list that was recognised
		return int(p.listed)
	}
	return 1
}

func (p *piece) name() load.Name { return load.Name{User: p.item.User, ID: p.item.ID} }

// stalePages is how many pages in a row may bring nothing but objects that were listed before. A list that begins anew under
// cursors that are always new is not found out otherwise, and would be read for ever.
const stalePages = 100

// pagesAhead is how many finished pages may wait for their commit. One keeps the API busy while a page commits.
const pagesAhead = 1

// pages reads from a cursor on. Details are fetched and understood while earlier pages are being committed.
func (r *reader) pages(ctx context.Context, from string) iter.Seq2[extract.Page[piece], error] {
	// An answer that is being understood holds a place here and none at the API, which a few more keep busy.
	inFlight := r.inFlight + r.inFlight/4
	switch {
	case r.resource.OneList():
		return flat(extract.AheadOf(ctx, func(ctx context.Context) iter.Seq2[extract.Page[asking], error] {
			return r.userChunks(ctx, from)
		}, inFlight, pagesAhead, r.userObjects))
	case r.resource.PerUser: // the lists of the next users are read ahead already
		return extract.AheadOf(ctx, func(ctx context.Context) iter.Seq2[extract.Page[piece], error] {
			return r.attached(ctx, flat(extract.Ahead(ctx, r.userChunks(ctx, from), inFlight, 0, r.userList)))
		}, inFlight, 0, r.understand)
	}
	return extract.AheadOf(ctx, func(ctx context.Context) iter.Seq2[extract.Page[piece], error] {
		if r.scope.Employer != "" && !r.resource.ByEmployer {
			return r.single(r.scope.Employer)
		}
		return r.attached(ctx, r.listPages(ctx, from))
	}, inFlight, pagesAhead, r.understand)
}

// listPages are the pages of a list with cursors.
func (r *reader) listPages(ctx context.Context, from string) iter.Seq2[extract.Page[piece], error] {
	list := extract.List{Request: extract.Request{Template: r.resource.List}, Items: r.resource.Items, Limit: r.pace.limit}
	if r.scope.Employer != "" {
		list.Query = extract.NewQuery(url.Values{"employerId": {r.scope.Employer}})
	}
	return func(yield func(extract.Page[piece], error) bool) {
		stale := 0
		for page, err := range r.api.Pages(ctx, list, from) {
			if err != nil {
				yield(extract.Page[piece]{}, err)
				return
			}
			pieces, sights := r.sorted("", page.Items)
			switch {
			case sights.first > 0:
				stale = 0
			case sights.again > 0:
				stale++
			}
			if stale == stalePages {
				yield(extract.Page[piece]{}, &extract.Error{
					Op: "GET " + r.resource.List, Class: extract.ClassLoop, Status: 200, Err: errStale,
				})
				return
			}
			out := extract.Page[piece]{Number: page.Number, Cursor: page.Cursor, Next: page.Next, Items: pieces}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// single is a list of one object that is known by its id, for a list that takes no filter.
func (r *reader) single(id string) iter.Seq2[extract.Page[piece], error] {
	return func(yield func(extract.Page[piece], error) bool) {
		row, err := json.Marshal(map[string]string{"_id": id})
		yield(extract.Page[piece]{Number: 1, Items: r.pieces("", []json.RawMessage{row})}, err)
	}
}

// sights counts the rows of a page that name an object: those that name one which the walk had not met, and those again.
type sights struct{ first, again int }

// pieces is sorted without the sights.
func (r *reader) pieces(user string, rows []json.RawMessage) []piece {
	pieces, _ := r.sorted(user, rows)
	return pieces
}

// sorted sorts the rows of a list by the object they name. Rows with one id are one object (T39); an id that an earlier
// page had counts once; a row without a usable id is an object of its own, and will be rejected.
func (r *reader) sorted(user string, rows []json.RawMessage) (pieces []piece, seen sights) {
	pieces = make([]piece, 0, len(rows)+1)
	place := make(map[string]int, len(rows))
	for _, row := range rows {
		id := transform.ID(row)
		if at, known := place[id]; known && id != "" {
			pieces[at].item.Rows = append(pieces[at].item.Rows, row)
			pieces[at].listed++
			continue
		}
		if id != "" {
			if !r.first(user, id) {
				seen.again++
				continue
			}
			seen.first++
		}
		if !r.only.wants(user, id) || !r.within(row) {
			continue
		}
		place[id] = len(pieces)
		pieces = append(pieces, piece{listed: 1, item: transform.Item{User: user, ID: id, Rows: [][]byte{row}, Include: r.include}})
	}
	return pieces, seen
}

// within reports whether a list row may be of a day that is asked for. A row that ought to tell its day and does not is of none.
func (r *reader) within(row []byte) bool {
	return !r.days.Bounded() || r.resource.Dated == "" || r.days.Holds(r.resource.Day(row))
}

// understand fetches an object's detail and says what it means. Of what has a day, it is what the days hold.
func (r *reader) understand(ctx context.Context, p piece) (piece, error) {
	p, err := r.meaning(ctx, p)
	if err == nil && p.record != nil && r.days.Bounded() && r.resource.Period != nil {
		p.record.Within(*r.resource.Period, r.days)
	}
	if err == nil && p.record != nil {
		r.pace.count(p.record)
	}
	if err == nil && r.read != nil && p.objects() > 0 {
		r.read(p.objects())
	}
	return p, err
}

// detailIn is the object in the answer to a detail.
func (r *reader) detailIn(answer json.RawMessage) (json.RawMessage, error) {
	body, err := extract.Unwrap(answer, r.resource.DetailItem)
	if err == nil && isNobody(body) {
		err = &extract.Error{Class: extract.ClassMalformed, Status: 200, Err: errNobody}
	}
	return body, err
}

// hadDetail notes an object that the API has answered for.
func (r *reader) hadDetail(id string) {
	r.answered()
	r.had.Store(&id)
}

func (r *reader) meaning(ctx context.Context, p piece) (piece, error) {
	if p.record != nil {
		return p, nil
	}
	if r.memory.spare(&p) {
		p.record, p.spared = r.memory.stands(&p), true
		return p, nil
	}
	if r.resource.Detail != "" && p.item.ID != "" {
		answer, err := r.api.Get(ctx, extract.Request{
			Template: r.resource.Detail, Args: []string{p.item.ID}, Query: r.query, Known: r.memory.sameAnswer(&p),
		})
		if err == nil && p.same {
			r.hadDetail(p.item.ID)
			p.record, p.fetched = r.memory.same(&p), true
			return p, nil
		}
		body := answer
		if err == nil {
			body, err = r.detailIn(answer)
		}
		switch {
		case err == nil:
			r.hadDetail(p.item.ID)
			p.item.Detail, p.fetched = body, true
			if p.record = r.memory.recognise(&p, answer); p.record != nil {
				return p, nil
			}
		case extract.ClassOf(err) == extract.ClassNotFound: // it vanished between the list and now
			r.answered()
			p.gone, p.item.Rows = true, nil
			return p, nil
		default:
			p.record, p.failed, err = r.failed(ctx, p.item, failedDetail, err)
			return p, err
		}
	}
	p.record = r.resource.Normalize(p.item, r.sealer)
	if p.memory != nil {
		p.memory.Final = r.resource.IsFinal(p.record)
		p.record.Memory = p.memory
	}
	p.item.Rows, p.item.Detail = nil, nil
	return p, nil
}
