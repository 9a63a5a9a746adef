package sandbox

import "strconv"

// account is a PayLink account of a user on one day. Fields ending in JSON are served as they are, and left out when empty.
type account struct {
	i, day                       int
	id                           string
	company                      string // its id, "" when the account has no company
	companyJSON                  string
	linkJSON, typeJSON           string
	source                       string
	createdByJSON                string
	connectedJSON, supportedJSON string
	suggestions                  []suggestion
	identities                   []string
	billing                      bill
	plans, usage, actions        []string
	data                         string // further members of data
	inner, outer                 string // further members of account and around it
}

type suggestion struct {
	savings number
	rest    string // the members after it
}

// bill is the billing of an account. form replaces it when it is not empty, and "-" leaves it out.
type bill struct {
	form                  string
	number                string // whole account number, a secret; "" when there is none
	numberJSON            string
	amount                number
	dueJSON, autopayJSON  string
	items, history        []charge
	methods               []string
	itemForm, historyForm string // as in js.rows
}

// charge is a billed item or a payment of the history, by its lead.
type charge struct {
	lead   string // members before the amount
	amount number
}

func (w *world) account(i, day int) account {
	u := i / accountSlots
	r := w.rng(anAccount, i, 1)
	n := (u*3 + i%accountSlots*2) % len(merchants)
	m := merchants[n]
	a := account{
		i: i, day: day, id: w.id(anAccount, i),
		company: m.id, companyJSON: m.json(),
		linkJSON: `"linked"`, typeJSON: quote(m.typ), source: r.uuid(),
	}
	if r.oneIn(3) {
		a.connectedJSON, a.supportedJSON = `true`, `true`
	} else if r.oneIn(4) {
		a.createdByJSON, a.connectedJSON, a.supportedJSON = `"detection"`, `false`, `true`
	}
	first := pick(&r, firstNames)
	a.identities = []string{
		`{"firstName":` + quote(first) + `,"email":` + quote(mailbox(first)+strconv.Itoa(u)+"@example.net") +
			`,"phone":"` + string(r.digits([]byte("555"), 7)) + `"}`,
	}
	w.bill(&a, m.cents, &r)
	if m.typ == "subscription" || m.typ == "telecom" {
		a.plans = []string{
			`{"sourceId":` + quote(m.plan) + `,"status":"active","title":` + quote(first+"'s plan") + `,"description":` +
				quote(m.plan) + `,"freeTrial":` + strconv.FormatBool(r.oneIn(9)) + `}`,
		}
		a.usage = []string{`{"title":"profile","description":` + quote(first) + `}`}
		a.suggestions = w.suggestions(&r)
	} else {
		a.data = `"balance":` + strconv.Itoa(1000+r.below(30_000)) + `,"interestRate":` + strconv.Itoa(3+r.below(20)) + `.9`
	}
	for _, action := range []string{"change-plan", "cancel-plan", "pause-plan"} {
		if !r.oneIn(4) {
			a.actions = append(a.actions, `{"type":"`+action+`","id":"`+string(appendHex(nil, r.next(), 16))+`"}`)
		}
	}
	if w.isExample(anAccount, i) {
		exampleAccount(&a)
	} else {
		oddAccount(&a, w.oddNumber(anAccount, i))
	}
	return a
}

// bill is monthly. When its day comes, the due date moves on and the history slides by one.
func (w *world) bill(a *account, base int64, r *rng) {
	dom := 1 + r.below(28)
	length := 2 + r.below(5)
	a.billing.number = string(r.digits(nil, 16))
	a.billing.numberJSON = `"` + a.billing.number + `"`
	base += int64(r.below(900))
	type rise struct {
		from  date
		cents int64
	}
	var rises []rise
	for d := w.born(anAccount, a.i) + 1; d <= a.day; d++ {
		if e := w.event(anAccount, a.i, d); e%1000 >= 975 {
			rises = append(rises, rise{w.today(d), int64(100 + e>>32%300)})
		}
	}
	price := func(on date) int64 {
		c := base
		for _, up := range rises {
			if up.from <= on {
				c += up.cents
			}
		}
		return c
	}
	y, m, d := w.today(a.day).civil()
	last := y*12 + m - 1
	if d < dom {
		last--
	}
	a.billing.amount = cents(price(w.today(a.day)))
	a.billing.dueJSON = month(last+1, dom).json(dayEnd)
	a.billing.autopayJSON = `{"status":"` + pick(r, []string{"enabled", "enabled", "disabled", "paused"}) + `","cycle":"monthly"}`
	for n := range length {
		on := month(last-n, dom)
		at := w.rng(anAccount, a.i, 5<<32|uint64(last-n))
		a.billing.history = append(a.billing.history, charge{`"date":` + on.instant(&at), cents(price(on))})
	}
	a.billing.items = []charge{
		{`"description":"Base price"`, cents(price(w.today(a.day)) - 299)},
		{`"description":"Taxes and fees"`, cents(299)},
	}
	a.billing.methods = []string{
		`{"type":"card","lastFour":"` + string(r.digits(nil, 4)) + `","brand":"` + pick(r, []string{"Mastercard", "Visa"}) + `","isPrimary":true}`,
	}
	if r.oneIn(4) {
		a.billing.methods = append(a.billing.methods, `{"type":"bank","isPrimary":false}`)
	}
}

func (w *world) suggestions(r *rng) []suggestion {
	var all []suggestion
	for n := range r.below(3) {
		category := [...]string{"downgrade-plan", "underutilization", "redundant-services"}[(n+r.below(2))%3]
		all = append(all, suggestion{
			whole(int64(2 + r.below(14))),
			`"category":"` + category + `","actionUrl":"https://example.com/act/` + category +
				`","shortDescription":"Pay less","detailedDescription":"You hardly use what you pay for.","buttonTitle":"See how"`,
		})
	}
	return all
}
