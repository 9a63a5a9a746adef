package transform_test

import (
	"testing"

	"github.com/linkhouse/linkhouse/transform"
)

// Mutation: with > instead of >= in Days.Holds it is red.
func TestARangeOfDaysHoldsBothItsEndsAndNoDayThatIsNotKnown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		days transform.Days
		day  string
		want bool
	}{
		{transform.Days{}, "", true},
		{transform.Days{}, "2026-01-31", true},
		{transform.Days{From: "2026-01-31"}, "2026-01-31", true},
		{transform.Days{From: "2026-01-31"}, "2026-01-30", false},
		{transform.Days{From: "2026-01-31"}, "", false},
		{transform.Days{Until: "2026-01-31"}, "2026-01-31", true},
		{transform.Days{Until: "2026-01-31"}, "2026-02-01", false},
		{transform.Days{Until: "2026-01-31"}, "", false},
		{transform.Days{From: "2026-01-01", Until: "2026-01-31"}, "2026-01-15", true},
	}
	for _, test := range tests {
		if got := test.days.Holds(test.day); got != test.want {
			t.Errorf("%+v holds %q: %v", test.days, test.day, got)
		}
	}
}
