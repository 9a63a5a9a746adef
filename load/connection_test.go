package load

import (
	"cmp"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A statement may take as long as the server is at work on it, and longer by nothing but the time to find out.
func TestAServerThatSaysNothingIsGivenUpOnlyWhenItIsNotAtWork(t *testing.T) {
	t.Parallel()
	yes := func() (bool, error) { return true, nil }
	no := func() (bool, error) { return false, nil }
	full := func() (bool, error) { return false, &pgconn.PgError{Code: "53300"} }
	away := func() (bool, error) { return false, errors.New("away") }
	for name, c := range map[string]struct {
		answers []func() (bool, error) // the last one for ever
		givenUp time.Duration          // 0: never
	}{
		"at work":              {[]func() (bool, error){yes}, 0},
		"waits for us":         {[]func() (bool, error){no}, quiet + recheck},
		"is done by and by":    {[]func() (bool, error){yes, no, yes, no}, quiet + 4*recheck},
		"has no room to ask":   {[]func() (bool, error){full}, 0},
		"is not there":         {[]func() (bool, error){away}, quiet},
		"goes while it works":  {[]func() (bool, error){yes, yes, away}, quiet + 2*recheck},
		"answers at last once": {[]func() (bool, error){no, full, no, yes}, 0},
	} {
		for direction, call := range map[string]func(*mindedConn, []byte) (int, error){"read": (*mindedConn).Read, "write": (*mindedConn).Write} {
			t.Run(name+", "+direction, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ours, theirs := net.Pipe()
					var asked atomic.Int64
					conn := &mindedConn{Conn: ours, working: func(session uint32) (bool, error) {
						if session != 7 {
							t.Errorf("asked about session %d", session)
						}
						return c.answers[min(int(asked.Add(1)), len(c.answers))-1]()
					}}
					conn.session.Store(7)
					for range 3 { // calls that are over in time leave nothing behind
						go func() {
							time.Sleep(quiet - time.Second)
							_, _ = theirs.Write([]byte("x"))
							_, _ = theirs.Read(make([]byte, 1))
						}()
						_, err := conn.Read(make([]byte, 1))
						if _, sent := conn.Write([]byte("x")); err != nil || sent != nil {
							t.Fatal(err, sent)
						}
					}
					time.Sleep(time.Hour) // nor does a connection that waits in the pool
					if n := asked.Load(); n != 0 {
						t.Fatalf("asked %d times about nothing", n)
					}
					start, over := time.Now(), time.AfterFunc(time.Hour, func() { _ = theirs.Close() })
					_, err := call(conn, make([]byte, 1))
					took := time.Since(start)
					over.Stop()
					if err == nil || took != cmp.Or(c.givenUp, time.Hour) {
						t.Errorf("it ended after %v: %v", took, err)
					}
					time.Sleep(time.Minute) // whoever asks finds that the call is over
				})
			})
		}
	}
}
