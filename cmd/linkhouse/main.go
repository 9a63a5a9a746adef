package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // schedules name time zones, and small images have no zone files
)

func main() {
	room := keepRoom(os.Getenv("GOGC"))
	code := start()
	runtime.KeepAlive(room)
	os.Exit(code)
}

// keepRoom has the heap collected whenever it grew by 24 MiB and half of what lives in it. As much as lives in it, which is the
// default, would be every few megabytes of answers in a night in which nothing changed, and twice the memory when much did. The room
// is made of memory that counts as living and is never touched, so that it takes none of the machine's. A GOGC that was set wins.
func keepRoom(gogc string) []byte {
	if gogc != "" {
		return nil
	}
	debug.SetGCPercent(50)
	return make([]byte, 48<<20)
}

// start ends the context on the first interrupt, so that work in hand is finished and saved, and gives the signals back
// to the system right then, so that a second one ends the process at once.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	vars := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	env := Env{Vars: vars, Dir: dir, Stdin: os.Stdin}
	if strings.ContainsRune(os.Args[0], os.PathSeparator) {
		env.Program = os.Args[0] // it may not be on PATH
	}
	return Run(ctx, os.Args[1:], env, os.Stdout, os.Stderr)
}
