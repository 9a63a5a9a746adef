package sandbox

import "strconv"

// kind is a sort of object. Ids are unique inside a kind only (T13).
type kind uint8

const (
	anEmployer kind = iota
	anEmployee
	aDocument
	aDeduction
	aRun
	anAccount
	aTask
	aUser
	kinds
)

// The resources' names, by their API path.
const (
	employersName  = "employers"
	employeesName  = "employees"
	documentsName  = "employer-documents"
	deductionsName = "employer-deduction-types"
	runsName       = "payroll-runs"
	accountsName   = "pay-link-accounts"
	tasksName      = "tasks"
)

var kindNames = [kinds]string{
	employersName, employeesName, documentsName, deductionsName, runsName, accountsName, tasksName, "users",
}

// String is the resource's name.
func (k kind) String() string { return kindNames[k] }

// Ids look like Mongo object ids: four bytes of time, five of a process, three of a counter. The time runs on with the
// index, so ids ascend by creation and an index can be found from its id. The times of two kinds never meet.
var idSpace = [kinds]struct{ from, step uint32 }{
	anEmployer: {0x64600000, 3},
	anEmployee: {0x64600001, 3},
	aDocument:  {0x64600002, 3},
	aDeduction: {0x77000000, 3},
	aRun:       {0x77000001, 3},
	anAccount:  {0x77000002, 3},
	aTask:      {0x8a000000, 1},
	aUser:      {0x50000000, 1},
}

func (w *world) id(k kind, i int) string {
	if e := w.examples[k]; i < len(e) {
		return e[i]
	}
	var b [24]byte
	return string(w.appendID(b[:0], k, i))
}

func (w *world) appendID(b []byte, k kind, i int) []byte {
	s := idSpace[k]
	b = appendHex(b, uint64(s.from+uint32(i)*s.step), 8)
	b = appendHex(b, mix(w.seed, uint64(k)+1000)&0xff_ffff_ffff, 10)
	return appendHex(b, (w.seed+uint64(i))&0xff_ffff, 6)
}

// index finds the object of an id; it may not exist on the day in question.
func (w *world) index(k kind, id string) (int, bool) {
	for i, e := range w.examples[k] {
		if e == id {
			return i, true
		}
	}
	if len(id) != 24 {
		return 0, false
	}
	at, err := strconv.ParseUint(id[:8], 16, 32)
	s := idSpace[k]
	if err != nil || uint32(at) < s.from || (uint32(at)-s.from)%s.step != 0 {
		return 0, false
	}
	i := int((uint32(at) - s.from) / s.step)
	var b [24]byte
	if i < len(w.examples[k]) || string(w.appendID(b[:0], k, i)) != id {
		return 0, false
	}
	return i, true
}
