package schedules

import (
	"context"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// Details says when the details of objects are asked for again.
type Details struct {
	// Changed are the resources, by name, of which a detail is asked for only when the list row differs from the one before, the
	// object's state is not one that it stays in, or the detail was last read longer ago than Refresh. All others are asked for
	// in every run.
	Changed map[string]bool
	Refresh time.Duration
}

// memory is what a walk knows of objects from runs before, so that those which are the same cost little. The zero memory knows
// nothing, and remembers nothing either.
type memory struct {
	resource *transform.Resource
	printer  *transform.ResourcePrinter
	// recall gives what is remembered of objects, and recallLists of lists that are recognised as one, of which nothing is remembered
	// by itself: one of them is nil. Both are for a run that reads all anew, or only some days.
	recall, recallLists recall
	spares              bool      // some details need not be asked for
	since               time.Time // a detail that was read before is old
}

// recall gives what is remembered of what is named.
type recall func(ctx context.Context, names []load.Name) (map[load.Name]load.Remembered, error)

// memory is the walk's.
func (r *run) memory(w *load.Walk, resource *transform.Resource) memory {
	if r.plan.Reread || r.plan.dated() {
		return memory{}
	}
	m := memory{
		resource: resource, printer: r.Printer.Of(resource),
		spares: r.Details.Changed[resource.Name] && resource.Detail != "", since: r.held.Started.Add(-r.Details.Refresh),
	}
	if resource.OneList() {
		m.recallLists = w.Remembered
	} else {
		m.recall = w.Remembered
	}
	return m
}

// attach gives pieces what is remembered of their objects.
func (m *memory) attach(ctx context.Context, pieces []piece) error {
	if m.recall == nil {
		return nil
	}
	names := make([]load.Name, 0, len(pieces))
	for _, p := range pieces {
		if p.item.ID != "" && p.record == nil {
			names = append(names, p.name())
		}
	}
	known, err := m.recall(ctx, names)
	for i, p := range pieces {
		if k, ok := known[p.name()]; ok && p.record == nil {
			pieces[i].known = &k
		}
	}
	return err
}

// spare reports whether an object's detail need not be asked for.
func (m *memory) spare(p *piece) bool {
	return m.spares && p.known != nil && p.known.Final && p.known.Detailed.After(m.since) && m.printer.Listed(p.item) == p.known.Listed
}

// sameAnswer is the check of an answer, before anything of it is read; nil when there is nothing to compare it with.
func (m *memory) sameAnswer(p *piece) func(answer []byte) bool {
	if p.known == nil || p.known.Whole == (transform.Print{}) {
		return nil
	}
	return func(answer []byte) bool {
		p.same = m.printer.Whole(p.item, answer) == p.known.Whole
		return p.same
	}
}

// recognise gives the record of an object that says what it said before, but for its retrieval time or link; nil for any other.
// What there is to remember of it is noted in any case. The answer is that of its detail.
func (m *memory) recognise(p *piece, answer []byte) *transform.Record {
	if m.recall == nil {
		return nil
	}
	now := &transform.Memory{Prints: transform.Prints{Listed: m.printer.Listed(p.item)}}
	p.memory = now
	if !m.resource.Document { // with a link in it, every answer is another
		now.Whole = m.printer.Whole(p.item, answer)
	}
	// The second print costs a second look at every byte. Most objects never need it: the first one recognises them.
	if p.known == nil && !m.resource.Document {
		return nil
	}
	stable, retrieved, ok := m.printer.Stable(p.item)
	if now.Stable = stable; !ok || p.known == nil || stable != p.known.Stable {
		return nil
	}
	record := m.stands(p)
	record.Retrieved, record.Moved = retrieved, true
	now.Final = p.known.Final
	if now.Prints != p.known.Prints || m.spares {
		record.Memory = now
	}
	return record
}

// same is the record of an object whose answer was recognised.
func (m *memory) same(p *piece) *transform.Record {
	record := m.stands(p)
	if m.spares { // when it was read last tells when it is to be read again
		again := p.known.Memory
		again.Listed = m.printer.Listed(p.item)
		record.Memory = &again
	}
	return record
}

// stands is the record of an object of which nothing is read, because it stands as it was.
func (m *memory) stands(p *piece) *transform.Record {
	record := transform.Same(m.resource, p.item)
	record.Believed, record.Place = p.known.Believed, p.known.Place
	return record
}
