package schedules

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var known = Known{
	Resources:   []string{"employers", "employees", "employer-documents", "employer-deduction-types", "payroll-runs", "pay-link-accounts", "tasks"},
	Projections: []string{"depositAccounts", "employment", "identity", "income", "statements", "timesheets", "taxes"},
}

func TestTheShippedJobsAreANightlyOneForEverythingAndALighterOneForTheDay(t *testing.T) {
	jobs, err := Shipped(known)
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 2 || jobs[0].Name != "intraday" || jobs[1].Name != "nightly" {
		t.Fatalf("shipped jobs: %+v", jobs)
	}
	nightly := jobs[1]
	if diff := cmp.Diff(known.Resources, nightly.Resources); diff != "" || nightly.Include != nil {
		t.Errorf("nightly leaves something out, or does not ask what employees.include says: %v (-known +nightly):\n%s", nightly.Include, diff)
	}
	if nightly.Cron != "15 2 * * *" || nightly.TimeZone != "UTC" || nightly.CatchUp != CatchUpOne {
		t.Errorf("nightly: %+v", nightly)
	}
	if diff := cmp.Diff([]string{"employment", "income", "depositAccounts"}, jobs[0].Include); diff != "" {
		t.Errorf("intraday's projections:\n%s", diff)
	}
}

func TestAJobNeedsOnlyANameAndACronExpression(t *testing.T) {
	jobs, err := ParseJobs([]byte("name: small\ncron: 0 3 * * *\n"), "jobs.yaml", known)
	if err != nil {
		t.Fatal(err)
	}
	want := []Job{{Name: "small", Cron: "0 3 * * *", TimeZone: "UTC", Resources: known.Resources, CatchUp: CatchUpOne, CatchUpWindow: 24 * time.Hour}}
	if diff := cmp.Diff(want, jobs); diff != "" {
		t.Error(diff)
	}
}

func TestAFileHoldsOneJobOrAListOfThem(t *testing.T) {
	jobs, err := ParseJobs([]byte(`
- {name: a, cron: "@daily", catch_up: none, jitter: 90s, time_zone: Europe/Berlin}
- {name: b, cron: "@every 2h", resources: [employees], include: [income], description: Pay}
`), "jobs.yaml", known)
	if err != nil {
		t.Fatal(err)
	}
	want := []Job{
		{Name: "a", Cron: "@daily", TimeZone: "Europe/Berlin", Resources: known.Resources, CatchUp: CatchUpNone, CatchUpWindow: 24 * time.Hour, Jitter: 90 * time.Second},
		{Name: "b", Description: "Pay", Cron: "@every 2h", TimeZone: "UTC", Resources: []string{"employees"}, Include: []string{"income"}, CatchUp: CatchUpOne, CatchUpWindow: 24 * time.Hour},
	}
	if diff := cmp.Diff(want, jobs); diff != "" {
		t.Error(diff)
	}
}

