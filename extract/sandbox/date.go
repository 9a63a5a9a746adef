package sandbox

import "time"

// date counts days since 1970-01-01 in UTC. Statements need too many dates for time.Time.
type date int

func dateOf(t time.Time) date {
	t = t.UTC()
	return civil(t.Year(), int(t.Month()), t.Day())
}

// civil is the date of a proleptic Gregorian year, month and day.
func civil(y, m, d int) date {
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return date(era*146097 + doe - 719468)
}

func (d date) civil() (y, m, day int) {
	z := int(d) + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, day
}

func (d date) year() int {
	y, _, _ := d.civil()
	return y
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// append writes the date as YYYY-MM-DD.
func (d date) append(b []byte) []byte {
	y, m, day := d.civil()
	return append(b,
		byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// The times of day at which date-only facts stand (T21, T36).
const (
	noon     = "T12:00:00.000Z"
	midnight = "T00:00:00.000Z"
	dayEnd   = "T23:59:59.000Z"
)

// json is the date at a time of day, as a JSON string.
func (d date) json(clock string) string {
	b := append(d.append(append(make([]byte, 0, 26), '"')), clock...)
	return string(append(b, '"'))
}

// instant is some moment of the date, to the millisecond, as a JSON string.
func (d date) instant(r *rng) string {
	b := append(d.append(append(make([]byte, 0, 26), '"')), 'T')
	return string(append(r.clock(b), '"'))
}

func (r *rng) clock(b []byte) []byte {
	h, m, s, ms := r.below(24), r.below(60), r.below(60), r.below(1000)
	return append(b,
		byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10),
		'.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
}
