package main

import (
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// burst is a short run of failures of everything: fewer than make a request give up.
func burst(f sandbox.Fault, skip int) sandbox.Fault {
	f.Skip, f.Times = skip, mostAttempts-1
	return f
}

// outage is a run that gives up and can be gone on with.
func outage(m misbehaviour) misbehaviour {
	m.code, m.run, m.walks = exitAPI, "unavailable", map[string]string{"*": ""}
	m.says += "linkhouse: the API is unavailable: "
	m.after = func(w *misbehaved) {
		if !strings.HasSuffix(w.told.stderr, "the next run goes on where this one stopped: linkhouse sync --log-level debug\n") {
			w.t.Errorf("the remedy is missing:\n%s", withoutDebug(w.told.stderr))
		}
	}
	return m
}

// outageRequests tell that an API is down: a list that cannot be had ends the run, and so do ten objects in a row. By then the walks of
// both PayLink resources, and the documents that an earlier run left, which walkAll goes on to where a list stayed away, may have as
// much in hand as they can, attempted as often.
const outageRequests = mostAttempts * (10 + 7 + 3*(fewInFlight+fewInFlight/4))

// lateOutageRequests tell the same when all seven walks are at work: what each of them has in hand by then may have been attempted
// as often as what gave up.
const lateOutageRequests = mostAttempts * (10 + 7 + 7*(fewInFlight+fewInFlight/4))

// storms are answers of 429.
func storms() []misbehaviour {
	storm := sandbox.Fault{Kind: sandbox.StatusFault, Status: 429}
	seconds, date, year, negative, garbage := storm, storm, storm, storm, storm
	seconds.RetryAfter, seconds.Skip, seconds.Times = "1", 20, 3
	date.RetryAt, date.Skip, date.Times = 2*time.Second, 20, 3
	year.RetryAfter, year.Skip, year.Times = "31536000", 20, 1
	negative.RetryAfter, garbage.RetryAfter = "-5", "in a while; "+marked
	return []misbehaviour{
		{name: "a storm of 429 with Retry-After in seconds", alone: true, faults: []sandbox.Fault{seconds}, run: "complete"},
		{name: "a storm of 429 with Retry-After as a date", alone: true, faults: []sandbox.Fault{date}, run: "complete"},
		{name: "a storm of 429 without Retry-After", run: "complete",
			faults: []sandbox.Fault{burst(storm, 0), burst(storm, 30), burst(storm, 60), burst(storm, 90)}},
		{name: "a storm of 429 whose Retry-After is a year", alone: true, faults: []sandbox.Fault{year}, patience: time.Second, run: "complete"},
		{name: "a storm of 429 whose Retry-After is negative", faults: []sandbox.Fault{burst(negative, 10), burst(negative, 50)}, run: "complete"},
		{name: "a storm of 429 whose Retry-After cannot be read", faults: []sandbox.Fault{burst(garbage, 10), burst(garbage, 50)}, run: "complete"},
		outage(misbehaviour{name: "an outage that answers 429 for ever", faults: []sandbox.Fault{storm}, most: outageRequests}),
	}
}

// outages are APIs that fail as a whole, or whose every answer of one sort does.
func outages() []misbehaviour {
	down := sandbox.Fault{Kind: sandbox.StatusFault, Status: 503}
	later, again, reset, details, page := down, down, down, down, down
	later.Skip = 60
	again.Skip, again.Times = 40, mostAttempts-1
	reset.Kind = sandbox.Reset
	details.Match = "/employees/*"
	page.Match, page.Status, page.Skip = "/employees", 500, 1
	return []misbehaviour{
		outage(misbehaviour{name: "an outage from the first request on", faults: []sandbox.Fault{down}, most: outageRequests}),
		outage(misbehaviour{name: "an outage that begins in mid-run", faults: []sandbox.Fault{later}, most: 60 + lateOutageRequests}),
		{name: "a short outage in mid-run", faults: []sandbox.Fault{again}, run: "complete"},
		outage(misbehaviour{name: "an outage in which connections are reset", faults: []sandbox.Fault{reset}, most: outageRequests}),
		outage(misbehaviour{name: "an outage in which nobody listens", settings: map[string]string{"ATOMIC_BASE_URL": "http://127.0.0.1:1"}}),
		outage(misbehaviour{name: "an outage of the details of one resource alone", faults: []sandbox.Fault{details}}),
		outage(misbehaviour{name: "a page that fails for ever", faults: []sandbox.Fault{page}}),
	}
}

// silences are servers that do not answer, or not in time.
func silences() []misbehaviour {
	short := map[string]string{"ATOMIC_TIMEOUT": "400ms"}
	patient := map[string]string{"ATOMIC_TIMEOUT": "1s"}
	hang := sandbox.Fault{Kind: sandbox.Hang, Match: "/employees"}
	stall, drip := hang, hang
	stall.Kind = sandbox.Stall
	drip.Kind, drip.Delay = sandbox.Drip, 100*time.Second // a hundredth a second
	once := func(f sandbox.Fault) []sandbox.Fault {
		f.Times = 1
		return []sandbox.Fault{f}
	}
	return []misbehaviour{
		outage(misbehaviour{name: "a server that accepts and never answers", faults: []sandbox.Fault{hang}, settings: short}),
		outage(misbehaviour{name: "a server that sends headers and then nothing", faults: []sandbox.Fault{stall}, settings: short}),
		outage(misbehaviour{name: "a server that sends a few bytes a second", faults: []sandbox.Fault{drip}, settings: short}),
		{name: "a server that is silent once", faults: once(hang), settings: patient, run: "complete"},
		{name: "a server that stops after the headers once", faults: once(stall), settings: patient, run: "complete"},
	}
}

// refusals are credentials that are taken back in mid-run.
func refusals() (all []misbehaviour) {
	for status, name := range map[int]string{401: "credentials that are revoked in mid-run with 401", 403: "credentials that are revoked in mid-run with 403"} {
		all = append(all, misbehaviour{
			name: name, faults: []sandbox.Fault{{Kind: sandbox.StatusFault, Status: status, Skip: 50}},
			code: exitRefused, run: "refused", walks: map[string]string{"*": ""}, most: 50 + 2*fewInFlight, alone: status == 401,
			says: "check atomic.api_key (LINKHOUSE_ATOMIC_API_KEY), atomic.api_secret (LINKHOUSE_ATOMIC_API_SECRET) and atomic.base_url",
		})
	}
	return all
}
