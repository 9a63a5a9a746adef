package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

var phases = []string{phaseFetch, phasePlain, phaseFirst, phaseUnchanged, phaseChanged}

func (r worldRun) text() string {
	return fmt.Sprintf("%s: %s people, %s rows from %s MB (%s)\n\n", r.World, thousands(int64(r.People)), thousands(r.Rows), megabytes(r.of(phaseFetch).Bytes), r.About) + r.table()
}

// table is a line per phase. The ratios say how often the phase's time goes into that of the others.
func (r worldRun) table() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")+"\t") }
	line("phase", "wall s", "cpu s", "pg cpu s", "api cpu s", "rss MB", "wal MB", "requests", "rows", "rows/s", "cpu s/M rows", "wall/fetch", "wall/plain", "cpu/plain")
	fetch, plain := r.of(phaseFetch), r.of(phasePlain)
	for _, phase := range phases {
		f := r.of(phase)
		if f.Phase == "" {
			continue
		}
		rate, each := "", ""
		if phase == phasePlain || phase == phaseFirst { // elsewhere rows are not what takes the time
			rate, each = thousands(int64(f.rate())), decimals(f.perMillion(), 2)
		}
		line(phase, decimals(f.Wall.Seconds(), 2), decimals(f.CPU.Seconds(), 2), decimals(f.Postgres.Seconds(), 2), decimals(f.API.Seconds(), 2), megabytes(f.RSS), megabytes(f.WAL),
			thousands(f.Requests), thousands(f.Rows), rate, each,
			ratio(f.Wall, fetch.Wall), ratio(f.Wall, plain.Wall), ratio(f.CPU, plain.CPU))
	}
	_ = w.Flush() // a Builder takes everything
	return out.String()
}

func decimals(v float64, n int) string { return strconv.FormatFloat(v, 'f', n, 64) }

func megabytes(bytes int64) string { return decimals(float64(bytes)/1e6, 1) }

func ratio(a, b time.Duration) string {
	if b <= 0 {
		return ""
	}
	return decimals(a.Seconds()/b.Seconds(), 2)
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
