package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

type sandboxCmd struct {
	Listen       string        `default:"127.0.0.1:8322" placeholder:"ADDR" help:"Address to serve on; port 0 takes a free one. Default: ${default}."`
	Employers    int           `placeholder:"N" help:"Employers in this world. Default: ${sandbox_employers}."`
	Employees    int           `placeholder:"N" help:"Employees of all employers together. Default: ${sandbox_employees}."`
	Statements   int           `placeholder:"N" help:"Pay statements per employee, at most. Default: ${sandbox_statements}."`
	Lines        int           `placeholder:"N" help:"Lines per pay statement, about. Default: ${sandbox_lines}."`
	Users        int           `placeholder:"N" help:"PayLink users. Default: ${sandbox_users}."`
	Documents    int           `placeholder:"N" help:"Documents per employer. Default: ${sandbox_documents}."`
	PayrollRuns  int           `placeholder:"N" help:"Payroll runs per employer. Default: ${sandbox_payroll_runs}."`
	DocumentSize int           `placeholder:"BYTES" help:"Size of every document. Default: ${sandbox_document_size}."`
	LinkLife     time.Duration `placeholder:"TIME" help:"How long a document's link is good for. Default: 1h."`
	Seed         uint64        `default:"1" placeholder:"N" help:"Another seed is another world; the same is the same. Default: ${default}."`
	Odd          bool          `default:"true" negatable:"" help:"Mix in odd but legal data, as the real API has it. On by default."`
	Bare         bool          `help:"Leave the examples of the API's reference out of this world."`
	Latency      time.Duration `placeholder:"TIME" help:"Wait before every answer."`
	Chaos        string        `placeholder:"KIND=P,..." help:"Let requests go wrong, each kind with its probability."`
	Changing     float64       `placeholder:"P" help:"Let a day change this share of the employees, and nothing else."`
	AdvanceEvery time.Duration `placeholder:"TIME" help:"Let a day pass in this world every so often."`
	UsersFile    string        `placeholder:"FILE" help:"Write the identifiers of the PayLink users to this file, for users.file."`
}

// Help is the long help of the verb.
func (sandboxCmd) Help() string {
	return `Serves a make-believe Atomic API with made-up people: EmployerLink, PayLink and a host for documents. It answers in
the shapes of the real one, asks for the same credentials, and nothing in it is stored: the same seed gives the same
world. It prints the settings with which linkhouse reads from it, and serves until it is interrupted.

Kinds of chaos: a status (429, 503, ...), 5xx (any of 500, 502, 503, 504), ` + strings.Join(chaosKinds(), ", ") + `.

These requests steer it while it runs:

    POST /_control/advance-day    a day passes: some objects change, appear, vanish and return
    GET  /_control/truth          what the API says now, counted by table
    GET  /_control/changes        what the last day changed
    GET  /_control/requests       what was asked so far
    GET  /_control/served         the last requests one by one, with their times

Examples:

    linkhouse sandbox
    linkhouse sandbox --employees 20000 --statements 30 --users-file users.txt
    linkhouse sandbox --chaos 429=0.02,5xx=0.01,reset=0.005 --latency 40ms
    curl -X POST http://127.0.0.1:8322/_control/advance-day`
}

