package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// batchRows is when a batch is full: some seconds of work for Postgres, and a few dozen megabytes here.
const batchRows = 50_000

// plain is the program that somebody would write in an afternoon who needs the rows once: it decodes into structs, collects
// and copies. It notes no progress, recognises no change, keeps no history and stops at the first thing that it did not
// expect. It reads on while a batch is copied.
type plain struct {
	reader *reader
	conn   *pgx.Conn
	full   chan *batch
	spare  chan *batch // copied, to be filled again

	mu        sync.Mutex
	filling   *batch
	companies map[text]bool // that were met
	copied    int64
}

func newPlain(r *reader, conn *pgx.Conn) *plain {
	return &plain{reader: r, conn: conn, full: make(chan *batch), spare: make(chan *batch, 3), filling: new(batch), companies: map[text]bool{}}
}

// load reads everything, and returns how many rows it copied.
func (p *plain) load(ctx context.Context) (int64, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		for b := range p.full {
			if err := p.copy(ctx, b); err != nil {
				return err
			}
			b.empty()
			p.spare <- b // there are three at most: one is filled, one waits, one is copied
		}
		return nil
	})
	group.Go(func() error {
		defer close(p.full)
		read := p.employees
		if p.reader.users != nil {
			read = p.accounts
		}
		if err := read(ctx); err != nil {
			return err
		}
		return p.hand(ctx, p.filling)
	})
	err := group.Wait()
	return p.copied, err
}

func (p *plain) employees(ctx context.Context) error {
	err := p.reader.walk(ctx, "employers", nil, func(_ listed, body []byte) error {
		return p.collect(ctx, func(b *batch) error { return b.addEmployer(body) })
	})
	if err != nil {
		return err
	}
	return p.reader.walk(ctx, "employees", everything, func(row listed, body []byte) error {
		var d employeeDetail
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
		return p.collect(ctx, func(b *batch) error { return b.addEmployee(&row, &d.Data) })
	})
}

func (p *plain) accounts(ctx context.Context) error {
	return p.reader.accounts(ctx, func(user listed, body []byte) error {
		var of accountsOf
		if err := json.Unmarshal(body, &of); err != nil {
			return err
		}
		identifier := text(user.ID)
		return p.collect(ctx, func(b *batch) error { return b.addAccounts(&identifier, &of, p.companies) })
	})
}

// collect adds rows and hands a full batch on.
func (p *plain) collect(ctx context.Context, add func(*batch) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := add(p.filling); err != nil {
		return err
	}
	if p.filling.rows < batchRows {
		return nil
	}
	b := p.filling
	select {
	case p.filling = <-p.spare:
	default:
		p.filling = new(batch)
	}
	return p.hand(ctx, b)
}

func (p *plain) hand(ctx context.Context, b *batch) error {
	select {
	case p.full <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *plain) copy(ctx context.Context, b *batch) error {
	for t := range tables {
		if len(b.values[t]) == 0 {
			continue
		}
		columns := tables[t].columns
		if !tables[t].lines {
			columns = append(columns[:len(columns):len(columns)], about...)
		}
		n, err := p.conn.CopyFrom(ctx, pgx.Identifier{tables[t].schema, tables[t].name}, columns, &flat{values: b.values[t], width: len(columns)})
		if err != nil {
			return fmt.Errorf("copy to %s: %w", tables[t].name, err)
		}
		if t != companiesTable { // which nobody counts, see warehouse.written
			p.copied += n
		}
	}
	return nil
}

// flat gives the rows of one table to the driver.
type flat struct {
	values []any
	width  int
	at     int
}

// Next goes on to the next row.
func (f *flat) Next() bool {
	f.at += f.width
	return f.at <= len(f.values)
}

// Values are the row's.
func (f *flat) Values() ([]any, error) { return f.values[f.at-f.width : f.at], nil }

// Err is never one.
func (f *flat) Err() error { return nil }
