package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// asked are the projections that linkhouse asks for by default.
const asked = "depositAccounts,employment,identity,income,statements,timesheets,taxes"

// reader reads the API as plainly as it can be read, with as many requests in flight as linkhouse has.
type reader struct {
	base     string
	users    []string // whose accounts are read, instead of employers and employees
	client   *http.Client
	slots    chan struct{} // as many as may be in flight
	requests atomic.Int64
	bytes    atomic.Int64
}

func newReader(base string) *reader {
	const inFlight = 16
	return &reader{
		base:   base,
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: inFlight, MaxIdleConnsPerHost: inFlight}},
		slots:  make(chan struct{}, inFlight),
	}
}

// listed is a row of a list.
type listed struct {
	ID        string `json:"_id"`
	FirstName text   `json:"firstName"`
	LastName  text   `json:"lastName"`
	Employer  text   `json:"employer"`
}

// walk reads a list page by page and hands every detail to use, from many goroutines; nil throws them away. The body is good
// until use returns. There are a few more goroutines than requests may be in flight, so that decoding holds no slot.
func (r *reader) walk(ctx context.Context, resource string, query url.Values, use func(row listed, body []byte) error) error {
	list := func(ctx context.Context, yield func(listed) error) error { return r.list(ctx, resource, yield) }
	return r.each(ctx, list, func(row listed) string { return "/" + resource + "/" + row.ID }, query, use)
}

// accounts reads those of every user.
func (r *reader) accounts(ctx context.Context, use func(user listed, body []byte) error) error {
	list := func(_ context.Context, yield func(listed) error) error {
		for _, user := range r.users {
			if err := yield(listed{ID: user}); err != nil {
				return err
			}
		}
		return nil
	}
	return r.each(ctx, list, func(user listed) string { return "/" + url.PathEscape(user.ID) + "/pay-link/accounts" }, nil, use)
}

// each asks for what belongs to every row.
func (r *reader) each(ctx context.Context, list func(context.Context, func(listed) error) error, path func(listed) string, query url.Values,
	use func(row listed, body []byte) error) error {
	group, ctx := errgroup.WithContext(ctx)
	rows := make(chan listed, 100)
	group.Go(func() error {
		defer close(rows)
		return list(ctx, func(row listed) error {
			select {
			case rows <- row:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range cap(r.slots) + runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			var body bytes.Buffer
			into := io.Discard
			if use != nil {
				into = &body
			}
			for row := range rows {
				body.Reset()
				if err := r.get(ctx, path(row), query, into); err != nil {
					return err
				}
				if use == nil {
					continue
				}
				if err := use(row, body.Bytes()); err != nil {
					return fmt.Errorf("read what was asked for: %w", err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (r *reader) list(ctx context.Context, resource string, yield func(listed) error) error {
	query := url.Values{"limit": {"100"}}
	var body bytes.Buffer
	for {
		body.Reset()
		if err := r.get(ctx, "/"+resource, query, &body); err != nil {
			return err
		}
		var page struct {
			Data map[string]jsontext.Value `json:"data"`
		}
		var rows []listed
		var next string
		if err := json.Unmarshal(body.Bytes(), &page); err != nil {
			return fmt.Errorf("read the list of %s: %w", resource, err)
		}
		if err := json.Unmarshal(page.Data[resource], &rows); err != nil {
			return fmt.Errorf("read the list of %s: %w", resource, err)
		}
		if err := json.Unmarshal(page.Data["nextCursor"], &next); err != nil {
			return fmt.Errorf("read the list of %s: %w", resource, err)
		}
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		query.Set("nextCursor", next)
	}
}

// get asks once, writes the body to into, and takes anything but 200 for an error.
func (r *reader) get(ctx context.Context, path string, query url.Values, into io.Writer) error {
	r.slots <- struct{}{}
	defer func() { <-r.slots }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("x-api-key", "sandbox-key")
	req.Header.Set("x-api-secret", "sandbox-secret")
	req.Header.Set("accept", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	r.requests.Add(1)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", path, resp.StatusCode)
	}
	n, err := io.Copy(into, resp.Body)
	r.bytes.Add(n)
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// everything is what linkhouse asks for of an employee.
var everything = url.Values{"include": {asked}}

// fetch asks for everything and keeps nothing.
func (r *reader) fetch(ctx context.Context) error {
	if r.users != nil {
		return r.accounts(ctx, nil)
	}
	if err := r.walk(ctx, "employers", nil, nil); err != nil {
		return err
	}
	return r.walk(ctx, "employees", everything, nil)
}
