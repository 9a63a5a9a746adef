package schedules

import (
	"errors"
	"time"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
)

// stopWithin bounds the last words to the warehouse of a run that was stopped.
const stopWithin = 5 * time.Second

// Outcome is how a run ended, in the words of the exit codes.
type Outcome string

// The outcomes, from the best to the one that says most of all.
const (
	OutcomeComplete    Outcome = "complete"
	OutcomePartial     Outcome = "partial"     // finished with rejects, failed documents or failed walks
	OutcomeGuarded     Outcome = "guarded"     // a guard stopped a removal
	OutcomeUnavailable Outcome = "unavailable" // the API could not be reached; resumable
	OutcomeStore       Outcome = "store"       // the warehouse or the archive could not be used
	OutcomeRefused     Outcome = "refused"     // the credentials were refused
	OutcomeLocked      Outcome = "locked"      // another run holds the lock
	OutcomeInterrupted Outcome = "interrupted" // stopped by a person, state saved
	OutcomeFailed      Outcome = "failed"
)

var severity = map[Outcome]int{
	OutcomeComplete: 0, OutcomePartial: 1, OutcomeGuarded: 2, OutcomeInterrupted: 3, OutcomeUnavailable: 4,
	OutcomeFailed: 5, OutcomeStore: 6, OutcomeRefused: 7, OutcomeLocked: 8,
}

// worse is the outcome that says more. An interruption says less than what caused it: when credentials are refused the
// other walks are interrupted.
func worse(a, b Outcome) Outcome {
	if severity[b] > severity[a] {
		return b
	}
	return a
}

// graver is the error that says more, the first of equals.
func graver(a, b error) error {
	if severity[outcomeOf(b)] > severity[outcomeOf(a)] {
		return b
	}
	return a
}

// ErrArchive marks an error of the archive itself, as against one of a document.
var ErrArchive = errors.New("archive unavailable")

// ErrDocumentHost says that documents failed in a row where their links lead, which is not the API.
var ErrDocumentHost = errors.New("the host of the documents is unavailable")

// outcomeOf says what an error means for the run.
func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return OutcomeComplete
	case errors.Is(err, load.ErrLocked):
		return OutcomeLocked
	case errors.Is(err, ErrArchive):
		return OutcomeStore
	case errors.Is(err, errUnavailable), errors.Is(err, ErrDocumentHost):
		return OutcomeUnavailable
	}
	switch load.ClassOf(err) {
	case load.ClassCanceled:
		return OutcomeInterrupted
	case load.ClassFenced:
		return OutcomeLocked
	case load.ClassOther:
		return OutcomeFailed
	case "":
	default:
		return OutcomeStore
	}
	switch extract.ClassOf(err) {
	case extract.ClassRefused:
		return OutcomeRefused
	case extract.ClassCanceled:
		return OutcomeInterrupted
	case extract.ClassUnavailable, extract.ClassThrottled:
		return OutcomeUnavailable
	case "":
		return OutcomeFailed
	}
	return OutcomePartial // a list that loops, is malformed or is refused as such: this walk failed, others go on
}

// finished reports that the run did what it was to do, as far as that can be done: the same again is other work.
func (o Outcome) finished() bool {
	return o == OutcomeComplete || o == OutcomePartial || o == OutcomeGuarded
}

// walkState is how a walk stands that ended with this outcome.
func (o Outcome) walkState() string {
	switch o {
	case OutcomeUnavailable:
		return load.WalkUnavailable
	case OutcomePartial, OutcomeFailed:
		return load.WalkFailed
	}
	return load.WalkInterrupted
}

// runState is how a run stands that ended with this outcome.
func (o Outcome) runState() string {
	switch o {
	case OutcomeComplete:
		return load.RunComplete
	case OutcomePartial:
		return load.RunPartial
	case OutcomeGuarded:
		return load.RunGuarded
	case OutcomeUnavailable, OutcomeStore:
		return load.RunUnavailable
	case OutcomeRefused:
		return load.RunRefused
	case OutcomeInterrupted, OutcomeLocked:
		return load.RunInterrupted
	}
	return load.RunFailed
}

// ExitCode is the exit code of a process whose run ended so: one code, one decision of the operator.
func (o Outcome) ExitCode() int {
	switch o {
	case OutcomeComplete:
		return 0
	case OutcomePartial:
		return 3
	case OutcomeLocked:
		return 4
	case OutcomeRefused:
		return 5
	case OutcomeUnavailable:
		return 6
	case OutcomeStore:
		return 7
	case OutcomeGuarded:
		return 8
	case OutcomeInterrupted:
		return 130
	}
	return 1
}
