package schedules

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// minEvery keeps "@every" from becoming a busy loop against somebody else's API.
const minEvery = time.Minute

// ValidateCron says what is wrong with a cron expression read in a time zone, or nil. The message begins in lower case
// and tells the remedy.
func ValidateCron(expr, zone string) error {
	_, err := ParseCron(expr, zone)
	return err
}

// ParseCron reads a cron expression in an IANA time zone ("" is UTC). It stands before the library's own parser, which
// panics on a zone inside the expression, takes negative intervals, empty list items and dates that never come, and
// falls back to the machine's own zone.
func ParseCron(expr, zone string) (schedule cron.Schedule, err error) {
	if err := validateZone(zone); err != nil {
		return nil, err
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	expr = strings.TrimSpace(expr)
	if err := guard(expr); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil {
			schedule, err = nil, errors.New("cannot be read as a cron expression")
		}
	}()
	schedule, err = cron.ParseStandard(expr)
	if err != nil {
		return nil, fmt.Errorf("cannot be read as a cron expression: %s; write five fields "+
			"(minute hour day-of-month month day-of-week) such as \"15 2 * * *\"", err)
	}
	if spec, ok := schedule.(*cron.SpecSchedule); ok {
		spec.Location = location
	}
	// The library looks five years ahead and the date fixed here has a 29 February right behind it, so that the answer
	// depends on the expression alone.
	if schedule.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, location)).IsZero() {
		return nil, fmt.Errorf("%q never comes: no year has such a date", expr)
	}
	return schedule, nil
}

func guard(expr string) error {
	switch {
	case expr == "":
		return errors.New(`is empty; write one such as "15 2 * * *"`)
	case strings.Contains(strings.ToUpper(expr), "TZ="):
		return errors.New("must not name a time zone; set time_zone beside it")
	case strings.HasPrefix(expr, "@every"):
		return guardEvery(strings.TrimSpace(strings.TrimPrefix(expr, "@every")))
	case strings.HasPrefix(expr, "@"):
		return nil
	}
	fields := strings.Fields(expr)
	if len(fields) == 6 {
		return errors.New("has six fields; seconds are not supported, write five (minute hour day-of-month month day-of-week)")
	}
	for i, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			if item == "" {
				return fmt.Errorf("has an empty item in %q; remove the comma too many", field)
			}
			if strings.HasPrefix(item, "*-") || strings.HasPrefix(item, "?-") {
				return fmt.Errorf("has a range that begins with a star, %q", item)
			}
		}
		if i == 4 && field == "7" {
			return errors.New("has day-of-week 7; Sunday is 0")
		}
	}
	return nil
}

func guardEvery(written string) error {
	interval, err := time.ParseDuration(written)
	if err != nil {
		return errors.New("@every needs a duration such as 1h30m")
	}
	if interval < minEvery {
		return errors.New("@every needs one minute at least")
	}
	return nil
}

// validateZone refuses "Local": what it means depends on the machine, and jobs move between machines.
func validateZone(zone string) error {
	if zone == "Local" {
		return errors.New("must be an IANA name such as America/New_York, not the machine's own zone")
	}
	if _, err := time.LoadLocation(zone); err != nil {
		return fmt.Errorf("%q is no time zone; write an IANA name such as America/New_York", zone)
	}
	return nil
}
