package sandbox

type trap struct {
	employee  func(*world, *employee)
	statement func(w *world, e *employee, s *statement, period, back int) func(*statement)
}

func employeeTrap(int) *trap                   { return nil }
func (w *world) ghost(kind, int) bool          { return false }
func (w *world) badItem(kind, int, int) string { return "" }
func oddEmployer(*employer, int)               {}
func oddDocument(*document, int)               {}
func oddDeduction(*deductionType, int)         {}
func oddRun(*payrollRun, int, date)            {}
func oddAccount(*account, int)                 {}
func oddTask(*task, int)                       {}
