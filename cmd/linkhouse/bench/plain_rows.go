package main

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// batch collects rows of all tables, each table's values one after the other.
type batch struct {
	rows   int
	values [tableCount][]any
}

// constants stand in the columns about the row itself.
var constants = []any{time.Now(), time.Now(), int64(0), make([]byte, 16)}

func (b *batch) empty() {
	b.rows = 0
	for t := range b.values {
		clear(b.values[t])
		b.values[t] = b.values[t][:0]
	}
}

func (b *batch) add(t int, values ...any) {
	b.rows++
	b.values[t] = append(b.values[t], values...)
	if !tables[t].lines {
		b.values[t] = append(b.values[t], constants...)
	}
}

func (b *batch) addEmployer(body []byte) error {
	var d employerDetail
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	e := &d.Data
	b.add(employersTable, &e.ID, &e.Name, &e.EIN, &e.SourceID, &e.CreatedAt, &e.UpdatedAt)
	for i := range e.Locations {
		l := &e.Locations[i]
		b.add(locationsTable, &e.ID, i+1, &l.Line1, &l.Line2, &l.City, &l.State, &l.PostalCode, &l.Country)
	}
	return nil
}

func (b *batch) addEmployee(row *listed, e *employee) error {
	b.add(employeesTable, &e.ID, &row.Employer, &row.FirstName, &row.LastName, &e.CreatedAt, &e.UpdatedAt)
	a, ssn := &e.HomeAddress, lastFour(e.SSN)
	b.add(identitiesTable, &e.ID, &e.FirstName, &e.LastName, &e.DateOfBirth, &e.Email, &e.Phone, &ssn,
		&a.Line1, &a.Line2, &a.City, &a.State, &a.Zipcode, &a.Country)
	b.add(employmentsTable, &e.ID, &e.EmployeeType, &e.EmploymentStatus, &e.JobTitle, &e.StartDate,
		&e.TerminationDate, &e.WeeklyHours, &e.ClassCode.text)
	b.add(incomesTable, &e.ID, &e.Income, &e.IncomeType, &e.PayCycle, &e.NextExpectedPayDate,
		&e.CurrentPayPeriodStart, &e.CurrentPayPeriodEnd, &e.UnpaidHoursInPayPeriod)
	for i := range e.DepositAccounts {
		d := &e.DepositAccounts[i]
		last := lastFour(d.AccountNumber)
		key := d.RoutingNumber + "-" + last + "-" + d.Type
		b.add(depositsTable, &e.ID, &key, &d.RoutingNumber, &last, false, &d.Type, &d.BankName, &d.DistributionType, &d.DistributionAmount)
	}
	for i := range e.Statements {
		b.addStatement(&e.ID, &e.Statements[i])
	}
	for i := range e.Taxes {
		t := &e.Taxes[i]
		year := t.Year.Time.Year()
		key := t.Type + "-" + text(strconv.Itoa(year))
		b.add(taxesTable, &e.ID, &key, &t.Type, year, &t.TotalWages)
	}
	for i, payload := range e.Timesheets {
		if err := b.addTimesheet(&e.ID, i, payload); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) addStatement(employee *text, s *statement) {
	var buf [32]byte
	id := s.Date.Time.AppendFormat(buf[:0], time.DateOnly)
	id = s.PayPeriodStartDate.Time.AppendFormat(append(id, '_'), time.DateOnly)
	id = s.PayPeriodEndDate.Time.AppendFormat(append(id, '_'), time.DateOnly)
	key := text(id)
	b.add(statementsTable, employee, &key, &s.Date, &s.PayPeriodStartDate, &s.PayPeriodEndDate,
		&s.GrossAmount, &s.YTDGrossAmount, &s.NetAmount, &s.YTDNetAmount, &s.PaymentMethod, &s.Hours)
	for i := range s.Deductions {
		l := &s.Deductions[i]
		b.add(deductionsTable, employee, &key, i+1, &l.Category, &l.Label, &l.RawLabel, &l.Amount, &l.YTDAmount)
	}
	for i := range s.Earnings {
		l := &s.Earnings[i]
		b.add(earningsTable, employee, &key, i+1, &l.Category, &l.RawLabel, &l.Amount, &l.YTDAmount, &l.Hours, &l.Rate)
	}
	for i := range s.Adjustments {
		l := &s.Adjustments[i]
		b.add(adjustmentsTable, employee, &key, i+1, &l.Label, &l.Amount)
	}
}

func (b *batch) addTimesheet(employee *text, i int, payload jsontext.Value) error {
	var t timesheet
	if err := json.Unmarshal(payload, &t); err != nil {
		return err
	}
	b.add(timesheetsTable, employee, strconv.Itoa(i+1), []byte(payload), &t.Date, &t.Hours, &t.Type)
	return nil
}

func lastFour(number text) text { return number[max(0, len(number)-4):] }
