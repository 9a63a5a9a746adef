package sandbox

import "strings"

// oddEmployer: T19, T22, T47.
func oddEmployer(e *employer, n int) {
	switch n {
	case 0:
		e.einJSON, e.locationsForm = `"12345678"`, "-"
	case 1:
		e.locationsForm = "null"
	case 2:
		e.einJSON = "null"
		e.locations = append(e.locations, `{"city":"Reno","postalCode":89501,"geo":{"lat":39.5}}`, `{}`)
	case 3:
		e.name = "Café \"Ünïted\" & Söhne 🍞 " + strings.Repeat("Holding ", 300)
		e.listName, e.extra = e.name, `"naics":"311811"`
	case 6:
		e.locationsForm = "[]"
	}
}

// oddDocument: T23, T27, T29 and links that are missing (a document that has not been fetched).
func oddDocument(d *document, n int) {
	switch n {
	case 0:
		d.link = noLink
	case 1:
		d.link = nullLink
	case 2:
		d.link = placeholder
	case 3:
		d.link = emptyLink
	case 4:
		d.metadataJSON, d.revision = "", 0 // nothing would show a revision
	case 5:
		d.metadataJSON, d.revision = "null", 0
	case 6:
		d.metadataJSON, d.revision = "[]", 0
	case 7:
		d.metadataJSON = `{"startDate":"Q1","nested":{"deep":[{"a":1e2},null]},"amended":"yes\u0000"}`
		d.revision = 0
	case 8:
		d.typeJSON = "941"
	case 9:
		d.typeJSON, d.dateJSON = `"1099-NEC"`, "null"
	case 10:
		d.dateJSON = strings.Replace(d.dateJSON, midnight, "", 1)
	case 11:
		d.extra = `"pages":3,"filedBy":{"name":"A. Preparer"}`
	}
}

// oddDeduction: T24, T47.
func oddDeduction(d *deductionType, n int) {
	switch n {
	case 0:
		d.categoryJSON = `"Other"`
	case 1:
		d.categoryJSON, d.amount, d.calculationJSON, d.categoryTypeJSON = `"Garnishment"`, number{}, "", ""
	case 2:
		d.amount = text(`"12.50"`)
	case 3:
		d.amount = cents(-2500)
	case 4:
		d.endJSON = `"2001-01-01T00:00:00.000Z"` // before its start
	case 5:
		d.amount = text("5e-1")
	case 6:
		d.startJSON, d.endJSON = "null", `"2023-02-02"`
	case 7:
		d.categoryJSON, d.categoryTypeJSON = `"457b"`, `"after-tax"`
	case 8:
		d.labelJSON, d.extra = quote("Söhne\x00 \"A\""), `"employerMatch":{"percent":3}`
	case 9:
		d.amount, d.calculationJSON = text(`"tiered"`), `"formula"`
	case 10:
		d.startJSON = `"2022-02-02T19:00:00.000-07:00"`
	case 11:
		d.amount = text("null")
	}
}

// oddRun: T21, T25.
func oddRun(p *payrollRun, n int, check date) {
	switch n {
	case 0:
		p.detailCheckJSON = check.json("T16:45:16.243Z")
	case 1:
		p.initJSON = (check + 1).json("T05:00:00.000Z")
	case 2:
		p.stateJSON, p.version, p.link = `"failed"`, 0, linked // one state, one document
	case 3:
		p.stateJSON, p.typeJSON, p.version, p.link = `"awaiting-funds"`, `"Regular"`, 0, linked
	case 4:
		p.link = noLink
	case 5:
		p.link = nullLink
	case 6:
		p.link = placeholder
	case 7:
		p.checkJSON = check.json("T00:30:00.000+02:00")
	case 8:
		p.checkJSON = check.json("")
	case 9:
		p.checkJSON, p.initJSON = "null", ""
	case 10:
		p.startJSON, p.endJSON = p.endJSON, p.startJSON
	case 11:
		p.extra = `"totals":{"gross":"12000.50"},"employees":12`
	case 12:
		p.startJSON = `"0000-01-01T00:00:00.000Z"`
	case 13:
		p.link = emptyLink
	}
}

