package schedules

import (
	"context"
	"encoding/binary"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire is a connection to Postgres that knows what is sent on it: it names each flush by its statements, and can send half of
// one, or wait until the server has done it and keep the answer.
type wire struct {
	net.Conn

	plug     *plug
	prepared map[string]string // SQL by the name of the prepared statement
	started  bool

	reading  sync.Mutex // one reads at a time, so that messages are met whole
	mu       sync.Mutex
	answers  answers
	withheld bool // what the server says from now on is lost
}

func newWire(conn net.Conn, p *plug) *wire {
	return &wire{Conn: conn, plug: p, prepared: map[string]string{}}
}

// literals are the numbers in a statement's text, such as a run's.
var literals = regexp.MustCompile(`= \d+`)

// Write sends a flush, or ends the process with it.
func (w *wire) Write(p []byte) (int, error) {
	sent := w.understand(p)
	m, err := w.plug.happens(event{statements, sent.what}, len(sent.ends))
	if err != nil {
		return 0, err
	}
	switch m {
	case before:
		w.plug.pull()
		return 0, errPulled
	case between:
		_, _ = w.Conn.Write(p[:sent.ends[len(sent.ends)/2-1]])
		w.plug.pull()
		return 0, errPulled
	case after:
		w.ask(sent, true)
		if _, err := w.Conn.Write(p); err != nil || !w.await() {
			w.plug.mu.Lock()
			w.plug.unsure = true
			w.plug.mu.Unlock()
		}
		w.plug.pull()
		return 0, errPulled
	}
	w.ask(sent, false)
	return w.Conn.Write(p)
}

func (w *wire) ask(sent flush, withhold bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.withheld = w.withheld || withhold
	w.answers.ask(sent)
}

// Read gives what the server says, until the process is to end. Then it goes on reading, and gives nothing any more: an error
// would be something that the process learns while it can still act on it.
func (w *wire) Read(p []byte) (int, error) {
	w.reading.Lock()
	defer w.reading.Unlock()
	for {
		n, err := w.Conn.Read(p)
		w.mu.Lock()
		w.answers.feed(p[:n])
		withheld := w.withheld
		w.mu.Unlock()
		switch {
		case !withheld:
			return n, err
		case err != nil:
			return 0, err
		}
	}
}

// await reads until the server has answered everything, or lets a Read that began before do so.
func (w *wire) await() bool {
	buffer := make([]byte, 1<<16)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if w.settled() {
			return true
		}
		if !w.reading.TryLock() {
			time.Sleep(time.Millisecond)
			continue
		}
		_ = w.SetReadDeadline(deadline)
		n, err := w.Conn.Read(buffer)
		w.mu.Lock()
		w.answers.feed(buffer[:n])
		w.mu.Unlock()
		w.reading.Unlock()
		if err != nil {
			break
		}
	}
	return w.settled()
}

func (w *wire) settled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers.settled()
}

// flush is what one write sends.
type flush struct {
	what              string
	ends              []int // where each of its messages ends
	starts            bool
	questions         int // each is answered by a ReadyForQuery
	copyData, copyEnd bool
}

// understand tells what is about to be sent. pgx sends whole messages.
func (w *wire) understand(p []byte) flush {
	if !w.started {
		w.started = true
		return flush{what: "connect", ends: []int{len(p)}, starts: true}
	}
	var f flush
	var words []string
	for at := 0; at+5 <= len(p); {
		end := min(at+1+int(binary.BigEndian.Uint32(p[at+1:])), len(p))
		word := w.word(p[at], p[at+5:end], &f)
		if word != "" && (len(words) == 0 || words[len(words)-1] != word) {
			words = append(words, word)
		}
		f.ends = append(f.ends, end)
		at = end
	}
	f.what = strings.Join(words, "; ")
	return f
}

// word names a message; those that only go with others have no name.
func (w *wire) word(kind byte, body []byte, f *flush) string {
	switch kind {
	case 'Q':
		f.questions++
		return plain(text(body))
	case 'P':
		name := text(body)
		w.prepared[name] = plain(text(body[len(name)+1:]))
		return "prepare " + w.prepared[name]
	case 'B':
		portal := text(body)
		return w.prepared[text(body[len(portal)+1:])]
	case 'S':
		f.questions++
	case 'd':
		f.copyData = true
		return "copy data"
	case 'c':
		f.copyEnd = true
		return "copy done"
	case 'p':
		f.starts = true
		return "password"
	case 'X':
		return "goodbye"
	case 'D', 'E', 'H':
	default:
		return string(kind)
	}
	return ""
}

func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

func plain(sql string) string {
	return literals.ReplaceAllString(strings.Join(strings.Fields(sql), " "), "= #")
}

// answers counts what the server has answered. Its first ReadyForQuery ends the greeting, and answers no question.
type answers struct {
	ready           bool
	asked, answered int
	copying         bool // the server waits for data
	greeting        bool // a word of any kind is awaited
	rest            []byte
}

func (a *answers) ask(f flush) {
	a.asked += f.questions
	a.greeting = f.starts
	if f.copyEnd {
		a.copying = false
	}
}

func (a *answers) settled() bool {
	return !a.greeting && (a.copying || a.answered >= a.asked)
}

func (a *answers) feed(p []byte) {
	a.rest = append(a.rest, p...)
	for len(a.rest) >= 5 {
		end := 1 + int(binary.BigEndian.Uint32(a.rest[1:]))
		if len(a.rest) < end {
			return
		}
		switch a.rest[0] {
		case 'Z':
			if a.ready {
				a.answered++
			}
			a.ready = true
		case 'G':
			a.copying = true
		}
		a.greeting = false
		a.rest = a.rest[end:]
	}
}

// A process that is cut after a statement learns nothing more, neither the answer nor that anything is wrong, and is cut only
// when the answer was given: otherwise it could still write down that it failed, and a cut would not be one.
//
// Mutation: when Read gives errPulled for what is withheld it is red; so it is when the greeting counts as an answer.
func TestAProcessIsCutWhenTheServerHasAnsweredAndLearnsNothing(t *testing.T) {
	t.Parallel()
	message := func(kind byte, body string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4)), body...)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p, _ := newPlug(t.Context(), place{event{statements, "SELECT 1"}, 1, after})
	early := make(chan bool, 1)
	go func() {
		server, err := listener.Accept()
		if err != nil {
			return
		}
		buffer := make([]byte, 1024)
		_, _ = server.Read(buffer) // the start
		_, _ = server.Write(message('Z', "I"))
		_, _ = server.Read(buffer) // the question
		_, _ = server.Write(message('T', ""))
		time.Sleep(50 * time.Millisecond)
		early <- p.isPulled()
		_, _ = server.Write(message('Z', "I"))
	}()
	conn, err := p.dialWarehouse(context.Background(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("start")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1024)
	if n, err := conn.Read(buffer); n == 0 || err != nil {
		t.Fatalf("%d bytes of the greeting: %v", n, err)
	}
	learns := make(chan string, 1)
	go func() {
		n, err := conn.Read(buffer)
		switch {
		case n > 0:
			learns <- "the answer"
		case err != nil && !p.isPulled():
			learns <- "that something is wrong"
		default:
			learns <- ""
		}
	}()
	if _, err := conn.Write(message('Q', "SELECT 1\x00")); err == nil || !p.isPulled() || p.unsure {
		t.Errorf("the statement was sent with %v; cut %v, the answer awaited %v", err, p.isPulled(), !p.unsure)
	}
	if <-early {
		t.Error("the process was cut before the server had answered")
	}
	if what := <-learns; what != "" {
		t.Errorf("a process that is being cut learns %s", what)
	}
}
