package page

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// frame is what every page has around it.
type frame struct {
	Root    string // leads to the page's own place
	Title   string
	Version string
	Made    stamp
	// Again is after how many seconds a browser without script asks again; Live is what one with script asks for.
	Again int
	Live  string
}

func (p *Page) frame(root, title string) frame {
	return frame{Root: root, Title: title, Version: p.Version, Made: stampOf(p.Now(), p.Now())}
}

// block is a part of the page under a heading.
type block[T any] struct {
	Missing bool   // there is nothing to show yet
	Since   string // it could not be brought up to date since then
	Show    T
}

// whole puts several parts together: what misses one of them cannot be told.
func whole[T any](show T, parts ...interface{ standing() (bool, time.Time) }) block[T] {
	b := block[T]{Show: show}
	var oldest time.Time
	for _, p := range parts {
		missing, since := p.standing()
		b.Missing = b.Missing || missing
		if !since.IsZero() && (oldest.IsZero() || since.Before(oldest)) {
			oldest = since
		}
	}
	b.Since = since(oldest)
	return b
}

func (s part[T]) standing() (missing bool, since time.Time) { return s.Missing, s.Since }

// pageView is the page.
type pageView struct {
	frame
	Mood    string // good, warn, bad or idle
	Verdict string
	Empty   bool // nothing was ever read
	Sync    string
	Check   string
	Needs   block[[]Need]
	Now     nowView
	Fresh   block[table]
	Charts  block[[]chart]
	Runs    block[table]
	Files   block[filesView]
	Odd     block[oddView]
	Jobs    block[table]
}

// filesView is what waits for the archive.
type filesView struct {
	Says  string
	Table table
	Needs []Need
}

// oddView is what could not be loaded and what nobody expected.
type oddView struct {
	Table table
	Needs []Need
}

func (p *Page) view(ctx context.Context) pageView {
	ctx, cancel := context.WithTimeout(ctx, p.Patience)
	defer cancel()
	p.parts.refresh()
	runs, working, complete, nights := p.parts.runs.get(ctx), p.parts.working.get(ctx), p.parts.complete.get(ctx), p.parts.nights.get(ctx)
	documents, surprises, known, guarded, tried := p.parts.documents.get(ctx), p.parts.surprises.get(ctx),
		p.parts.timetable.get(ctx), p.parts.guarded.get(ctx), p.parts.tried.get(ctx)
	now := p.Now()

	v := pageView{frame: p.frame("./", ""), Sync: p.Command("sync"), Check: p.Command("check")}
	v.Again, v.Live = 30, "now"
	v.Now = p.nowOf(working, complete.Value)
	if len(v.Now.Runs) > 0 {
		v.Again = 5
	}
	fresh, late, missed := p.freshness(complete.Value, tried.Value, working.Value, now)
	v.Fresh = whole(fresh, complete)
	v.Charts = whole(p.charts(nights.Value, now), nights)
	v.Runs = whole(p.lastRuns(runs.Value, now), runs)
	v.Files = whole(p.files(documents.Value, now), documents)
	v.Odd = whole(p.odd(surprises.Value, now), surprises)
	v.Jobs = whole(p.schedule(known.Value, now), known)
	v.Empty = !runs.Missing && len(runs.Value) == 0
	needs := p.Needs(runs.Value, guarded.Value, attention(documents.Value, surprises.Value))
	if len(missed) > 0 && !complete.Missing {
		needs = append(needs, Need{
			What:    "Never read to the end, though a run has tried: " + strings.Join(missed, ", ") + ". To try again:",
			Command: p.Command(append([]string{"sync"}, missed...)...),
		})
	}
	if len(late) > 0 && !complete.Missing {
		needs = append(needs, Need{
			What:    "Later than the timetable makes one expect: " + strings.Join(late, ", ") + ". To read them now:",
			Command: p.Command(append([]string{"sync"}, late...)...),
		})
	}
	if runs.Missing || v.Empty {
		needs = nil
	}
	v.Needs = whole(needs, runs, guarded, tried, documents, surprises)
	v.Mood, v.Verdict = verdict(v, runs.Value)
	v.Title = v.Verdict
	return v
}

