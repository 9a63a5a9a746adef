package load

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkhouse/linkhouse/transform"
)

// Options of a Store.
type Options struct {
	// Resources is the catalog; its tables are the ones that can be written.
	Resources []*transform.Resource
	MaxConns  int // 0: 12
	// Clock gives the time of a page; nil is the wall clock.
	Clock  func() time.Time
	Logger *slog.Logger
	// Dial opens the connections to the warehouse; nil is the network as it is. It is there for tests that cut the wire at every
	// message of a run: no tracer sees COPY, or an answer that is on its way.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Store is the warehouse.
type Store struct {
	pool      *pgxpool.Pool
	resources map[string]*transform.Resource
	lines     map[*transform.Table][]*transform.Table // the tables of lines that live with a table's rows
	runs      sync.Map                                // the *Run that this process has under way, by resource
	clock     func() time.Time
	log       *slog.Logger
}

// Open connects to a migrated warehouse. It fails with an *Error of ClassUnavailable when the database cannot be reached.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, &Error{Op: "read warehouse.url", Class: ClassConfig, err: err}
	}
	config.MaxConns = 12
	if o.MaxConns > 0 {
		config.MaxConns = int32(min(o.MaxConns, 1000))
	}
	params := config.ConnConfig.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = "linkhouse"
	}
	params["timezone"] = "UTC"
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	if o.Dial != nil {
		config.ConnConfig.DialFunc = o.Dial
	}
	mind(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fail("connect to the warehouse", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fail("connect to the warehouse", err)
	}
	s := &Store{pool: pool, resources: map[string]*transform.Resource{}, lines: map[*transform.Table][]*transform.Table{}, clock: o.Clock, log: o.Logger}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, r := range o.Resources {
		s.resources[r.Name] = r
		for _, t := range r.Tables() {
			if t.Lines {
				parent := parentOf(t, r.Tables())
				s.lines[parent] = append(s.lines[parent], t)
			}
		}
	}
	return s, nil
}

// Close gives all connections back.
func (s *Store) Close() { s.pool.Close() }

// now is the time of a transaction, as exact as Postgres keeps it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// parentOf is the table whose rows the lines live with: the one whose key is theirs without the number of the line.
func parentOf(lines *transform.Table, tables []*transform.Table) *transform.Table {
	for _, t := range tables {
		if !t.Lines && slices.Equal(t.Key, lines.Key[:len(lines.Key)-1]) {
			return t
		}
	}
	return nil
}
