package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// quiet is how long the server may keep a statement without a word before it is asked, on another connection, whether it
	// is still at work on it. A statement itself may take as long as it takes.
	quiet = 15 * time.Second
	// recheck is how long after such a question the next one comes.
	recheck = 5 * time.Second
	// answerWithin bounds everything that the server does at once when it is there: a connection, or the answer to such a question.
	answerWithin = 10 * time.Second
)

// sessionSettings is SQL that gives a session's process id and lets the server notice that we are gone, or stand still, in less than
// a minute: whoever comes next waits for the locks that it keeps for us. Its own defaults are two hours, and for ever.
//
// What the server, a database or a role allows people is lifted: our statements may take as long as they take, as the end of a large
// walk does, and the session that holds a run's locks has nothing to say for hours. A timeout that stands in the connection string is
// the operator's word, and holds. Old servers do not know all of them.
func sessionSettings(params map[string]string) string {
	settings := []string{
		"set_config('idle_in_transaction_session_timeout', '30s', false)", "set_config('tcp_keepalives_idle', '20', false)",
		"set_config('tcp_keepalives_interval', '10', false)", "set_config('tcp_keepalives_count', '3', false)",
		"set_config('jit', 'off', false)", // to compile what compares a whole list takes longer than to do it
	}
	for _, name := range []string{"statement_timeout", "lock_timeout", "transaction_timeout", "idle_session_timeout"} {
		if _, said := params[name]; !said && !strings.Contains(params["options"], name) {
			settings = append(settings, fmt.Sprintf("CASE WHEN current_setting('%[1]s', true) IS NOT NULL THEN set_config('%[1]s', '0', false) END", name))
		}
	}
	return "SELECT pg_backend_pid(), ARRAY[" + strings.Join(settings, ", ") + "]"
}

// stillAtWork asks about the session of a statement that keeps silent. One that waits for us, while we wait for it, has lost
// what it was sent, or we its answer; and one that is not there any more will never answer.
const stillAtWork = `SELECT coalesce((SELECT state IS NULL OR state NOT LIKE 'idle%' AND wait_event_type IS DISTINCT FROM 'Client'
	FROM pg_stat_activity WHERE pid = $1), false)`

// endStandstill ends the sessions of our own that keep one of ours from its work and stand still in the middle of a COPY: the
// server waits for rows from a process that was stopped, or whose machine was, and that somebody has taken over from. The
// timeout for what is idle in a transaction does not count that as idle.
const endStandstill = `SELECT pg_terminate_backend(b.pid) FROM pg_stat_activity b WHERE b.pid = ANY(pg_blocking_pids($1))
	AND b.application_name = current_setting('application_name') AND b.usename = current_user AND b.wait_event_type = 'Client'
	AND b.query ILIKE 'copy%' AND b.query_start < clock_timestamp() - interval '30 seconds'`

// mind makes every connection of the pool one that cannot wait for ever: a network that swallows packets, a proxy that holds a
// connection open with nobody behind it, or a server that stands still, ends its statement with an error.
func mind(config *pgxpool.Config) {
	dial, settings := config.ConnConfig.DialFunc, sessionSettings(config.ConnConfig.RuntimeParams)
	asking := config.ConnConfig.Copy()
	asking.ConnectTimeout, asking.Tracer = answerWithin, nil
	working := func(session uint32) (bool, error) { return working(asking, session) }
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &mindedConn{Conn: conn, working: working}, nil
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		var session uint32
		if err := conn.QueryRow(ctx, settings).Scan(&session, nil); err != nil {
			return err
		}
		if minded := underneath(conn.PgConn().Conn()); minded != nil {
			minded.session.Store(session)
		}
		return nil
	}
}

// underneath is our connection below those that others have put around it.
func underneath(conn net.Conn) *mindedConn {
	for {
		switch c := conn.(type) {
		case *mindedConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// mindedConn is a connection that is given up when the server says nothing for long and is not at work for us.
type mindedConn struct {
	net.Conn

	working     func(session uint32) (bool, error) // asks whether the server is at work for a session
	session     atomic.Uint32                      // of the server; 0 until it is known: the time to connect is bounded otherwise
	read, write vigil
}

// Read waits for the server.
func (c *mindedConn) Read(p []byte) (int, error) {
	defer c.read.over(c.begin(&c.read))
	return c.Conn.Read(p)
}

// Write waits for the server to take what it is sent.
func (c *mindedConn) Write(p []byte) (int, error) {
	defer c.write.over(c.begin(&c.write))
	return c.Conn.Write(p)
}

// vigil is the looking after the calls of one direction. They come one after the other, and mostly are over at once, so that
// they share a timer.
type vigil struct {
	timer *time.Timer
	calls atomic.Uint64 // odd while a call is under way, and neither over nor given up: whichever comes first
}

// begin has somebody look after a call when it takes long, until it is over.
func (c *mindedConn) begin(v *vigil) (call uint64) {
	if c.session.Load() == 0 {
		return 0
	}
	call = v.calls.Add(1)
	if v.timer == nil {
		v.timer = time.AfterFunc(quiet, func() { c.doubt(v, v.calls.Load()) })
	} else {
		v.timer.Reset(quiet)
	}
	return call
}

func (v *vigil) over(call uint64) {
	if call != 0 {
		v.timer.Stop()
		v.calls.CompareAndSwap(call, call+1)
	}
}

// doubt asks about the session until the call is over, or twice in a row nobody is at work for it: the answer may have been on
// its way when the question was asked.
func (c *mindedConn) doubt(v *vigil, call uint64) {
	for idle := 0; call%2 == 1 && v.calls.Load() == call; time.Sleep(recheck) {
		working, err := c.working(c.session.Load())
		var refused *pgconn.PgError
		switch {
		case working, errors.As(err, &refused): // a server that refuses us, for want of room, say, is there
			idle = 0
		case err != nil:
			idle = 2
		default:
			idle++
		}
		if idle == 2 {
			if v.calls.CompareAndSwap(call, call+1) {
				_ = c.Conn.Close() // ends the call with an error
			}
			return
		}
	}
}

func working(asking *pgx.ConnConfig, session uint32) (working bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*answerWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, asking.Copy())
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(ctx) }()
	if err = conn.QueryRow(ctx, stillAtWork, session).Scan(&working); working {
		_, _ = conn.Exec(ctx, endStandstill, int32(session)) // where it may not, the wait goes on
	}
	return working, err
}
