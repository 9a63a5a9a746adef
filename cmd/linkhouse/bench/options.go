package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options are the command line's.
type options struct {
	linkhouse string
	measure   []string // worlds and what else is measured, by name
	scale     float64
	rounds    int
	json      string
	bench     string
	dir       string
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var measure string
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&o.linkhouse, "linkhouse", "bin/linkhouse", "the program to measure")
	set.StringVar(&measure, "world", "large", "what to measure, separated by commas or spaces: "+strings.Join(known(), ", "))
	set.Float64Var(&o.scale, "scale", 1, "make the worlds larger or smaller by this factor, in employees")
	set.IntVar(&o.rounds, "rounds", 1, "how often the loads are repeated; the one in the middle counts")
	set.StringVar(&o.json, "json", "bin/bench.json", "file for all figures")
	set.StringVar(&o.bench, "out", "bin/bench.txt", "file for the figures in the format of go test -bench, for benchstat")
	set.StringVar(&o.dir, "dir", "", "directory for the private Postgres while it is needed; by default a temporary one")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	o.measure = strings.FieldsFunc(measure, func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("what is %q?", set.Arg(0))
	case o.scale <= 0, o.rounds < 1, len(o.measure) == 0:
		return o, errors.New("there is nothing to measure: scale and rounds must be positive, and a world be named")
	}
	for _, name := range o.measure {
		if !slices.Contains(known(), name) {
			return o, fmt.Errorf("%q cannot be measured: known are %s", name, strings.Join(known(), ", "))
		}
	}
	return o, nil
}

// run measures what was asked for and reports it.
func (o options) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp(o.dir, "linkhouse-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	linkhouse, err := filepath.Abs(o.linkhouse)
	if err != nil {
		return err
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	b := &bench{
		linkhouse: program{path: linkhouse, env: env, dir: dir, stderr: io.Discard},
		self:      program{path: self, env: env, dir: dir, stderr: io.Discard},
		dir:       dir,
		say:       func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) },
	}
	begun := time.Now()
	if b.warehouse, err = openWarehouse(ctx, filepath.Join(dir, "postgres")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.warehouse.close()) }()
	r := report{Machine: thisMachine(), Scale: o.scale}
	for _, name := range o.measure {
		if err := b.measureOne(ctx, name, o, &r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	b.say("measured in %s", time.Since(begun).Round(time.Second))
	return r.publish(stdout, o)
}

func (b *bench) measureOne(ctx context.Context, name string, o options, r *report) (err error) {
	switch name {
	case nameStartup:
		r.Startup, err = b.startup(ctx)
	case nameLatency:
		r.Latency, err = b.latency(ctx, o.scale)
	case nameCurve:
		r.Curve, err = b.curve(ctx, o.scale)
	default:
		w, err := worldNamed(name)
		if err != nil {
			return err
		}
		run, err := b.world(ctx, w.scaled(o.scale), o.rounds)
		if err != nil {
			return err
		}
		r.Worlds = append(r.Worlds, run)
	}
	return err
}
