package extract_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkhouse/linkhouse/extract"
)

// A backfill leaves most of the requests to the nightly run. Mutation: with l.limit in place of l.shared() in allowed it is red.
func TestAShareLimitsWhatIsInFlightUntilItIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 16 })
		flow(t.Context(), client, 1) // the first goes alone
		for _, step := range []struct {
			share float64
			most  int
		}{{0.25, 4}, {0.001, 1}, {1, 16}, {2, 16}} {
			client.SetShare(step.share)
			s.most = 0
			if failed := flow(t.Context(), client, 100); failed != 0 || s.most != step.most || client.Stats().Limiter.Limit != step.most {
				t.Errorf("with a share of %v %d were in flight, %d failed, the limit is %d", step.share, s.most, failed, client.Stats().Limiter.Limit)
			}
		}
	})
}

// Mutation: without the change of the ceiling in setShare it is red, because good answers give the rate back.
func TestAShareLimitsTheRateToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.RequestsPerSecond = 40 })
		client.SetShare(0.25)
		flow(t.Context(), client, 1)
		begun := time.Now()
		flow(t.Context(), client, 100)
		if took := time.Since(begun); took < 99*100*time.Millisecond || took > 102*100*time.Millisecond {
			t.Errorf("100 requests at a quarter of 40 a second took %v", took)
		}
		client.SetShare(1)
		if got := client.Stats().Limiter.RequestsPerSecond; got < 39.999 || got > 40.001 {
			t.Errorf("the rate is %v when the share is given back", got)
		}
	})
}

// A request that waits for its turn goes at once when the share is given back.
func TestGivingAShareBackLetsThoseInLinePass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 8 })
		flow(t.Context(), client, 1)
		client.SetShare(0.125)
		done := make(chan int)
		go func() { done <- flow(t.Context(), client, 8) }()
		time.Sleep(latency / 2)
		client.SetShare(1)
		if failed := <-done; failed != 0 || s.most != 8 {
			t.Errorf("%d failed, %d were in flight", failed, s.most)
		}
	})
}
