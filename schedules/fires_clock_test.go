package schedules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Design 7: a job in the skipped hour still runs that day, one in the repeated hour runs once; whoever asks is told which it is.
// Mutation: with asWall(fire) taken for what was asked, or with Repeated of no zone, it is red.
func TestAFireThatAChangeOfTheClocksMovesOrRepeatsSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, cron, zone, from string
		want                   []string
	}{
		{"skipped", "30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", []string{"", "moved from 2026-03-08 02:30", ""}},
		{"skipped onto one that is asked for", "30 2,3 * * *", "America/New_York", "2026-03-08T00:00:00Z", []string{"moved from 2026-03-08 02:30", "", ""}},
		{"repeated", "30 1 * * *", "America/New_York", "2026-10-31T00:00:00Z", []string{"", "twice, first", ""}},
		{"repeated, every hour", "30 * * * *", "America/New_York", "2026-11-01T04:40:00Z", []string{"twice, both", "twice, both", ""}},
		{"skipped midnight", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", []string{"moved from 2026-09-06 00:00", ""}},
		{"a day left out", "0 2 * * *", "Pacific/Apia", "2011-12-29T13:00:00Z", []string{"moved from 2011-12-30 02:00", ""}},
		{"no change", "30 2 * * *", "UTC", "2026-03-07T00:00:00Z", []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := firesOf(t, c.cron, c.zone, 0)
			at, _ := time.Parse(time.RFC3339, c.from)
			var got []string
			for range c.want {
				at = f.Next(at)
				change, said := f.ClockChange(at), ""
				switch {
				case !change.Asked.IsZero():
					said = "moved from " + change.Asked.Format("2006-01-02 15:04")
				case change.Repeated && change.Both:
					said = "twice, both"
				case change.Repeated:
					said = "twice, first"
				}
				got = append(got, said)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheLastFireIsTheOneWhoseNextIsAhead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 13, 7, 0, 0, time.UTC)
	for cron, want := range map[string]string{"* * * * *": "2026-11-21T13:07:00Z", "15 2 * * *": "2026-11-21T02:15:00Z", "0 9 * * 1": "2026-11-16T09:00:00Z",
		"0 0 29 2 *": "2024-02-29T00:00:00Z", "0 0 1 1 *": "2026-01-01T00:00:00Z", "*/5 3 * * *": "2026-11-21T03:55:00Z"} {
		if got := firesOf(t, cron, "UTC", 0).Last(at).Format(time.RFC3339); got != want {
			t.Errorf("%s: got %s, want %s", cron, got, want)
		}
	}
}
