package schedules

import (
	"context"
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

// isThere asks once more for what the walk was answered last. Many failures in a row are an outage; or they are objects that cannot be
// served, which end together because they take longest, after the others of their page.
func (r *reader) isThere(ctx context.Context, what string) (bool, error) {
	r.asking.Lock()
	defer r.asking.Unlock()
	if r.own.failures.Load() < failuresInARow && r.streak.failures.Load() < failuresInARow {
		return true, nil // found out meanwhile
	}
	request := extract.Request{Template: r.resource.Detail, Query: r.query}
	had := r.had.Load()
	if what == failedList {
		had, request = r.known.Load(), extract.Request{Template: r.resource.List}
	}
	if had == nil {
		return false, nil
	}
	request.Args = []string{*had}
	answer, err := r.api.Get(ctx, request)
	switch {
	case err != nil:
	case what == failedList:
		_, err = unwrapRows(answer, r.resource.Items)
	default:
		_, err = r.detailIn(answer)
	}
	switch extract.ClassOf(err) {
	case extract.ClassRefused, extract.ClassCanceled:
		return false, err
	}
	if isSilent(err) {
		return false, nil
	}
	r.answered()
	return true, nil
}

// What may fail of an object, as rejects name it.
const (
	failedDetail = "detail"
	failedList   = "list"
)

// failed decides what a request that failed for good means: the end of the walk, or a reject of the one object. silent tells
// an API that did not answer from an answer that says no.
func (r *reader) failed(ctx context.Context, item transform.Item, what string, err error) (record *transform.Record, silent bool, fatal error) {
	switch extract.ClassOf(err) {
	case extract.ClassRefused, extract.ClassCanceled, "":
		return nil, false, err
	}
	if silent = isSilent(err); silent && !r.patient {
		if mine, all := r.own.grown(), r.streak.grown(); mine || all {
			there, ended := r.isThere(ctx, what)
			switch {
			case ended != nil:
				return nil, true, ended
			case !there:
				return nil, true, errors.Join(errUnavailable, err)
			}
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