func TestAMistakeInAJobIsToldWithFileLineAndRemedy(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown key", "name: a\ncron: '@daily'\ncorn: x\n", `jobs.yaml:3:1: corn: unknown key; did you mean cron?`},
		{"a key set twice", "name: a\ncron: '@daily'\nname: b\n", `jobs.yaml:3:1: name: set twice, first at line 1; remove one`},
		{"no name", "cron: '@daily'\n", `jobs.yaml:1:1: name: missing; every job needs a name of its own`},
		{"no cron", "name: a\n", `jobs.yaml:1:1: cron: missing; write one such as "15 2 * * *"`},
		{"a name that is no key", "name: A job\ncron: '@daily'\n", `jobs.yaml:1:7: name: use up to 63 lower-case letters, digits, - and _`},
		{"an unknown resource", "name: a\ncron: '@daily'\nresources:\n  - employers\n  - employes\n", `jobs.yaml:5:5: resources: "employes" is no resource; did you mean employers or employees?`},
		{"an unknown projection", "name: a\ncron: '@daily'\ninclude: [Income]\n", `jobs.yaml:3:11: include: "Income" is no projection; did you mean income?`},
		{"a resource named twice", "name: a\ncron: '@daily'\nresources: [tasks, tasks]\n", `jobs.yaml:3:20: resources: tasks stands here twice; remove one`},
		{"an empty list", "name: a\ncron: '@daily'\ninclude: []\n", `jobs.yaml:3:10: include: is an empty list; name at least one projection, or leave the key out for the default`},
		{"a value for a list", "name: a\ncron: '@daily'\ninclude: income\n", `jobs.yaml:3:10: include: expected a list, such as [depositAccounts, employment]`},
		{"a list for a value", "name: a\ncron: ['@daily']\n", `jobs.yaml:2:7: cron: expected a single value`},
		{"projections without employees", "name: a\ncron: '@daily'\nresources: [tasks]\ninclude: [income]\n", `jobs.yaml:4:10: include: has a meaning for employees only; add employees to resources or remove it`},
		{"an unknown catch-up", "name: a\ncron: '@daily'\ncatch_up: all\n", `jobs.yaml:3:11: catch_up: must be one (run a missed start once) or none`},
		{"a jitter without unit", "name: a\ncron: '@daily'\njitter: 30\n", `jobs.yaml:3:9: jitter: must be a duration from 0s to 6h, such as 5m`},
		{"a jitter of a day", "name: a\ncron: '@daily'\njitter: 24h\n", `jobs.yaml:3:9: jitter: must be a duration from 0s to 6h, such as 5m`},
		{"an unknown time zone", "name: a\ncron: '@daily'\ntime_zone: Mars/Olympus\n", `jobs.yaml:3:12: time_zone: "Mars/Olympus" is no time zone; write an IANA name such as America/New_York`},
		{"the machine's own time zone", "name: a\ncron: '@daily'\ntime_zone: Local\n", `jobs.yaml:3:12: time_zone: must be an IANA name such as America/New_York, not the machine's own zone`},
		{"the same name twice", "- {name: a, cron: '@daily'}\n- {name: a, cron: '@hourly'}\n", `jobs.yaml:2:3: [1]: job "a" stands at line 1 already; give each job its own name`},
		{"no job", "# nothing\n", `jobs.yaml:1:1: the file holds no job`},
		{"a single value", "nightly\n", `jobs.yaml:1:1: expected a list of jobs, each with a name and a cron expression`},
		{"two documents", "name: a\ncron: '@daily'\n---\nname: b\n", `jobs.yaml:3:1: a second document begins here; write several jobs as one list`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseJobs([]byte(test.text), "jobs.yaml", known)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllMistakesOfAFileAreToldAtOnce(t *testing.T) {
	_, err := ParseJobs([]byte("- name: a\n  cron: 99 * * * *\n  jitter: soon\n- name: b\n  corn: '@daily'\n"), "jobs.yaml", known)
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("not problems: %v", err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Key)
	}
	if diff := cmp.Diff([]string{"[0].cron", "[0].jitter", "[1].corn", "[1].cron"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheCronGuardStopsWhatTheLibraryLetsThrough(t *testing.T) {
	tests := []struct{ expr, zone, want string }{
		{"TZ=UTC", "", "must not name a time zone"},
		{"CRON_TZ=Asia/Tokyo 0 3 * * *", "", "must not name a time zone"},
		{"tz=UTC 0 3 * * *", "", "must not name a time zone"},
		{"@every -1h", "", "one minute at least"},
		{"@every 0s", "", "one minute at least"},
		{"@every 1s", "", "one minute at least"},
		{"@every often", "", "needs a duration"},
		{"@reboot", "", "cannot be read"},
		{"0 0 30 2 *", "", "never comes"},
		{"0 0 31 4,6,9,11 *", "", "never comes"},
		{"1,,2 * * * *", "", "empty item"},
		{", * * * *", "", "empty item"},
		{"*-5 * * * *", "", "begins with a star"},
		{"0 0 3 * * *", "", "six fields"},
		{"0 3 * * 7", "", "Sunday is 0"},
		{"0 3 * *", "", "five fields"},
		{"61 * * * *", "", "cannot be read"},
		{"*/0 * * * *", "", "cannot be read"},
		{"", "", "is empty"},
		{"   ", "", "is empty"},
		{"0 3 * * *", "Local", "IANA name"},
		{"0 3 * * *", "../../etc/passwd", "is no time zone"},
	}
	for _, test := range tests {
		err := ValidateCron(test.expr, test.zone)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q in %q: got %v, want %q", test.expr, test.zone, err, test.want)
		}
	}
}

func TestACronExpressionIsReadInItsTimeZone(t *testing.T) {
	schedule, err := ParseCron("15 2 * * *", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	got := schedule.Next(time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)).UTC()
	if want := time.Date(2026, 1, 16, 7, 15, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("next fire %s, want %s", got, want)
	}
}

func TestALeapDayIsADateThatComes(t *testing.T) {
	for _, expr := range []string{"0 0 29 2 *", "0 0 31 12 *", "0 0 30 2 1", "@every 1m", "@weekly", "*/15 8-18 * * MON-FRI", "0 3 ? * 0"} {
		if err := ValidateCron(expr, "Europe/Berlin"); err != nil {
			t.Errorf("%q: %v", expr, err)
		}
	}
}

func FuzzACronExpressionNeverPanics(f *testing.F) {
	for _, seed := range []string{"TZ=", "CRON_TZ=UTC", "@every", "* * * * *", "1-2-3/4 , , ,", "*/9999999999999999999 * * * *"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		schedule, err := ParseCron(expr, "America/Sao_Paulo")
		if (schedule == nil) == (err == nil) {
			t.Errorf("%q: schedule %v, error %v", expr, schedule, err)
		}
	})
}
