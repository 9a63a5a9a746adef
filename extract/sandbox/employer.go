package sandbox

import "strconv"

var exampleEmployerIDs = []string{
	"5eea73d5f55d6c0007d1fcdf",
	"5eea76350d0ada0007fb43c7",
	"5f0361ec9ecb2400089f1451",
	"5f03900c13857400082e9497",
	"63f7f2e7baf8f344eacd59fd",
	"6407bab97d627e100e7a5246",
	"642c9aa6f8fc90e0dbb4c92f",
}

// exampleHomes are the employers of the example objects, by their place in exampleEmployerIDs.
var exampleHomes = [kinds][]int{
	anEmployee: {2, 3},
	aDocument:  {4, 4},
	aDeduction: {6, 6, 6},
	aRun:       {5, 5, 6},
}

// employer is one employer on one day. Texts ending in JSON are served as they are.
type employer struct {
	id, listName, name string
	einJSON            string
	source             string
	locations          []string // JSON objects
	locationsForm      string   // as in js.rows
	extra              string
	created, updated   string
}

func (w *world) employer(i, day int) employer {
	r := w.rng(anEmployer, i, 1)
	e := employer{id: w.id(anEmployer, i)}
	e.created, e.updated = w.stamps(anEmployer, i, day)
	e.name = pick(&r, tradeHead) + " " + pick(&r, trades)
	e.listName = e.name
	e.einJSON = `"` + string(r.digits(nil, 9)) + `"`
	e.source = r.uuid()
	n := 1 + r.below(3)
	for d := w.born(anEmployer, i) + 1; d <= day; d++ {
		if w.event(anEmployer, i, d)%1000/20 == 20 { // a new site is opened
			n++
		}
	}
	for range n {
		e.locations = append(e.locations, location(&r))
	}
	if w.isExample(anEmployer, i) {
		w.exampleEmployer(&e, i, day)
	} else {
		oddEmployer(&e, w.oddNumber(anEmployer, i))
	}
	return e
}

// exampleEmployer: the list calls the second one B and its detail calls it A, as the reference does.
func (w *world) exampleEmployer(e *employer, i, day int) {
	switch i {
	case 0:
		e.name, e.listName = "Example Employer A", "Example Employer A"
	case 1:
		e.name, e.listName = "Example Employer A", "Example Employer B"
		e.einJSON, e.source = `"12345678"`, "035add56-0038-4dc9-98b2-23cb39877d47"
		e.locations = []string{`{"line1":"12345 Enterprise Rd","line2":"Suite 105","city":"Salt Lake City","state":"UT","postalCode":"84111","country":"USA"}`}
		e.created, e.updated = w.exampleStamps(anEmployer, i, day, "2023-02-28T19:57:26.445Z", "2023-02-28T21:18:55.490Z")
	}
}

func location(r *rng) string {
	p := pick(r, places)
	j := js{b: []byte{'{'}}
	j.str("line1", strconv.Itoa(10+r.below(9990))+" "+pick(r, streets))
	if r.oneIn(3) {
		j.str("line2", "Suite "+strconv.Itoa(100+r.below(800)))
	}
	j.str("city", p.city)
	j.str("state", p.state)
	j.str("postalCode", p.zip)
	j.str("country", "USA")
	j.end()
	return string(j.b)
}

func (e *employer) row(j *js) {
	j.open()
	j.str("_id", e.id)
	j.str("name", e.listName)
	j.end()
}

func (e *employer) detail(j *js) {
	j.open()
	j.str("_id", e.id)
	j.str("name", e.name)
	j.raw("ein", e.einJSON)
	j.str("sourceId", e.source)
	j.rows("locations", e.locations, e.locationsForm)
	j.members(e.extra)
	j.retrieved(e.created, e.updated)
	j.end()
}
