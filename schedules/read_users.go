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

// asking is a user who is to be asked, and what is remembered of what stood in their list, by transform.SeenKey.
type asking struct {
	user  string
	known map[string]load.Remembered
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
			known, err := r.memory.of(ctx, chunk)
			if err != nil {
				yield(extract.Page[asking]{}, err)
				return
			}
			page := extract.Page[asking]{Number: number}
			for _, user := range chunk {
				page.Items = append(page.Items, asking{user, known})
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

// userObjects reads the list of one user and understands what stands in it.
func (r *reader) userObjects(ctx context.Context, ask asking) ([]piece, error) {
	pieces, err := r.userList(ctx, ask)
	for i := 0; i < len(pieces) && err == nil; i++ {
		pieces[i], err = r.understand(ctx, pieces[i])
	}
	return pieces, err
}

// userList reads the list of one user. A user whom the API does not know has nothing; one whose list keeps failing costs
// only itself.
func (r *reader) userList(ctx context.Context, ask asking) ([]piece, error) {
	user := ask.user
	body, err := r.api.Get(ctx, extract.Request{Template: r.resource.List, Args: []string{user}})
	var rows []json.RawMessage
	if err == nil {
		rows, err = unwrapRows(body, r.resource.Items)
	}
	switch {
	case err == nil:
		r.answered()
		r.known.Store(&user)
		pieces := r.pieces(user, rows)
		remind(pieces, ask.known)
		return append(pieces, r.askedUser(user)), nil
	case extract.ClassOf(err) == extract.ClassNotFound:
		r.answered()
		return []piece{r.askedUser(user)}, nil
	}
	item := transform.Item{User: user}
	record, failed, err := r.failed(item, "list", err)
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
