package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

const (
	warehouseKey = "warehouse"
	// What stands as the condition of a resource that was not read completely for too long, and of a warehouse that is gone.
	conditionStale = "stale"
	conditionDown  = "unreachable"
	// missedLooks is how many looks in a row may fail before the warehouse counts as down: a restart is no trouble.
	missedLooks = 5
)

// round is one look, and what follows from it.
func (t *Teller) round(ctx context.Context) {
	t.look(ctx)
	t.settle(ctx)
	t.deliver(ctx, t.keys(), remindEvery)
}

// settle brings what was seen into the warehouse, even if there is no more time to tell it: nobody sees it again. While that does
// not answer, trouble is told past it, once.
func (t *Teller) settle(ctx context.Context) {
	noting, cancel := outlasting(ctx)
	defer cancel()
	for _, key := range slices.Sorted(maps.Keys(t.unnoted)) {
		s := t.unnoted[key]
		message, err := json.Marshal(s.message)
		if err == nil && t.Store != nil {
			err = t.book(noting, func(ctx context.Context) error { return t.Store.NoteAlert(ctx, s.key, s.condition, message, s.told) })
			if err == nil {
				delete(t.unnoted, key)
				continue
			}
			t.Logger.Warn("an alert could not be noted", "subject", s.message.Subject, "error", err)
		}
		told := s.told
		if told == "" {
			told = load.AlertWell
		}
		if s.condition == told || ctx.Err() != nil {
			continue
		}
		now := t.Now()
		if t.send(ctx, s.message, load.AlertRow{Condition: s.condition, Began: &now}) == nil {
			s.told = s.condition
			t.unnoted[key] = s
		}
	}
}

// deliver tells what there is to tell of some subjects.
func (t *Teller) deliver(ctx context.Context, keys []string, remind time.Duration) {
	if t.Store == nil {
		return
	}
	var rows []load.AlertRow
	err := t.book(ctx, func(ctx context.Context) (err error) {
		rows, err = t.Store.ClaimAlerts(ctx, keys, lease, remind)
		return err
	})
	if err != nil {
		return // settle has said so, or look will
	}
	for i, row := range rows {
		m := Message{Subject: row.Subject}
		_ = json.Unmarshal(row.Message, &m) // one of another version: what of it cannot be read is left out
		var undelivered *UndeliveredError
		if !errors.As(t.send(ctx, m, row), &undelivered) {
			t.noted(ctx, func(ctx context.Context) error { return t.Store.AlertTold(ctx, row.Subject, row.Condition) })
			continue
		}
		// What the webhook does not take now it does not take of the next one either: all of them wait.
		var left []string
		for _, row := range rows[i:] {
			left = append(left, row.Subject)
		}
		t.noted(ctx, func(ctx context.Context) error { return t.Store.AlertsLater(ctx, left, undelivered.later(t.Every)) })
		return
	}
}

// send tells a message as it stands now.
func (t *Teller) send(ctx context.Context, m Message, row load.AlertRow) error {
	m.Version, m.Time, m.Host, m.Since = Version, t.Now().UTC(), t.Host, row.Began
	m.Reminder = row.Told == row.Condition
	if row.Condition == load.AlertWell {
		m.Event, m.Severity, m.Reminder = Recovery, Info, false
	}
	if m.Resources == nil {
		m.Resources = []Resource{}
	}
	m.summarize()
	err := t.Webhook.Send(ctx, &m)
	if err != nil {
		t.Logger.Error("an alert could not be sent", "subject", m.Subject, "event", string(m.Event), "why", err)
	} else {
		t.Logger.Info("an alert was sent", "subject", m.Subject, "event", string(m.Event))
	}
	return err
}

// look finds the resources that were not read completely for too long, and those that were now.
func (t *Teller) look(ctx context.Context) {
	var fresh []load.Freshness
	var rows []load.AlertRow
	err := t.book(ctx, func(ctx context.Context) (err error) {
		if fresh, err = t.Store.Freshness(ctx); err == nil {
			rows, err = t.Store.Alerts(ctx, t.keys())
		}
		return err
	})
	if ctx.Err() != nil {
		return
	}
	t.seeWarehouse(err)
	if err != nil {
		return
	}
	for _, name := range t.Resources {
		t.seeResource(name, fresh, rows)
	}
}

// seeWarehouse notes that the warehouse is gone for longer than a restart takes, or back.
func (t *Teller) seeWarehouse(err error) {
	now := t.Now()
	switch _, told := t.unnoted[warehouseKey]; {
	case err == nil:
		t.downSince = now
		if told {
			t.note(sighting{key: warehouseKey, condition: load.AlertWell, message: Message{Subject: warehouseKey}})
		}
	case t.downSince.IsZero():
		t.downSince = now
	case !told && now.Sub(t.downSince) >= missedLooks*t.Every:
		t.note(sighting{key: warehouseKey, condition: conditionDown, message: Message{
			Event: Failure, Severity: Critical, Subject: warehouseKey, ErrorClass: errorClass(err),
			Help: []Help{{"No job runs until it is back. What is wrong with it:", t.Command("check")}},
		}})
	}
}

// seeResource notes how a resource stands, if it is not as it stood. One that was never read is as old as its row.
func (t *Teller) seeResource(name string, fresh []load.Freshness, rows []load.AlertRow) {
	m := Message{Subject: ResourceKey(name), Resources: []Resource{{Name: name, State: load.AlertWell}}}
	var since time.Duration
	known := ""
	for _, row := range rows {
		if row.Subject == m.Subject {
			known, since = row.Condition, t.Now().Sub(row.Known)
		}
	}
	for _, f := range fresh {
		if f.Resource == name {
			m.LastComplete, since, m.RunID = &f.LastComplete, t.Now().Sub(f.LastComplete), f.RunID
		}
	}
	condition := load.AlertWell
	if since > t.StaleAfter(name) {
		condition, m.Event, m.Severity, m.Resources[0].State = conditionStale, Stale, Critical, conditionStale
		m.Help = []Help{{"How things stand:", t.Command("status")}, {"To read it now:", t.Command("sync", name)}}
	} else if m.RunID > 0 {
		m.Help = []Help{{"How it went:", t.Command("runs", "show", fmt.Sprint(m.RunID))}}
	}
	if condition != known {
		t.note(sighting{key: m.Subject, condition: condition, message: m})
	}
}

// book does something with the warehouse, within bounds.
func (t *Teller) book(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, bookWithin)
	defer cancel()
	return do(ctx)
}

// outlasting ends when ctx has been over for noteWithin.
func outlasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(noteWithin, cancel) })
	return longer, func() {
		stop()
		cancel()
	}
}

// noted is book for what was done already: it is written down even if there is no more time for anything else.
func (t *Teller) noted(ctx context.Context, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	if err := do(ctx); err != nil {
		t.Logger.Warn("what became of an alert could not be noted: it may be sent again", "error", err)
	}
}
