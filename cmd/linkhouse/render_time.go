package main

import (
	"fmt"
	"strings"
	"time"
)

// instant is a time in a listing: UTC, to the minute.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// span is a duration for people, in its two largest units: 3d 4h, 12m 5s, 0.8s.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", max(d, 0).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd %dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// brieflySpan is a span of whole units without its zeros: 5m, 1d.
func brieflySpan(d time.Duration) string {
	text := span(d)
	for _, zero := range []string{" 0s", " 0m", " 0h", ".0s"} {
		if rest, ok := strings.CutSuffix(text, zero); ok {
			if zero == ".0s" {
				rest += "s"
			}
			return rest
		}
	}
	return text
}
