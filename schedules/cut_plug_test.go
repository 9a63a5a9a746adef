package schedules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/linkhouse/linkhouse/load"
)

// moment is when, at its place, a run is cut.
type moment string

const (
	never   moment = ""
	before  moment = "before"  // the other side gets nothing of it
	between moment = "between" // the other side gets the first half of several messages that are sent at once
	after   moment = "after"   // the other side has done it, and its answer is lost
)

// The kinds of places.
const (
	statements = "statements" // whatever is sent to the warehouse: connecting, preparing, each flush of statements, COPY
	requests   = "requests"   // to the API and to where its links lead
	puts       = "archive calls"
)

// event is something that a run does, by name: which statement, request or document.
type event struct{ kind, what string }

// place is where a run is cut: at the how-manieth time (from 1) of an event, and when. Naming it by the event instead of by a
// number finds it again whatever the other walks do meanwhile. Without a name any event of its kind counts.
type place struct {
	event
	times  int
	moment moment
}

func (p place) String() string {
	return fmt.Sprintf("%s %s, time %d: %s", p.moment, p.kind, p.times, p.what)
}

// plug is what a process shares with the rest of the world: when it is pulled, nothing more of the process gets out.
type plug struct {
	at     place // where it is pulled; the zero place is nowhere
	cancel context.CancelFunc

	sending sync.RWMutex // held by who sends a byte, and whole by who pulls

	mu       sync.Mutex
	pulled   bool
	unsure   bool           // the answer that was to be lost never came
	happened map[event]int  // an event without a name stands for all of its kind
	several  map[event]bool // sent in several messages
	order    []event
	chosen   bool
	cut      event // what was about to happen when the plug was pulled
	conns    map[net.Conn]struct{}
}

var errPulled = errors.New("the plug is pulled")

func newPlug(ctx context.Context, at place) (*plug, context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	return &plug{at: at, cancel: cancel, happened: map[event]int{}, several: map[event]bool{}, conns: map[net.Conn]struct{}{}}, ctx
}

// happens notes what is about to happen, and tells at which moment of it the process ends, if it does.
func (p *plug) happens(e event, messages int) (moment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pulled {
		return never, errPulled
	}
	if p.happened[e] == 0 {
		p.order = append(p.order, e)
	}
	p.happened[e]++
	p.happened[event{kind: e.kind}]++
	if messages > 1 {
		p.several[e] = true
	}
	here := p.at.event == e || p.at.event == event{kind: e.kind}
	if here && !p.chosen && p.happened[p.at.event] >= p.at.times && (p.at.moment != between || messages > 1) {
		p.chosen, p.cut = true, e
		return p.at.moment, nil
	}
	return never, nil
}

// places are where the process could have been cut.
func (p *plug) places() (all places) {
	for _, e := range p.order {
		for times := 1; times <= p.happened[e]; times++ {
			all = append(all, place{e, times, before})
			if p.several[e] {
				all = append(all, place{e, times, between})
			}
			all = append(all, place{e, times, after})
		}
	}
	return all
}

// pull ends the process: its connections are reset, and it gets no others. Its context ends too, since a dead process waits for
// nothing; whatever it does about that goes nowhere.
func (p *plug) pull() {
	p.sending.Lock()
	p.mu.Lock()
	p.pulled = true
	p.sending.Unlock()
	for conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.cancel()
}

func (p *plug) isPulled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulled
}

// dial opens a connection that ends with the plug.
func (p *plug) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if p.isPulled() {
		return nil, errPulled
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pulled {
		_ = conn.Close()
		return nil, errPulled
	}
	p.conns[conn] = struct{}{}
	return &pluggedConn{conn, p}, nil
}

// pluggedConn sends nothing any more once the plug is pulled, even before its turn to be closed comes: otherwise a request whose
// connection was closed first would be sent again on those that are closed after it.
type pluggedConn struct {
	net.Conn

	plug *plug
}

func (c *pluggedConn) Write(p []byte) (int, error) {
	c.plug.sending.RLock()
	defer c.plug.sending.RUnlock()
	if c.plug.isPulled() {
		return 0, errPulled
	}
	return c.Conn.Write(p)
}

// dialWarehouse opens a connection whose messages are understood.
func (p *plug) dialWarehouse(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := p.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return newWire(conn, p), nil
}

// pluggedTransport sends requests as long as the plug is in.
type pluggedTransport struct {
	plug *plug
	base *http.Transport
}

func (p *plug) transport() *pluggedTransport {
	return &pluggedTransport{plug: p, base: &http.Transport{DialContext: p.dial, MaxIdleConnsPerHost: 16}}
}

func (t *pluggedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	what := r.URL.EscapedPath() // a link's query is never the same twice
	if cursor := r.URL.Query().Get("nextCursor"); cursor != "" {
		what += " from " + cursor
	}
	m, err := t.plug.happens(event{requests, what}, 1)
	if err != nil {
		return nil, err
	}
	if m == before {
		t.plug.pull()
		return nil, errPulled
	}
	response, err := t.base.RoundTrip(r)
	if m == never || err != nil {
		return response, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	t.plug.pull()
	return nil, errPulled
}

func (t *pluggedTransport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// pluggedArchive keeps documents as long as the plug is in.
type pluggedArchive struct {
	plug *plug
	*memoryArchive
}

func (a *pluggedArchive) Keep(ctx context.Context, doc load.Document, declared string, body io.Reader) (load.Archived, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return load.Archived{}, err
	}
	m, err := a.plug.happens(event{puts, doc.Resource + "/" + doc.ID}, 1)
	if err != nil {
		return load.Archived{}, err
	}
	if m == before {
		a.plug.pull()
		return load.Archived{}, errPulled
	}
	kept, err := a.memoryArchive.Keep(ctx, doc, declared, bytes.NewReader(data))
	if m == after {
		a.plug.pull()
		return load.Archived{}, errPulled
	}
	return kept, err
}
