package sandbox

// cycle is how often somebody is paid. Periods are numbered through for all time.
type cycle uint8

const (
	weekly cycle = iota
	biweekly
	semimonthly
	monthly
)

var cycles = [...]struct {
	name    string
	perYear int64
	hours   int64
}{
	{"weekly", 52, 40},
	{"biweekly", 26, 80},
	{"semimonthly", 24, 86},
	{"monthly", 12, 173},
}

// lag is the number of days between the end of a period and its payday.
const lag = 5

// payday of period p for an employer whose paydays are shifted by anchor.
func (c cycle) payday(p, anchor int) date {
	switch c {
	case weekly:
		return date(anchor%7 + 7*p)
	case biweekly:
		return date(anchor%14 + 14*p)
	case semimonthly:
		return month(p/2, 1+anchor%10+15*(p%2))
	default:
		return month(p, 1+anchor%28)
	}
}

// at is the last period whose payday is not after d.
func (c cycle) at(d date, anchor int) int {
	switch c {
	case weekly:
		return floorDiv(int(d)-anchor%7, 7)
	case biweekly:
		return floorDiv(int(d)-anchor%14, 14)
	}
	y, m, _ := d.civil()
	p := y*12 + m - 1
	if c == semimonthly {
		p = 2*p + 1
	}
	for c.payday(p, anchor) > d {
		p--
	}
	return p
}

// month is a day of month n, counted from year 0.
func month(n, day int) date { return civil(n/12, n%12+1, day) }
