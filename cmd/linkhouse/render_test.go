package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/schedules"
)

func TestCountsHaveThousandsSeparators(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestATableAlignsNumbersToTheRightAndKeepsEveryCellOnItsLine(t *testing.T) {
	var out bytes.Buffer
	err := table{
		columns: []column{{name: "name"}, {name: "rows", numeric: true}, {name: "note"}},
		rows:    [][]string{{"zoë", "1,234", ""}, {"a\x1b[31m\nb", "5", "last"}},
	}.write(&out)
	if err != nil {
		t.Fatal(err)
	}
	want := `
NAME       ROWS  NOTE
zoë       1,234
a?[31m?b      5  last
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyListingSaysSoToPeopleAndIsAnEmptyListForPrograms(t *testing.T) {
	var words, json bytes.Buffer
	t1 := table{columns: []column{{name: "x"}}, empty: "No rejects."}
	if err := (output{Output: "table"}).show(&words, []string{}, t1); err != nil {
		t.Fatal(err)
	}
	if err := (output{Output: "json"}).show(&json, []string{}, t1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"No rejects.\n", "[]\n"}, []string{words.String(), json.String()}); diff != "" {
		t.Error(diff)
	}
}

func TestATableThatIsWiderThanTheTerminalGoesOnBelowUnderItsFirstColumn(t *testing.T) {
	wide := table{
		columns: []column{{name: "resource"}, {name: "listed", numeric: true}, {name: "new", numeric: true}, {name: "seconds", numeric: true}},
		rows:    [][]string{{"employers", "1,234", "5", "0.3"}, {"tasks", "9", "0", "12.0"}},
	}
	want := `
RESOURCE   LISTED  NEW
employers   1,234    5
tasks           9    0

RESOURCE   SECONDS
employers      0.3
tasks         12.0
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), wide.text(22)); diff != "" {
		t.Error(diff)
	}
	if one := wide.text(31); strings.Contains(one, "\n\n") || !strings.Contains(one, "NEW  SECONDS\n") {
		t.Errorf("at a width that is just enough:\n%s", one)
	}
}

