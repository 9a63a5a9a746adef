package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
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

func TestARunClosesWithALinePerResourceATotalAndWhatToDoNext(t *testing.T) {
	var out bytes.Buffer
	err := writeSummary(&out, []resourceResult{
		{Resource: "employers", State: "complete", Listed: 12, Fetched: 12, New: 12, APICalls: 14, Seconds: 0.31},
		{Resource: "employees", State: "complete", Listed: 24000, Fetched: 24000, New: 1, Changed: 2, Unchanged: 23997, Rejected: 3, Drift: 4, APICalls: 24241, Retries: 12, Seconds: 61.04},
	}, 61.2)
	if err != nil {
		t.Fatal(err)
	}
	want := `
RESOURCE   STATE     LISTED  FETCHED  NEW  CHANGED  UNCHANGED  REMOVED  REJECTED  DRIFT  API CALLS  RETRIES  SECONDS
employers  complete      12       12   12        0          0        0         0      0         14        0      0.3
employees  complete  24,000   24,000    1        2     23,997        0         3      4     24,241       12     61.0
total                24,012   24,012   13        2     23,997        0         3      4     24,255       12     61.2

Not loaded: 3 records. To see why: linkhouse rejects list
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTheWorstComesFirstInWhatNeedsAttention(t *testing.T) {
	complete := resourceResult{Resource: "employers", State: "complete"}
	drifted, rejected := complete, complete
	drifted.Drift, rejected.Rejected = 2, 1
	failed := resourceResult{Resource: "tasks", State: "failed", Rejected: 1, Drift: 1}
	guarded := resourceResult{Resource: "employees", State: "guarded"}
	tests := []struct {
		results []resourceResult
		want    string
	}{
		{[]resourceResult{complete}, "Nothing needs attention."},
		{[]resourceResult{complete, drifted}, "To see them: linkhouse drift list"},
		{[]resourceResult{drifted, rejected}, "Not loaded: one record. To see why: linkhouse rejects list"},
		{[]resourceResult{rejected, failed}, "To go on: linkhouse sync tasks"},
		{[]resourceResult{failed, guarded}, "linkhouse sync employees --approve-removals"},
	}
	for _, test := range tests {
		if got := attention(test.results); !strings.HasSuffix(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestBarsAreDrawnBelowTheLogAndErasedBeforeTheNextLine(t *testing.T) {
	var out bytes.Buffer
	d := &display{out: &out, width: func() int { return 60 }}
	d.update("employees", 0, 0, false)
	d.update("tasks", 50, 50, true)
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
		d.update("employees", 1, 0, false)
		d.update("tasks", 9, 9, true)
		time.Sleep(15 * time.Second)
		d.update("employees", 40, 80, false)
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(log.String()) {
			_, rest, _ := strings.Cut(strings.TrimSpace(line), "msg=")
			got = append(got, rest)
		}
		want := []string{"progress resource=employees done=1 total=0 per_second=0.1", "progress resource=employees done=40 total=80 per_second=2.0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
