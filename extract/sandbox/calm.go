package sandbox

import "math"

// A calm world (Config.Changing) is for measuring: the date stands still, and a day changes a share of the employees and
// nothing else. Of each of them the last pay statement is corrected, and one is added after it.

func (w *world) calm() bool { return w.Changing > 0 }

// uneventful is the event on which nothing happens to any kind of object.
const uneventful = 500

// touched says whether a day of a calm world changes an employee.
func (w *world) touched(i, day int) bool {
	return !w.isExample(anEmployee, i) && float64(w.hash(anEmployee, i, 0xca1<<32|uint64(day))) < w.Changing*math.MaxUint64
}

// touchedLast is the last day up to this one that changed an object, 0 when none did.
func (w *world) touchedLast(k kind, i, day int) int {
	for ; k == anEmployee && day > 0; day-- {
		if w.touched(i, day) {
			return day
		}
	}
	return 0
}

// calmLife is what the days of a calm world have made of an employee.
func (w *world) calmLife(i, day int) life {
	var l life
	for d := 1; d <= day && l.nfixes < len(l.fixes); d++ {
		if w.touched(i, d) {
			l.fixes[l.nfixes] = fix{day: d, cents: int64(w.hash(anEmployee, i, 0xca2<<32|uint64(d))%20_000) + 100}
			l.nfixes++
			l.added++
		}
	}
	return l
}

// fixed is the period whose statement the employee's nth correction changed. In a calm world it is the one that was the last
// before the correction's day added another.
func (w *world) fixed(e *employee, n int) int {
	if w.calm() {
		return e.lastPeriod - e.added + n
	}
	f := e.fixes[n]
	return e.cycle.at(w.today(f.day), e.anchor) - f.back
}
