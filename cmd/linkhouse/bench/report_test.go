package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func measured() worldRun {
	const mb = 1e6
	return worldRun{World: "large", People: 2000, Rows: 800_000, Figures: []figure{
		{World: "large", Phase: phaseFetch, Wall: time.Second, CPU: 200 * time.Millisecond, API: 500 * time.Millisecond, RSS: 17 * mb, Requests: 2061},
		{World: "large", Phase: phasePlain, Wall: 8 * time.Second, CPU: 2 * time.Second, Postgres: 3 * time.Second, RSS: 100 * mb, WAL: 250 * mb, Requests: 2061, Rows: 800_000},
		{World: "large", Phase: phaseFirst, Wall: 10 * time.Second, CPU: 4 * time.Second, RSS: 120 * mb, WAL: 220 * mb, Requests: 2061, Rows: 800_000},
		{World: "large", Phase: phaseUnchanged, Wall: 3 * time.Second, CPU: time.Second, RSS: 60 * mb, WAL: 2 * mb, Requests: 2061},
		{World: "large", Phase: phaseUnchanged, Wall: 1300 * time.Millisecond, CPU: time.Second, RSS: 60 * mb, WAL: 50_000, Requests: 2061},
		{World: "large", Phase: phaseUnchanged, Wall: time.Second, CPU: time.Second, RSS: 60 * mb, WAL: 0, Requests: 2061},
		{World: "large", Phase: phaseChanged, Wall: 3 * time.Second, CPU: time.Second, RSS: 60 * mb, WAL: 3 * mb, Requests: 2061, Rows: 9000},
	}}
}

func TestTheTableSetsThePhasesSideBySide(t *testing.T) {
	const want = `
       phase  wall s  cpu s  pg cpu s  api cpu s  rss MB  wal MB  requests     rows   rows/s  cpu s/M rows  wall/fetch  wall/plain  cpu/plain
       fetch    1.00   0.20      0.00       0.50    17.0     0.0     2,061        0                               1.00        0.12       0.10
       plain    8.00   2.00      3.00       0.00   100.0   250.0     2,061  800,000  100,000          2.50        8.00        1.00       1.00
  first-load   10.00   4.00      0.00       0.00   120.0   220.0     2,061  800,000   80,000          5.00       10.00        1.25       2.00
   unchanged    1.30   1.00      0.00       0.00    60.0     0.1     2,061        0                               1.30        0.16       0.50
     changed    3.00   1.00      0.00       0.00    60.0     3.0     2,061    9,000                               3.00        0.38       0.50
`
	if diff := cmp.Diff(strings.Split(want, "\n")[1:], strings.Split(measured().table(), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestEachTargetIsASentence(t *testing.T) {
	want := []string{
		"met    large: the first load writes 0.80 of the plain program's rows per second (wanted: 0.80 or more)",
		"missed large: the first load takes 5.00 CPU seconds per million rows (wanted: 2.5 or less)",
		"met    large: an unchanged run takes 1.30 s (wanted: 1.35 s or less, 1.15 of the fetch and 200ms)",
		"met    large: an unchanged run writes 0 rows and 50,000 bytes of WAL (wanted: none and less than 1,000,000)",
		"missed large: a run after 5 % changed takes 3.00 s (wanted: 2.70 s or less, 1.5 of an unchanged run and 5 % of the first load)",
		"met    large: linkhouse holds 120.0 MB at most (wanted: less than 130.0)",
	}
	if diff := cmp.Diff(want, measured().targets()); diff != "" {
		t.Error(diff)
	}
}

func TestARunIsALineOfABenchmark(t *testing.T) {
	r := report{Machine: machine{OS: "linux", Arch: "amd64"}, Worlds: []worldRun{{Figures: measured().Figures[1:4:4]}}}
	const want = `goos: linux
goarch: amd64
pkg: github.com/linkhouse/linkhouse/cmd/linkhouse/bench
BenchmarkEndToEnd/large/plain 1 8000000000 ns/op 2.000 cpu-s 3.00 pg-cpu-s 100000000 rss-B 250000000 wal-B 2061 requests 800000 rows 100000 rows/s 2.500 cpu-s/Mrows
BenchmarkEndToEnd/large/first-load 1 10000000000 ns/op 4.000 cpu-s 0.00 pg-cpu-s 120000000 rss-B 220000000 wal-B 2061 requests 800000 rows 80000 rows/s 5.000 cpu-s/Mrows
BenchmarkEndToEnd/large/unchanged 1 3000000000 ns/op 1.000 cpu-s 0.00 pg-cpu-s 60000000 rss-B 2000000 wal-B 2061 requests 0 rows
`
	if diff := cmp.Diff(want, r.goBench()); diff != "" {
		t.Error(diff)
	}
}

func TestThousandsAreSetApart(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}
