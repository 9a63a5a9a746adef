package schedules

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Runner has what every run needs.
type Runner struct {
	API       *extract.Client
	Documents *extract.Downloader
	Store     *load.Store
	Archive   Archive
	Sealer    transform.Sealer
	Printer   transform.Printer
	Logger    *slog.Logger
	// PageSize is the number of PayLink users in a page; Concurrency how many details and documents are on their way.
	PageSize, Concurrency int
	// MaxRemoval is the fraction of a scope that may go in one walk without approval.
	MaxRemoval float64
	Details    Details
	// Observe, when set, gets a word after every page and batch of documents, from several goroutines.
	Observe func(Progress)

	documentWait time.Duration // instead of documentBackoff, for tests
}

// Plan is what one run is to do.
type Plan struct {
	Job       string
	Resources []*transform.Resource
	// Include are the projections of employees; nil asks for all.
	Include []string
	// LeftOut are the projections of employees that other jobs ask for besides. Narrowed says that one of these jobs asks for all of Include
	// and more: what this run reads is not all that is to be current.
	LeftOut  []string
	Narrowed bool
	// Employer or User limit the run to one employer or one PayLink user.
	Employer, User string
	// Users gives the configured PayLink users; it is asked once, when a resource needs them.
	Users func(context.Context) ([]string, error)
	// IDs, when not nil, are the objects to which the run is limited. Selection names them, or the users, where these are not all
	// that are configured: another selection is other work, and one that hears some says nothing of the others.
	IDs       []string
	Selection string
	// From and Until limit the run to documents, payroll runs and pay statements of these days, both included; zero is open.
	From, Until time.Time
	// NoDocuments leaves the documents where they are; Refetch also fetches those that are archived.
	NoDocuments, Refetch bool
	ApproveRemovals      bool
	// NotBefore is when the run came due: lists that an unfinished run has read to their end before are read anew.
	NotBefore time.Time
	DryRun    bool
	Fresh     bool // begin anew instead of going on with an unfinished run
	Reread    bool // also read and compare what is the same as last time
	// Resume is the one run to go on with; 0: the last of the same work, or a new one.
	Resume int64
	// Measure asks the warehouse how much there is to read, so that Progress can tell how far the run is.
	Measure bool
	// YieldEvery is how often to look whether other work is under way, to which the run leaves most of the requests; 0: never.
	YieldEvery time.Duration
	// Flags are the words of the command line for what of this its row in etl.runs does not tell otherwise.
	Flags   []string
	Version string

	only map[string]only // by resource; see Replay
}

func (p *Plan) scope() load.Scope { return load.Scope{Employer: p.Employer, User: p.User} }

// filtered reports whether the walk sees less than its scope holds: single objects, or one employer of a list that cannot be
// limited to one.
func (p *Plan) filtered(r *transform.Resource) bool {
	return p.partial() || p.Employer != "" && !r.ByEmployer
}

// partial reports whether the run sees single objects only.
func (p *Plan) partial() bool { return p.only != nil || p.Selection != "" || p.dated() }

func (p *Plan) dated() bool { return !p.From.IsZero() || !p.Until.IsZero() }

// job is the name under which an unfinished run is found again: other days are other work.
func (p *Plan) job() string {
	job := p.Job
	if p.dated() {
		job += " " + day(p.From) + ".." + day(p.Until)
	}
	if p.Selection != "" {
		job += " " + p.Selection
	}
	return strings.TrimSpace(job)
}

// limit makes of the ids what the walks are limited to.
func (p *Plan) limit() {
	if p.IDs == nil {
		return
	}
	p.only = map[string]only{}
	for _, resource := range p.Resources {
		ids := make(only, len(p.IDs))
		for _, id := range p.IDs {
			ids[transform.SeenKey("", id)] = true
		}
		p.only[resource.Name] = ids
	}
}

// documents selects the documents that the run archives.
func (p *Plan) documents() load.DocumentFilter {
	return load.DocumentFilter{Employer: p.Employer, From: p.From, Until: p.Until}
}

// run is a run under way.
type run struct {
	*Runner
	plan  *Plan
	held  *load.Run
	users []string
	log   *slog.Logger

	streak         streak // of details
	documentStreak streak
}

// Run does what the plan says: it takes the locks, walks every resource at once under the client's one limiter, archives the
// documents that wait, and says how it went. The error is what ended the run short of its plan; the report is complete in
// any case.
func (r *Runner) Run(ctx context.Context, plan Plan) (*Report, error) {
	report := &Report{Job: plan.Job, DryRun: plan.DryRun, Started: time.Now()}
	err := r.run(ctx, plan, report)
	report.Outcome = report.sum(ctx, err)
	report.Seconds = time.Since(report.Started).Seconds()
	return report, err
}

func (r *Runner) run(ctx context.Context, plan Plan, report *Report) (err error) {
	plan.limit()
	held, err := r.Store.BeginRun(ctx, load.RunSpec{
		Job: plan.job(), Resources: names(plan.Resources), Scope: plan.scope(), Include: plan.Include, LeftOut: plan.LeftOut, Narrowed: plan.Narrowed, Flags: plan.Flags, Version: plan.Version,
		NotBefore: plan.NotBefore, Approved: plan.ApproveRemovals, Fresh: plan.Fresh, Dry: plan.DryRun, Partial: plan.partial(), RunID: plan.Resume,
	})
	if err != nil {
		return err
	}
	report.RunID, report.Resumed = held.ID, held.Resumed
	this := &run{Runner: r, plan: &plan, held: held, log: r.Logger.With("run", held.ID)}
	defer func() { this.finish(report.sum(ctx, err), err) }()
	if report.Resumed {
		this.log.InfoContext(ctx, "going on with an unfinished run", "began", held.Started)
	}
	if err := this.findUsers(ctx, report); err != nil {
		return err
	}
	err = this.yielding(ctx, func() error { return this.walkAll(ctx, report) })
	this.attention(ctx, report, err)
	return err
}

