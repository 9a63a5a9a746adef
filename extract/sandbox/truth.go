package sandbox

// Truth is what a warehouse that has read everything must hold: the rows that the API's current state means, and exact
// sums of every numeric column.
//
// An object that is listed but whose detail answers 404 has vanished (T28): it is in Ghosts and nowhere else. An item
// without an id, or that is no object, is in Rejects and nowhere else. A task that is listed twice under one id with
// different products counts twice (T39).
type Truth struct {
	Day  int              `json:"day"`
	Rows map[string]int64 `json:"rows"` // by schema.table
	// Sums are decimals without exponent or trailing zeros, by schema.table and column. A value that is no number counts
	// as nothing, and the sum over no rows is "0". The year of a tax is summed too.
	Sums      map[string]map[string]string `json:"sums"`
	Documents map[string]map[string]string `json:"documents"` // SHA-256 in hex by resource and id, of those that have a link
	Rejects   map[string]int               `json:"rejects"`   // bad list items by resource
	Ghosts    map[string][]string          `json:"ghosts"`    // ids by resource
}

// Truth counts the world of today, straight from what the objects are made of. It takes time in proportion to the world,
// and memory in proportion to the documents.
func (s *Server) Truth() Truth {
	w, day := s.world, s.Day()
	t := tally{}
	w.tallyEmployers(t, day)
	w.tallyEmployees(t, day)
	w.tallyEmployerObjects(t, day)
	w.tallyPayLink(t, day)
	truth := Truth{
		Day: day, Rows: map[string]int64{}, Sums: map[string]map[string]string{},
		Documents: map[string]map[string]string{documentsName: {}, runsName: {}},
		Rejects:   map[string]int{}, Ghosts: map[string][]string{},
	}
	for name, c := range t {
		truth.Rows[name] = c.rows
		if len(c.cols) > 0 {
			truth.Sums[name] = map[string]string{}
		}
		for i, col := range c.cols {
			truth.Sums[name][col] = c.sums[i].String()
		}
	}
	w.each(aDocument, day, func(i int) {
		if d := w.document(i, day); d.link == linked {
			truth.Documents[documentsName][d.id] = w.contentSHA256(aDocument, i, d.revision)
		}
	})
	w.each(aRun, day, func(i int) {
		if p := w.payrollRun(i, day); p.link == linked {
			truth.Documents[runsName][p.id] = w.contentSHA256(aRun, i, p.version)
		}
	})
	for k := anEmployer; k <= aTask; k++ {
		w.span(k, day, func(i int) {
			if !w.listed(k, i, day) {
				return
			}
			if w.badItem(k, i, day) != "" {
				truth.Rejects[k.String()]++
			}
			if w.ghost(k, i) {
				truth.Ghosts[k.String()] = append(truth.Ghosts[k.String()], w.id(k, i))
			}
		})
	}
	return truth
}