// oddAccount: T31, T34 to T37, T46 and the other version's shape.
func oddAccount(a *account, n int) {
	b := &a.billing
	switch n {
	case 0:
		b.form, b.number = "-", ""
	case 1:
		b.form, b.number = "null", ""
	case 2:
		b.numberJSON, b.number = `"XXXX`+b.number[12:]+`"`, ""
	case 3:
		a.linkJSON = `"detected"`
	case 4:
		b.methods = []string{`{"type":"card","lastFour":"0042","brand":"VISA","isPrimary":true}`, `{"type":"bank"}`}
	case 5:
		a.companyJSON = strings.Replace(a.companyJSON, a.companyJSON[strings.Index(a.companyJSON, `"branding"`):], `"branding":{}}`, 1)
	case 6:
		a.companyJSON = `{"_id":"` + a.company + `","name":"` + `Plain` + `"}`
	case 7:
		a.outer = `"bills":[{"name":"Line 1","actions":[{"type":"refresh","actionId":"x"}]}],"expenses":[]`
		a.actions = append(a.actions, `{"type":"switch","actionId":"QUJD"}`)
	case 8:
		b.amount, b.items[0].amount = text(`"20.46"`), text(`"1e1"`)
	case 9:
		b.itemForm, b.historyForm = "null", "null"
		b.items, b.history = nil, nil
	case 10:
		h := b.history[0]
		h.lead = h.lead[:len(`"date":"2026-01-01T`)] + `00:00:01.000Z"`
		b.history = append(b.history, h, h)
	case 11:
		a.company, a.companyJSON = "", "null"
	case 12:
		a.suggestions = append(a.suggestions, suggestion{text(`"7.5"`), `"category":"switch-\u0000plan","shortDescription":null,"savingsCurrency":"usd"`})
	case 13:
		b.autopayJSON = ""
	case 14:
		b.autopayJSON = `{"status":"disabled","cycle":"yearly"}`
	case 15:
		a.typeJSON, a.data = `"utility"`, `"devices":[{"imei":"x","lines":2}],"autopayDiscount":5`
	case 16:
		b.dueJSON = `"2026-02-30T23:59:59.000Z"`
	case 17:
		b.number = "4" + b.number[1:]
		b.numberJSON = quote(grouped(b.number))
	case 18:
		a.inner = `"loginHint":"` + b.number + `","status":{"state":"ok"}`
	case 19:
		a.identities = append(a.identities, `{}`, `{"firstName":"Two","lastName":"Names","email":null,"phone":5551234567}`)
	case 20:
		a.plans = append(a.plans, a.plans...)
	case 21:
		b.amount = text("null")
		b.history = append(b.history, charge{`"date":null`, cents(100)}, charge{`"date":"6/4/98"`, cents(-100)})
	}
}

// oddTask: T39 to T41.
func oddTask(t *task, n int) {
	switch n {
	case 0:
		twin := *t
		twin.twin, twin.productJSON, twin.statusJSON, twin.failJSON = nil, `"tax"`, `"failed"`, `"bad-credentials"`
		t.twin = &twin
	case 1:
		t.statusJSON, t.failJSON = `"completed"`, `"unknown-failure"`
	case 2:
		t.statusJSON, t.productJSON = `"cancelled"`, `"manage"`
	case 3:
		t.company = nil
	case 4:
		t.connector = nil
	case 5:
		t.metadataJSON = `{"note":"line\u0000one","tags":["a",{"b":[1e2]}],"email":"someone@example.com"}`
	case 6:
		t.extra = `"retries":2,"queue":{"name":"fast"}`
	case 7:
		t.companyJSON = `{"_id":"` + t.company.id + `","branding":null}`
	case 8:
		t.failJSON = "null"
	case 9:
		t.metadataJSON = "null"
	}
}
