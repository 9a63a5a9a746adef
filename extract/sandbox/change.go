package sandbox

import (
	"bytes"
	"encoding/json"
	"sort"
)

// Changes is what happened to each resource, by its name.
type Changes map[string]ResourceChanges

// ResourceChanges are sorted ids. New, Changed, Removed and Returned are disjoint; Moved are those of Changed that have
// another employer.
type ResourceChanges struct {
	New      []string            `json:"new"`      // present now, and on no day up to the first
	Changed  []string            `json:"changed"`  // present on both days, and served differently
	Removed  []string            `json:"removed"`  // present on the first day and not now
	Returned []string            `json:"returned"` // present now and not on the first day, but on some day before it
	Moved    []string            `json:"moved"`
	What     map[string][]string `json:"what"` // by id of Changed: the members that differ, those of a PayLink account as account.<member>
}

// Changes compares two days, 0 being the first. An object has changed when its list row or its detail is served with
// another content; url, createdAt and updatedAt are no content. Bad items and objects without a detail are left out.
func (s *Server) Changes(fromDay, toDay int) Changes {
	w := s.world
	all := Changes{}
	for k := anEmployer; k <= aTask; k++ {
		c := ResourceChanges{What: map[string][]string{}}
		w.span(k, max(fromDay, toDay), func(i int) { w.compare(&c, k, i, fromDay, toDay) })
		for _, ids := range [][]string{c.New, c.Changed, c.Removed, c.Returned, c.Moved} {
			sort.Strings(ids)
		}
		all[k.String()] = c
	}
	return all
}

func (w *world) compare(c *ResourceChanges, k kind, i, from, to int) {
	was, is := w.present(k, i, from), w.present(k, i, to)
	switch {
	case was && is:
		a, b := w.content(k, i, from), w.content(k, i, to)
		if bytes.Equal(a, b) {
			return
		}
		id := w.id(k, i)
		c.Changed = append(c.Changed, id)
		c.What[id] = differences(a, b)
		if k == anEmployee && w.home(k, i, from) != w.home(k, i, to) {
			c.Moved = append(c.Moved, id)
		}
	case was:
		c.Removed = append(c.Removed, w.id(k, i))
	case is:
		for d := range from {
			if w.present(k, i, d) {
				c.Returned = append(c.Returned, w.id(k, i))
				return
			}
		}
		c.New = append(c.New, w.id(k, i))
	}
}

// content is what is served for an object: an array of its list rows and its detail.
func (w *world) content(k kind, i, day int) []byte {
	j := js{b: append(make([]byte, 0, 4096), '['), bare: true}
	switch k {
	case anEmployer:
		o := w.employer(i, day)
		o.row(&j)
		j.comma('[')
		o.detail(&j)
	case anEmployee:
		o := w.employee(i, day)
		o.row(&j)
		j.comma('[')
		o.detail(w, &j, everything)
	case aDocument:
		o := w.document(i, day)
		o.row(&j)
		j.comma('[')
		o.detail(&j)
	case aDeduction:
		o := w.deductionType(i, day)
		o.row(&j)
		j.comma('[')
		o.detail(&j)
	case aRun:
		o := w.payrollRun(i, day)
		o.row(&j)
		j.comma('[')
		o.detail(&j)
	case anAccount:
		o := w.account(i, day)
		o.write(&j)
	case aTask:
		o := w.task(i, day)
		for t := &o; t != nil; t = t.twin {
			t.row(&j)
			j.comma('[')
		}
		o.detail(&j)
	}
	return append(j.b, ']')
}

// differences are the members that two contents do not share.
func differences(a, b []byte) []string {
	var was, is []map[string]json.RawMessage
	if json.Unmarshal(a, &was) != nil || json.Unmarshal(b, &is) != nil || len(was) != len(is) {
		return nil
	}
	found := map[string]bool{}
	for n := range was {
		differ(found, "", was[n], is[n])
		var inner, innerNow map[string]json.RawMessage
		if found["account"] && json.Unmarshal(was[n]["account"], &inner) == nil && json.Unmarshal(is[n]["account"], &innerNow) == nil {
			delete(found, "account")
			differ(found, "account.", inner, innerNow)
		}
	}
	names := make([]string, 0, len(found))
	for name := range found {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func differ(found map[string]bool, prefix string, a, b map[string]json.RawMessage) {
	for k, v := range a {
		if !bytes.Equal(v, b[k]) {
			found[prefix+k] = true
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			found[prefix+k] = true
		}
	}
}
