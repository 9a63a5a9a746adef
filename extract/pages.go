package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// emptyPages bounds how many pages without a row may follow each other in one walk.
const emptyPages = 1000

// List names a list that is read page by page.
type List struct {
	Request
	Items string // the key of the rows: "employees"
	// Limit, when set, says how many rows to ask for with the next page: 1 at least, and the configured page size at most.
	Limit func() int
}

// Page is one page of a list.
type Page[T any] struct {
	Number int    // from 1 within the walk
	Cursor string // what the page was asked with, "" for the first
	Next   string // what the next one is asked with, "" at the end
	Items  []T
}

// Pages walks a list from a cursor on, "" being the beginning. Cursors are opaque (T12). The end is a cursor that is null,
// missing or empty; how full a page is says nothing. Nothing is read ahead: the next page is asked for when the loop comes
// back for it. Nothing follows an error.
//
// Errors beside those of Get, all of them *Error: ClassMalformed when the key of the rows is missing or no array,
// ClassLoop when a cursor comes a second time or 1000 empty pages follow each other. The page that brought such a cursor
// is not yielded. A cursor that is answered by 400, 404 or 422 is ErrCursorRefused.
func (c *Client) Pages(ctx context.Context, list List, from string) iter.Seq2[Page[json.RawMessage], error] {
	return func(yield func(Page[json.RawMessage], error) bool) {
		seed := maphash.MakeSeed()
		seen := map[uint64]struct{}{} // of the cursors asked with: hashes, because a long walk has very many
		empty := 0
		cursor := from
		for number := 1; ; number++ {
			seen[maphash.String(seed, cursor)] = struct{}{}
			page, err := c.page(ctx, list, cursor)
			if err == nil {
				if empty++; len(page.Items) > 0 {
					empty = 0
				}
				err = endless(list, page, empty, func(next string) bool {
					_, ok := seen[maphash.String(seed, next)]
					return ok
				})
			}
			if err != nil {
				yield(Page[json.RawMessage]{}, err)
				return
			}
			page.Number = number
			if !yield(page, nil) || page.Next == "" {
				return
			}
			cursor = page.Next
		}
	}
}

// endless finds a walk that would not end.
func endless(list List, page Page[json.RawMessage], empty int, seen func(string) bool) error {
	switch {
	case page.Next == "":
		return nil
	case seen(page.Next):
		return &Error{Op: list.op(), Class: ClassLoop, Status: http.StatusOK, Err: errors.New("a cursor came a second time")}
	case empty >= emptyPages:
		return &Error{Op: list.op(), Class: ClassLoop, Status: http.StatusOK, Err: errors.New("too many empty pages in a row")}
	}
	return nil
}

// page reads one page. Its shape is checked within the attempt, so that a wrong one is asked for again.
func (c *Client) page(ctx context.Context, list List, cursor string) (Page[json.RawMessage], error) {
	page := Page[json.RawMessage]{Cursor: cursor}
	request := list.Request
	request.Known = nil
	query := url.Values{}
	maps.Copy(query, list.Query.values)
	limit := c.core.pageSize
	if list.Limit != nil {
		limit = min(max(list.Limit(), 1), limit)
	}
	query.Set("limit", strconv.Itoa(limit))
	if cursor != "" {
		query.Set("nextCursor", cursor)
	}
	request.Query = NewQuery(query)
	_, err := c.get(ctx, request, func(body json.RawMessage) (err error) {
		page.Items, page.Next, err = rows(body, list.Items)
		return err
	})
	var e *Error
	if cursor != "" && errors.As(err, &e) {
		switch e.Status {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
			return page, fmt.Errorf("%w: %w", ErrCursorRefused, err)
		}
	}
	return page, err
}

// rows takes a page apart: {"data": {key: [..], "nextCursor": ..}}, or the same without "data". A cursor beside "data"
// counts when there is none inside.
func rows(body json.RawMessage, key string) ([]json.RawMessage, string, error) {
	names := [3]string{key, "data", "nextCursor"}
	outer, err := fields(body, names)
	if err != nil {
		return nil, "", err
	}
	holder := outer
	if outer[0] == nil {
		if holder, err = fields(outer[1], names); err != nil {
			return nil, "", err
		}
	}
	list, next := holder[0], holder[2]
	if kindOf(list) != '[' {
		return nil, "", fmt.Errorf("answer has no list of %s", key)
	}
	items, err := elements(list)
	if err != nil {
		return nil, "", err
	}
	if next == nil {
		next = outer[2]
	}
	cursor, err := cursorText(next)
	return items, cursor, err
}

// cursorText reads a cursor: text, or a number, which stays as it is written.
func cursorText(raw json.RawMessage) (string, error) {
	switch kind := kindOf(raw); {
	case kind == 0, kind == 'n':
		return "", nil
	case kind == '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", errors.New("cursor is not json")
		}
		return text, nil
	case kind == '-', kind >= '0' && kind <= '9':
		return string(raw), nil
	}
	return "", errors.New("cursor is neither text nor a number")
}
