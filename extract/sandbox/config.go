package sandbox

import (
	"errors"
	"io"
	"log/slog"
	"time"
)

// Config sizes a world and says how it is served. A zero count means the default of [DefaultConfig], a negative one
// none. Everything else is off, or as its comment says, when zero.
type Config struct {
	Seed uint64

	Employers  int // at least the seven that the references' examples need, unless Bare
	Employees  int // of all employers together
	Statements int // at most, per employee on day 0; later paydays add to them
	Lines      int // about so many per statement
	Users      int // PayLink users

	Documents      int // per employer
	DeductionTypes int // per employer
	PayrollRuns    int // per employer

	DocumentBytes int           // size of a document, default 4 KiB
	LinkLife      time.Duration // how long a document link is good for, default one hour

	APIKey, APISecret string // what is accepted, "sandbox-key" and "sandbox-secret" by default

	Odd            bool // mixes in every trap of odd.go
	Bare           bool // leaves the references' example objects out
	Shuffle        bool // gives the arrays inside a detail in another order on each request
	UpdatedAtMoves bool // moves updatedAt with each request instead of each day

	Changing float64 // a day changes this share of the employees and nothing else; 0: all that calm.go does not describe

	Today   time.Time        // the calendar date of day 0, default 2026-01-15
	Clock   func() time.Time // dates and expires the document links, default time.Now
	Latency time.Duration    // added to every answer
	LogSize int              // how many requests Served remembers, default 10,000

	Control bool // StartAt also serves [Server.Control]

	Logger *slog.Logger // default none
}

// DefaultConfig is the demonstration's world.
func DefaultConfig() Config {
	return Config{
		Seed:      1,
		Employers: 12, Employees: 240, Statements: 12, Lines: 8, Users: 40,
		Documents: 4, DeductionTypes: 3, PayrollRuns: 6,
		DocumentBytes: 4 << 10, LinkLife: time.Hour,
		APIKey: "sandbox-key", APISecret: "sandbox-secret",
		Odd:     true,
		Today:   time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC),
		LogSize: 10_000,
	}
}

// limits of what the ids can number, per kind.
const (
	maxObjects = 100_000_000
	maxUsers   = 2_000_000
	maxDays    = 480

	exampleEmployees = 2
)

func (c Config) complete() (Config, error) {
	d := DefaultConfig()
	for _, n := range []struct {
		v        *int
		fallback int
	}{
		{&c.Employers, d.Employers},
		{&c.Employees, d.Employees},
		{&c.Statements, d.Statements},
		{&c.Lines, d.Lines},
		{&c.Users, d.Users},
		{&c.Documents, d.Documents},
		{&c.DeductionTypes, d.DeductionTypes},
		{&c.PayrollRuns, d.PayrollRuns},
		{&c.DocumentBytes, d.DocumentBytes},
		{&c.LogSize, d.LogSize},
	} {
		if *n.v == 0 {
			*n.v = n.fallback
		}
		*n.v = max(*n.v, 0)
	}
	if c.LinkLife == 0 {
		c.LinkLife = d.LinkLife
	}
	if c.APIKey == "" {
		c.APIKey = d.APIKey
	}
	if c.APISecret == "" {
		c.APISecret = d.APISecret
	}
	if c.Today.IsZero() {
		c.Today = d.Today
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	c.Employers = max(c.Employers, 1)
	if !c.Bare {
		c.Employers = max(c.Employers, len(exampleEmployerIDs))
		c.Employees = max(c.Employees, exampleEmployees)
		c.Users = max(c.Users, 1)
	}
	switch {
	case !(c.Changing >= 0 && c.Changing <= 1):
		return c, errors.New("sandbox: what changes is no share between 0 and 1")
	case c.Employers > maxObjects/max(c.Documents, c.DeductionTypes, c.PayrollRuns, 1), c.Employees > maxObjects:
		return c, errors.New("sandbox: more objects than its ids can number")
	case c.Users > maxUsers:
		return c, errors.New("sandbox: more users than its ids can number")
	case c.Lines > 2*maxLines:
		return c, errors.New("sandbox: more lines than a statement can have")
	}
	return c, nil
}
