package sandbox

// task is a task of a user on one day.
type task struct {
	id                       string
	authenticated, payroll   bool
	statusJSON, failJSON     string
	productJSON              string
	createdJSON, updatedJSON string
	company, connector       *company
	companyJSON              string // instead of company's
	linkedAccount            string
	metadataJSON, extra      string
	workflow                 string
	user, identifier         string
	twin                     *task // another row of the list under the same id (T39)
}

var failReasons = []string{
	"bad-credentials", "session-timeout", "payment-method-declined", "subscription-inactive", "user-abandon",
	"connection-error", "account-lockout", "distribution-not-supported", "payment-token-expired", "work-status-terminated",
}

func (w *world) task(i, day int) task {
	u := i / taskSlots
	r := w.rng(aTask, i, 1)
	t := task{
		id: w.id(aTask, i), user: w.id(aUser, u), identifier: w.identifier(u),
		productJSON: quote([]string{"verify", "deposit", "switch", "present"}[r.below(4)]),
		workflow:    string(appendHex([]byte("643f2ed3"), r.next(), 16)),
	}
	born := w.born(aTask, i)
	if w.calm() {
		day = 0
	}
	age := day - born
	on := w.today(born)
	if born == 0 && !r.oneIn(8) {
		n := 2 + r.below(200)
		age, on = day+n, w.day0-date(n)
	}
	ok := !r.oneIn(4)
	moved := min(age, 2)
	for d := born + 1; d <= day; d++ {
		if w.event(aTask, i, d)%1000 >= 993 && age-(day-d) > 2 { // an audit reversed what had been final
			ok = !ok
			moved = age - (day - d)
		}
	}
	reason := quote(pick(&r, failReasons))
	t.createdJSON = on.instant(&r)
	late := w.rng(aTask, i, 6<<32|uint64(moved))
	t.updatedJSON = (on + date(moved) + 1).instant(&late)
	switch {
	case age == 0:
		t.statusJSON = `"queued"`
	case age == 1:
		t.statusJSON, t.authenticated = `"processing"`, true
	case ok:
		t.statusJSON, t.authenticated, t.payroll = `"completed"`, true, t.productJSON == `"verify"`
	default:
		t.statusJSON, t.failJSON = `"failed"`, reason
	}
	t.company, t.connector = &merchants[r.below(len(merchants))].company, &connectors[r.below(len(connectors))]
	if n := w.firstAccounts(u); n > 0 {
		t.linkedAccount = w.id(anAccount, u*accountSlots+r.below(n))
	}
	if r.oneIn(3) {
		t.metadataJSON = `{"campaign":"spring","cohort":` + string(r.digits(nil, 2)) + `}`
	}
	if w.isExample(aTask, i) {
		exampleTask(&t, i)
	} else {
		oddTask(&t, w.oddNumber(aTask, i))
	}
	return t
}

// exampleTask: the first is the one of the status example, the second that of the details, the third that of the list.
func exampleTask(t *task, i int) {
	t.company, t.connector = &taskCompany, &connectors[0]
	switch i {
	case 0:
		t.createdJSON, t.updatedJSON = `"2023-01-03T16:40:48.009Z"`, `"2023-01-03T16:41:20.115Z"`
		t.statusJSON, t.failJSON = `"failed"`, `"payment-method-not-supported"`
		t.productJSON, t.authenticated, t.payroll = `"switch"`, true, false
	case 1:
		t.createdJSON, t.updatedJSON = `"2024-01-01T00:00:00.000Z"`, `"2024-01-01T00:00:05.000Z"`
		t.statusJSON, t.failJSON = `"completed"`, `"unknown-failure"`
		t.productJSON, t.authenticated, t.payroll = `"switch"`, true, false
		t.linkedAccount, t.metadataJSON, t.workflow = "645963a0b754649972f3d4ac", `{"data":"test"}`, "643f2ed34253e21bdbd2de31"
	case 2:
		t.createdJSON, t.updatedJSON = `"2024-01-26T18:02:55.795Z"`, `"2024-01-26T18:03:40.001Z"`
		t.statusJSON, t.failJSON = `"completed"`, ""
		t.productJSON, t.authenticated, t.payroll = `"verify"`, true, true
		t.twin = &task{
			id: t.id, authenticated: true, createdJSON: t.createdJSON,
			statusJSON: `"failed"`, failJSON: `"bad-credentials"`, productJSON: `"deposit"`,
		}
	}
}

func (t *task) row(j *js) {
	j.open()
	j.str("_id", t.id)
	j.boolean("authenticated", t.authenticated)
	j.raw("createdAt", t.createdJSON)
	j.raw("failReason", t.failJSON)
	j.boolean("payrollDataAvailable", t.payroll)
	j.raw("product", t.productJSON)
	j.raw("status", t.statusJSON)
	j.end()
}

func (t *task) detail(j *js) {
	j.open()
	j.str("_id", t.id)
	j.boolean("authenticated", t.authenticated)
	switch {
	case t.companyJSON != "":
		j.raw("company", t.companyJSON)
	case t.company != nil:
		j.raw("company", t.company.json())
	}
	if t.connector != nil {
		j.raw("connector", t.connector.json())
	}
	if !j.bare {
		j.raw("createdAt", t.createdJSON)
		j.raw("updatedAt", t.updatedJSON)
	}
	j.raw("failReason", t.failJSON)
	if t.linkedAccount != "" {
		j.str("linkedAccount", t.linkedAccount)
	}
	j.raw("metadata", t.metadataJSON)
	j.raw("product", t.productJSON)
	j.raw("status", t.statusJSON)
	j.object("taskWorkflow")
	j.str("_id", t.workflow)
	j.end()
	j.object("user")
	j.str("_id", t.user)
	j.str("identifier", t.identifier)
	j.end()
	j.members(t.extra)
	j.end()
}

func (t *task) status(j *js) {
	j.open()
	j.raw("createdAt", t.createdJSON)
	j.raw("status", t.statusJSON)
	j.raw("failReason", t.failJSON)
	j.end()
}
