package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// failedList is a run in which the list of employees fails for a reason of its own, while all others are read.
func failedList(name string, f sandbox.Fault) misbehaviour {
	f.Match = "/employees"
	return misbehaviour{
		name: name, faults: []sandbox.Fault{f}, code: exitPartial, run: "partial", walks: map[string]string{"employees": "failed"},
		says: "To try again: linkhouse sync employees\n", after: employeesAsBefore,
	}
}

// employeesAsBefore says that a failed list has removed nobody.
func employeesAsBefore(w *misbehaved) {
	if n := w.number("SELECT count(*) FROM employerlink.employees WHERE _removed_at IS NOT NULL"); n != 0 {
		w.t.Errorf("%d employees were removed after a list that failed", n)
	}
}

// guardedList is a run in which too many objects seem to be gone.
func guardedList(name, resource string, f sandbox.Fault) misbehaviour {
	return misbehaviour{
		name: name, faults: []sandbox.Fault{f}, code: exitGuard, run: "guarded", walks: map[string]string{resource: "guarded"},
		says: "A guard stopped a removal: ", after: func(w *misbehaved) {
			employeesAsBefore(w)
			if !strings.Contains(w.told.stdout, "If it is right: linkhouse sync "+resource+" --approve-removals\n") {
				w.t.Errorf("the remedy is missing:\n%s", w.told.stdout)
			}
		},
	}
}

// lists are lists that are answered, and wrong.
func lists() []misbehaviour {
	cursor := func(r *http.Request) bool { return r.URL.Query().Has("nextCursor") }
	object := sandbox.Fault{Kind: sandbox.OddCursor, Body: `{"` + marked + `":1}`}
	return []misbehaviour{
		guardedList("a list that empties", "employees", sandbox.Fault{Kind: sandbox.EmptyList, Match: "/employees"}),
		guardedList("lists of PayLink accounts that empty", "pay-link-accounts", sandbox.Fault{Kind: sandbox.EmptyList, Match: "/*/pay-link/accounts"}),
		guardedList("a list that shrinks by half", "employees", sandbox.Fault{Kind: sandbox.ShortList, Match: "/employees"}),
		failedList("a list that loops", sandbox.Fault{Kind: sandbox.LoopCursor}),
		failedList("a list that begins anew for ever", sandbox.Fault{Kind: sandbox.Endless}),
		failedList("a list that is not found", sandbox.Fault{Kind: sandbox.StatusFault, Status: 404}),
		failedList("a list that is refused as invalid", sandbox.Fault{Kind: sandbox.StatusFault, Status: 422}),
		failedList("a cursor that is an object", object),
		failedList("a cursor that is true", sandbox.Fault{Kind: sandbox.OddCursor, Body: "true"}),
		failedList("a cursor that is a number and is then refused", sandbox.Fault{Kind: sandbox.OddCursor, Body: "12345"}),
		{name: "a cursor that is refused once", run: "complete",
			faults: []sandbox.Fault{{Kind: sandbox.StatusFault, Status: 422, Match: "/employees", When: cursor, Skip: 2, Times: 1}}},
		{name: "an empty page with a next cursor", faults: []sandbox.Fault{{Kind: sandbox.Interlude, Match: "/employees"}}, run: "complete"},
		{name: "a page that repeats its ids", faults: []sandbox.Fault{{Kind: sandbox.RepeatRows, Match: "/e*"}}, run: "complete"},
	}
}

// details are details that fail while their list is right.
func details() []misbehaviour {
	failing := func(name, reason string, f sandbox.Fault) misbehaviour {
		f.Match = "/employees/{employee}"
		return misbehaviour{name: name, faults: []sandbox.Fault{f}, code: exitPartial, run: "partial", rejects: 1,
			says: "Not loaded: one record. To see why: linkhouse rejects list", after: func(w *misbehaved) {
				employeesAsBefore(w)
				if got := w.text("SELECT reason FROM etl.rejects WHERE state = 'open'"); !strings.HasPrefix(got, "detail") || !strings.Contains(got, reason) {
					w.t.Errorf("the reason is %q", got)
				}
			}}
	}
	body := func(name, body string) misbehaviour {
		return failing("a detail whose body is "+name, "", sandbox.Fault{Kind: sandbox.Verbatim, Body: body})
	}
	all := []misbehaviour{
		{name: "a detail that is gone", faults: []sandbox.Fault{{Kind: sandbox.StatusFault, Status: 404, Match: "/employees/{employee}"}},
			run: "complete", strange: 1, after: func(w *misbehaved) {
				if n := w.number("SELECT count(*) FROM employerlink.employees WHERE _removed_at IS NOT NULL"); n == 0 {
					w.t.Error("it was not marked as removed")
				}
			}},
		guardedList("half of the details gone", "employees", sandbox.Fault{Kind: sandbox.StatusFault, Status: 404, Match: "/employees/*", EveryNth: 2}),
		failing("a detail that keeps failing with 500", "status 500 (unavailable after 6 attempts)", sandbox.Fault{Kind: sandbox.StatusFault, Status: 500}),
		failing("a detail that is refused as invalid", "status 422 (invalid)", sandbox.Fault{Kind: sandbox.StatusFault, Status: 422}),
		failing("a detail that never ends", "status 200 (too_large)", sandbox.Fault{Kind: sandbox.Flood}),
	}
	for name, text := range map[string]string{
		"an array": `[{"x":"` + marked + `"}]`, "null": `null`, "a number": `7`, "a string": `"` + marked + `"`,
		"an array in the envelope": `{"data":[]}`, "null in the envelope": `{"data":null}`,
		"an empty object in the envelope": `{"data":{}}`, "an error in the envelope": `{"data":{"message":"` + marked + `"}}`,
		"nested ten thousand deep": `{"data":{"_id":"{employee}","x":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}}`,
		"nested a thousand deep":   `{"data":{"_id":"{employee}","x":` + strings.Repeat("[", 1_000) + strings.Repeat("]", 1_000) + `}}`,
		"cut inside a word":        `{"data":{"_id":"{employee}","firstName":"` + marked,
	} {
		all = append(all, body(name, text))
	}
	return all
}

// redirects lead elsewhere, where the credentials must not follow.
func redirects() []misbehaviour {
	home := failedList("a redirect within the API", sandbox.Fault{Kind: sandbox.Redirect, URL: "/employers"})
	away := failedList("a redirect to another host", sandbox.Fault{Kind: sandbox.Redirect, URL: "http://127.0.0.1:1/never"})
	home.says = "Not read to the end: employees (GET /employees: status 302 (invalid): a redirect, which is not followed). To try again: "
	var asked atomic.Int64
	away.before = func(w *misbehaved) {
		stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		w.t.Cleanup(stranger.Close)
		away.faults[0].URL = stranger.URL + "/employees?limit=5"
	}
	away.after = func(w *misbehaved) {
		employeesAsBefore(w)
		if n := asked.Load(); n != 0 {
			w.t.Errorf("the other host was asked %d times", n)
		}
	}
	return []misbehaviour{home, away}
}

// links are documents whose links fail in a way that the tests of documents do not have.
func links() []misbehaviour {
	return []misbehaviour{{
		name: "documents whose links are not found", faults: []sandbox.Fault{{Kind: sandbox.StatusFault, Status: 404, Match: "/documents/*"}},
		run: "complete", says: " without a link at present.",
		after: func(w *misbehaved) {
			if n := w.number("SELECT count(*) FROM archive.documents WHERE state = 'absent' AND last_error = 'not_found'"); n == 0 {
				w.t.Error("no document is absent")
			}
		},
	}}
}
