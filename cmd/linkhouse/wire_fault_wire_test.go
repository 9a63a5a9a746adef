package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// trouble is what a wire does to what goes over it.
type trouble struct {
	after     int64         // it begins when so many bytes have gone over the wire, both ways together
	reset     bool          // every connection is reset
	once      bool          // only those that are open at that instant
	every     int64         // every connection is reset when it has carried so many bytes
	hole      bool          // connections stay open, new ones are taken, and nothing gets through any more
	refuse    bool          // connections are closed, and new ones as soon as they are made
	delay     time.Duration // each piece takes so much longer
	bandwidth int64         // bytes a second, of each connection
}

// wire is a TCP proxy that can be cut. It is our own and not a library because those that there are bring a metrics client, a
// router and a logger along.
type wire struct {
	trouble

	target   string
	listener net.Listener
	carried  atomic.Int64 // bytes
	fired    atomic.Int64 // how often the trouble was felt
	began    atomic.Bool
	mended   atomic.Bool

	mu   sync.Mutex
	open map[net.Conn]bool
	all  sync.WaitGroup
}

// newWire lays a wire to an address.
func newWire(t *testing.T, target string, how trouble) *wire {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{trouble: how, target: target, listener: l, open: map[net.Conn]bool{}}
	w.all.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.cut(false)
		w.all.Wait()
	})
	return w
}

func (w *wire) addr() string { return w.listener.Addr().String() }

// mend takes the trouble back, and with it every connection that has suffered.
func (w *wire) mend() {
	w.mended.Store(true)
	w.cut(true)
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.all.Go(func() { w.serve(near) })
	}
}

func (w *wire) serve(near net.Conn) {
	defer func() { _ = near.Close() }()
	if w.troubled() && (w.refuse || w.reset && !w.once) {
		w.fired.Add(1)
		abort(near)
		return
	}
	far, err := new(net.Dialer).DialContext(context.Background(), "tcp", w.target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	w.mu.Lock()
	w.open[near], w.open[far] = true, true
	w.mu.Unlock()
	var both sync.WaitGroup
	var carried atomic.Int64
	both.Go(func() { w.carry(far, near, &carried) })
	both.Go(func() { w.carry(near, far, &carried) })
	both.Wait()
	w.mu.Lock()
	delete(w.open, near)
	delete(w.open, far)
	w.mu.Unlock()
}

// carry brings what one end says to the other, until either has had enough.
func (w *wire) carry(to, from net.Conn, carried *atomic.Int64) {
	defer func() { _ = to.Close(); _ = from.Close() }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !w.pass(to, from, buffer[:n], carried.Add(int64(n))) {
			return
		}
		if err != nil {
			return
		}
	}
}

// pass brings one piece to the other end, in whatever way the trouble leaves to it.
func (w *wire) pass(to, from net.Conn, piece []byte, carried int64) bool {
	w.carried.Add(int64(len(piece)))
	if w.troubled() {
		switch {
		case w.hole:
			w.fired.Add(1)
			_, _ = io.Copy(io.Discard, from) // whoever waits for an answer waits until one of them hangs up
			return false
		case w.delay > 0:
			w.fired.Add(1)
			time.Sleep(w.delay)
		case w.bandwidth > 0:
			w.fired.Add(1)
			time.Sleep(time.Duration(int64(len(piece)) * int64(time.Second) / w.bandwidth))
		case w.every > 0 && carried > w.every:
			w.fired.Add(1)
			abort(to)
			abort(from)
			return false
		}
	}
	_, err := to.Write(piece)
	return err == nil
}

// troubled reports whether the trouble is on, and begins it when its time has come.
func (w *wire) troubled() bool {
	if w.mended.Load() || w.carried.Load() < w.after {
		return false
	}
	if w.began.CompareAndSwap(false, true) && (w.reset || w.refuse) {
		w.fired.Add(1)
		w.cut(w.reset)
	}
	return true
}

// cut ends every connection, with a reset or politely.
func (w *wire) cut(reset bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		if reset {
			abort(c)
		}
		_ = c.Close()
	}
}

// abort makes the end of a connection a reset.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil && !errors.Is(err, net.ErrClosed) {
			return
		}
	}
	_ = c.Close()
}
