package sandbox

func (a *account) write(j *js) {
	j.open()
	j.str("_id", a.id)
	j.raw("company", a.companyJSON)
	j.object("account")
	j.raw("type", a.typeJSON)
	j.str("sourceId", a.source)
	j.raw("createdBy", a.createdByJSON)
	j.raw("connected", a.connectedJSON)
	j.raw("supported", a.supportedJSON)
	if a.suggestions != nil {
		j.array("suggestions", len(a.suggestions), func(i int) {
			s := &a.suggestions[i]
			j.open()
			j.num("monthlySavings", s.savings)
			j.members(s.rest)
			j.end()
		})
	}
	j.rows("identities", a.identities, "")
	a.billing.write(j)
	j.object("data")
	if a.plans != nil {
		j.rows("plans", a.plans, "")
	}
	if a.usage != nil {
		j.rows("usage", a.usage, "")
	}
	j.members(a.data)
	j.end()
	j.members(a.inner)
	j.str("_id", a.id)
	j.end()
	j.rows("actions", a.actions, "")
	j.raw("type", a.linkJSON)
	j.members(a.outer)
	j.end()
}

func (b *bill) write(j *js) {
	switch b.form {
	case "":
	case "-":
		return
	default:
		j.raw("billing", b.form)
		return
	}
	j.object("billing")
	j.raw("accountNumber", b.numberJSON)
	j.num("amount", b.amount)
	j.raw("dueDate", b.dueJSON)
	j.raw("autopay", b.autopayJSON)
	writeCharges(j, "items", b.items, b.itemForm)
	writeCharges(j, "history", b.history, b.historyForm)
	j.rows("paymentMethods", b.methods, "")
	j.end()
}

func writeCharges(j *js, k string, all []charge, form string) {
	if form != "" {
		j.rows(k, nil, form)
		return
	}
	j.array(k, len(all), func(i int) {
		j.open()
		j.members(all[i].lead)
		j.num("amount", all[i].amount)
		j.end()
	})
}

// exampleAccount is the PayLink reference's, but for what tells it apart.
func exampleAccount(a *account) {
	const url = `"actionUrl":"Specific URL for the action within the related service",`
	*a = account{
		i: a.i, day: a.day, id: a.id,
		company: exampleCompany.id, companyJSON: exampleCompany.json(),
		linkJSON: `"linked"`, typeJSON: `"subscription"`, source: "70236f02-dc3e-3419-bbf7-06d3da9d6685",
		suggestions: []suggestion{
			{whole(10), `"category":"remove-service",` + url + `"shortDescription":"Remove Disney Bundle","detailedDescription":"You are currently paying $10 per month for the Disney Bundle. If you are not using this service, consider removing it to save $10 monthly.","buttonTitle":"Remove Now"`},
			{whole(5), `"category":"underutilization",` + url + `"shortDescription":"Switch to 5G Start Plan","detailedDescription":"Your line is on the 5G Start plan with a $3 rate adjustment. Consider switwmching to a plan without the adjustment or a lower-tier plan if the current plan features are underutilized.","buttonTitle":"Switch Plan"`},
		},
		identities: []string{`{"firstName":"test","email":"test@email.com","phone":"5558675309"}`},
		billing: bill{
			number: "8498390016491919", numberJSON: `"8498390016491919"`, amount: cents(2046),
			dueJSON: `"2024-11-20T23:59:59.000Z"`, autopayJSON: `{"status":"enabled","cycle":"monthly"}`,
			items: []charge{{`"description":"Gibabit internet"`, cents(7699)}, {`"description":"Pay per view"`, cents(4589)}},
			history: []charge{
				{`"date":"2024-10-20T18:00:54.761Z"`, cents(2070)},
				{`"date":"2024-09-20T09:48:31.093Z"`, cents(1938)},
			},
			methods: []string{`{"type":"card","lastFour":"2345","brand":"Mastercard","isPrimary":true}`},
		},
		plans:   []string{`{"sourceId":"Hulu (No Ads)","status":"active","title":"Family Hulu Account","description":"Hulu (No Ads)","freeTrial":false}`},
		usage:   []string{`{"title":"profile","description":"Test Profile"}`},
		actions: []string{`{"type":"change-plan","id":"BASE64_ENCODED_ID"}`, `{"type":"cancel-plan","id":"BASE64_ENCODED_ID"}`, `{"type":"pause-plan","id":"BASE64_ENCODED_ID"}`},
	}
}