// Run serves until the context ends.
func (c *sandboxCmd) Run(ctx context.Context, a *app) error {
	faults, err := parseChaos(c.Chaos)
	if err != nil {
		return err
	}
	if !(c.Changing >= 0 && c.Changing <= 1) {
		return misuse("write --changing 0.05 for one in twenty", "--changing is no share between 0 and 1")
	}
	if min(c.Employers, c.Employees, c.Statements, c.Lines, c.Users, c.Documents, c.PayrollRuns, c.DocumentSize) < 0 ||
		min(c.AdvanceEvery, c.Latency, c.LinkLife) < 0 {
		return misuse("leave it out for the default", "numbers and times must not be negative")
	}
	config := sandbox.DefaultConfig()
	for _, n := range []struct {
		field *int
		given int
	}{{&config.Employers, c.Employers}, {&config.Employees, c.Employees}, {&config.Statements, c.Statements},
		{&config.Lines, c.Lines}, {&config.Users, c.Users}, {&config.Documents, c.Documents}, {&config.PayrollRuns, c.PayrollRuns},
		{&config.DocumentBytes, c.DocumentSize}} {
		if n.given > 0 {
			*n.field = n.given
		}
	}
	if c.LinkLife > 0 {
		config.LinkLife = c.LinkLife
	}
	config.Seed, config.Odd, config.Bare, config.Changing = c.Seed, c.Odd, c.Bare, c.Changing
	config.Latency, config.Logger = c.Latency, a.log()
	world, err := sandbox.New(config)
	if err != nil {
		return misuse("ask for a smaller world", err.Error())
	}
	for _, fault := range faults {
		world.Inject(fault)
	}
	if err := c.writeUsers(a, world); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return &failure{code: exitFailure, err: fmt.Errorf("listen on %s: %w", c.Listen, err), hint: "choose another address with --listen, or a free port with --listen 127.0.0.1:0"}
	}
	if err := c.announce(a, config, "http://"+listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return c.serve(ctx, a, world, listener)
}

func (c *sandboxCmd) serve(ctx context.Context, a *app, world *sandbox.Server, listener net.Listener) error {
	server := &http.Server{
		Handler: world.Control(), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(a.log().Handler(), slog.LevelDebug), // broken connections are what chaos is for
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the sandbox: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return errors.Join(world.Close(), server.Close())
	})
	if c.AdvanceEvery > 0 {
		group.Go(func() error {
			ticker := time.NewTicker(c.AdvanceEvery)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-ticker.C:
					world.AdvanceDay()
				}
			}
		})
	}
	return group.Wait()
}

func (c *sandboxCmd) writeUsers(a *app, world *sandbox.Server) error {
	if c.UsersFile == "" {
		return nil
	}
	text := strings.Join(world.UserIdentifiers(), "\n") + "\n"
	if err := os.WriteFile(a.path(c.UsersFile), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write %s: %s", c.UsersFile, bare(err))
	}
	return nil
}

// announce prints what somebody needs to read from this world, ready to be pasted into a shell.
func (c *sandboxCmd) announce(a *app, config sandbox.Config, base string) error {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(base, "http://"))
	if err != nil {
		return err
	}
	settings := [][2]string{
		{"LINKHOUSE_ATOMIC_BASE_URL", base},
		{"LINKHOUSE_ATOMIC_API_KEY", config.APIKey},
		{"LINKHOUSE_ATOMIC_API_SECRET", config.APISecret},
		{"LINKHOUSE_ARCHIVE_ALLOWED_HOSTS", host},
		{"LINKHOUSE_ARCHIVE_ALLOW_PRIVATE_HOSTS", "true"},
	}
	if c.UsersFile != "" {
		settings = append(settings, [2]string{"LINKHOUSE_USERS_FILE", a.path(c.UsersFile)})
	}
	var out strings.Builder
	fmt.Fprintf(&out, `# A make-believe Atomic API with %s employers, %s employees and %s users.
#   base URL  %s
#   key       %s
#   secret    %s
# To read from it, paste this into another shell:
`, thousands(int64(config.Employers)), thousands(int64(config.Employees)), thousands(int64(config.Users)), base, config.APIKey, config.APISecret)
	for _, s := range settings {
		fmt.Fprintf(&out, "export %s=%s\n", s[0], shellQuoted(s[1]))
	}
	if c.UsersFile == "" {
		out.WriteString("# (--users-file FILE writes the PayLink users, to read those as well)\n")
	}
	out.WriteString("# Ctrl-C ends it.\n")
	_, err = fmt.Fprint(a.stdout, out.String())
	return err
}

func shellQuoted(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
