package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// curveSizes are the employees of the worlds in which the cost per employee is compared.
var curveSizes = []int{2_000, 20_000, 200_000}

// curve is what an employee costs in worlds of several sizes. It is flat where a run costs what it reads, and no more.
type curve []curvePoint

type curvePoint struct {
	Employees int    `json:"employees"`
	Rows      int64  `json:"rows"`
	First     figure `json:"first"`
	Unchanged figure `json:"unchanged"`
}

func (b *bench) curve(ctx context.Context, scale float64) (curve, error) {
	var c curve
	for _, n := range curveSizes {
		w, err := worldNamed("small")
		if err != nil {
			return nil, err
		}
		w.name = fmt.Sprintf("%s-%d", nameCurve, n)
		p, err := b.point(ctx, w.scaled(scale*float64(n)/float64(w.employees)))
		if err != nil {
			return nil, err
		}
		c = append(c, p)
	}
	return c, nil
}

func (b *bench) point(ctx context.Context, w world) (p curvePoint, err error) {
	b.say("curve: %d employees", w.employees)
	s, err := b.serve(ctx, w)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.api.stop()) }()
	truth, err := s.api.truth(ctx)
	if err != nil {
		return p, err
	}
	p.Employees = w.employees
	var database string
	if p.First, database, err = s.load(ctx, phaseFirst); err != nil {
		return p, err
	}
	if p.Rows, err = b.warehouse.check(ctx, database, truth, "employerlink"); err != nil {
		return p, err
	}
	p.Unchanged, err = s.sync(ctx, phaseUnchanged, database)
	return p, errors.Join(err, b.warehouse.cluster.DropDatabase(ctx, database))
}

func (c curve) text() string {
	var out strings.Builder
	out.WriteString("curve: what an employee costs in a larger world\n\n")
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")+"\t") }
	line("employees", "rows", "first wall µs", "first cpu µs", "first pg cpu µs", "first rss MB", "again wall µs", "again cpu µs", "again pg cpu µs", "again rss MB")
	for _, p := range c {
		each := func(d time.Duration) string { return decimals(float64(d.Microseconds())/float64(p.Employees), 1) }
		line(thousands(int64(p.Employees)), thousands(p.Rows), each(p.First.Wall), each(p.First.CPU), each(p.First.Postgres), megabytes(p.First.RSS),
			each(p.Unchanged.Wall), each(p.Unchanged.CPU), each(p.Unchanged.Postgres), megabytes(p.Unchanged.RSS))
	}
	_ = w.Flush() // a Builder takes everything
	return out.String()
}

// targets compare the last point with the first by CPU time, of which other programs take nothing away.
func (c curve) targets() []string {
	small, large := c[0], c[len(c)-1]
	growth := func(of func(figure) time.Duration) (first, again float64) {
		scale := float64(small.Employees) / float64(large.Employees)
		return scale * float64(of(large.First)) / float64(of(small.First)), scale * float64(of(large.Unchanged)) / float64(of(small.Unchanged))
	}
	var all []string
	for _, p := range []struct {
		name string
		of   func(figure) time.Duration
	}{{"linkhouse", func(f figure) time.Duration { return f.CPU }}, {"Postgres", func(f figure) time.Duration { return f.Postgres }}} {
		if p.of(small.First) == 0 || p.of(small.Unchanged) == 0 {
			continue // the system does not tell, or the world was too small
		}
		first, again := growth(p.of)
		all = append(all, verdict(max(first, again) <= wantFlat, nameCurve,
			"an employee among %s takes %s %.2f times the CPU of one among %s at first, and %.2f times when nothing changed (wanted: %.1f or less)",
			thousands(int64(large.Employees)), p.name, first, thousands(int64(small.Employees)), again, wantFlat))
	}
	return all
}

func (c curve) goBench() string {
	var out strings.Builder
	for _, p := range c {
		out.WriteString(p.First.goBench() + "\n" + p.Unchanged.goBench() + "\n")
	}
	return out.String()
}
