package sandbox

import "iter"

// Secrets yields every SSN, whole deposit account number and whole billing account number that the world has had up to
// today, in digits and, where it is served otherwise, as it is served. Nothing of them may be found in a warehouse, a
// log or a file. Some come more than once.
func (s *Server) Secrets() iter.Seq[string] {
	return func(yield func(string) bool) {
		w, today := s.world, s.Day()
		for i := range w.count(anEmployee, today) {
			if !w.employeeSecrets(i, today, yield) {
				return
			}
		}
		stopped := false
		w.span(anAccount, today, func(i int) {
			if stopped || w.born(anAccount, i) > today {
				return
			}
			if n := w.account(i, today).billing.number; n != "" {
				stopped = !yield(n) || len(n) == 16 && !yield(grouped(n))
			}
		})
	}
}

// employeeSecrets yields a person's SSN once and the account numbers of every change.
func (w *world) employeeSecrets(i, today int, yield func(string) bool) bool {
	born := w.born(anEmployee, i)
	e := w.employee(i, born)
	if !yield(e.ssn) || !yield(dashed(e.ssn)) {
		return false
	}
	seen := -1
	for d := born; d <= today; d++ {
		if e := w.employee(i, d); e.deposit != seen {
			seen = e.deposit
			for _, a := range e.deposits {
				if !isMasked(a.account) && !yield(a.account) {
					return false
				}
			}
		}
	}
	return true
}

func isMasked(account string) bool {
	for _, c := range []byte(account) {
		if c < '0' || c > '9' {
			return true
		}
	}
	return false
}

// dashed is an SSN as people write it.
func dashed(ssn string) string { return ssn[:3] + "-" + ssn[3:5] + "-" + ssn[5:] }

// grouped is a card-like number as people write it.
func grouped(n string) string { return n[:4] + " " + n[4:8] + " " + n[8:12] + " " + n[12:] }
