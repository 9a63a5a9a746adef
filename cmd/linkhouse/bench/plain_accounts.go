package main

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// accountsOf is what the API answers for a user.
type accountsOf struct {
	Accounts []struct {
		ID      text    `json:"_id"`
		Type    text    `json:"type"`
		Company company `json:"company"`
		Account account `json:"account"`
		Actions []struct {
			ID   text `json:"id"`
			Type text `json:"type"`
		} `json:"actions"`
	} `json:"accounts"`
}

type company struct {
	ID       text `json:"_id"`
	Name     text `json:"name"`
	Branding struct {
		Logo struct {
			URL             text `json:"url"`
			BackgroundColor text `json:"backgroundColor"`
		} `json:"logo"`
		Color text `json:"color"`
	} `json:"branding"`
}

type account struct {
	Type        text  `json:"type"`
	SourceID    text  `json:"sourceId"`
	CreatedBy   text  `json:"createdBy"`
	Connected   *bool `json:"connected"`
	Supported   *bool `json:"supported"`
	Suggestions []struct {
		MonthlySavings      decimal `json:"monthlySavings"`
		Category            text    `json:"category"`
		ActionURL           text    `json:"actionUrl"`
		ShortDescription    text    `json:"shortDescription"`
		DetailedDescription text    `json:"detailedDescription"`
		ButtonTitle         text    `json:"buttonTitle"`
	} `json:"suggestions"`
	Identities []struct {
		FirstName text `json:"firstName"`
		Email     text `json:"email"`
		Phone     text `json:"phone"`
	} `json:"identities"`
	Billing struct {
		AccountNumber text    `json:"accountNumber"`
		Amount        decimal `json:"amount"`
		DueDate       day     `json:"dueDate"`
		Autopay       struct {
			Status text `json:"status"`
			Cycle  text `json:"cycle"`
		} `json:"autopay"`
		Items []struct {
			Description text    `json:"description"`
			Amount      decimal `json:"amount"`
		} `json:"items"`
		History []struct {
			Date   time.Time `json:"date"`
			Amount decimal   `json:"amount"`
		} `json:"history"`
		PaymentMethods []struct {
			Type      text  `json:"type"`
			LastFour  text  `json:"lastFour"`
			Brand     text  `json:"brand"`
			IsPrimary *bool `json:"isPrimary"`
		} `json:"paymentMethods"`
	} `json:"billing"`
	Data jsontext.Value `json:"data"`
}

type accountData struct {
	Plans []struct {
		SourceID    text  `json:"sourceId"`
		Status      text  `json:"status"`
		Title       text  `json:"title"`
		Description text  `json:"description"`
		FreeTrial   *bool `json:"freeTrial"`
	} `json:"plans"`
	Usage []struct {
		Title       text `json:"title"`
		Description text `json:"description"`
	} `json:"usage"`
}

// addAccounts adds a user with all accounts; companies is what earlier batches have of them already.
func (b *batch) addAccounts(user *text, of *accountsOf, companies map[text]bool) error {
	b.add(usersTable, user)
	for i := range of.Accounts {
		o := &of.Accounts[i]
		a, c := &o.Account, &o.Company
		if !companies[c.ID] {
			companies[c.ID] = true
			b.add(companiesTable, &c.ID, &c.Name, &c.Branding.Logo.URL, &c.Branding.Logo.BackgroundColor, &c.Branding.Color)
		}
		bill := &a.Billing
		last := lastFour(bill.AccountNumber)
		b.add(accountsTable, user, &o.ID, &c.ID, &o.Type, &a.Type, &a.SourceID, &a.CreatedBy, a.Connected, a.Supported,
			&last, &bill.Amount, &bill.DueDate, &bill.Autopay.Status, &bill.Autopay.Cycle, []byte(a.Data))
		for n := range o.Actions {
			b.add(actionsTable, user, &o.ID, &o.Actions[n].ID, &o.Actions[n].Type)
		}
		if err := b.addParts(user, &o.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// addParts numbers the parts of an account.
func (b *batch) addParts(user, id *text, a *account) error {
	var data accountData
	if len(a.Data) > 0 {
		if err := json.Unmarshal(a.Data, &data); err != nil {
			return err
		}
	}
	for i := range a.Suggestions {
		s := &a.Suggestions[i]
		b.add(suggestionsTable, user, id, number(i), &s.MonthlySavings, &s.Category, &s.ActionURL, &s.ShortDescription,
			&s.DetailedDescription, &s.ButtonTitle)
	}
	for i := range a.Identities {
		p := &a.Identities[i]
		b.add(accountIdentitiesTable, user, id, number(i), &p.FirstName, &p.Email, &p.Phone)
	}
	for i := range a.Billing.Items {
		b.add(billingItemsTable, user, id, number(i), &a.Billing.Items[i].Description, &a.Billing.Items[i].Amount)
	}
	for i := range a.Billing.History {
		b.add(billingHistoryTable, user, id, number(i), a.Billing.History[i].Date, &a.Billing.History[i].Amount)
	}
	for i := range a.Billing.PaymentMethods {
		m := &a.Billing.PaymentMethods[i]
		b.add(paymentMethodsTable, user, id, number(i), &m.Type, &m.LastFour, &m.Brand, m.IsPrimary)
	}
	for i := range data.Plans {
		p := &data.Plans[i]
		b.add(plansTable, user, id, number(i), &p.SourceID, &p.Status, &p.Title, &p.Description, p.FreeTrial)
	}
	for i := range data.Usage {
		b.add(usageTable, user, id, number(i), &data.Usage[i].Title, &data.Usage[i].Description)
	}
	return nil
}

func number(i int) string { return strconv.Itoa(i + 1) }
