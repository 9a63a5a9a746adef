package main

import (
	"fmt"
	"time"
)

// What the program should reach. A machine that is busy with something else misses some of them, so a miss is reported and
// fails nothing.
const (
	wantRate       = 0.8 // of the plain program's rows per second
	wantPerMillion = 2.5 // CPU seconds
	wantUnchanged  = 1.15
	wantStart      = 200 * time.Millisecond // beside the fetch
	wantWAL        = 1e6                    // bytes of a run that found nothing
	wantChanged    = 1.5
	wantRSS        = 130e6
	wantStartup    = 100 * time.Millisecond
	wantLatency    = 0.95 // of what the delay allows, and of what the fetch makes
	wantFlat       = 1.3  // times the cost in the smallest world
)

// verdict is a sentence about a target.
func verdict(met bool, of, format string, args ...any) string {
	word := "missed"
	if met {
		word = "met"
	}
	return fmt.Sprintf("%-6s %s: ", word, of) + fmt.Sprintf(format, args...)
}

// largeDetails reports whether a request brings hundreds of rows.
func (r worldRun) largeDetails() bool {
	f := r.of(phaseFirst)
	return f.Rows > 100*f.Requests
}

// targets are a sentence each.
func (r worldRun) targets() []string {
	fetch, plain := r.of(phaseFetch), r.of(phasePlain)
	first, unchanged, changed := r.of(phaseFirst), r.of(phaseUnchanged), r.of(phaseChanged)
	var all []string
	say := func(met bool, format string, args ...any) { all = append(all, verdict(met, r.World, format, args...)) }
	if r.largeDetails() { // with few rows to a request, rows are not what costs
		share := first.rate() / plain.rate()
		say(share >= wantRate, "the first load writes %.2f of the plain program's rows per second (wanted: %.2f or more)", share, wantRate)
		say(first.perMillion() <= wantPerMillion, "the first load takes %.2f CPU seconds per million rows (wanted: %.1f or less)", first.perMillion(), wantPerMillion)
	}
	limit := time.Duration(wantUnchanged*float64(fetch.Wall)) + wantStart
	say(unchanged.Wall <= limit, "an unchanged run takes %.2f s (wanted: %.2f s or less, %.2f of the fetch and %s)",
		unchanged.Wall.Seconds(), limit.Seconds(), wantUnchanged, wantStart)
	say(unchanged.Rows == 0 && unchanged.WAL < wantWAL, "an unchanged run writes %s rows and %s bytes of WAL (wanted: none and less than %s)",
		thousands(unchanged.Rows), thousands(unchanged.WAL), thousands(wantWAL))
	if changed.Phase != "" {
		limit := time.Duration(wantChanged * (float64(unchanged.Wall) + changedFraction*float64(first.Wall)))
		say(changed.Wall <= limit, "a run after %.0f %% changed takes %.2f s (wanted: %.2f s or less, %.1f of an unchanged run and %.0f %% of the first load)",
			100*changedFraction, changed.Wall.Seconds(), limit.Seconds(), wantChanged, 100*changedFraction)
	}
	rss := max(first.RSS, unchanged.RSS, changed.RSS)
	say(rss < wantRSS, "linkhouse holds %s MB at most (wanted: less than %s)", megabytes(rss), megabytes(wantRSS))
	return all
}
