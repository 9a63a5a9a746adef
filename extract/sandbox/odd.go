package sandbox

// trap is something odd that the references allow, show, or that was seen elsewhere. Traps are dealt out by number, one to
// an object at most: of every period objects of a kind the first len(traps) have one each and the others have none. So a
// small world has them all, a large one has each at a low rate, and the object that goes wrong tells which it was.
type trap struct {
	of        string // the number in the notes on the references, "" for one that has none
	what      string
	employee  func(*world, *employee)
	statement func(e *employee, s *statement, period int) (again func(*statement))
}

// oddPeriods are per kind; a kind's traps are fewer.
var oddPeriods = [kinds]int{
	anEmployer: 8, anEmployee: 64, aDocument: 24, aDeduction: 20, aRun: 24, anAccount: 32, aTask: 20,
}

// oddNumber is which trap an object may have, from 0 to its kind's period.
func (w *world) oddNumber(k kind, i int) int {
	if !w.Odd || w.isExample(k, i) {
		return -1
	}
	n := i - len(w.examples[k])
	switch k {
	case anAccount:
		n = i/accountSlots*5 + i%accountSlots
	case aTask:
		n = i/taskSlots*3 + i%taskSlots
	}
	return n % oddPeriods[k]
}

func (w *world) employeeTrap(i int) *trap {
	if n := w.oddNumber(anEmployee, i); n >= 0 && n < len(employeeTraps) {
		return employeeTraps[n]
	}
	return nil
}

// ghosts and bad items by kind and odd number. T28, and rejects.
var (
	ghosts = [kinds]int{
		anEmployer: -1, anEmployee: 40, aDocument: 12, aDeduction: 12, aRun: 14, anAccount: -1, aTask: 10, aUser: -1,
	}
	badNumbers = [kinds][]int{
		anEmployer: {4}, anEmployee: {41, 42, 43, 44}, aDocument: {13, 14}, aDeduction: {13, 14}, aRun: {15, 16},
		anAccount: {25, 26}, aTask: {11, 12},
	}
)

// ghost says whether an object is listed without a detail.
func (w *world) ghost(k kind, i int) bool {
	n := w.oddNumber(k, i)
	return n >= 0 && n == ghosts[k]
}

// badItem is what stands in the list before an object: not an item that a row can be made of. It is listed under the
// object's employer.
func (w *world) badItem(k kind, i, day int) string {
	odd := w.oddNumber(k, i)
	for n, number := range badNumbers[k] {
		if odd == number {
			return [...]string{w.nameless(k, i, day), `"not an object"`, "null", "[]"}[n%4]
		}
	}
	return ""
}

// nameless is a row without an _id.
func (w *world) nameless(k kind, i, day int) string {
	j := js{b: []byte{'{'}}
	switch k {
	case anEmployer:
		j.str("name", "Nameless Inc.")
	case anEmployee:
		j.str("firstName", "Nobody")
		j.str("lastName", "Known")
	case anAccount:
		j.raw("company", exampleCompany.json())
		j.raw("account", `{"type":"subscription","sourceId":"without-id"}`)
	case aTask:
		j.str("status", "completed")
		j.str("product", "verify")
	default:
		j.raw("_id", "null")
		j.str("type", "nameless")
	}
	if k < anAccount && k != anEmployer {
		j.str("employer", w.id(anEmployer, w.home(k, i, day)))
	}
	j.end()
	return string(j.b)
}
