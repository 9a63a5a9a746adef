package schedules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load"
)

func daily(name, cron string, resources ...string) Job {
	return Job{Name: name, Cron: cron, TimeZone: "UTC", Resources: resources, CatchUp: CatchUpOne}
}

func clockAt(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Design 7: a missed fire is caught up once, within a window. What would be made of a job now is what the scheduler makes of it.
// Mutation: with Next taken from now instead of from the last decision, @every is red.
func TestWhatIsDueIsWhatASchedulerWouldDecide(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time { return clockAt(t, text) }
	jittered, none, each := daily("a", "15 2 * * *"), daily("a", "15 2 * * *"), daily("a", "@every 1h")
	jittered.Jitter, none.CatchUp = time.Hour, CatchUpNone
	ripe := mustFires(t, jittered).Ripe(at("2026-11-21T02:15:00Z"))
	for _, c := range []struct {
		name      string
		job       Job
		last, now string
		want      Due
	}{
		{"nothing yet", daily("a", "15 2 * * *"), "2026-11-20T02:15:00Z", "2026-11-20T12:00:00Z",
			Due{Next: at("2026-11-21T02:15:00Z"), Ripe: at("2026-11-21T02:15:00Z")}},
		{"missed nights", daily("a", "15 2 * * *"), "2026-11-17T02:15:00Z", "2026-11-20T12:00:00Z",
			Due{Fire: at("2026-11-20T02:15:00Z"), Kind: load.FireCaughtUp, Missed: 2, Next: at("2026-11-21T02:15:00Z"), Ripe: at("2026-11-21T02:15:00Z")}},
		{"missed for good", none, "2026-11-19T02:15:00Z", "2026-11-20T12:00:00Z",
			Due{Fire: at("2026-11-20T02:15:00Z"), Kind: load.FireMissed, Next: at("2026-11-21T02:15:00Z"), Ripe: at("2026-11-21T02:15:00Z")}},
		{"its jitter has not passed", jittered, "2026-11-20T02:15:00Z", "2026-11-21T02:15:00Z", Due{Next: at("2026-11-21T02:15:00Z"), Ripe: ripe}},
		{"an interval counts from the last", each, "2026-11-20T02:15:00Z", "2026-11-20T02:35:00Z",
			Due{Next: at("2026-11-20T03:15:00Z"), Ripe: at("2026-11-20T03:15:00Z")}},
		{"years ago", daily("a", "0 0 1 1 *"), "2020-01-01T00:00:00Z", "2026-11-20T00:00:00Z",
			Due{Fire: at("2026-01-01T00:00:00Z"), Kind: load.FireMissed, Next: at("2027-01-01T00:00:00Z"), Ripe: at("2027-01-01T00:00:00Z")}},
	} {
		got, err := c.job.Due(at(c.last), at(c.now))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
	if !ripe.After(at("2026-11-21T02:15:00Z")) {
		t.Error("the jitter is none")
	}
}

func mustFires(t *testing.T, job Job) Fires {
	t.Helper()
	f, err := job.Fires()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Mutation: without the interval before the last fire, Monday's morning after the first run is red.
func TestAResourceIsExpectedAsOftenAsItsJobsReadIt(t *testing.T) {
	t.Parallel()
	night, day := daily("nightly", "15 2 * * *", "employees", "tasks"), daily("intraday", "45 8-20/4 * * 1-5", "employees")
	less := day
	less.Narrowed = []string{"employees"}
	for _, c := range []struct {
		name, resource, now string
		jobs                []Job
		want                Expectation
	}{
		{"every night", "tasks", "2026-11-20T12:00:00Z", []Job{night, day}, Expectation{[]string{"nightly"}, 36 * time.Hour}},
		{"by day", "employees", "2026-11-20T13:00:00Z", []Job{night, day}, Expectation{[]string{"nightly", "intraday"}, 6 * time.Hour}},
		{"by day, which reads less", "employees", "2026-11-20T13:00:00Z", []Job{night, less}, Expectation{[]string{"nightly", "intraday"}, 36 * time.Hour}},
		{"over the weekend", "employees", "2026-11-22T12:00:00Z", []Job{day}, Expectation{[]string{"intraday"}, 72 * time.Hour}},
		{"while Monday's first run is under way", "employees", "2026-11-23T08:46:00Z", []Job{day}, Expectation{[]string{"intraday"}, 72 * time.Hour}},
		{"on Monday's noon", "employees", "2026-11-23T13:00:00Z", []Job{day}, Expectation{[]string{"intraday"}, 6 * time.Hour}},
		{"each minute", "tasks", "2026-11-20T12:00:30Z", []Job{daily("m", "* * * * *", "tasks")}, Expectation{[]string{"m"}, 16 * time.Minute}},
		{"an interval", "tasks", "2026-11-20T12:00:30Z", []Job{daily("m", "@every 36h", "tasks")}, Expectation{[]string{"m"}, 48 * time.Hour}},
		{"by no job", "employers", "2026-11-20T12:00:00Z", []Job{night, day}, Expectation{}},
	} {
		got, err := Expect(c.jobs, c.resource, clockAt(t, c.now))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestTwoJobsCollideWhereTheyReadTheSameAtTheSameMinute(t *testing.T) {
	t.Parallel()
	now := clockAt(t, "2026-11-20T12:00:00Z")
	york := daily("york", "15 21 * * *", "tasks")
	york.TimeZone = "America/New_York" // 02:15 UTC in winter
	for _, c := range []struct {
		name string
		a, b Job
		want string
	}{
		{"in two zones", daily("n", "15 2 * * *", "employees", "tasks"), york, "2026-11-21T02:15:00Z tasks"},
		{"on one day a month", daily("w", "0 4 * * 0", "tasks"), daily("m", "0 4 1 * *", "tasks"), "2027-08-01T04:00:00Z tasks"},
		{"other resources", daily("n", "15 2 * * *", "employees"), york, ""},
		{"another minute", daily("n", "16 2 * * *", "tasks"), york, ""},
		{"intervals", daily("n", "@every 1h", "tasks"), daily("m", "@every 1h", "tasks"), ""},
	} {
		at, shared, err := Collide(&c.a, &c.b, now)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if !at.IsZero() {
			got = at.Format(time.RFC3339) + " " + shared[0]
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
