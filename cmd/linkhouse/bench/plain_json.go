package main

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

type employerDetail struct {
	Data struct {
		ID        text      `json:"_id"`
		Name      text      `json:"name"`
		EIN       text      `json:"ein"`
		SourceID  text      `json:"sourceId"`
		CreatedAt time.Time `json:"createdAt"`
		UpdatedAt time.Time `json:"updatedAt"`
		Locations []struct {
			Line1      text `json:"line1"`
			Line2      text `json:"line2"`
			City       text `json:"city"`
			State      text `json:"state"`
			PostalCode text `json:"postalCode"`
			Country    text `json:"country"`
		} `json:"locations"`
	} `json:"data"`
}

type employeeDetail struct {
	Data employee `json:"data"`
}

type employee struct {
	ID        text      `json:"_id"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`

	FirstName   text `json:"firstName"`
	LastName    text `json:"lastName"`
	DateOfBirth day  `json:"dateOfBirth"`
	Email       text `json:"email"`
	Phone       text `json:"phone"`
	SSN         text `json:"ssn"`
	HomeAddress struct {
		Line1   text `json:"line1"`
		Line2   text `json:"line2"`
		City    text `json:"city"`
		State   text `json:"state"`
		Zipcode text `json:"zipcode"`
		Country text `json:"country"`
	} `json:"homeAddress"`

	EmployeeType     text    `json:"employeeType"`
	EmploymentStatus text    `json:"employmentStatus"`
	JobTitle         text    `json:"jobTitle"`
	StartDate        day     `json:"startDate"`
	TerminationDate  day     `json:"terminationDate"`
	WeeklyHours      decimal `json:"weeklyHours"`
	ClassCode        code    `json:"classCode"`

	Income                 decimal `json:"income"`
	IncomeType             text    `json:"incomeType"`
	PayCycle               text    `json:"payCycle"`
	NextExpectedPayDate    day     `json:"nextExpectedPayDate"`
	CurrentPayPeriodStart  day     `json:"currentPayPeriodStart"`
	CurrentPayPeriodEnd    day     `json:"currentPayPeriodEnd"`
	UnpaidHoursInPayPeriod decimal `json:"unpaidHoursInPayPeriod"`

	DepositAccounts []deposit   `json:"depositAccounts"`
	Statements      []statement `json:"statements"`
	Taxes           []struct {
		Type       text    `json:"type"`
		Year       day     `json:"year"`
		TotalWages decimal `json:"totalWages"`
	} `json:"taxes"`
	Timesheets []jsontext.Value `json:"timesheets"`
}

type deposit struct {
	RoutingNumber      text    `json:"routingNumber"`
	AccountNumber      text    `json:"accountNumber"`
	Type               text    `json:"type"`
	BankName           text    `json:"bankName"`
	DistributionType   text    `json:"distributionType"`
	DistributionAmount decimal `json:"distributionAmount"`
}

type timesheet struct {
	Date  day     `json:"date"`
	Hours decimal `json:"hours"`
	Type  text    `json:"type"`
}

type statement struct {
	Date               day     `json:"date"`
	PayPeriodStartDate day     `json:"payPeriodStartDate"`
	PayPeriodEndDate   day     `json:"payPeriodEndDate"`
	GrossAmount        decimal `json:"grossAmount"`
	YTDGrossAmount     decimal `json:"ytdGrossAmount"`
	NetAmount          decimal `json:"netAmount"`
	YTDNetAmount       decimal `json:"ytdNetAmount"`
	PaymentMethod      text    `json:"paymentMethod"`
	Hours              decimal `json:"hours"`
	Deductions         []struct {
		Category  text    `json:"category"`
		Label     text    `json:"label"`
		RawLabel  text    `json:"rawLabel"`
		Amount    decimal `json:"amount"`
		YTDAmount decimal `json:"ytdAmount"`
	} `json:"deductions"`
	Earnings []struct {
		Category  text    `json:"category"`
		RawLabel  text    `json:"rawLabel"`
		Amount    decimal `json:"amount"`
		YTDAmount decimal `json:"ytdAmount"`
		Hours     decimal `json:"hours"`
		Rate      decimal `json:"rate"`
	} `json:"earnings"`
	Adjustments []struct {
		Label  text    `json:"label"`
		Amount decimal `json:"amount"`
	} `json:"netAmountAdjustments"`
}
