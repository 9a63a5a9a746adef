package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// This program is also the two plain programs that linkhouse is compared with, so that all are measured alike. These are
// their names, and the variables that tell them where to read and write.
const (
	childFetch    = "child-fetch"
	childPlain    = "child-plain"
	childAPI      = "BENCH_API"
	childDatabase = "BENCH_DATABASE"
	childUsers    = "BENCH_USERS" // a file; none: employers and employees are read
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := start(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && (args[0] == childFetch || args[0] == childPlain) {
		return child(ctx, args[0], stdout)
	}
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.run(ctx, stdout, stderr)
}

// child is one of the plain programs.
func child(ctx context.Context, name string, stdout io.Writer) error {
	r := newReader(os.Getenv(childAPI))
	if file := os.Getenv(childUsers); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		r.users = strings.Fields(string(text))
	}
	var rows int64
	var err error
	switch name {
	case childFetch:
		err = r.fetch(ctx)
	case childPlain:
		rows, err = loadPlain(ctx, r, os.Getenv(childDatabase))
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(done{Requests: r.requests.Load(), Bytes: r.bytes.Load(), Rows: rows})
}

func loadPlain(ctx context.Context, r *reader, database string) (int64, error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return newPlain(r, conn).load(ctx)
}
