package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	redrawEvery = 200 * time.Millisecond
	logEvery    = 10 * time.Second
	barWidth    = 24
)

// display shows how far a run is. On a terminal it keeps one line per step below the log, which must be written through
// it (it is an io.Writer for that); anywhere else it says so in the log every ten seconds.
type display struct {
	mu    sync.Mutex
	out   io.Writer
	width func() int // of the terminal, in columns; nil when there is none
	steps []step
	drawn int // lines that stand on the screen

	firstFile, lastFile time.Time // when documents came

	now   func() time.Time      // nil: the wall clock
	watch func(step, time.Time) // nil, or told of every change
}

// step is one bar: done of total, which is 0 while unknown.
type step struct {
	name        string
	done, total int64
	before      int64 // of done, what earlier processes did
	bytes       int64 // of files
	files       bool  // it moves files
	finished    bool
	started     time.Time
	marks       []mark // see pace
}

// newDisplay draws when w is a terminal.
func newDisplay(w io.Writer) *display {
	d := &display{out: w}
	if terminalWidth(w) > 0 {
		d.width = func() int { return terminalWidth(w) }
	}
	return d
}

// update sets how far the step of that name is. It may be called from any goroutine.
func (d *display) update(s step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.time()
	s.started = now
	if s.files {
		if d.firstFile.IsZero() {
			d.firstFile = s.started
		}
		d.lastFile = s.started
	}
	for i := range d.steps {
		if d.steps[i].name == s.name {
			s.started, s.marks = d.steps[i].started, d.steps[i].marks
			d.set(i, s, now)
			return
		}
	}
	d.steps = append(d.steps, s)
	d.set(len(d.steps)-1, s, now)
}

func (d *display) set(i int, s step, now time.Time) {
	s.marks = withMark(s.marks, mark{now, s.done})
	d.steps[i] = s
	if d.watch != nil {
		d.watch(s, now)
	}
}

func (d *display) time() time.Time {
	if d.now != nil {
		return d.now()
	}
	return time.Now()
}

// archiving is the time from the first document to the last.
func (d *display) archiving() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lastFile.Sub(d.firstFile)
}

// Write puts log lines above the bars.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	n, err := d.out.Write(p)
	d.draw()
	return n, err
}

// run redraws or logs until ctx ends, and then clears the bars away: what follows says more than they do.
func (d *display) run(ctx context.Context, log *slog.Logger) {
	every := logEvery
	if d.width != nil {
		every = redrawEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			d.mu.Lock()
			d.erase()
			d.steps = nil
			d.mu.Unlock()
			return
		case <-ticker.C:
			if d.width != nil {
				d.redraw()
				continue
			}
			for _, s := range d.running() {
				s.log(log, d.time())
			}
		}
	}
}

// log says how far the step is in a line.
func (s step) log(log *slog.Logger, now time.Time) {
	said := []any{"resource", s.name, "done", s.done, "total", s.total, "per_second", fmt.Sprintf("%.1f", s.rate(now, s.done-s.before))}
	if s.files {
		said = append(said, "bytes", s.bytes, "bytes_per_second", fmt.Sprintf("%.0f", s.rate(now, s.bytes)))
	}
	if left, ok := s.left(now); ok {
		said = append(said, "left", left.Round(time.Second).String())
	}
	log.Info("progress", said...)
}

func (d *display) running() []step {
	d.mu.Lock()
	defer d.mu.Unlock()
	var steps []step
	for _, s := range d.steps {
		if !s.finished {
			steps = append(steps, s)
		}
	}
	return steps
}

func (d *display) redraw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	d.draw()
}

func (d *display) erase() {
	if d.drawn > 0 {
		_, _ = fmt.Fprintf(d.out, "\x1b[%dA\r\x1b[J", d.drawn)
		d.drawn = 0
	}
}

func (d *display) draw() {
	if d.width == nil {
		return
	}
	width, now := d.width(), d.time()
	var out strings.Builder
	for _, s := range d.steps {
		line := s.line(now)
		// A line that wraps would take two rows, and the next erase would leave one of them behind.
		out.WriteString(line[:min(len(line), width-1)] + "\n")
	}
	_, _ = io.WriteString(d.out, out.String())
	d.drawn = len(d.steps)
}

func (s step) rate(now time.Time, n int64) float64 {
	if seconds := now.Sub(s.started).Seconds(); seconds > 0 {
		return float64(n) / seconds
	}
	return 0
}

// line is one bar in ASCII, so that cutting it to the width cuts no character.
func (s step) line(now time.Time) string {
	count := thousands(s.done)
	bar := strings.Repeat(".", barWidth)
	pace := fmt.Sprintf("%.0f/s", s.rate(now, s.done-s.before))
	if s.files {
		pace += fmt.Sprintf("  %s  %s/s", size(s.bytes), size(int64(s.rate(now, s.bytes))))
	}
	tail := pace
	if s.total > 0 {
		part := min(float64(s.done)/float64(s.total), 1)
		full := int(part * barWidth)
		bar = strings.Repeat("#", full) + strings.Repeat(".", barWidth-full)
		count += " of " + thousands(s.total)
		tail = fmt.Sprintf("%3.0f%%  %s", part*100, pace)
		if left, ok := s.left(now); ok {
			tail += "  " + left.Round(time.Second).String() + " left"
		}
	}
	if s.finished {
		bar, tail = strings.Repeat("#", barWidth), "done"
	}
	return fmt.Sprintf("%-24s [%s] %s  %s", s.name, bar, count, tail)
}
