package main

import (
	"fmt"
	"strings"
)

// goBench is every single run in the format of go test -bench, which benchstat compares.
func (r report) goBench() string {
	var out strings.Builder
	fmt.Fprintf(&out, "goos: %s\ngoarch: %s\npkg: github.com/linkhouse/linkhouse/cmd/linkhouse/bench\n", r.Machine.OS, r.Machine.Arch)
	for _, p := range r.parts() {
		out.WriteString(p.goBench())
	}
	return out.String()
}

func (r worldRun) goBench() string {
	var out strings.Builder
	for _, f := range r.Figures {
		out.WriteString(f.goBench() + "\n")
	}
	return out.String()
}

func (f figure) goBench() string {
	line := fmt.Sprintf("BenchmarkEndToEnd/%s/%s 1 %d ns/op %.3f cpu-s %.2f pg-cpu-s %d rss-B %d wal-B %d requests %d rows",
		f.World, f.Phase, f.Wall.Nanoseconds(), f.CPU.Seconds(), f.Postgres.Seconds(), f.RSS, f.WAL, f.Requests, f.Rows)
	if f.Rows > 0 {
		line += fmt.Sprintf(" %.0f rows/s %.3f cpu-s/Mrows", f.rate(), f.perMillion())
	}
	return line
}
