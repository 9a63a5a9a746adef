package sandbox

// What happens to an employee on a day, by the event's remainder of a thousand. What is below vanishing makes them vanish.
const (
	raiseFrom, raiseTo     = 10, 22
	fixFrom, fixTo         = 22, 32
	depositFrom, depositTo = 32, 38
	addressFrom, addressTo = 38, 42
	moveFrom, moveTo       = 42, 46
	endFrom, endTo         = 46, 50
	titleFrom, titleTo     = 50, 54
)

// raise lifts the pay from a date on.
type raise struct {
	from  date
	basis int64 // of ten thousand
}

// fix corrects the statement of one period, and with it the year's running totals.
type fix struct {
	back  int // how many periods before the last one of that day
	day   int
	cents int64
}

// life is what the days have made of an employee. What exceeds the arrays did not happen.
type life struct {
	raises  [12]raise
	fixes   [12]fix
	nraises int
	nfixes  int
	deposit int // how often the deposit accounts were changed
	address int
	title   int
	ended   int // the day they left, 0: not since day 0
	added   int // statements beyond those that the date has brought
}

func (w *world) live(i, day int) life {
	var l life
	switch {
	case w.isExample(anEmployee, i):
		return l
	case w.calm():
		return w.calmLife(i, day)
	}
	for d := w.born(anEmployee, i) + 1; d <= day; d++ {
		e := w.event(anEmployee, i, d)
		switch n := e % 1000; {
		case n >= raiseFrom && n < raiseTo && l.nraises < len(l.raises):
			l.raises[l.nraises] = raise{w.today(d), int64(10_150 + e>>32%900)}
			l.nraises++
		case n >= fixFrom && n < fixTo && l.nfixes < len(l.fixes):
			l.fixes[l.nfixes] = fix{int(e >> 32 % 4), d, int64(e>>40%20_000) - 8_000}
			l.nfixes++
		case n >= depositFrom && n < depositTo:
			l.deposit++
		case n >= addressFrom && n < addressTo:
			l.address++
		case n >= endFrom && n < endTo && l.ended == 0:
			l.ended = d
		case n >= titleFrom && n < titleTo:
			l.title++
		}
	}
	return l
}
