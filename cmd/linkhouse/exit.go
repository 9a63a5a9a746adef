package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
)

// The exit codes. Other programs depend on them.
const (
	exitComplete    = 0
	exitFailure     = 1
	exitUsage       = 2   // usage or configuration
	exitPartial     = 3   // finished, with rejects or with some walks failed
	exitLocked      = 4   // another run holds the lock
	exitRefused     = 5   // the API refuses the credentials
	exitAPI         = 6   // the API is unavailable; the run can be resumed
	exitStore       = 7   // the warehouse or the archive is unavailable
	exitGuard       = 8   // a guard stopped a removal
	exitInterrupted = 130 // interrupted, state saved
)

const exitHelp = `Exit codes:
  0    complete
  1    failure
  2    the command line or the configuration is not right
  3    finished, with rejected records or with some lists that failed
  4    another run holds the lock
  5    the API refuses the credentials
  6    the API is unavailable; run the same again later
  7    the warehouse or the archive is unavailable
  8    a guard stopped a removal
  130  interrupted; what was done is saved`

// failure is an error whose exit code the place that made it knows best, with a hint for the operator.
type failure struct {
	code int
	err  error
	hint string // what to do, as a sentence without a full stop; may be empty
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// ended is the end of a verb that has told everything already; only its exit code is left to give.
type ended struct{ code int }

func (e *ended) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// misuse is a command line that cannot be carried out.
func misuse(hint, message string) error {
	return &failure{code: exitUsage, err: errors.New(message), hint: hint}
}

// exitCode is the one place where an error becomes an exit code.
func exitCode(err error) int {
	var known *failure
	var over *ended
	var problems Problems
	var parse *kong.ParseError
	switch {
	case err == nil:
		return exitComplete
	case errors.As(err, &over):
		return over.code
	case errors.As(err, &known):
		return known.code
	case errors.As(err, &problems), errors.As(err, &parse):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, load.ErrLocked):
		return exitLocked
	}
	switch load.ClassOf(err) {
	case load.ClassUnavailable, load.ClassConfig:
		return exitStore
	case load.ClassCanceled:
		return exitInterrupted
	}
	switch extract.ClassOf(err) {
	case extract.ClassRefused:
		return exitRefused
	case extract.ClassThrottled, extract.ClassUnavailable, extract.ClassMalformed:
		return exitAPI
	default:
		return exitFailure
	}
}

// hintOf is what the operator can do about an error.
func hintOf(err error) string {
	var known *failure
	if errors.As(err, &known) && known.hint != "" {
		return known.hint
	}
	switch exitCode(err) {
	case exitLocked:
		return "wait for it to end; linkhouse status shows it"
	case exitRefused:
		return "check atomic.api_key, atomic.api_secret and atomic.base_url: keys belong to one environment"
	case exitAPI:
		return "run the same command again later: it goes on where it stopped"
	default:
		return ""
	}
}
