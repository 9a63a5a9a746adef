package sandbox

// stamp is a date-only fact of a statement; raw replaces it when it is not empty, and "-" leaves it out.
type stamp struct {
	on  date
	raw string
}

func (s stamp) write(j *js, k string) {
	switch s.raw {
	case "-":
	case "":
		j.key(k)
		j.b = append(j.b, '"')
		j.b = s.on.append(j.b)
		j.b = append(j.b, noon...)
		j.b = append(j.b, '"')
	default:
		j.raw(k, s.raw)
	}
}

// line is an earning, a deduction or an adjustment.
type line struct {
	head                     string // as in entry
	amount, ytd, hours, rate number
	extra                    string
}

// statement is one pay statement. It has no id (T14) unless lead says so.
type statement struct {
	lead                                       string // members before all others
	date, start, end                           stamp
	gross, ytdGross, net, ytdNet               number
	methodJSON                                 string
	hours                                      number
	deductions, earnings, adjustments          []line
	deductionForm, earningForm, adjustmentForm string // as in js.rows
	extra                                      string
}

// years are the running totals of a calendar year.
type years struct {
	gross, net           int64
	earnings, deductions [maxLines]int64
}

// statements yields what an employee's detail lists, oldest first. The statement is reused for the next one. The running
// totals begin with the year, not with the first statement that is shown.
func (w *world) statements(e *employee, yield func(*statement)) {
	if e.fixed != nil {
		for i := range e.fixed {
			yield(&e.fixed[i])
		}
		return
	}
	var (
		s   statement
		ytd years
	)
	shown := max(e.firstPeriod, e.cycle.at(e.hired, e.anchor)+1)
	if shown > e.lastPeriod {
		return
	}
	year := e.cycle.payday(shown, e.anchor).year()
	first := max(e.cycle.at(civil(year, 1, 1)-1, e.anchor), e.cycle.at(e.hired, e.anchor)) + 1
	for p := first; p <= e.lastPeriod; p++ {
		on := e.cycle.payday(p, e.anchor)
		if y := on.year(); y != year {
			year, ytd = y, years{}
		}
		w.pay(e, &s, &ytd, p, on)
		if p < shown {
			continue
		}
		if t := e.trap; t == nil || t.statement == nil {
			yield(&s)
		} else {
			again := t.statement(e, &s, p)
			yield(&s)
			if again != nil {
				again(&s)
				yield(&s)
			}
		}
	}
}

// pay fills in the statement of a period.
func (w *world) pay(e *employee, s *statement, ytd *years, p int, on date) {
	r := rng(mix(e.seed, uint64(p)))
	salary := e.salary
	for _, up := range e.raises[:e.nraises] {
		if up.from <= on {
			salary = salary * up.basis / 10_000
		}
	}
	c := cycles[e.cycle]
	regular := salary / c.perYear
	for n, f := range e.fixes[:e.nfixes] {
		if w.fixed(e, n) == p {
			regular += f.cents
		}
	}
	*s = statement{deductions: s.deductions[:0], earnings: s.earnings[:0], adjustments: s.adjustments[:0]}
	s.date = stamp{on: on}
	s.start = stamp{on: e.cycle.payday(p-1, e.anchor) - lag + 1}
	s.end = stamp{on: on - lag}
	hours := c.hours * 100
	gross := int64(0)
	for k := range w.ledger.perEarnings {
		kind := &w.ledger.earnings[k]
		if k > 1 && r.oneIn(8) {
			continue
		}
		l := line{head: kind.head}
		amount := regular
		switch {
		case k == 0:
			l.hours, l.rate = cents(hours), cents(regular/c.hours)
		case k == 1:
			over := int64(1 + r.below(8))
			l.hours, l.rate = whole(over), cents(regular/c.hours*3/2)
			amount = regular / c.hours * 3 / 2 * over
			hours += over * 100
		default:
			amount = regular*kind.basis/10_000 + int64(r.below(500))
			if kind.hours {
				l.hours, l.rate = whole(int64(1+r.below(9))), cents(regular/c.hours)
			}
		}
		l.amount = cents(amount)
		ytd.earnings[k] += amount
		if !kind.noYTD {
			l.ytd = cents(ytd.earnings[k])
		}
		gross += amount
		s.earnings = append(s.earnings, l)
	}
	if w.ledger.perEarnings == 0 {
		gross = regular
	}
	net := gross
	for k := range w.ledger.perDeductions {
		kind := &w.ledger.deductions[k]
		if k > 3 && r.oneIn(12) {
			continue
		}
		amount := gross * kind.basis / 10_000
		ytd.deductions[k] += amount
		net -= amount
		s.deductions = append(s.deductions, line{head: kind.head, amount: cents(amount), ytd: cents(ytd.deductions[k])})
	}
	for range w.ledger.perAdjustments {
		if r.oneIn(3) {
			amount := int64(r.below(6000)) - 1000
			net += amount
			s.adjustments = append(s.adjustments, line{head: pick(&r, w.ledger.adjustments), amount: cents(amount)})
		}
	}
	ytd.gross += gross
	ytd.net += net
	s.gross, s.ytdGross, s.net, s.ytdNet = cents(gross), cents(ytd.gross), cents(net), cents(ytd.net)
	s.hours = cents(hours)
	s.methodJSON = `"deposit"`
	if r.oneIn(20) {
		s.methodJSON = `"check"`
	}
}

func (s *statement) write(j *js) {
	j.open()
	j.members(s.lead)
	s.date.write(j, "date")
	s.start.write(j, "payPeriodStartDate")
	s.end.write(j, "payPeriodEndDate")
	j.num("grossAmount", s.gross)
	j.num("ytdGrossAmount", s.ytdGross)
	j.num("netAmount", s.net)
	j.num("ytdNetAmount", s.ytdNet)
	j.raw("paymentMethod", s.methodJSON)
	j.num("hours", s.hours)
	writeLines(j, "deductions", s.deductions, s.deductionForm)
	writeLines(j, "earnings", s.earnings, s.earningForm)
	writeLines(j, "netAmountAdjustments", s.adjustments, s.adjustmentForm)
	j.members(s.extra)
	j.end()
}

func writeLines(j *js, k string, lines []line, form string) {
	if form != "" {
		j.rows(k, nil, form)
		return
	}
	j.array(k, len(lines), func(i int) {
		l := &lines[i]
		j.b = append(j.b, l.head...)
		j.b = l.amount.member(j.b, `,"amount":`) // the head is never empty
		j.b = l.ytd.member(j.b, `,"ytdAmount":`)
		j.b = l.hours.member(j.b, `,"hours":`)
		j.b = l.rate.member(j.b, `,"rate":`)
		j.members(l.extra)
		j.end()
	})
}
