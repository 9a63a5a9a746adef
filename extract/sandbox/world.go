package sandbox

// world is what all objects are functions of. It never changes after it was made; the day is an argument.
type world struct {
	Config
	seed     uint64
	day0     date
	base     [kinds]int      // how many objects there are on day 0
	examples [kinds][]string // the ids of the references' example objects, the first of their kind
	ledger   *ledger
}

// Slots of a user's accounts and tasks: the object numbers of one user stand side by side.
const (
	accountSlots = 8
	taskSlots    = 512
	firstNewTask = 8 // slots below are filled on day 0, slot firstNewTask+d on day d
)

func newWorld(c Config) *world {
	w := &world{Config: c, seed: mix(c.Seed, 0x5a17d), day0: dateOf(c.Today)}
	w.base = [kinds]int{
		anEmployer: c.Employers,
		anEmployee: c.Employees,
		aDocument:  c.Employers * c.Documents,
		aDeduction: c.Employers * c.DeductionTypes,
		aRun:       c.Employers * c.PayrollRuns,
		anAccount:  c.Users * accountSlots,
		aTask:      c.Users * taskSlots,
		aUser:      c.Users,
	}
	if !c.Bare {
		w.examples = [kinds][]string{
			anEmployer: exampleEmployerIDs,
			anEmployee: {"5eea73d5f55d6c0007d1fcdf", "5eea76350d0ada0007fb43c7"},
			aDocument:  {"63fe5ca6d93310ec79aee4f1", "63fe5ca6d93310ec79aee4f2"},
			aDeduction: {"642703b666b8c0abb8c65cff", "642703b666b8c0abb8c65d01", "642703b666b8c0abb8c65d03"},
			aRun:       {"6407babd7d627e100e7a54d1", "6407babd7d627e100e7a54d2", "643980405d1c26218ba1eb75"},
			anAccount:  {"67376c5befe988922e8aabc4"},
			aTask:      {"63b459f09c1f2d0008a7e3b1", "65b15fd99b3f03aa9edff9de", "65b3f3c8b871a9626c36d103"},
			aUser:      {"607e249736b9f053b536bdea"},
		}
		for _, k := range []kind{aDocument, aDeduction, aRun} {
			w.base[k] = max(w.base[k], len(w.examples[k]))
		}
	}
	w.ledger = newLedger(c.Lines)
	return w
}

// hash is the only source of chance: what is asked about an object, the same for ever.
func (w *world) hash(k kind, i int, salt uint64) uint64 {
	return mix(mix(w.seed+uint64(k)<<32, uint64(i)), salt)
}

func (w *world) rng(k kind, i int, salt uint64) rng { return rng(w.hash(k, i, salt)) }

func (w *world) isExample(k kind, i int) bool { return i < len(w.examples[k]) }

// growth is how many objects of a kind appear each day.
func (w *world) growth(k kind) int {
	if w.calm() {
		return 0
	}
	switch k {
	case anEmployee:
		return max(1, w.base[k]/250)
	case aDocument:
		return max(1, w.base[k]/200)
	case aDeduction:
		return max(1, w.base[k]/300)
	case aRun:
		return max(1, (w.Employers+13)/14) // one every two weeks for each employer
	default:
		return 0
	}
}

// employerEvery is the number of days between two new employers.
const employerEvery = 5

// count is how many objects of a kind were ever created up to a day.
func (w *world) count(k kind, day int) int {
	if k == anEmployer && !w.calm() {
		return w.base[k] + day/employerEvery
	}
	return w.base[k] + day*w.growth(k)
}

// born is the day on which an object was created, 0 for all that were there at first.
func (w *world) born(k kind, i int) int {
	n := i - w.base[k]
	switch {
	case k == anAccount:
		return w.accountBorn(i)
	case k == aTask:
		return w.taskBorn(i)
	case n < 0:
		return 0
	case k == anEmployer:
		return (n + 1) * employerEvery
	default:
		return 1 + n/max(1, w.growth(k))
	}
}

