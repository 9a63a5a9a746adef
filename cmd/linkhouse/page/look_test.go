package page_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// Mutation: with a blank before </style> in page.html, which is then not the style of the hash, it is red.
func TestAReaderClicksFromThePageToARunAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	last := w.busy()
	b := w.open("/", 1200)
	if title := eval[string](b, "document.title"); title != "2 things need attention · linkhouse" {
		t.Errorf("the page is called %q", title)
	}
	b.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`#runs a[href="runs/%d"]`, last))))
	b.until(`document.querySelector("h1")?.innerText.includes("Run ` + fmt.Sprint(last) + `") && document.querySelectorAll("#walks tbody tr").length === 8`)
	if at := b.at(); at != fmt.Sprint("/runs/", last) {
		t.Errorf("the run is at %s", at)
	}
	b.do(chromedp.Click(chromedp.CSS("nav a")))
	b.until(`document.getElementById("verdict") !== null`)
	if at := b.at(); at != "/" {
		t.Errorf("back is at %s", at)
	}
	b.do(chromedp.Click(chromedp.CSS("#figures-employees summary")))
	b.until(`document.querySelector("#figures-employees table").checkVisibility()`)
	// Figures that somebody has opened stay open when the page is brought up to date.
	w.night(time.Minute)
	w.page.Ended(nightly(), load.FireRow{}, &schedules.Report{}, nil)
	b.until(`document.querySelectorAll("#figures-employees tbody tr").length === 29`)
	if !eval[bool](b, `document.getElementById("figures-employees").open`) {
		t.Error("the figures have closed by themselves")
	}
}

// Section 6: the progress of a run under way is shown live, without a reload.
//
// Mutation: without setInterval in script.js it is red.
func TestProgressMovesWhileSomebodyLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.night(24 * time.Hour)
	b := w.open("/", 1200)
	eval[bool](b, "window.here = true") // gone with a reload
	b.until(`document.getElementById("now").innerText.includes("No run is under way.")`)
	run := w.running("nightly", 300)
	b.until(`document.querySelector("#now progress")?.value === 300 && document.querySelector("#runs tbody .mark")?.innerText === "running"`)
	b.do(chromedp.Focus(chromedp.CSS("#now a")))
	for _, listed := range []int{400, 900} {
		w.exec("UPDATE etl.walks SET listed = $2 WHERE run_id = $1", run.ID, listed)
		b.until(fmt.Sprintf(`document.querySelector("#now progress").value === %d`, listed))
	}
	if got := eval[string](b, "document.activeElement.id"); got != fmt.Sprint("now-", run.ID) {
		t.Errorf("the focus has gone to %q", got)
	}
	eval[bool](b, "document.activeElement.blur() === undefined")
	w.exec("UPDATE etl.walks SET state = 'complete', finished_at = now() WHERE run_id = $1", run.ID)
	if err := run.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	b.until(`document.getElementById("now").innerText.includes("No run is under way.") && document.querySelector("#runs tbody .mark")?.innerText === "complete"`)
	if !eval[bool](b, "window.here === true") {
		t.Error("the page was loaded anew")
	}
}

