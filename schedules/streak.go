package schedules

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/transform"
)

// failuresInARow is how many details may fail one after the other, over all walks of a run, until the API counts as
// unavailable. Single ones are records that cannot be served; a row of them is an outage.
const failuresInARow = 10

// errUnavailable says that details failed in a row.
var errUnavailable = errors.New("the API is unavailable: too many answers in a row failed")

// streak counts failures in a row: of one walk, or over all walks of a run.
type streak struct{ failures atomic.Int64 }

func (s *streak) broken() { s.failures.Store(0) }

// grown reports whether the streak is now too long.
func (s *streak) grown() bool { return s.failures.Add(1) >= failuresInARow }

// failed decides what a request that failed for good means: the end of the walk, or a reject of the one object. silent tells
// an API that did not answer from an answer that says no.
func (r *reader) failed(item transform.Item, what string, err error) (record *transform.Record, silent bool, fatal error) {
	switch extract.ClassOf(err) {
	case extract.ClassRefused, extract.ClassCanceled, "":
		return nil, false, err
	}
	if silent = isSilent(err); silent && !r.patient {
		if mine, all := r.own.grown(), r.streak.grown(); mine || all {
			return nil, true, errors.Join(errUnavailable, err)
		}
	}
	return transform.Failed(r.resource, item, what+": "+reason(err)), silent, nil
}

// isSilent reports whether the API gave no answer that can be understood, so that the same request may fare better later.
func isSilent(err error) bool {
	switch extract.ClassOf(err) {
	case extract.ClassUnavailable, extract.ClassThrottled, extract.ClassMalformed:
		return true
	}
	return false
}

// answered notes that the API answers.
func (r *reader) answered() {
	r.own.broken()
	r.streak.broken()
}

// reason is an error without its request, which the reject names already.
func reason(err error) string {
	var e *extract.Error
	if !errors.As(err, &e) {
		return "failed"
	}
	plain := *e
	plain.Op = ""
	return strings.TrimSpace(plain.Error())
}
