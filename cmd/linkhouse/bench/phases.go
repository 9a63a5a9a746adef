package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"
)

// bench is where everything runs.
type bench struct {
	linkhouse program
	self      program
	dir       string
	warehouse *warehouse
	say       func(format string, args ...any)
	databases int
}

// stage is a world that is served.
type stage struct {
	*bench
	world world
	api   *api
	users string // a file, where users are read
}

// serve starts a sandbox with the world, until its api is stopped.
func (b *bench) serve(ctx context.Context, w world, flags ...string) (*stage, error) {
	s := &stage{bench: b, world: w}
	flags = append(w.flags(), flags...)
	if w.users > 0 {
		s.users = filepath.Join(b.dir, w.name+".users")
		flags = append(flags, "--users-file", s.users)
	}
	var err error
	s.api, err = startAPI(ctx, b.linkhouse, flags...)
	return s, err
}

// done is what a child of ours says of itself.
type done struct {
	Requests int64 `json:"requests"`
	Bytes    int64 `json:"bytes"`
	Rows     int64 `json:"rows"`
}

// measure runs a phase between two looks at the counters of the API and of Postgres. A phase without a database writes none.
func (s *stage) measure(ctx context.Context, phase, database string, p program) (figure, []byte, error) {
	fail := func(err error) (figure, []byte, error) { return figure{}, nil, fmt.Errorf("%s: %w", phase, err) }
	if err := s.warehouse.settle(ctx, database); err != nil {
		return fail(err)
	}
	before, err := s.counters(ctx, database)
	if err != nil {
		return fail(err)
	}
	out, u, err := p.run(ctx)
	if err != nil {
		return fail(err)
	}
	after, err := s.counters(ctx, database)
	if err != nil {
		return fail(err)
	}
	f := figure{World: s.world.name, Phase: phase, Begun: u.Begun, Wall: u.Wall, CPU: u.CPU, RSS: u.RSS,
		Postgres: after.postgres - before.postgres, API: after.api - before.api,
		WAL: after.wal - before.wal, Requests: after.requests - before.requests, Rows: after.rows - before.rows}
	s.say("%-8s %-10s %8.2f s wall %8.2f s cpu", f.World, f.Phase, f.Wall.Seconds(), f.CPU.Seconds())
	return f, out, nil
}

type counters struct {
	wal, requests, rows int64
	postgres, api       time.Duration
}

func (s *stage) counters(ctx context.Context, database string) (c counters, err error) {
	if c.requests, err = s.api.requests(ctx); err != nil {
		return c, err
	}
	if database != "" {
		if c.rows, err = s.warehouse.written(ctx, database); err != nil {
			return c, err
		}
	}
	c.postgres, c.api = serverCPU(s.warehouse.pid), serverCPU(s.api.cmd.Process.Pid)
	c.wal, err = s.warehouse.wal(ctx)
	return c, err
}

// fetch asks for everything and throws it away.
func (s *stage) fetch(ctx context.Context) (figure, error) {
	p := s.self
	p.args = []string{childFetch}
	p.env = append(p.env, childAPI+"="+s.api.url, childUsers+"="+s.users)
	f, out, err := s.measure(ctx, phaseFetch, "", p)
	if err != nil {
		return f, err
	}
	err = agrees(&f, out)
	return f, err
}

// plain loads a new database with the plain program.
func (s *stage) plain(ctx context.Context) (f figure, database string, err error) {
	if database, err = s.database(ctx, phasePlain); err != nil {
		return f, "", err
	}
	p := s.self
	p.args = []string{childPlain}
	p.env = append(p.env, childAPI+"="+s.api.url, childUsers+"="+s.users, childDatabase+"="+s.warehouse.cluster.URL(database))
	f, out, err := s.measure(ctx, phasePlain, database, p)
	if err != nil {
		return f, "", err
	}
	err = agrees(&f, out)
	return f, database, err
}

// agrees compares what a child of ours says of itself with what was counted around it, and notes what only the child knows.
func agrees(f *figure, out []byte) error {
	var said done
	if err := json.Unmarshal(out, &said); err != nil {
		return fmt.Errorf("%s: %w", f.Phase, err)
	}
	f.Bytes = said.Bytes
	if said.Requests != f.Requests || said.Rows != f.Rows {
		return fmt.Errorf("%s: it says %d requests and %d rows, and %d and %d were counted", f.Phase, said.Requests, said.Rows, f.Requests, f.Rows)
	}
	return nil
}

// database makes one for a phase.
func (s *stage) database(ctx context.Context, phase string) (string, error) {
	s.databases++
	name := fmt.Sprintf("%s_%d", phase, s.databases)
	return name, s.warehouse.create(ctx, name)
}

// sync is a run of linkhouse.
func (s *stage) sync(ctx context.Context, phase, database string, settings ...string) (figure, error) {
	p := s.linkhouse
	p.args = append([]string{"sync", "--output", "json"}, s.world.resources()...)
	p.env = append(p.env,
		"LINKHOUSE_DATA_DIR="+filepath.Join(s.dir, "data"),
		"LINKHOUSE_WAREHOUSE_URL="+s.warehouse.cluster.URL(database),
		"LINKHOUSE_ATOMIC_BASE_URL="+s.api.url,
		"LINKHOUSE_ATOMIC_API_KEY=sandbox-key",
		"LINKHOUSE_ATOMIC_API_SECRET=sandbox-secret",
	)
	if s.users != "" {
		p.env = append(p.env, "LINKHOUSE_USERS_FILE="+s.users)
	}
	p.env = append(p.env, settings...)
	f, _, err := s.measure(ctx, phase, database, p)
	return f, err
}
