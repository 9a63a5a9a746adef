package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// unchangedRuns is how often the run that finds nothing is repeated: it is short.
const unchangedRuns = 3

// worldRun is what was measured in a world.
type worldRun struct {
	World   string   `json:"world"`
	About   string   `json:"about"`
	People  int      `json:"people"` // employees or users
	Rows    int64    `json:"rows"`   // of the world, in all tables that are read
	Figures []figure `json:"figures"`
}

// of is the phase's run in the middle by wall time; the zero figure when it was not measured.
func (r worldRun) of(phase string) figure {
	var all []figure
	for _, f := range r.Figures {
		if f.Phase == phase {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return figure{}
	}
	slices.SortFunc(all, func(a, b figure) int { return int(a.Wall - b.Wall) })
	return all[len(all)/2]
}

// world serves a world and measures all phases in it. The body is fetched before each phase that it is compared with, so
// that a machine whose speed changes changes both sides.
func (b *bench) world(ctx context.Context, w world, rounds int) (run worldRun, err error) {
	run = worldRun{World: w.name, About: w.about, People: max(w.users, w.employees)}
	b.say("%s: %s; now %d people", w.name, w.about, run.People)
	s, err := b.serve(ctx, w)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, s.api.stop()) }()
	truth, err := s.api.truth(ctx)
	if err != nil {
		return run, err
	}
	if _, err := s.fetch(ctx); err != nil { // warms the sandbox and this machine
		return run, err
	}
	var database string
	for range rounds {
		if database, err = s.loads(ctx, &run, truth); err != nil {
			return run, err
		}
	}
	for range unchangedRuns {
		if err := s.beside(ctx, &run, phaseUnchanged, database); err != nil {
			return run, err
		}
	}
	if w.users > 0 { // a day changes employees only
		return run, nil
	}
	return run, s.changed(ctx, &run, database)
}

// changed lets a day pass and measures the run after it. The unchanged runs before it must have left everything as it was.
func (s *stage) changed(ctx context.Context, run *worldRun, database string) error {
	truth, err := s.api.truth(ctx)
	if err != nil {
		return err
	}
	if _, err := s.warehouse.check(ctx, database, truth, s.world.schema()); err != nil {
		return fmt.Errorf("after an unchanged run: %w", err)
	}
	if truth, err = s.api.advance(ctx); err != nil {
		return err
	}
	if err := s.beside(ctx, run, phaseChanged, database); err != nil {
		return err
	}
	_, err = s.warehouse.check(ctx, database, truth, s.world.schema())
	return err
}

// loads measures the plain program and linkhouse, each into a database of its own, and returns that of linkhouse.
func (s *stage) loads(ctx context.Context, run *worldRun, truth sandbox.Truth) (string, error) {
	fetched, err := s.fetch(ctx)
	if err != nil {
		return "", err
	}
	plain, database, err := s.plain(ctx)
	if err != nil {
		return "", err
	}
	if run.Rows, err = s.warehouse.check(ctx, database, truth, s.world.schema()); err != nil {
		return "", err
	}
	run.Figures = append(run.Figures, fetched, plain)
	if database, err = s.database(ctx, "linkhouse"); err != nil {
		return "", err
	}
	if err := s.beside(ctx, run, phaseFirst, database); err != nil {
		return "", err
	}
	rows, err := s.warehouse.check(ctx, database, truth, s.world.schema())
	if err != nil {
		return "", err
	}
	if first := run.Figures[len(run.Figures)-1]; rows != run.Rows || first.Rows != rows || first.Requests < plain.Requests { // its pages of large objects are smaller
		return "", fmt.Errorf("the loads differ: plain has %d rows from %d requests, linkhouse has %d and wrote %d from %d requests",
			run.Rows, plain.Requests, rows, first.Rows, first.Requests)
	}
	return database, nil
}

// beside measures a run of linkhouse with a fetch before it.
func (s *stage) beside(ctx context.Context, run *worldRun, phase, database string) error {
	fetched, err := s.fetch(ctx)
	if err != nil {
		return err
	}
	f, err := s.sync(ctx, phase, database)
	if err != nil {
		return err
	}
	run.Figures = append(run.Figures, fetched, f)
	return nil
}
