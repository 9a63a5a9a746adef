package schedules

import (
	"context"
	"encoding/json"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// lists is what is remembered of the lists of these users, where lists are recognised as one.
func (m *memory) lists(ctx context.Context, users []string) (map[load.Name]load.Remembered, error) {
	if m.recallLists == nil {
		return nil, nil
	}
	names := make([]load.Name, len(users))
	for i, user := range users {
		names[i].User = user
	}
	return m.recallLists(ctx, names)
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

// recognisedList stands for all objects of a list, and is the word that its user was asked.
func (r *reader) recognisedList(list *load.Remembered) []piece {
	record := transform.SameList(r.resource, list.Name.User, list.Holds)
	record.Believed, record.Place = list.Believed, list.Place
	return []piece{{item: transform.Item{User: list.Name.User}, asked: list.Name.User, listed: int64(len(list.Holds)), record: record, same: true}}
}

// newList is how a list that was read can be recognised as one the next time; nil when it holds more or less than objects with ids
// of their own that are all read.
func (r *reader) newList(user string, answer []byte, rows []json.RawMessage, pieces []piece) *load.List {
	if r.memory.recallLists == nil || r.only != nil || len(pieces) != len(rows) {
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

// userObjects reads the list of one user, and understands what stands in it.
func (r *reader) userObjects(ctx context.Context, ask asking) ([]piece, error) {
	pieces, err := r.userList(ctx, ask)
	for i := 0; i < len(pieces) && err == nil; i++ {
		pieces[i], err = r.understand(ctx, pieces[i])
	}
	return pieces, err
}