// attention tells what needs a person, where the warehouse can still say so: one that has fallen silent would be waited for on one
// connection of the pool after the other.
func (r *run) attention(ctx context.Context, report *Report, err error) {
	within := time.Minute
	if err != nil {
		within = stopWithin
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if attention, failed := r.Store.Attention(ctx, r.held.ID); failed == nil {
		report.Attention = attention
	}
}

// walkAll walks every resource at once. What ends one walk for a reason that the others share (credentials, an outage, the
// warehouse) ends them all; what is one walk's own ends only that. A list that stays away says nothing of the others: if they
// do as well, they find out themselves. Nor is any row read from where documents come from or go to.
func (r *run) walkAll(ctx context.Context, report *Report) error {
	var mu sync.Mutex
	var away error // the gravest of what stayed away
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(len(r.plan.Resources) + 1)
	for _, resource := range r.plan.Resources {
		g.Go(func() error {
			walk, err := r.walk(ctx, resource)
			r.log.InfoContext(ctx, "walk ended", "resource", resource.Name, "state", walk.State, "listed", walk.Counts.Listed,
				"new", walk.Counts.New, "changed", walk.Counts.Changed, "removed", walk.Counts.Removed, "rejected", walk.Counts.Rejected)
			mu.Lock()
			report.Walks = append(report.Walks, walk)
			if outcomeOf(err) == OutcomeUnavailable && !errors.Is(err, errUnavailable) && !errors.Is(err, ErrArchive) {
				away, err = graver(away, err), nil
			}
			mu.Unlock()
			if err != nil || !resource.Document || r.plan.DryRun || r.plan.NoDocuments {
				return err
			}
			documents, err := r.archiveOf(ctx, resource)
			mu.Lock()
			report.Documents.Add(documents)
			if errors.Is(err, ErrDocumentHost) || errors.Is(err, ErrArchive) {
				away, err = graver(away, err), nil
			}
			mu.Unlock()
			return err
		})
	}
	err := graver(g.Wait(), away)
	order := names(r.plan.Resources)
	slices.SortFunc(report.Walks, func(a, b WalkReport) int {
		return slices.Index(order, a.Resource) - slices.Index(order, b.Resource)
	})
	return err
}

// archiveOf archives the documents of a resource that its walk has staged, and those that waited before.
func (r *run) archiveOf(ctx context.Context, resource *transform.Resource) (DocumentsReport, error) {
	filter := r.plan.documents()
	if r.plan.Refetch {
		filter.Resources = []string{resource.Name}
		if _, err := r.Store.Refetch(ctx, filter, r.held.Started); err != nil {
			return DocumentsReport{}, err
		}
	}
	return r.drain(ctx, resource, filter)
}

// findUsers asks for the PayLink users once.
func (r *run) findUsers(ctx context.Context, report *Report) error {
	if !slices.ContainsFunc(r.plan.Resources, func(t *transform.Resource) bool { return t.PerUser }) {
		return nil
	}
	users := []string{r.plan.User}
	if r.plan.User == "" {
		users = nil
		if r.plan.Users != nil {
			var err error
			if users, err = r.plan.Users(ctx); err != nil {
				return err
			}
		}
	}
	slices.Sort(users)
	r.users = slices.DeleteFunc(slices.Compact(users), func(u string) bool { return u == "" })
	report.NoUsers = len(r.users) == 0
	return nil
}

func (r *run) reader(resource *transform.Resource, api *extract.Client, first func(user, id string) bool) *reader {
	include := r.plan.Include
	if resource.Projections != nil && include == nil {
		include = resource.Projections
	}
	var query extract.Query
	if resource.Projections != nil {
		include = slices.Sorted(slices.Values(include)) // in whatever order they are configured, it is the same question
		query = extract.NewQuery(url.Values{"include": {strings.Join(include, ",")}})
	}
	return &reader{
		api: api, resource: resource, scope: r.plan.scope(), include: include, query: query, users: r.users, sealer: r.Sealer,
		inFlight: r.Concurrency, pageSize: r.PageSize, streak: &r.streak, first: first,
		only: r.plan.only[resource.Name], days: transform.Days{From: day(r.plan.From), Until: day(r.plan.Until)},
	}
}

// finish writes down how the run ended and gives its locks free.
func (r *run) finish(o Outcome, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	message := ""
	if err != nil {
		message = err.Error()
	}
	if err := r.held.Finish(ctx, o.runState(), o.ExitCode(), message); err != nil {
		r.log.Warn("the end of the run could not be noted; the next run finds out by itself")
	}
}

func (r *run) observe(p Progress) {
	if r.Observe != nil {
		r.Observe(p)
	}
}

// day is a date as the API's dates begin; "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func names(resources []*transform.Resource) []string {
	out := make([]string, len(resources))
	for i, r := range resources {
		out[i] = r.Name
	}
	return out
}
