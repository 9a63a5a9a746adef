package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/schedules"
)

type demoCmd struct {
	Dir string `placeholder:"DIR" help:"Directory to work in. Default: demo under data_dir."`
}

// Help is the long help of the verb.
func (demoCmd) Help() string {
	return `Shows everything at work, on this machine alone: a make-believe Atomic API, a private Postgres and a directory for the
documents. It runs the nightly job, lets a day pass in the make-believe world, runs the job again and shows what came
of it. It reads no configuration, touches nothing outside of its directory, and begins anew each time.

What it made stays there to be looked at: it ends with the commands for that.

Example:

    linkhouse demo`
}

// demo is a demonstration under way.
type demo struct {
	app    *app
	home   demoHome
	world  *sandbox.Server
	config *Config
	log    *slog.Logger
	engine *engine
	shown  *display
	// rejected is how many records the last night could not load.
	rejected int64
}

// Run plays two nights and shows what came of them.
func (c *demoCmd) Run(ctx context.Context, a *app) error {
	home, err := a.demoHome(c.Dir)
	if err != nil {
		return err
	}
	if err := home.clear(ctx); err != nil {
		return err
	}
	size := sandbox.DefaultConfig()
	size.Today = time.Now().UTC().Truncate(24 * time.Hour) // bills are upcoming by the real calendar
	world, err := sandbox.New(size)
	if err != nil {
		return err
	}
	base, err := world.Start()
	if err != nil {
		return err
	}
	defer func() { _ = world.Close() }()
	if err := home.furnish(world.UserIdentifiers()); err != nil {
		return err
	}
	d := &demo{app: a, home: home, world: world, shown: newDisplay(a.stderr)}
	a.stderr, a.globals.Config = d.shown, home.config
	if d.config, d.log, err = d.configure(base); err != nil {
		return err
	}
	if err := d.say(`linkhouse at work, all on this machine: a make-believe API with %s employers,
%s employees and %s users, a private Postgres and an archive, all of it under
%s.
`, thousands(int64(size.Employers)), thousands(int64(size.Employees)), thousands(int64(size.Users)), a.shellWord(home.dir)); err != nil {
		return err
	}
	return a.withEngine(ctx, d.config, d.log, engineOptions{migrate: true, documents: true}, func(e *engine) error {
		d.engine = e
		return d.play(ctx)
	})
}

// configure reads the configuration that the demonstration leaves behind, so that the commands it ends with meet the same.
func (d *demo) configure(base string) (*Config, *slog.Logger, error) {
	in := configInput{path: d.home.config, dir: d.home.dir, vars: map[string]string{},
		flags: map[string]string{"atomic.base_url": base}, flagged: map[string]string{"atomic.base_url": "demo"}}
	if level := string(d.app.globals.LogLevel); level != "" {
		in.flags["log.level"] = level
	}
	if format := string(d.app.globals.LogFormat); format != "" {
		in.flags["log.format"] = format
	}
	config, err := loadConfig(in)
	if err != nil {
		return nil, nil, err
	}
	return config, newLogger(d.app.stderr, config.Log), nil
}

// play goes through the two nights and what they leave.
func (d *demo) play(ctx context.Context) error {
	if err := d.night(ctx, "\nThe first night: everything is new.\n\n"); err != nil {
		return err
	}
	d.world.AdvanceDay()
	if err := d.night(ctx, "\nA day passes. The second night writes only what changed and keeps the old versions.\n\n"); err != nil {
		return err
	}
	for _, show := range []func(context.Context) error{d.tables, d.questions, d.files, d.goodbye} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// night runs the nightly job once. The world is odd on purpose, so rejects are no failure here.
func (d *demo) night(ctx context.Context, title string) error {
	plan, _, err := selection{Job: "nightly"}.plan(d.config)
	if err != nil {
		return err
	}
	users, err := d.config.namedUsers()
	if err != nil {
		return err
	}
	plan.Users = func(context.Context) ([]string, error) { return users, nil }
	if err := d.say("%s", title); err != nil {
		return err
	}
	var report *schedules.Report
	if err := d.engine.run(ctx, d.shown, plan, &report); err != nil {
		t := telling{app: d.app, report: report}
		return t.explained(report.Outcome.ExitCode(), err)
	}
	if report.Outcome != schedules.OutcomeComplete && report.Outcome != schedules.OutcomePartial {
		return errors.New("the nightly job ended as " + string(report.Outcome))
	}
	d.rejected = sum(report).Rejected
	return writeReport(d.app.stdout, report, d.shown.archiving())
}

func (d *demo) say(format string, args ...any) error {
	_, err := fmt.Fprintf(d.app.stdout, format, args...)
	return err
}
