package page

import (
	"sync"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// live is what the runs of this process say on their way: more than the warehouse knows of them.
type live struct {
	mu   sync.Mutex
	jobs map[string]map[string]said // by job and resource
}

// said is the last word, and when the first one was.
type said struct {
	schedules.Progress
	first time.Time
}

// Began tells that a run begins for a fire of a job.
func (p *Page) Began(job schedules.Job, _ load.FireRow) {
	p.live.set(job.Name, map[string]said{})
	p.parts.turned()
}

// Progress tells how far it is.
func (p *Page) Progress(job string, progress schedules.Progress) {
	now := p.Now()
	p.live.mu.Lock()
	defer p.live.mu.Unlock()
	words := p.live.jobs[job]
	if words == nil { // the run of a job that nobody has announced
		return
	}
	word := said{Progress: progress, first: now}
	if before, ok := words[progress.Resource]; ok {
		word.first = before.first
	}
	words[progress.Resource] = word
}

// Ended tells that the run is over.
func (p *Page) Ended(job schedules.Job, _ load.FireRow, _ *schedules.Report, _ error) {
	p.live.set(job.Name, nil)
	p.parts.turned()
}

func (l *live) set(job string, words map[string]said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.jobs == nil {
		l.jobs = map[string]map[string]said{}
	}
	if words == nil {
		delete(l.jobs, job)
		return
	}
	l.jobs[job] = words
}

// word is the last one of a job about a resource.
func (l *live) word(job, resource string) (said, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	word, ok := l.jobs[job][resource]
	return word, ok
}
