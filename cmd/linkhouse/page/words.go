package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stamp is an instant as the page shows it: UTC to the minute, with how long ago or until.
type stamp struct {
	At       time.Time
	Relative string
}

func stampOf(t, now time.Time) stamp { return stamp{At: t.UTC(), Relative: relative(t.Sub(now))} }

// Text is the instant in UTC; Machine is it for programs.
func (s stamp) Text() string { return s.At.Format("2006-01-02 15:04") + " UTC" }

// Machine is the instant as the datetime of a time element.
func (s stamp) Machine() string { return s.At.Format(time.RFC3339) }

// relative says how far an instant is away, coarsely enough to stay true for a while.
func relative(d time.Duration) string {
	switch {
	case d <= -time.Minute:
		return coarse(-d) + " ago"
	case d < 0:
		return "just now"
	case d < time.Minute:
		return "in a moment"
	}
	return "in " + coarse(d)
}

// coarse is a duration to the minute.
func coarse(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd %dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// span is how long something took, as the command line writes it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", max(d, 0).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return coarse(d)
}

func seconds(s float64) string { return span(time.Duration(s * float64(time.Second))) }

// count writes a number with separators: 1,234,567.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var out strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			out.WriteByte(',')
		}
		out.WriteRune(c)
	}
	return out.String()
}

// counted writes a number with its noun.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// upTo writes a number that was counted up to a bound.
func upTo(n, bound int64) string {
	if n >= bound {
		return count(bound) + " or more"
	}
	return count(n)
}
