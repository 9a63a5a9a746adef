package schedules

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
)

// zoneEnv makes this test binary a process that only feeds the warehouse it names, so that it can be run under another time
// zone: Go reads TZ once.
const zoneEnv = "LINKHOUSE_TEST_ZONE"

// Semantics 11: the time zone of the machine shows in no stored value. Mutation: with time.Local in place of time.UTC in
// DateValue (transform/value.go), or with time.ParseInLocation in place of time.Parse in parseTime, it is red.
func TestTheTimeZoneOfTheMachineShowsInNoStoredValue(t *testing.T) {
	if url := os.Getenv(zoneEnv); url != "" {
		f := newFeed(t, url, (&clock{now: time.Date(2026, 1, 15, 2, 0, 0, 0, time.Local).UTC()}).Now)
		f.run(zoneItems(t))
		_, offset := time.Date(2026, 1, 15, 2, 0, 0, 0, time.Local).Zone()
		fmt.Printf("offset %d\n", offset)
		return
	}
	t.Parallel()
	want, offsets := []string(nil), map[string]bool{}
	for _, zone := range []string{"UTC", "America/New_York", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu"} {
		url := migrated.Database(t)
		process := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
		process.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "TZ=") || strings.HasPrefix(s, "LINKHOUSE_FIGURES=") }),
			"TZ="+zone, zoneEnv+"="+url)
		out, err := process.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", zone, err, out)
		}
		_, offset, found := strings.Cut(string(out), "offset ")
		if offset, _, _ = strings.Cut(offset, "\n"); !found || offsets[offset] {
			t.Fatalf("%s: the process was in no time zone of its own, %q", zone, offset)
		}
		offsets[offset] = true
		got := newFeed(t, url, nil).contents()
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-UTC +here):\n%s", zone, shortened(diff))
		}
	}
	if len(want) < 500 {
		t.Errorf("only %d rows were compared", len(want))
	}
}

// zoneItems are the moments, and all that is golden or odd.
func zoneItems(t *testing.T) []oddItem {
	t.Helper()
	items := timely()
	for i, golden := range goldenItems(t) {
		items = append(items, golden.renamed(i))
	}
	return items
}

// contents are all rows of the warehouse, as Postgres prints them in UTC, without the times of their writing.
func (f *feed) contents() (rows []string) {
	f.t.Helper()
	done := map[*transform.Table]bool{}
	for _, r := range catalog() {
		for _, table := range r.Tables() {
			if done[table] {
				continue
			}
			done[table] = true
			var columns []string
			for _, c := range table.Columns() {
				column := c.Name
				if c.Kind == transform.Instant {
					column += " AT TIME ZONE 'UTC'"
				}
				columns = append(columns, column)
			}
			columns = append(columns, "_extra")
			if !table.Lines {
				columns = append(columns, "encode(_row_hash, 'hex')", "_removed_at")
			}
			rows = append(rows, f.texts(fmt.Sprintf("SELECT '%s ' || ROW(%s)::text FROM %s ORDER BY 1", table, strings.Join(columns, ", "), table))...)
		}
	}
	rows = append(rows, f.texts("SELECT ROW(resource, owner, source_id, place, reason, payload, times)::text FROM etl.rejects ORDER BY 1")...)
	return append(rows, f.texts("SELECT ROW(resource, path, kind, value, times)::text FROM etl.drift ORDER BY 1")...)
}
