package sandbox

// The statement traps go by the number of the period, so that a statement stays as odd as it was.

func missingArrays(_ *employee, s *statement, period int) func(*statement) {
	switch period % 4 {
	case 0:
		s.deductionForm, s.earningForm, s.adjustmentForm = "-", "null", "[]"
	case 1:
		s.earningForm, s.adjustmentForm = "-", "-"
		s.net, s.ytdGross, s.ytdNet = number{}, number{}, number{}
	case 2:
		s.deductionForm, s.adjustmentForm = "[]", "null"
		s.methodJSON, s.hours = "", number{}
	}
	return nil
}

func sharedPeriod(_ *employee, _ *statement, period int) func(*statement) {
	if period%3 != 0 {
		return nil
	}
	return func(s *statement) {
		bonus := cents(int64(50_000 + period%97*100))
		s.gross, s.net, s.hours, s.methodJSON = bonus, bonus, number{}, `"check"`
		s.ytdGross, s.ytdNet = number{}, number{}
		s.earnings = append(s.earnings[:0], line{head: earningHead("bonus", "Spot Bonus"), amount: bonus})
		s.deductionForm, s.adjustmentForm = "-", "-"
	}
}

func twice(_ *employee, _ *statement, period int) func(*statement) {
	if period%3 != 0 {
		return nil
	}
	return func(*statement) {}
}

func undated(_ *employee, s *statement, period int) func(*statement) {
	switch period % 3 {
	case 0:
		s.date.raw, s.start.raw, s.end.raw = "-", "null", `""`
	case 1:
		s.date.raw = "null"
	}
	return nil
}

func (s *statement) numbers(do func(*number)) {
	for _, n := range []*number{&s.gross, &s.ytdGross, &s.net, &s.ytdNet, &s.hours} {
		do(n)
	}
	for _, lines := range [][]line{s.deductions, s.earnings, s.adjustments} {
		for i := range lines {
			l := &lines[i]
			do(&l.amount)
			do(&l.ytd)
			do(&l.hours)
			do(&l.rate)
		}
	}
}

func statementStrings(_ *employee, s *statement, _ int) func(*statement) {
	s.numbers((*number).quote)
	return nil
}

// reversal is a voided cheque: a negative copy of the regular one.
func reversal(_ *employee, _ *statement, period int) func(*statement) {
	if period%3 != 0 {
		return nil
	}
	return func(s *statement) { s.numbers(func(n *number) { n.cents = -n.cents }) }
}

func statementExponents(_ *employee, s *statement, _ int) func(*statement) {
	s.gross, s.net, s.hours = text("1e2"), text("1.25e3"), text("8E+1")
	for i := range s.earnings {
		s.earnings[i].rate = text("25e-1")
	}
	return nil
}

func statementLongNumbers(_ *employee, s *statement, period int) func(*statement) {
	s.ytdGross = text("12345678901234567890.12")
	if period%2 == 0 {
		s.ytdNet = text(`"-0.000000000000000000001"`)
	}
	return nil
}

func statementNoNumbers(_ *employee, s *statement, _ int) func(*statement) {
	s.hours, s.ytdNet = text(`"n/a"`), text("null")
	for i := range s.earnings {
		s.earnings[i].rate, s.earnings[i].ytd = text(`"--"`), text(`""`)
	}
	return nil
}

func unknownCategories(_ *employee, s *statement, _ int) func(*statement) {
	s.methodJSON = `"crypto"`
	s.earnings = append(s.earnings, line{head: earningHead("Shift-Differential", "SHIFT 3"), amount: cents(4005)})
	s.deductions = append(s.deductions, line{head: deductionHead("Levy", "County levy", "LEVY"), amount: cents(1999)})
	return nil
}

// oddDates: the first is the day before in UTC.
func oddDates(_ *employee, s *statement, period int) func(*statement) {
	switch period % 4 {
	case 0:
		s.date.raw = s.date.on.json("T00:30:00.000+02:00")
	case 1:
		s.date.raw, s.end.raw = s.date.on.json("T16:45:16.243Z"), s.end.on.json("T23:59:59Z")
	case 2:
		s.date.raw, s.start.raw = s.date.on.json(""), s.start.on.json("T22:00:00-07:00")
	}
	return nil
}

func unknownStatementFields(_ *employee, s *statement, _ int) func(*statement) {
	s.extra = `"parsedData":{"source":"ocr","confidence":0.91},"paystub":{"_id":"60f1","url":` + placeholderLink + `}`
	for i := range s.earnings {
		s.earnings[i].extra = `"taxable":true`
	}
	for i := range s.deductions {
		s.deductions[i].extra = `"employerAmount":12.5,"tiers":[1,2]`
	}
	return nil
}

func statementEcho(e *employee, s *statement, period int) func(*statement) {
	if period%2 == 0 && e.echo {
		s.extra = `"payeeTaxId":"` + e.ssn + `"`
		for i := range s.deductions {
			s.deductions[i].extra = `"caseNumber":"` + dashed(e.ssn) + `"`
		}
	}
	return nil
}

func relabel(label string) func(*employee, *statement, int) func(*statement) {
	earning, deduction := earningHead("wage", label), deductionHead("other", label, label)
	return func(_ *employee, s *statement, _ int) func(*statement) {
		if len(s.earnings) > 0 {
			s.earnings[0].head = earning
		}
		if len(s.deductions) > 0 {
			s.deductions[0].head = deduction
		}
		return nil
	}
}

func farYears(_ *employee, s *statement, period int) func(*statement) {
	switch period % 3 {
	case 0:
		s.start.raw, s.end.raw = `"0000-01-01T00:00:00.000Z"`, `"10000-01-01T00:00:00.000Z"`
	case 1:
		s.date.raw = `"0000-00-00T00:00:00.000Z"`
	}
	return nil
}

func statementIDs(e *employee, s *statement, period int) func(*statement) {
	s.lead = `"_id":"` + e.id[:12] + string(appendHex(nil, uint64(period), 12)) + `"`
	return nil
}