// event is what chance has in store for an object on a day; its use depends on the kind.
func (w *world) event(k kind, i, day int) uint64 {
	if w.calm() {
		return uneventful
	}
	return w.hash(k, i, 0xe0e0<<32|uint64(day))
}

// vanishing is how many of a thousand objects of a kind vanish each day.
var vanishing = [kinds]uint64{
	anEmployer: 8, anEmployee: 4, aDocument: 4, aDeduction: 4, aRun: 3, anAccount: 5, aTask: 4,
}

// listed says whether an object stands in its list on a day: it was created, and neither it nor its employer is away.
func (w *world) listed(k kind, i, day int) bool {
	return i >= 0 && i < w.count(k, day) && w.here(k, i, day) &&
		(k == anEmployer || k >= anAccount || w.here(anEmployer, w.home(k, i, day), day))
}

// present is listed, with a detail behind it.
func (w *world) present(k kind, i, day int) bool { return w.listed(k, i, day) && !w.ghost(k, i) }

// here is listed without the employer's part. An object goes for one day, for three or for ever.
func (w *world) here(k kind, i, day int) bool {
	if w.isExample(k, i) {
		return true
	}
	born := w.born(k, i)
	back := born
	for d := born + 1; d <= day; d++ {
		if e := w.event(k, i, d); e%1000 < vanishing[k] && back <= d {
			back = d + [...]int{1, 3, maxDays}[e>>32%3]
		}
	}
	return born <= day && back <= day
}

// home is the employer that an object belongs to on a day. Objects are dealt out in turn, so that those of one employer
// can be found without looking at all.
func (w *world) home(k kind, i, day int) int {
	if w.isExample(k, i) {
		return exampleHomes[k][i]
	}
	e := i % w.Employers
	if k == anEmployee && w.moved(i, day) {
		e = (e + 1) % w.Employers
	}
	return e
}

// moved says whether an employee has changed employers by a day; it happens at most once.
func (w *world) moved(i, day int) bool {
	for d := w.born(anEmployee, i) + 1; d <= day; d++ {
		if e := w.event(anEmployee, i, d) % 1000; e >= moveFrom && e < moveTo {
			return true
		}
	}
	return false
}

// next is the first index from i on that may belong to an employer on some day.
func (w *world) next(k kind, i, employer int) int {
	if w.isExample(k, i) {
		return i
	}
	if employer >= w.Employers {
		return w.count(k, maxDays)
	}
	at := i % w.Employers
	own := i + (employer-at+w.Employers)%w.Employers
	if k != anEmployee {
		return own
	}
	return min(own, i+(employer-1-at+2*w.Employers)%w.Employers)
}

// today is the date of a day.
func (w *world) today(day int) date {
	if w.calm() {
		return w.day0
	}
	return w.day0 + date(day)
}

// stamps are the dates on which an object was first and last retrieved (T26), as JSON strings: the last moves with the day
// and says nothing about a change.
func (w *world) stamps(k kind, i, day int) (created, updated string) {
	r := w.rng(k, i, 0xc0c0)
	if b := w.born(k, i); b > 0 {
		created = w.today(b).instant(&r)
	} else {
		created = (w.day0 - date(1+r.below(700))).instant(&r)
	}
	if w.calm() {
		day = w.touchedLast(k, i, day)
	}
	r = w.rng(k, i, 0xd0d0<<32|uint64(day))
	return created, (w.day0 + date(day)).instant(&r)
}

// exampleStamps are a reference's own timestamps, of which the later moves on from day 1 like everybody's.
func (w *world) exampleStamps(k kind, i, day int, created, updated string) (string, string) {
	if day > 0 && !w.calm() {
		_, updated = w.stamps(k, i, day)
		return quote(created), updated
	}
	return quote(created), quote(updated)
}
