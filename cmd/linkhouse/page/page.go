package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

const (
	// patience is how long an answer waits for the warehouse; what is not there by then is shown as it was, or as missing.
	patience = 60 * time.Millisecond
	// readWithin bounds a question to the warehouse, whoever waits for it.
	readWithin = 10 * time.Second
	// readers bounds how many questions are asked at once: a run under way needs the connections more.
	readers = 2
)

// Options say what the page is about.
type Options struct {
	Store     *load.Store
	Jobs      []schedules.Job
	Resources []string // in the order in which they are shown
	// Idle are resources that no job can read at present, and why.
	Idle map[string]string
	// StaleAfter is how old a resource may become that no job reads.
	StaleAfter time.Duration
	// Tried says over which of some resources that were never read a run of all there is has ended, and Failed which ones the last
	// run did not read to their end. nil: nobody says.
	Tried  func(ctx context.Context, unread []string) ([]string, error)
	Failed func(ctx context.Context, last load.RunRow) ([]string, error)
	// Needs says what needs a person, the worst first; runs are the last ones, newest first, and guarded the removals that were
	// stopped.
	Needs func(runs []Run, guarded []load.GuardedWalk, attention load.Attention) []Need
	// Command is a command line that a person can paste.
	Command func(words ...string) string
	Version string
	Logger  *slog.Logger
	// Now is the time; nil is time.Now. Patience is how long an answer waits for the warehouse; 0 is a moment.
	Now      func() time.Time
	Patience time.Duration
}

// Need is something that needs a person, and the command that helps.
type Need struct{ What, Command string }

// Page serves the status page. It is told of the runs of its own process by Began, Progress and Ended.
type Page struct {
	Options

	ctx     context.Context // ends with the process: what is read is kept beyond the request that asked for it
	jobs    []timedJob
	live    live
	parts   parts
	reading chan struct{}
	busy    sync.WaitGroup

	mu   sync.Mutex
	runs map[int64]*kept[ranRun] // pages of runs that were looked at lately
}

// New makes the page. What it asks the warehouse ends with ctx; Wait waits for that. The error is a mistake in a job's
// expression.
func New(ctx context.Context, o Options) (*Page, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	p := &Page{Options: o, ctx: ctx, reading: make(chan struct{}, readers), runs: map[int64]*kept[ranRun]{}}
	for _, job := range o.Jobs {
		fires, err := job.Fires()
		if err != nil {
			return nil, err
		}
		p.jobs = append(p.jobs, timedJob{job, fires})
	}
	p.parts = p.newParts()
	return p, nil
}

// Wait waits until nothing is asked any more.
func (p *Page) Wait() { p.busy.Wait() }

// Register adds what is served; guard stands before all of it.
func (p *Page) Register(mux *http.ServeMux, guard func(http.Handler) http.Handler) {
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET /{$}": p.servePage, "GET /now": p.serveNow, "GET /runs/{id}": p.serveRun, "GET /favicon.svg": serveIcon,
	} {
		mux.Handle(pattern, guard(serve))
	}
}

func (p *Page) servePage(w http.ResponseWriter, r *http.Request) {
	p.send(w, r, http.StatusOK, "page", p.view(r.Context()))
}

// serveNow is the part of the page that is fetched again and again while somebody looks.
func (p *Page) serveNow(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), p.Patience)
	defer cancel()
	p.send(w, r, http.StatusOK, "now", p.nowView(ctx))
}

func (p *Page) serveRun(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		p.send(w, r, http.StatusNotFound, "run", p.noRun(r.PathValue("id")))
		return
	}
	view, status := p.runView(r.Context(), id)
	p.send(w, r, status, "run", view)
}

// send makes the whole answer before its first byte, so that a reader gets all of it or an error.
func (p *Page) send(w http.ResponseWriter, r *http.Request, status int, name string, view any) {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, view); err != nil {
		p.log("the page could not be made", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", policy)
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, _ = w.Write(body.Bytes()) // the reader may be gone
		return
	}
	head.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	packed := gzip.NewWriter(w)
	_, _ = packed.Write(body.Bytes())
	_ = packed.Close()
}

func serveIcon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=86400")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(icon)
}

func (p *Page) log(what string, err error) {
	if p.Logger != nil && p.ctx.Err() == nil {
		p.Logger.Warn(what, "error", err)
	}
}
