package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// version is set by the build.
var version = "development"

// Env is what a run takes from its surroundings.
type Env struct {
	Vars  map[string]string // environment variables
	Dir   string            // working directory: where linkhouse.yaml is looked for
	Stdin io.Reader
	// Program is how a person calls this program; "" is linkhouse.
	Program string

	// Tests have no time; 0 leaves both to the client.
	backoff  time.Duration // between attempts at a request
	patience time.Duration // that a Retry-After may ask for at most

	// Tests look at the progress as it is shown, by a clock of their own.
	clock func() time.Time
	watch func(step, time.Time)
}

// cli is the grammar: the flags that every verb has, and the verbs in the order in which help lists them.
type cli struct {
	globals

	Demo      demoCmd      `cmd:"" group:"start" help:"See everything at work on this machine, with made-up data."`
	Init      initCmd      `cmd:"" group:"start" help:"Write a commented configuration file."`
	Check     checkCmd     `cmd:"" group:"start" help:"Tell whether the settings, the API, the warehouse and the archive work."`
	Sandbox   sandboxCmd   `cmd:"" group:"start" help:"Serve a make-believe Atomic API on this machine."`
	Sync      syncCmd      `cmd:"" group:"work" help:"Read the API and bring the warehouse to it."`
	Backfill  backfillCmd  `cmd:"" group:"work" help:"Read one resource once, whole or in part."`
	Serve     serveCmd     `cmd:"" group:"work" help:"Run the jobs when they are due, and show how things stand."`
	Status    statusCmd    `cmd:"" group:"look" help:"How fresh everything is, what runs now and what needs attention."`
	Runs      runsCmd      `cmd:"" group:"look" help:"Runs: when they were and how they went."`
	Schedules schedulesCmd `cmd:"" group:"look" help:"Jobs: when they ran, when they run next, and why."`
	Rejects   rejectsCmd   `cmd:"" group:"look" help:"Records that could not be loaded."`
	Drift     driftCmd     `cmd:"" group:"look" help:"Departures of the API from its references."`
	Metrics   metricsCmd   `cmd:"" group:"look" help:"A dashboard and alert rules for what serve measures."`
	Documents documentsCmd `cmd:"" group:"archive" help:"The archive of documents."`
	Migrate   migrateCmd   `cmd:"" group:"warehouse" help:"Create, update or take back the tables of the warehouse."`
	Psql      psqlCmd      `cmd:"" group:"warehouse" help:"Open psql on the warehouse, or run one statement."`
}

var groups = kong.Groups{
	"start":     "Getting started:",
	"work":      "Reading the API:",
	"look":      "How it went:",
	"archive":   "The archive of documents:",
	"warehouse": "The warehouse:",
	"globals":   "Flags of every command:",
}

type globals struct {
	Config    string      `group:"globals" placeholder:"FILE" help:"Configuration file. Default: linkhouse.yaml where it exists. LINKHOUSE_CONFIG sets it, too."`
	LogLevel  logLevel    `group:"globals" placeholder:"LEVEL" help:"Least level to log: debug, info, warn or error."`
	LogFormat logFormat   `group:"globals" placeholder:"FORMAT" help:"Form of the log: text or json."`
	Version   versionFlag `group:"globals" help:"Print the version and stop."`
	Help      helpFlag    `group:"globals" short:"h" help:"Print help for any command and stop."`
}

type (
	logLevel  string
	logFormat string
)

// Validate refuses an unknown word before any verb runs: some of them read no configuration.
func (l logLevel) Validate() error { return oneOf("", "debug", "info", "warn", "error")(string(l)) }

// Validate refuses an unknown word before any verb runs.
func (f logFormat) Validate() error { return oneOf("", "text", "json")(string(f)) }

const description = `linkhouse reads payroll, employment and bill data from Atomic's EmployerLink and PayLink APIs
into a Postgres warehouse. It only ever reads from the API.

New here? Try these, in this order:
  linkhouse demo   everything at work on this machine, with made-up data, in a few seconds
  linkhouse init   writes linkhouse.yaml, in which every setting is explained
  linkhouse check  tells whether the settings, the API, the warehouse and the archive work
  linkhouse sync   reads everything; linkhouse psql then looks at it

Without warehouse.url a private Postgres on this machine is used; nothing else needs to be set up.`

