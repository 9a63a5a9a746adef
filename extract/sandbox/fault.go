package sandbox

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// FaultKind is a way in which a request goes wrong.
type FaultKind string

// The kinds of fault. Those that change a list leave other answers alone, those that change a body of JSON leave documents
// alone, and do not count as fired there.
const (
	StatusFault FaultKind = "status"     // answers Status with the API's JSON error, and RetryAfter if set
	HTML        FaultKind = "html"       // answers Status (default 502) with a gateway's HTML page
	Reset       FaultKind = "reset"      // resets the connection in mid-body
	Truncate    FaultKind = "truncate"   // announces the whole length and sends half of it
	NotJSON     FaultKind = "notjson"    // 200 with a text that is no JSON
	BadUTF8     FaultKind = "badutf8"    // 200 with a byte in it that UTF-8 forbids
	WrongShape  FaultKind = "wrongshape" // 200 with JSON of another shape
	Slow        FaultKind = "slow"       // waits for Delay, then answers
	Drip        FaultKind = "drip"       // answers a hundredth at a time, spread over Delay
	Hang        FaultKind = "hang"       // never answers
	LoopCursor  FaultKind = "loopcursor" // a list gives back the cursor that it was given
	EmptyList   FaultKind = "emptylist"  // a list has no rows, and ends
	EmptyPage   FaultKind = "emptypage"  // a page of a list has no rows, and goes on
	ShortList   FaultKind = "shortlist"  // a list has half of the page's rows, and ends
	Endless     FaultKind = "endless"    // a list begins anew with each page, and always under a cursor never seen
	GzipBomb    FaultKind = "gzipbomb"   // a small compressed body that becomes Bytes large (default 128 MiB)
	Expired     FaultKind = "expired"    // the document host says that the link has expired
	EarlyDeath  FaultKind = "earlydeath" // a detail's link dies after Delay (at least one second)
	Redirect    FaultKind = "redirect"   // redirects to URL
	Rewritten   FaultKind = "rewritten"  // what Rewrite makes of the right body
	Verbatim    FaultKind = "verbatim"   // answers Status (default 200) with Body, called JSON
	Flood       FaultKind = "flood"      // a body that never ends
	Stall       FaultKind = "stall"      // announces a body and never sends it
	CutChunk    FaultKind = "cutchunk"   // a chunked body without its end
	WrongType   FaultKind = "wrongtype"  // the right body, called HTML
	Gzip        FaultKind = "gzip"       // the right body, compressed, and called so
	GzipHidden  FaultKind = "gziphidden" // the right body, compressed, and not called so
	OddCursor   FaultKind = "oddcursor"  // a list whose next cursor is Body, which may be any JSON
	RepeatRows  FaultKind = "repeatrows" // a page of a list has each of its rows twice
	Interlude   FaultKind = "interlude"  // an empty page stands before the first one of a list
)

// Fault is a rule by which requests go wrong. The first rule that applies to a request decides about it.
type Fault struct {
	Match      string                   // of the escaped path: "*" stands for anything, slashes too; "" is "*"
	When       func(*http.Request) bool // a further condition; nil for none
	Kind       FaultKind
	Skip       int           // lets so many matching requests pass first
	Times      int           // fires so often, 0 for ever
	EveryNth   int           // then only on each nth match
	Chance     float64       // then only with this probability, by the seed; 0 is always
	Status     int           // for StatusFault, HTML and Verbatim
	RetryAfter string        // header
	RetryAt    time.Duration // so long from the answer on, as the HTTP date of that header
	Delay      time.Duration // for Slow, Drip and EarlyDeath
	URL        string        // for Redirect
	Body       string        // for Verbatim and OddCursor
	Rewrite    func(body []byte) []byte
	Bytes      int64 // for GzipBomb
}

// Fired says how often a fault has fired.
type Fired struct{ rule *rule }

// Count is the number of requests that went wrong by the fault.
func (f *Fired) Count() int { return int(f.rule.fired.Load()) }

// Stop takes the fault back.
func (f *Fired) Stop() { f.rule.stopped.Store(true) }

type rule struct {
	Fault
	seen    int // under faults.mu
	fired   atomic.Int64
	stopped atomic.Bool
}

// faults are the rules in the order in which they were injected.
type faults struct {
	mu    sync.Mutex
	rules []*rule
	rng   rng
}

// Inject adds a fault.
func (s *Server) Inject(f Fault) *Fired {
	r := &rule{Fault: f}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = append(s.faults.rules, r)
	return &Fired{r}
}

// Recover takes all faults back, and forgets them.
func (s *Server) Recover() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = nil
}

// Unfired are the faults that have not done what was asked of them: never fired, or fewer than Times. A test that
// scripts a fault and does not meet it proves nothing.
func (s *Server) Unfired() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var all []Fault
	for _, r := range s.faults.rules {
		if n := int(r.fired.Load()); n == 0 || n < r.Times {
			all = append(all, r.Fault)
		}
	}
	return all
}

// pick decides which fault a request meets, if any.
func (f *faults) pick(a *ask) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.applies(a) && r.due(&f.rng) {
			r.fired.Add(1)
			return r
		}
	}
	return nil
}

func (r *rule) applies(a *ask) bool {
	if r.stopped.Load() || r.Times > 0 && int(r.fired.Load()) >= r.Times {
		return false
	}
	list := len(a.args) == 0 && listKind(strings.TrimPrefix(a.route, "/")) != kinds
	switch r.Kind {
	case LoopCursor:
		if !list || a.URL.Query().Get("nextCursor") == "" {
			return false
		}
	case Interlude:
		if !list || a.URL.Query().Has("nextCursor") {
			return false
		}
	case Endless, EmptyPage, OddCursor, RepeatRows:
		if !list {
			return false
		}
	case EmptyList, ShortList:
		if !list && a.route != routeAccounts && a.route != routeTasks {
			return false
		}
	case Stall, CutChunk, Gzip, GzipHidden, Rewritten:
		if a.route == routeDocument {
			return false
		}
	case Expired:
		if a.route != routeDocument {
			return false
		}
	case EarlyDeath:
		if len(a.args) == 0 {
			return false
		}
	}
	return (r.Match == "" || glob(r.Match, a.URL.EscapedPath())) && (r.When == nil || r.When(a.Request))
}

func (r *rule) due(chance *rng) bool {
	r.seen++
	n := r.seen - r.Skip
	switch {
	case n <= 0:
		return false
	case r.EveryNth > 1 && n%r.EveryNth != 0:
		return false
	case r.Chance > 0:
		return float64(chance.next()>>11)/(1<<53) < r.Chance
	}
	return true
}

// glob matches a path against a pattern in which * stands for anything.
func glob(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for i := range len(s) + 1 {
		if glob(rest, s[i:]) {
			return true
		}
	}
	return false
}

func (r *rule) is(k FaultKind) bool { return r != nil && r.Kind == k }
