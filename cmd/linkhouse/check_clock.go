package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// How far clocks may be apart: signatures of requests to an archive, and links to documents, are refused beyond the second.
const (
	skewTold    = 5 * time.Second
	skewRefused = 5 * time.Minute
)

// skew is how far another clock is ahead of this machine's, give or take unsure.
type skew struct {
	whose         string
	known         bool
	ahead, unsure time.Duration
}

// least is how far the clocks are apart at least.
func (s skew) least() time.Duration { return max(s.ahead.Abs()-s.unsure, 0) }

// dating listens for the dates of answers on their way to the client.
type dating struct {
	next http.RoundTripper
	mu   sync.Mutex
	skew skew
}

// newDating sends as the client would by itself: without a proxy, because credentials go to the API's origin only.
func newDating() *dating {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	return &dating{next: transport, skew: skew{whose: "the API"}}
}

// RoundTrip sends a request and compares the date of its answer with the middle of the time that it took.
func (d *dating) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	answer, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	took := time.Since(sent)
	date, wrong := http.ParseTime(answer.Header.Get("Date"))
	if wrong == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		// A date has no fractions: it is half a second later on average.
		d.skew.known, d.skew.unsure = true, (took+time.Second)/2
		d.skew.ahead = date.Add(time.Second / 2).Sub(sent.Add(took / 2))
	}
	return answer, nil
}

// CloseIdleConnections ends what waits for the next request.
func (d *dating) CloseIdleConnections() { d.next.(*http.Transport).CloseIdleConnections() }

func (d *dating) found() skew {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.skew
}

// checkClocks compares this machine's clock with those of the others.
func checkClocks(others ...skew) verdict {
	var worst time.Duration
	var apart, known, agree []string
	for _, s := range others {
		if !s.known {
			continue
		}
		known = append(known, s.whose)
		if s.least() <= skewTold {
			agree = append(agree, s.whose)
			continue
		}
		worst = max(worst, s.least())
		words := "behind"
		if s.ahead < 0 {
			words = "ahead of"
		}
		apart = append(apart, fmt.Sprintf("%s %s that of %s", s.ahead.Abs().Round(time.Second), words, s.whose))
	}
	switch {
	case len(known) == 0:
		return warning("clock", "could not be compared: nobody answered with the time", "")
	case len(apart) == 0:
		return ok("clock", "agrees with that of "+strings.Join(known, " and of "))
	}
	message := "this machine's clock is " + strings.Join(apart, ", and ")
	remedy := "set it by the network (timedatectl set-ntp true)"
	if len(agree) > 0 {
		message += "; it agrees with that of " + strings.Join(agree, " and of ")
		remedy = "see which of them is right, and set the other one by the network (timedatectl set-ntp true)"
	}
	if worst > skewRefused {
		return failed("clock", exitFailure, message+": signed requests and links are refused", remedy)
	}
	return warning("clock", message, remedy)
}