// verdict is the page in a line.
func verdict(v pageView, runs []Run) (mood, words string) {
	switch n := len(v.Needs.Show); {
	case v.Empty && len(v.Now.Runs) == 0:
		return "idle", "Nothing was read yet"
	case n == 1:
		mood, words = "warn", "One thing needs attention"
	case n > 1:
		mood, words = "warn", fmt.Sprintf("%d things need attention", n)
	case v.Needs.Missing || v.Fresh.Missing:
		return "idle", "Not everything could be looked at yet"
	case v.Needs.Since != "":
		return "warn", "The warehouse does not answer"
	default:
		return "good", "All is well"
	}
	late := slices.ContainsFunc(v.Fresh.Show.Rows, func(row []cell) bool { return row[1].Mark == "bad" })
	if late || len(runs) > 0 && states[runs[0].state()].mark == "bad" {
		mood = "bad"
	}
	return mood, words
}

// attention sums up what status counts.
func attention(d documents, s surprises) (a load.Attention) {
	for _, b := range d.Backlog {
		switch b.State {
		case load.DocumentFailed:
			a.FailedDocuments += b.Count
		case load.DocumentLost:
			a.LostDocuments += b.Count
		}
	}
	for _, r := range s.Rejects {
		a.OpenRejects += r.Count
	}
	for _, r := range s.Drift {
		a.NewDrift += r.New
	}
	return a
}

// files is the backlog of documents.
func (p *Page) files(d documents, now time.Time) filesView {
	v := filesView{Table: table{Caption: "Documents that are not in the archive", Columns: []column{{Name: "resource"},
		{Name: "state"}, {Name: "documents", Number: true}, {Name: "oldest staged"}}}}
	about := ""
	if !d.Exact {
		about = "about "
	}
	v.Says = about + count(d.Archived) + " archived"
	total := int64(0)
	for _, b := range d.Backlog {
		total += b.Count
	}
	for _, b := range d.Backlog {
		oldest := stampOf(b.Oldest, now)
		state := cell{Text: b.State, Mark: "idle"}
		switch b.State {
		case load.DocumentPending:
			state.Text = "waiting"
		case load.DocumentAbsent:
			state.Text = "without a link at present"
		case load.DocumentFailed:
			state.Mark = "warn"
			v.Needs = []Need{{"Every sync tries those that failed again. To do so now:", p.Command("documents", "retry")}}
		case load.DocumentLost:
			state.Mark = "bad"
		}
		n := number(b.Count)
		if total >= load.CountedAtMost {
			n.Text = "at least " + n.Text
		}
		v.Table.add(text(b.Resource), state, n, when(oldest))
	}
	if total > 0 {
		v.Needs = append(v.Needs, Need{"To see which, and why:", p.Command("documents", "gaps")})
	}
	return v
}

// odd counts rejects and drift by resource.
func (p *Page) odd(s surprises, now time.Time) oddView {
	v := oddView{Table: table{Caption: "Rejects and drift", Columns: []column{{Name: "resource"}, {Name: "open rejects",
		Number: true}, {Name: "oldest"},
		{Name: "drift: fields", Number: true}, {Name: "unknown values", Number: true}, {Name: "new in the last run", Number: true}}}}
	rejects, drift := map[string]load.OpenRejects{}, map[string]load.DriftCount{}
	var open, fields int64
	for _, r := range s.Rejects {
		rejects[r.Resource] = r
		open += r.Count
	}
	for _, d := range s.Drift {
		drift[d.Resource] = d
		fields += d.Paths
	}
	for _, resource := range p.Resources {
		r, d := rejects[resource], drift[resource]
		if r.Count == 0 && d.Paths == 0 {
			continue
		}
		n, oldest := cell{Text: upTo(r.Count, load.CountedAtMost)}, cell{}
		if r.Count > 0 {
			n.Mark, oldest = "warn", when(stampOf(r.Oldest, now))
		}
		fresh := number(d.New)
		if d.New > 0 {
			fresh.Mark = "warn"
		}
		v.Table.add(text(resource), n, oldest, number(d.Paths), number(d.Values), fresh)
	}
	if open > 0 {
		v.Needs = append(v.Needs, Need{"To see the rejects:", p.Command("rejects", "list")},
			Need{"To ask the API for them again:", p.Command("rejects", "replay", "--all")})
	}
	if fields > 0 {
		v.Needs = append(v.Needs, Need{"To see the drift, of which nothing is lost:", p.Command("drift", "list")})
	}
	return v
}
