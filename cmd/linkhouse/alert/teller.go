package alert

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

const (
	// LookEvery is how often a server looks at what there is to tell.
	LookEvery = time.Minute
	// remindEvery is how long trouble lasts before it is told again. A timer starts its runs a little earlier or later each
	// day: slack keeps a reminder that belongs to this night from waiting for the next one.
	remindEvery = 24 * time.Hour
	remindSlack = time.Hour
	// lease is longer than a webhook takes that is slow with every message.
	lease = 10 * time.Minute
	// onceWithin bounds what alerts may add to the length of a run of its own process; lastWords what they may add to the end
	// of a server.
	onceWithin = 10 * time.Second
	lastWords  = 3 * time.Second
	// bookWithin bounds one statement; noteWithin those that say what was seen or done already, beyond the end of everything else.
	bookWithin = 10 * time.Second
	noteWithin = 2 * time.Second
	// backlog is how many runs may end while a webhook is slow.
	backlog = 256
)

// Options of a Teller.
type Options struct {
	Webhook *Webhook
	// Store keeps what was told. Without one every trouble is told, each time.
	Store *load.Store
	// Partial is the severity of a run that finished with rejects, failed documents or failed lists.
	Partial Severity
	// Jobs and Resources are those of a server's timetable: what it reminds of, and what may not grow older than StaleAfter says.
	Jobs, Resources []string
	StaleAfter      func(resource string) time.Duration
	// Command writes a command line that a person can paste.
	Command func(words ...string) string
	Host    string
	Logger  *slog.Logger
	Now     func() time.Time // nil: time.Now
	Every   time.Duration    // 0: LookEvery
}

// Teller tells the webhook what there is to tell.
type Teller struct {
	Options
	ended chan Run
	group sync.WaitGroup

	// Of the goroutine that tells alone:
	unnoted   map[string]sighting // what is not in the warehouse yet, by key
	downSince time.Time           // since when the warehouse cannot be asked
}

// sighting is how a subject was found to stand.
type sighting struct {
	key       string
	condition string
	message   Message
	told      string // the condition that the webhook was told meanwhile, past the warehouse
}

// New makes a teller.
func New(o Options) *Teller {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every == 0 {
		o.Every = LookEvery
	}
	return &Teller{Options: o, ended: make(chan Run, backlog), unnoted: map[string]sighting{}}
}

// JobKey and ResourceKey are the names under which the warehouse keeps how they stand, and messages speak of them.
func JobKey(job string) string { return "job " + job }

// ResourceKey is JobKey for a resource.
func ResourceKey(resource string) string { return "resource " + resource }

// Ended takes note of a run. It never waits.
func (t *Teller) Ended(r Run) {
	select {
	case t.ended <- r:
	default:
		t.Logger.Error("too many alerts wait for the webhook: one is left out", "subject", r.Subject)
	}
}

// Once tells of one run, for a process that does no more than that. It takes some seconds at most; what it cannot deliver is
// tried again by the next. That one tells it before it notes how its own run went: noted first, a failure that nobody has heard of
// would be gone with the night that is complete again.
func (t *Teller) Once(ctx context.Context, r Run) {
	s, ok := t.sightingOf(r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, onceWithin)
	defer cancel()
	if t.owes(ctx, s) {
		t.deliver(ctx, []string{s.key}, remindEvery)
		if s.condition == load.AlertWell && t.owes(ctx, s) {
			return // it stays as it is noted until somebody has heard of it
		}
	}
	t.unnoted[s.key] = s
	t.settle(ctx)
	t.deliver(ctx, []string{s.key}, remindEvery-remindSlack)
}

// owes reports whether the subject stood otherwise than it does now, and nobody was told.
func (t *Teller) owes(ctx context.Context, s sighting) bool {
	if t.Store == nil {
		return false
	}
	ctx, cancel := outlasting(ctx) // it is asked for the second time when a webhook that hangs has used up the time
	defer cancel()
	var rows []load.AlertRow
	err := t.book(ctx, func(ctx context.Context) (err error) {
		rows, err = t.Store.Alerts(ctx, []string{s.key})
		return err
	})
	return err == nil && len(rows) == 1 && rows[0].Condition != s.condition && rows[0].Condition != cmp.Or(rows[0].Told, load.AlertWell)
}

// Start tells what there is to tell until stop is called, which gives what is still on its way a few seconds.
func (t *Teller) Start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // a run that is stopped has something to tell, too
	over := make(chan struct{})
	t.group.Go(func() { t.serve(ctx, over) })
	return func() {
		close(over)
		late := time.AfterFunc(lastWords, cancel)
		t.group.Wait()
		late.Stop()
		cancel()
	}
}

func (t *Teller) serve(ctx context.Context, over <-chan struct{}) {
	ticker := time.NewTicker(t.Every)
	defer ticker.Stop()
	for last := false; ; {
		t.round(ctx)
		if last {
			return
		}
		select {
		case <-ticker.C:
		case r := <-t.ended:
			t.see(r)
		case <-over:
			last = true
		}
		for more := true; more; {
			select {
			case r := <-t.ended:
				t.see(r)
			default:
				more = false
			}
		}
	}
}

func (t *Teller) see(r Run) {
	if s, ok := t.sightingOf(r); ok {
		t.note(s)
	}
}

// note keeps a sighting until it is in the warehouse, with what was told past it.
func (t *Teller) note(s sighting) {
	s.told = t.unnoted[s.key].told
	t.unnoted[s.key] = s
}

// keys are the subjects that this process answers for.
func (t *Teller) keys() []string {
	keys := []string{warehouseKey}
	for _, job := range t.Jobs {
		keys = append(keys, JobKey(job))
	}
	for _, resource := range t.Resources {
		keys = append(keys, ResourceKey(resource))
	}
	return keys
}