// Run carries out one command line and returns the exit code. Data goes to stdout; the log, progress and errors to stderr.
func Run(ctx context.Context, args []string, env Env, stdout, stderr io.Writer) int {
	if env.Program == "" {
		env.Program = "linkhouse"
	}
	var grammar cli
	parser, err := kong.New(&grammar,
		kong.Name("linkhouse"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, NoAppDescFormat: true, WrapUpperBound: 100}),
		groups,
		worldSize(),
	)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "linkhouse: command grammar: %v\n", err)
		return exitFailure
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err == nil {
		a := &app{env: env, args: args, globals: grammar.globals, stdout: stdout, stderr: stderr}
		command.BindTo(ctx, (*context.Context)(nil))
		err = command.Run(a)
	}
	if errors.Is(err, errAnswered) {
		return exitComplete
	}
	code := exitCode(err)
	if err != nil && ctx.Err() != nil && code != exitRefused {
		code = exitInterrupted // whatever else broke when it was stopped
	}
	explain(stderr, err, code)
	return code
}

// explain tells a person what went wrong and what to do about it.
func explain(w io.Writer, err error, code int) {
	var over *ended
	var known *failure
	var problems Problems
	var parse *kong.ParseError
	switch {
	case err == nil, errors.As(err, &over):
	case code == exitInterrupted:
		_, _ = fmt.Fprintln(w, "linkhouse: interrupted")
		if errors.As(err, &known) && known.code == exitInterrupted && known.hint != "" {
			_, _ = fmt.Fprintf(w, "  %s\n", known.hint)
		}
	case errors.As(err, &problems):
		_, _ = fmt.Fprintf(w, "linkhouse: the configuration has %s:\n", counted(len(problems), "mistake"))
		for _, p := range problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
	case errors.As(err, &parse):
		_, _ = fmt.Fprintf(w, "linkhouse: %s\n", err)
		_, _ = fmt.Fprintf(w, "  try: %s --help\n", commandOf(parse))
	default:
		_, _ = fmt.Fprintf(w, "linkhouse: %s\n", err)
		if hint := hintOf(err); hint != "" {
			_, _ = fmt.Fprintf(w, "  %s\n", hint)
		}
	}
}

// commandOf is as much of the command as was understood.
func commandOf(parse *kong.ParseError) string {
	if parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			return node.FullPath()
		}
	}
	return "linkhouse"
}

// counted writes a number with its noun: one record, 2 records, 2 fields or values.
func counted(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return thousands(int64(n)) + " " + strings.ReplaceAll(noun, " or ", "s or ") + "s"
}

// worldSize tells the help of the sandbox how large its world is by default.
func worldSize() kong.Vars {
	c := sandbox.DefaultConfig()
	vars := kong.Vars{}
	for name, n := range map[string]int{"employers": c.Employers, "employees": c.Employees, "statements": c.Statements, "lines": c.Lines, "users": c.Users,
		"documents": c.Documents, "payroll_runs": c.PayrollRuns, "document_size": c.DocumentBytes} {
		vars["sandbox_"+name] = strconv.Itoa(n)
	}
	return vars
}

// errAnswered ends the parsing when a flag such as --help has answered everything.
var errAnswered = errors.New("answered")

type helpFlag bool

// BeforeReset runs before anything is missed in the rest of the command line.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	if ctx.Selected() == nil {
		if _, err := fmt.Fprintf(ctx.Stdout, "\n%s\n\nHelp for a command, with examples: linkhouse <command> --help\n", exitHelp); err != nil {
			return err
		}
	}
	return errAnswered
}

// IgnoreDefault keeps help from printing the flag's zero value.
func (helpFlag) IgnoreDefault() {}

type versionFlag bool

// BeforeReset answers before a command is missed.
func (versionFlag) BeforeReset(ctx *kong.Context) error {
	if _, err := fmt.Fprintln(ctx.Stdout, "linkhouse "+strings.TrimPrefix(version, "v")); err != nil {
		return err
	}
	return errAnswered
}
