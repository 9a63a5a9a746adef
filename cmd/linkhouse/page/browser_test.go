package page_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browsers are the names of what the tests look at the page with, and where it stands on a Mac. A machine without one fails the
// tests: what does not run proves nothing.
var browsers = []string{"chromium-headless-shell", "headless-shell", "chromium", "chromium-browser", "google-chrome",
	"google-chrome-stable", "chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}

// quiet keeps the browser from asking anybody anything, and from depending on the machine: no name leads anywhere.
var quiet = map[string]any{
	"headless": true, "no-sandbox": os.Geteuid() == 0, "disable-gpu": true, "disable-quic": true, "no-first-run": true,
	"disable-background-networking": true,
	"disable-component-update":      true, "disable-sync": true, "disable-default-apps": true, "disable-extensions": true,
	"disable-dev-shm-usage":               true,
	"disable-background-timer-throttling": true, "disable-renderer-backgrounding": true, "disable-backgrounding-occluded-windows": true,
	"metrics-recording-only": true, "host-resolver-rules": "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "force-color-profile": "srgb",
}

var browser = sync.OnceValues(func() (context.Context, error) {
	name := ""
	for _, candidate := range browsers {
		if path, err := exec.LookPath(candidate); err == nil {
			name = path
			break
		}
	}
	if name == "" {
		return nil, exec.ErrNotFound
	}
	dir, err := os.MkdirTemp("", "linkhouse-browser-")
	if err != nil {
		return nil, err
	}
	profile = dir
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(name), chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.WSURLReadTimeout(2 * time.Minute)}
	for flag, value := range quiet {
		options = append(options, chromedp.Flag(flag, value))
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx)
})

var (
	closeBrowser context.CancelFunc
	profile      string
)

func TestMain(m *testing.M) {
	code := m.Run()
	if closeBrowser != nil {
		closeBrowser()
	}
	for range 50 { // its children may still write there for a moment
		if profile == "" || os.RemoveAll(profile) == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	os.Exit(code)
}

// tab is a tab of the browser on a world's page. What it asks for and what it complains of is checked when the test ends.
type tab struct {
	*world
	ctx context.Context
}

func (w *world) open(path string, width int64) *tab {
	w.t.Helper()
	parent, err := browser()
	if err != nil {
		w.t.Fatalf("the page is looked at with a browser: %v\n  apt-get install -y --no-install-recommends chromium-headless-shell", err)
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	w.t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	w.t.Cleanup(cancel)
	b := &tab{world: w, ctx: ctx}
	b.do(chromedp.EmulateViewport(width, 800))
	var mu sync.Mutex
	var asked, complaints []string
	if err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			asked = append(asked, e.Request.URL)
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, "console: "+string(e.Type))
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, "exception: "+e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			complaints = append(complaints, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		if len(asked) == 0 {
			w.t.Error("no request of the browser was seen")
		}
		for _, address := range asked {
			if !strings.HasPrefix(address, w.server.URL+"/") {
				w.t.Errorf("the page asks for %s", address)
			}
		}
		for _, complaint := range complaints {
			w.t.Errorf("the browser complains: %s", complaint)
		}
	})
	b.do(chromedp.Navigate(w.server.URL + path))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval is what a script gives.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return value
}

// until waits for a condition in the page, which may be on its way to another one.
func (b *tab) until(condition string) {
	b.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](condition))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) || b.ctx.Err() != nil {
			b.t.Fatalf("never came: %s: %v\n%s", condition, err, eval[string](b, "document.body.innerText"))
		}
	}
}

// colours sets what the reader prefers.
func (b *tab) colours(scheme string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) at() string {
	b.t.Helper()
	at, err := url.Parse(eval[string](b, "location.href"))
	if err != nil {
		b.t.Fatal(err)
	}
	return at.Path
}

// unreadable gives the texts whose colour stands out too little from what is behind them, by the measure of WCAG 2 (4.5 to 1).
const unreadable = `(() => {
  const parts = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const found = [], all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  for (let n = all.nextNode(); n; n = all.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.checkVisibility() || ["SCRIPT", "STYLE", "title"].includes(e.tagName) || e.closest("svg")) continue;
    seen++;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) found.push(n.data.trim().slice(0, 40) + " " + ratio.toFixed(2));
  }
  return seen < 20 ? ["only " + seen + " texts were seen"] : found;
})()`

// faint gives the marks of the charts that stand out too little (3 to 1).
const faint = `(() => {
  const light = (c) => c.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = light(getComputedStyle(document.getElementById("nights")).backgroundColor), found = [], all = document.querySelectorAll("#nights svg .took, #nights svg .rows, #nights svg .flaw");
  for (const e of all) {
    const a = light(getComputedStyle(e).fill), ratio = (Math.max(a, ground) + .05) / (Math.min(a, ground) + .05);
    if (ratio < 3) found.push(e.getAttribute("class") + " " + ratio.toFixed(2));
  }
  return all.length < 100 ? ["only " + all.length + " marks were seen"] : [...new Set(found)];
})()`

func none(t *testing.T, where, what string, found []string) {
	t.Helper()
	if found = slices.Compact(found); len(found) > 0 {
		t.Errorf("%s: %s: %s", where, what, strings.Join(found, "; "))
	}
}