func TestBlocksOfAWideTableAreOfLikeWidth(t *testing.T) {
	got := evenBlocks([]int{0, 1, 2, 3, 4}, []int{4, 10, 10, 10, 10}, 45)
	if diff := cmp.Diff([][]int{{0, 1, 2}, {0, 3, 4}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestASpareColumnIsLeftOutWhereItIsEmpty(t *testing.T) {
	one := table{columns: []column{{name: "id"}, {name: "place", spare: true}}, rows: [][]string{{"1", ""}}}
	if got := one.text(0); got != "ID\n1\n" {
		t.Errorf("%q", got)
	}
	one.rows[0][1] = "x"
	if got := one.text(0); got != "ID  PLACE\n1   x\n" {
		t.Errorf("%q", got)
	}
}

func TestATextIsFoldedBetweenItsWords(t *testing.T) {
	for width, want := range map[int][]string{0: {"check the lines"}, 9: {"check the", "lines"}, 3: {"check", "the", "lines"}} {
		if diff := cmp.Diff(want, folded("check the lines", width)); diff != "" {
			t.Errorf("width %d: %s", width, diff)
		}
	}
}

func TestALongValueIsCutInATableUnlessItIsToBeCopied(t *testing.T) {
	long := table{columns: []column{{name: "name"}}, rows: [][]string{{strings.Repeat("é", 81)}}}
	if want := "NAME\n" + strings.Repeat("é", 77) + "...\n"; long.text(0) != want {
		t.Errorf("got %q", long.text(0))
	}
	long.columns[0].whole = true
	if want := "NAME\n" + strings.Repeat("é", 81) + "\n"; long.text(0) != want {
		t.Errorf("got %q", long.text(0))
	}
}

func TestBarsAreDrawnBelowTheLogAndErasedBeforeTheNextLine(t *testing.T) {
	var out bytes.Buffer
	d := &display{out: &out, width: func() int { return 60 }}
	d.update(step{name: "employees", done: 0, total: 0, finished: false})
	d.update(step{name: "tasks", done: 50, total: 50, finished: true})
	d.steps[0].started = time.Now()
	d.redraw()
	if _, err := d.Write([]byte("a log line\n")); err != nil {
		t.Fatal(err)
	}
	bars := "employees                [........................] 0  0/s\n" +
		"tasks                    [########################] 50 of 5\n" // cut: a line as wide as the terminal would wrap
	want := bars + "\x1b[2A\r\x1b[J" + "a log line\n" + bars
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestABarTellsShareRateAndTimeLeft(t *testing.T) {
	start := time.Date(2026, 1, 15, 2, 15, 0, 0, time.UTC)
	s := step{name: "employees", done: 1200, total: 4800, started: start}
	want := "employees                [######..................] 1,200 of 4,800   25%  120/s  30s left"
	if diff := cmp.Diff(want, s.line(start.Add(10*time.Second))); diff != "" {
		t.Error(diff)
	}
}

// What earlier processes did is done, but says nothing of the pace; nor does what was long ago. Mutation: with s.done in place of
// did in step.left it is red.
func TestTheTimeLeftIsThatOfTheLastWhileAndOfThisProcess(t *testing.T) {
	now := time.Date(2026, 1, 15, 2, 15, 0, 0, time.UTC)
	d := &display{out: io.Discard, now: func() time.Time { return now }}
	to := func(done int64, later time.Duration) (time.Duration, bool) {
		now = now.Add(later)
		d.update(step{name: "employees", done: done, before: 5000, total: 10000})
		return d.steps[0].left(now)
	}
	if left, ok := to(5000, 0); ok {
		t.Errorf("before anything was done %v is left", left)
	}
	if left, ok := to(5100, 10*time.Second); !ok || left != 490*time.Second {
		t.Errorf("at 10 a second %v is left", left)
	}
	done := int64(5100)
	var left time.Duration
	for range 80 { // now a fourth of that
		done += 5
		left, _ = to(done, 2*time.Second)
	}
	if want := time.Duration(10000-done) * 400 * time.Millisecond; left != want {
		t.Errorf("%v is left, want %v", left, want)
	}
	if n := len(d.steps[0].marks); n > 62 {
		t.Errorf("%d marks are kept", n)
	}
	if line := d.steps[0].line(now); !strings.HasSuffix(line, " left") || !strings.Contains(line, " 55%  3/s  ") {
		t.Error(line)
	}
	if left, ok := to(10000, time.Second); ok {
		t.Errorf("at the end %v is left", left)
	}
}

func TestABarOfFilesTellsTheirBytesToo(t *testing.T) {
	start := time.Date(2026, 1, 15, 2, 15, 0, 0, time.UTC)
	s := step{name: "payroll-runs files", done: 500, bytes: 40_000_000, files: true, started: start}
	want := "payroll-runs files       [........................] 500  50/s  40.0 MB  4.0 MB/s"
	if diff := cmp.Diff(want, s.line(start.Add(10*time.Second))); diff != "" {
		t.Error(diff)
	}
	var log bytes.Buffer
	s.log(slog.New(slog.NewTextHandler(&log, nil)), start.Add(10*time.Second))
	if want := `msg=progress resource="payroll-runs files" done=500 total=0 per_second=50.0 bytes=40000000 bytes_per_second=4000000` + "\n"; !strings.HasSuffix(log.String(), want) {
		t.Error(log.String())
	}
}

func TestTheDocumentsLineTellsHowManyHowLargeHowFastAndHowOldTheirLinksWere(t *testing.T) {
	d := schedules.DocumentsReport{Archived: 1200, Unchanged: 30, Absent: 4, Failed: 1, Bytes: 36_000_000, LinkAgeMax: 1.2041, LinkAgeMean: 0.012}
	want := "Documents: 1,200 archived (36.0 MB, 100 files/s, 3.0 MB/s), 30 as they were, 4 without a link at present, 1 failed.\n" +
		"Links were 12ms old when used on average, 1.204s at most."
	if diff := cmp.Diff(want, documentsLine(d, 12)); diff != "" {
		t.Error(diff)
	}
	if got := documentsLine(schedules.DocumentsReport{Archived: 3, Bytes: 36_000}, 0.2); got != "Documents: 3 archived (36.0 kB)." {
		t.Errorf("%q: too short a time tells no rate", got)
	}
	if got := documentsLine(schedules.DocumentsReport{}, 12); got != "" {
		t.Errorf("%q", got)
	}
}

func TestAwayFromATerminalProgressIsALogLineEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := newDisplay(&log)
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		var group errgroup.Group
		group.Go(func() error {
			d.run(ctx, slog.New(slog.NewTextHandler(d, nil)))
			return nil
		})
		d.update(step{name: "employees", done: 1, total: 0, finished: false})
		d.update(step{name: "tasks", done: 9, total: 9, finished: true})
		time.Sleep(15 * time.Second)
		d.update(step{name: "employees", done: 40, total: 80, finished: false})
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(log.String()) {
			_, rest, _ := strings.Cut(strings.TrimSpace(line), "msg=")
			got = append(got, rest)
		}
		want := []string{"progress resource=employees done=1 total=0 per_second=0.1", "progress resource=employees done=40 total=80 per_second=2.0 left=21s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
