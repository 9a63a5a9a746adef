// Package embedded runs a private Postgres from the binaries that are installed on this machine.
//
// It knows where distributions put Postgres, how a cluster is made, started, shared between processes, recovered
// after a kill, and stopped. It does not know what is stored in it: no schema, no migration, no table. It is the
// warehouse of those who configured none, of the demo, and of every test. It imports nothing else of linkhouse.
//
// A cluster lives in one directory:
//
//	data/        what initdb made; owned by the account that runs the server
//	password     of the only account, for its owner's eyes
//	port         the last port, so that a client's bookmark survives a restart
//	server.log   what the server says; never a statement, a parameter or a row
//	lock         held by the process that started the server, for as long as it answers for it
//	keep         present while the server is meant to outlive its starter
//
// The server listens on 127.0.0.1 only and has no Unix socket, which spares the limit on the length of a socket's path
// and a world-readable directory to put it in.
package embedded
