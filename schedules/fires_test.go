package schedules

import (
	"slices"
	"testing"
	"time"
)

func firesOf(t *testing.T, cron, zone string, jitter time.Duration) Fires {
	t.Helper()
	f, err := (&Job{Name: "a", Cron: cron, TimeZone: zone, Jitter: jitter}).Fires()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Mutation: with f.wall always false (the library's own way) it is red.
func TestEachDayHasItsFireThoughTheClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, cron, zone, from string
		want                   []string // in UTC
	}{
		{"skipped hour in New York", "30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z",
			[]string{"2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"}},
		{"repeated hour in New York", "30 1 * * *", "America/New_York", "2026-10-31T00:00:00Z",
			[]string{"2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
		{"after the skipped hour", "0 3 * * *", "America/New_York", "2026-03-08T00:00:00Z",
			[]string{"2026-03-08T07:00:00Z", "2026-03-09T07:00:00Z"}},
		{"midnight that is skipped in Santiago", "0 0 * * *", "America/Santiago", "2026-09-05T00:00:00Z",
			[]string{"2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"}},
		{"hour before midnight that is repeated in Santiago", "30 23 * * *", "America/Santiago", "2026-04-03T12:00:00Z",
			[]string{"2026-04-04T02:30:00Z", "2026-04-05T02:30:00Z", "2026-04-06T03:30:00Z"}},
		{"every quarter of an hour goes on through a repeated hour", "*/15 * * * *", "America/New_York", "2026-11-01T05:40:00Z",
			[]string{"2026-11-01T05:45:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:15:00Z", "2026-11-01T06:30:00Z"}},
		{"every hour goes on through a skipped one", "@hourly", "America/New_York", "2026-03-08T05:30:00Z",
			[]string{"2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"}},
		{"two times of a skipped hour", "0,30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z",
			[]string{"2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:00:00Z"}},
		{"a day that was left out", "0 2 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z",
			[]string{"2011-12-29T12:00:00Z", "2011-12-30T12:00:00Z", "2011-12-31T12:00:00Z"}},
		{"leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"end of the year", "@yearly", "Asia/Kathmandu", "2026-06-01T00:00:00Z", []string{"2026-12-31T18:15:00Z"}},
		{"day of month or day of week", "0 4 13 * 5", "UTC", "2026-11-01T00:00:00Z",
			[]string{"2026-11-06T04:00:00Z", "2026-11-13T04:00:00Z", "2026-11-20T04:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := firesOf(t, c.cron, c.zone, 0)
			at, _ := time.Parse(time.RFC3339, c.from)
			var got []string
			for range c.want {
				at = f.Next(at)
				got = append(got, at.Format(time.RFC3339))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v\nwant %v", got, c.want)
			}
		})
	}
}

// Properties over two years in zones of many kinds: time moves on, no day is left out, none has two.
func TestADailyJobFiresOnceOnEveryDayOfItsZone(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "America/New_York", "America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe",
		"Europe/London", "Pacific/Chatham", "Asia/Kathmandu"} {
		for _, cron := range []string{"0 0 * * *", "30 0 * * *", "15 1 * * *", "30 2 * * *", "45 2 * * *", "0 3 * * *", "59 23 * * *"} {
			f := firesOf(t, cron, zone, 0)
			at := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
			begun, n := at, 0
			for at.Before(begun.AddDate(2, 0, 0)) {
				next := f.Next(at)
				if gap := next.Sub(at); n > 0 && (gap < 22*time.Hour || gap > 26*time.Hour) {
					t.Fatalf("%s in %s: %s after %s", cron, zone, next, at)
				}
				if again := f.Next(next.Add(-time.Second)); !again.Equal(next) {
					t.Fatalf("%s in %s: from a second before %s the next is %s", cron, zone, next, again)
				}
				at, n = next, n+1
			}
			if n < 730 || n > 732 {
				t.Errorf("%s in %s fired %d times in two years", cron, zone, n)
			}
		}
	}
}

func TestJitterIsTheSameForWhoeverAsksAndStaysBeforeTheNextFire(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 1, 15, 2, 15, 0, 0, time.UTC)
	nightly := firesOf(t, "15 2 * * *", "UTC", 5*time.Minute)
	seen := map[time.Duration]bool{}
	for range 30 {
		late := nightly.Ripe(night).Sub(night)
		if late < 0 || late >= 5*time.Minute || late != nightly.Ripe(night.In(time.FixedZone("x", 3600))).Sub(night) {
			t.Fatalf("%s late", late)
		}
		seen[late] = true
		night = nightly.Next(night)
	}
	if len(seen) < 10 {
		t.Errorf("only %d different delays in 30 nights", len(seen))
	}
	minutely := firesOf(t, "* * * * *", "UTC", 6*time.Hour)
	for range 100 {
		if late := minutely.Ripe(night).Sub(night); late > 30*time.Second {
			t.Fatalf("%s late", late)
		}
		night = minutely.Next(night)
	}
}

func TestWhatWasMissedIsMadeUpForOnceWithinItsWindow(t *testing.T) {
	t.Parallel()
	day := func(d, h, m int) time.Time { return time.Date(2026, 1, d, h, m, 0, 0, time.UTC) }
	for _, c := range []struct {
		name, cron, catchUp string
		window              time.Duration
		last, now           time.Time
		want                turn
	}{
		{"not yet", "15 2 * * *", CatchUpOne, 0, day(1, 2, 15), day(2, 2, 14), turn{wake: day(2, 2, 15)}},
		{"now", "15 2 * * *", CatchUpOne, 0, day(1, 2, 15), day(2, 2, 16), turn{fire: day(2, 2, 15), kind: "on time", wake: day(3, 2, 15)}},
		{"an hour late", "15 2 * * *", CatchUpOne, 0, day(1, 2, 15), day(2, 3, 15), turn{fire: day(2, 2, 15), kind: "caught up", wake: day(3, 2, 15)}},
		{"four nights late", "15 2 * * *", CatchUpOne, 0, day(1, 2, 15), day(5, 3, 15), turn{fire: day(5, 2, 15), kind: "caught up", missed: 3, wake: day(6, 2, 15)}},
		{"not to be caught up", "15 2 * * *", CatchUpNone, 0, day(1, 2, 15), day(5, 3, 15), turn{fire: day(5, 2, 15), kind: "missed", missed: 3, wake: day(6, 2, 15)}},
		{"on time after missed ones", "15 2 * * *", CatchUpNone, 0, day(1, 2, 15), day(5, 2, 15), turn{fire: day(5, 2, 15), kind: "on time", missed: 3, wake: day(6, 2, 15)}},
		{"out of the window", "15 2 * * *", CatchUpOne, time.Hour, day(1, 2, 15), day(2, 3, 16), turn{fire: day(2, 2, 15), kind: "missed", wake: day(3, 2, 15)}},
		{"a clock that was put back", "15 2 * * *", CatchUpOne, 0, day(3, 2, 15), day(1, 2, 15), turn{wake: day(4, 2, 15)}},
		{"a year of minutes", "* * * * *", CatchUpOne, 0, day(1, 0, 0).AddDate(-1, 0, 0), day(1, 0, 0), turn{fire: day(1, 0, 0), kind: "on time", missed: -1, wake: day(1, 0, 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.window == 0 {
				c.window = defaultCatchUpWindow
			}
			job := &timed{Job: Job{CatchUp: c.catchUp, CatchUpWindow: c.window}, fires: firesOf(t, c.cron, "UTC", 0)}
			got := job.turn(c.last, c.now)
			if c.want.missed < 0 && got.missed > 0 { // so many that they are not counted one by one
				got.missed = c.want.missed
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
