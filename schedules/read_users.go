package schedules

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// asking is a user who is to be asked, and what is remembered of their list, where lists are recognised as one.
type asking struct {
	user  string
	known *load.Remembered
}

func askingFor(user string, known map[load.Name]load.Remembered) asking {
	if list, ok := known[load.Name{User: user}]; ok {
		return asking{user, &list}
	}
	return asking{user: user}
}

// userChunks are the users who are still to be asked, some at a time. PayLink has no list of users and no cursor: the cursor is
// the last user who was asked, in the order of the identifiers.
func (r *reader) userChunks(ctx context.Context, from string) iter.Seq2[extract.Page[asking], error] {
	return func(yield func(extract.Page[asking], error) bool) {
		start, found := slices.BinarySearch(r.users, from)
		if found {
			start++
		}
		number := 0
		for chunk := range slices.Chunk(r.users[start:], r.pageSize) {
			number++
			known, err := r.memory.lists(ctx, chunk)
			if err != nil {
				yield(extract.Page[asking]{}, err)
				return
			}
			page := extract.Page[asking]{Number: number}
			for _, user := range chunk {
				page.Items = append(page.Items, askingFor(user, known))
			}
			if last := chunk[len(chunk)-1]; last != r.users[len(r.users)-1] {
				page.Next = last
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// attached are pages of objects together with what is remembered of them.
func (r *reader) attached(ctx context.Context, pages iter.Seq2[extract.Page[piece], error]) iter.Seq2[extract.Page[piece], error] {
	return func(yield func(extract.Page[piece], error) bool) {
		for page, err := range pages {
			if err == nil {
				err = r.memory.attach(ctx, page.Items)
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// flat makes one page of what stands in the lists of some users.
func flat(lists iter.Seq2[extract.Page[[]piece], error]) iter.Seq2[extract.Page[piece], error] {
	return func(yield func(extract.Page[piece], error) bool) {
		for page, err := range lists {
			out := extract.Page[piece]{Number: page.Number, Cursor: page.Cursor, Next: page.Next, Items: slices.Concat(page.Items...)}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

// userList reads the list of one user. A user whom the API does not know has nothing; one whose list keeps failing costs
// only itself.
func (r *reader) userList(ctx context.Context, ask asking) ([]piece, error) {
	user, same := ask.user, false
	answer, err := r.api.Get(ctx, extract.Request{Template: r.resource.List, Args: []string{user}, Known: r.sameList(&ask, &same)})
	if err == nil && same {
		r.answered()
		r.known.Store(&user)
		return r.recognisedList(ask.known), nil
	}
	var rows []json.RawMessage
	if err == nil {
		rows, err = unwrapRows(answer, r.resource.Items)
	}
	switch {
	case err == nil:
		r.answered()
		r.known.Store(&user)
		pieces := r.pieces(user, rows)
		asked := r.askedUser(user)
		asked.list = r.newList(user, answer, rows, pieces)
		return append(pieces, asked), nil
	case extract.ClassOf(err) == extract.ClassNotFound:
		r.answered()
		return []piece{r.askedUser(user)}, nil
	}
	item := transform.Item{User: user}
	record, failed, err := r.failed(ctx, item, failedList, err)
	return []piece{{item: item, record: record, failed: failed}}, err
}

// askedUser is the word that a user's list was read to its end.
func (r *reader) askedUser(user string) piece {
	return piece{asked: user, record: transform.Asked(r.resource, user)}
}

func unwrapRows(body json.RawMessage, key string) ([]json.RawMessage, error) {
	body, err := extract.Unwrap(body, key)
	if err != nil {
		return nil, err
	}
	return extract.Elements(body)
}
