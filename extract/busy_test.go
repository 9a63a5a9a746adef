package extract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkhouse/linkhouse/extract"
)

// walked is a list with details in the time of a synctest bubble: pages of a hundred, each row with a detail.
type walked struct {
	pages        int
	list, detail func() time.Duration // how long an answer takes

	mu        sync.Mutex
	work      time.Duration   // of all answers
	sent      []time.Duration // when each request came
	from      time.Time
	lists     int
	committed int
	most      int // pages that were asked for and not committed
}

func (w *walked) RoundTrip(r *http.Request) (*http.Response, error) {
	takes, body := w.detail, `{"data":{"_id":"1"}}`
	if r.URL.Path == "/employees" {
		page, _ := strconv.Atoi(r.URL.Query().Get("nextCursor"))
		next := "null"
		if page+1 < w.pages {
			next = strconv.Itoa(page + 1)
		}
		rows := strings.TrimSuffix(strings.Repeat(`{"_id":"1"},`, 100), ",")
		takes, body = w.list, fmt.Sprintf(`{"data":{"employees":[%s],"nextCursor":%s}}`, rows, next)
	}
	w.mu.Lock()
	took := takes()
	if r.URL.Path == "/employees" {
		w.lists++
		w.most = max(w.most, w.lists-w.committed)
	}
	w.work += took
	w.sent = append(w.sent, time.Since(w.from))
	w.mu.Unlock()
	time.Sleep(took)
	return response(200, body), nil
}

// walk reads all of it, as a nightly run does, with a commit per page, and gives how long that took.
func (w *walked) walk(t *testing.T, commit time.Duration, change ...func(*extract.Config)) time.Duration {
	t.Helper()
	client := simulated(t, w.RoundTrip, change...)
	w.from = time.Now()
	list := extract.List{Request: extract.Request{Template: "/employees"}, Items: "employees"}
	detail := func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		return client.Get(ctx, extract.Request{Template: "/employees/{id}", Args: []string{"1"}})
	}
	for page, err := range extract.Ahead(t.Context(), client.Pages(t.Context(), list, ""), 16, 1, detail) {
		if err != nil || len(page.Items) != 100 {
			t.Fatalf("a page of %d: %v", len(page.Items), err)
		}
		time.Sleep(commit)
		w.mu.Lock()
		w.committed++
		w.mu.Unlock()
	}
	if w.committed != w.pages || len(w.sent) != 101*w.pages {
		t.Errorf("%d pages, %d requests", w.committed, len(w.sent))
	}
	return time.Since(w.from)
}

func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// around is d, more or less a half.
func around(d time.Duration) func() time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	return func() time.Duration { return d/2 + time.Duration(random.Int64N(int64(d))) }
}

// The API is asked for as much at a time as it may be, from the first page to the last, lists and commits notwithstanding. Pages
// are read no further ahead for that: the consumer has one, one stands behind it, and one is on its way. Mutations: with an
// answered item begun before the page that is due, or with 2*(inFlight-1) in due, it is red; so it is with <= pagesAhead+1.
func TestAWalkKeepsTheAPIBusy(t *testing.T) {
	t.Parallel()
	const usual, atOnce = 50 * time.Millisecond, 16
	for name, c := range map[string]struct {
		list, detail func() time.Duration
		commit       time.Duration
		least        float64
	}{
		"of even answers":             {always(usual), always(usual), 0, 0.98},
		"of even answers and commits": {always(usual), always(usual), usual, 0.98},
		"with slow commits":           {always(usual), always(usual), 5 * usual, 0.98},
		"of uneven answers":           {around(usual), around(usual), usual, 0.98},
		"of slow lists":               {always(2 * usual), around(usual), usual, 0.98},
		"that waits for its commits":  {always(usual), always(usual), 8 * usual, 0.98 * 101. / 16 / 8}, // a page is read in less
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &walked{pages: 50, list: c.list, detail: c.detail}
				took := w.walk(t, c.commit)
				if share := float64(w.work/atOnce) / float64(took); share < c.least {
					t.Errorf("%.1f %% of the requests that were possible", 100*share)
				}
				if w.most > 3 {
					t.Errorf("%d pages were under way", w.most)
				}
			})
		})
	}
}

// Mutation: with the whole rate given beside the burst it is red.
func TestAWalkUsesAConfiguredRateAndNeverMore(t *testing.T) {
	t.Parallel()
	const usual = 50 * time.Millisecond
	for _, perSecond := range []int{30, 100, 300} {
		t.Run(strconv.Itoa(perSecond), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &walked{pages: 30, list: always(usual), detail: around(usual)}
				took := w.walk(t, usual, func(c *extract.Config) { c.RequestsPerSecond = float64(perSecond) })
				if share := float64(len(w.sent)) / took.Seconds() / float64(perSecond); share < 0.95 {
					t.Errorf("%.1f %% of the rate", 100*share)
				}
				for i := perSecond; i < len(w.sent); i++ {
					if d := w.sent[i] - w.sent[i-perSecond]; d < time.Second {
						t.Fatalf("%d requests within %v", perSecond+1, d)
					}
				}
			})
		})
	}
}
