package main

import "time"

// The pace of a step is measured over the last while: what a run did in its first seconds, before a limiter found its limit or
// another run began, says little of how long the rest takes.
const (
	paceOver  = time.Minute
	markEvery = time.Second
)

// mark is how far a step was at a moment.
type mark struct {
	at   time.Time
	done int64
}

// withMark adds a mark and forgets those that are older than the pace is measured over, but for the last of them. Marks that
// crowd are not kept: the first of a second stands for it.
func withMark(marks []mark, m mark) []mark {
	if n := len(marks); n > 0 && m.at.Sub(marks[n-1].at) < markEvery {
		return marks
	}
	old := 0
	for old+1 < len(marks) && m.at.Sub(marks[old+1].at) >= paceOver {
		old++
	}
	return append(marks[old:len(marks):len(marks)], m)
}

// left is how long the rest takes at the pace of the last while; ok is false where that cannot be told. What earlier processes
// did is done, and says nothing of the pace.
func (s step) left(now time.Time) (left time.Duration, ok bool) {
	from := mark{s.started, s.before}
	if len(s.marks) > 0 {
		from = s.marks[0]
	}
	did, took := s.done-from.done, now.Sub(from.at)
	if did <= 0 || took <= 0 || s.done >= s.total {
		return 0, false
	}
	return time.Duration(float64(s.total-s.done) / float64(did) * float64(took)), true
}
