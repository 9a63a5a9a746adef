package load

import (
	"net"
	"testing"
)

// stub is a connection that takes and gives everything at once.
type stub struct{ net.Conn }

func (stub) Read(p []byte) (int, error)  { return len(p), nil }
func (stub) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkMindedConnection is what it costs to look after a statement, which is a write and a read or two.
func BenchmarkMindedConnection(b *testing.B) {
	c := &mindedConn{Conn: stub{}}
	c.session.Store(1)
	p := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Write(p)
		_, _ = c.Read(p)
	}
}
