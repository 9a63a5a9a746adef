package page

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// The chart's measures, in units of its view box.
const (
	nightWidth = 10
	barWidth   = 7
	tookFloor  = 38 // bars of duration stand on it
	tookHeight = 34
	markMiddle = 45
	rowsFloor  = 72 // bars of rows stand on it
	rowsHeight = 20
	// ChartHeight is that of the view box.
	chartHeight = 74
)

// chart is the last nights of a resource.
type chart struct {
	Resource string
	Says     string // a line for everybody
	Words    string // what the picture shows, for who does not see it
	Width    int
	Height   int
	Nights   []night
	First    string // the day at its left end
	Figures  table
}

// night is one bar above another.
type night struct {
	Left, Width                int
	TookTop, TookHeight        float64
	RowsTop, RowsHeight        float64
	Mark                       string // good, warn, bad, or "" when nothing was read
	Words                      string
	MarkMiddle, Middle, Height int
}

// firstNight is the day at the left end of the charts.
func firstNight(now time.Time) time.Time {
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-shownNights)
}

// charts are one for each resource.
func (p *Page) charts(nights []load.Night, now time.Time) []chart {
	byResource := map[string]map[time.Time]load.Night{}
	for _, n := range nights {
		if byResource[n.Resource] == nil {
			byResource[n.Resource] = map[time.Time]load.Night{}
		}
		byResource[n.Resource][n.Day.UTC()] = n
	}
	var charts []chart
	for _, resource := range p.Resources {
		if len(byResource[resource]) > 0 {
			charts = append(charts, chartOf(resource, byResource[resource], now))
		}
	}
	return charts
}

func chartOf(resource string, byDay map[time.Time]load.Night, now time.Time) chart {
	first := firstNight(now)
	c := chart{Resource: resource, Width: shownNights * nightWidth, Height: chartHeight, First: first.Format("2 Jan")}
	c.Figures = table{Caption: "The nights of " + resource, Columns: []column{{Name: "night (UTC)"}, {Name: "took",
		Number: true}, {Name: "rows", Number: true},
		{Name: "rejected", Number: true}, {Name: "failures", Number: true}}}
	var longest, most float64
	for _, n := range byDay {
		longest, most = max(longest, n.Seconds), max(most, float64(n.Rows))
	}
	var rows, rejected int64
	var failed []string
	var slowest string
	read := 0
	for i := range shownNights {
		day := first.AddDate(0, 0, i)
		n, ok := byDay[day]
		bar := night{Left: i * nightWidth, Width: barWidth, Height: chartHeight, Middle: i*nightWidth + barWidth/2,
			MarkMiddle: markMiddle, Words: day.Format(time.DateOnly) + ": nothing read"}
		if ok {
			read++
			rows, rejected = rows+n.Rows, rejected+n.Rejected
			bar.TookHeight = tall(n.Seconds, longest, tookHeight)
			// The first night brings most rows by far: a logarithm leaves the others to be seen.
			bar.RowsHeight = tall(math.Log1p(float64(n.Rows)), math.Log1p(most), rowsHeight)
			bar.TookTop, bar.RowsTop = tookFloor-bar.TookHeight, rowsFloor-bar.RowsHeight
			bar.Mark = markOf(n)
			bar.Words = fmt.Sprintf("%s: %s, %s written%s%s", day.Format(time.DateOnly), seconds(n.Seconds), counted(n.Rows, "row"),
				more(n.Rejected, " rejected", " rejected"), more(n.Failed, " failure", " failures"))
			if n.Failed > 0 {
				failed = append(failed, day.Format("2 Jan"))
			}
			if n.Seconds == longest {
				slowest = day.Format("2 Jan")
			}
			c.Figures.add(text(day.Format(time.DateOnly)), text(seconds(n.Seconds)), number(n.Rows), number(n.Rejected), number(n.Failed))
		}
		c.Nights = append(c.Nights, bar)
	}
	c.Says = fmt.Sprintf("longest %s, %s%s%s", seconds(longest), counted(rows, "row"), more(rejected, " rejected", " rejected"),
		more(int64(len(failed)), " night with a failure", " nights with a failure"))
	c.Words = fmt.Sprintf("%s, %d nights to %s: something was read in %d. The longest took %s, on %s. %s written, %d rejected. ", resource, shownNights,
		now.UTC().Format(time.DateOnly), read, seconds(longest), slowest, counted(rows, "row"), rejected)
	if len(failed) == 0 {
		c.Words += "No failure."
	} else {
		c.Words += "Failures on " + strings.Join(failed, ", ") + "."
	}
	return c
}

// tall is the height of a bar; one that stands for anything can be seen.
func tall(value, most, height float64) float64 {
	if value <= 0 || most <= 0 {
		return 0
	}
	return math.Round(10*max(2, height*value/most)) / 10
}

func markOf(n load.Night) string {
	switch {
	case n.Failed > 0:
		return "bad"
	case n.Rejected > 0:
		return "warn"
	}
	return "good"
}

// more is a further count, "" for none.
func more(n int64, one, many string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1" + one
	}
	return ", " + count(n) + many
}
