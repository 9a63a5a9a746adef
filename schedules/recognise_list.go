package schedules

import (
	"context"
	"encoding/json"
	"iter"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// lists is what is remembered of the lists of these users, where lists are recognised as one.
func (m *memory) lists(ctx context.Context, users []string) (map[load.Name]load.Remembered, error) {
	if m.recall == nil || !m.resource.OneList() {
		return nil, nil
	}
	names := make([]load.Name, len(users))
	for i, user := range users {
		names[i].User = user
	}
	return m.recall(ctx, names)
}

// sameList is the check of a list, before anything of it is read; nil when there is nothing to compare it with, as in a run that wants
// single objects only.
func (r *reader) sameList(ask *asking, same *bool) func(answer []byte) bool {
	if ask.known == nil || r.only != nil {
		return nil
	}
	return func(answer []byte) bool {
		*same = r.memory.printer.List(answer) == ask.known.Listed
		return *same
	}
}

// recognisedList are the objects of a list that was recognised, and the word that its user was asked. All of it is seen by the place of
// the list.
func (r *reader) recognisedList(list *load.Remembered) []piece {
	pieces := make([]piece, 0, len(list.Holds)+1)
	records := make([]transform.Record, len(list.Holds)+1)
	for i, id := range list.Holds {
		item := transform.Item{User: list.Name.User, ID: id}
		records[i] = *transform.Same(r.resource, item)
		records[i].Place = list.Place
		pieces = append(pieces, piece{listed: 1, item: item, record: &records[i]})
	}
	records[0].Believed = list.Believed
	asked := &records[len(list.Holds)]
	asked.Resource, asked.User, asked.Place = r.resource.Name, list.Name.User, list.Place
	return append(pieces, piece{asked: list.Name.User, record: asked, same: true})
}

// newList is how a list that was read can be recognised as one the next time; nil when it holds more or less than objects with ids
// of their own that are all read.
func (r *reader) newList(user string, answer []byte, rows []json.RawMessage, pieces []piece) *load.List {
	if r.memory.recall == nil || !r.resource.OneList() || r.only != nil || len(pieces) != len(rows) {
		return nil
	}
	list := &load.List{User: user, Print: r.memory.printer.List(answer), IDs: make([]string, len(pieces))}
	for i, p := range pieces {
		if p.item.ID == "" {
			return nil
		}
		list.IDs[i] = p.item.ID
	}
	return list
}

// userObjects reads the list of one user, and understands what stands in it unless something may be remembered of that.
func (r *reader) userObjects(ctx context.Context, ask asking) ([]piece, error) {
	pieces, err := r.userList(ctx, ask)
	for i := 0; i < len(pieces) && err == nil; i++ {
		if pieces[i].record != nil || !r.memory.knows {
			pieces[i], err = r.understand(ctx, pieces[i])
		}
	}
	return pieces, err
}

// understood are pages of lists together with what stands in those that were not recognised, where something may be remembered of it:
// that takes no request, and is looked for page by page.
func (r *reader) understood(ctx context.Context, pages iter.Seq2[extract.Page[piece], error]) iter.Seq2[extract.Page[piece], error] {
	return func(yield func(extract.Page[piece], error) bool) {
		for page, err := range r.attached(ctx, pages) {
			if err == nil {
				err = r.understandAll(ctx, page.Items)
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

func (r *reader) understandAll(ctx context.Context, pieces []piece) error {
	var group errgroup.Group
	group.SetLimit(max(1, r.inFlight))
	for i := range pieces {
		if pieces[i].record == nil {
			group.Go(func() (err error) {
				pieces[i], err = r.understand(ctx, pieces[i])
				return err
			})
		}
	}
	return group.Wait()
}