// Mutation: without the live of the run's own page in runView (runs.go) it is red.
func TestThePageOfARunUnderWayMovesAndComesToRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	run := w.running("nightly", 300)
	b := w.open(fmt.Sprint("/runs/", run.ID), 360)
	b.until(`document.querySelector("#walks td").innerText.includes("reading")`)
	w.exec("UPDATE etl.walks SET listed = 4321 WHERE run_id = $1", run.ID)
	b.until(`document.getElementById("walks").innerText.includes("4,321")`)
	if err := run.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("h1").innerText.includes("complete") && document.title.includes("complete") && document.body.dataset.live === ""`)
}

// Mutation: with max-width: 1rem in place of 48rem in style.css it is red.
func TestThePageIsNotWiderThanAPhone(t *testing.T) {
	t.Parallel()
	empty, w := newWorld(t, nil), newWorld(t, nil)
	last := w.busy()
	w.running("nightly", 300)
	for _, at := range []struct {
		name, path string
		world      *world
	}{{"busy", "/", w}, {"a run", fmt.Sprint("/runs/", last), w}, {"no run", "/runs/12345678901", w}, {"empty", "/", empty}} {
		b := at.world.open(strings.Replace(at.path, "/runs/12345678901", "/runs/1", 1), 360)
		for _, width := range []int64{320, 360, 760, 775, 900, 1080, 1100, 1400} {
			b.do(chromedp.EmulateViewport(width, 800))
			b.until(fmt.Sprintf("innerWidth === %d", width))
			eval[int](b, `[...document.querySelectorAll("details")].map((d) => d.open = true).length`)
			if got := eval[int64](b, "document.documentElement.scrollWidth"); got > width {
				t.Errorf("%s is %d wide on a screen of %d", at.name, got, width)
			}
			// What is cut off by its own block is not seen either.
			cut := eval[[]string](b, `[...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && !e.closest("svg, .wide, details, caption, thead") &&
				e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + " " + e.innerText?.slice(0, 30))`)
			none(t, fmt.Sprint(at.name, " at ", width), "beyond the edge", cut)
		}
	}
}

// Mutation: with --soft: #667 in the dark colours of style.css it is red.
func TestEveryTextCanBeReadInLightAndInDark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	last := w.busy()
	w.exec("UPDATE etl.walks SET finished_at = finished_at - interval '3 days' WHERE resource = 'employers'") // late
	w.running("nightly", 300)
	b := w.open("/", 1200)
	grounds := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.colours(scheme)
		b.until(fmt.Sprintf(`matchMedia("(prefers-color-scheme: %s)").matches`, scheme))
		grounds[scheme] = eval[string](b, "getComputedStyle(document.documentElement).backgroundColor")
		for _, path := range []string{"/", fmt.Sprint("/runs/", last)} {
			b.do(chromedp.Navigate(w.server.URL + path))
			none(t, path+" in "+scheme, "hard to read", eval[[]string](b, unreadable))
		}
		b.do(chromedp.Navigate(w.server.URL + "/"))
		none(t, "the charts in "+scheme, "hard to see", eval[[]string](b, faint))
	}
	if grounds["light"] == grounds["dark"] {
		t.Errorf("light and dark are one: %v", grounds)
	}
}

// Mutation: without the noscript in page.html it is red.
func TestWithoutScriptThePageAsksAgainByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	run := w.running("nightly", 300)
	b := w.open("/favicon.svg", 360)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(w.server.URL + "/"))
	w.exec("UPDATE etl.walks SET listed = 4321 WHERE run_id = $1", run.ID)
	for end := time.Now().Add(2 * time.Minute); ; {
		// While the page is being loaded anew there may be nothing to ask.
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		got, err := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("#now")))
		cancel()
		if err == nil && strings.Contains(got, "4,321 listed") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("it stays as it was: %v\n%s", err, got)
		}
	}
}

// What a screen reader is told does not depend on the width of the screen, and the keyboard reaches all that can be done.
//
// This browser knows a table of blocks for a table also without the roles in the page; others do not.
//
// Mutation: without the aria-label of the charts, or with a span in place of the summary (page.html), it is red.
func TestThePageCanBeHeardAndReachedByKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	last := w.busy()
	b := w.open("/", 1200)
	count := func() map[string]int {
		tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			t.Fatal(err)
		}
		roles := map[string]int{}
		for _, node := range tree.Nodes {
			if node.Ignored || node.Role == nil {
				continue
			}
			role := strings.Trim(string(node.Role.Value), `"`)
			name := ""
			if node.Name != nil {
				name = strings.Trim(string(node.Name.Value), `"`)
			}
			if name == "" && (role == "image" || role == "table" || role == "link" || role == "region" || role == "progressbar") {
				t.Errorf("a %s has no name", role)
			}
			roles[role]++
		}
		return roles
	}
	wide := count()
	b.do(chromedp.EmulateViewport(360, 800))
	b.until("innerWidth === 360")
	narrow := count()
	// On a narrow screen cells that say nothing, or zero, are left out.
	for role, least := range map[string]int{"table": 5, "row": 25, "rowheader": 20, "cell": 60, "columnheader": 20,
		"heading": 8, "image": 7, "main": 1, "status": 1} {
		if wide[role] < least || role != "cell" && narrow[role] != wide[role] {
			t.Errorf("%d and %d of %s, wide and narrow", wide[role], narrow[role], role)
		}
	}
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](b, `document.activeElement.className + " " + (document.activeElement.getBoundingClientRect().left >= 0)`); got != "skip true" {
		t.Errorf("the first key leads to %q", got)
	}
	reached := map[string]bool{}
	for range 60 {
		b.do(chromedp.KeyEvent(kb.Tab))
		reached[eval[string](b, `document.activeElement.getAttribute("href") || document.activeElement.tagName`)] = true
	}
	for _, want := range []string{fmt.Sprint("runs/", last), fmt.Sprint("runs/", last-9), "SUMMARY"} {
		if !reached[want] {
			t.Errorf("no key leads to %s: %v", want, reached)
		}
	}
	b.do(chromedp.EmulateViewport(900, 800), chromedp.Navigate(w.server.URL+fmt.Sprint("/runs/", last)))
	b.until(`innerWidth === 900 && document.querySelector(".wide").scrollWidth > document.querySelector(".wide").clientWidth`)
	b.do(chromedp.Focus(chromedp.CSS(".wide")), chromedp.KeyEvent(kb.ArrowRight)) // a key that comes before there is something to scroll is lost
	b.until(`document.querySelector(".wide").scrollLeft > 0`)
}
