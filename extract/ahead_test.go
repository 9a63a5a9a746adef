package extract_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/linkhouse/linkhouse/extract"
)

// numbered gives pages of the given sizes, whose items count up from 0, and notes how many were read.
func numbered(read *atomic.Int64, sizes ...int) iter.Seq2[extract.Page[int], error] {
	return func(yield func(extract.Page[int], error) bool) {
		item := 0
		for i, size := range sizes {
			p := extract.Page[int]{Number: i + 1, Cursor: fmt.Sprint("c", i), Next: fmt.Sprint("c", i+1)}
			for range size {
				p.Items = append(p.Items, item)
				item++
			}
			read.Add(1)
			if !yield(p, nil) {
				return
			}
		}
	}
}

func many(n, size int) []int {
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = size
	}
	return sizes
}

func TestPagesComeInOrderAndWholeWhateverTheOrderOfTheAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sizes := []int{3, 0, 7, 1, 1, 0, 20, 2}
		var read atomic.Int64
		slow := func(_ context.Context, n int) (string, error) {
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			return fmt.Sprint("answer ", n), nil
		}
		var got, want []extract.Page[string]
		for p, err := range extract.Ahead(t.Context(), numbered(&read, sizes...), 5, 2, slow) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		item := 0
		for i, size := range sizes {
			p := extract.Page[string]{Number: i + 1, Cursor: fmt.Sprint("c", i), Next: fmt.Sprint("c", i+1), Items: []string{}}
			for range size {
				p.Items = append(p.Items, fmt.Sprint("answer ", item))
				item++
			}
			want = append(want, p)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestItemsAreAnsweredConcurrentlyOverTheBordersOfPagesUpToTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read, now, most atomic.Int64
		work := func(context.Context, int) (int, error) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return 0, nil
		}
		start := time.Now()
		for _, err := range extract.Ahead(t.Context(), numbered(&read, 12, 9, 3), 8, 4, work) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 3*time.Second || most.Load() != 8 {
			t.Errorf("24 items of a second each, 8 at a time: %v with %d at a time", took, most.Load())
		}
	})
}

func TestReadingAheadOfTheConsumerIsBounded(t *testing.T) {
	for _, c := range []struct{ size, inFlight, pagesAhead, most int }{
		{10, 4, 3, 8}, // the consumer's own, 3 finished ones, and at most 4 that 4 unanswered items kept open
		{1, 4, 3, 8},
		{0, 4, 3, 5}, // an empty page is finished at once
		{10, 4, 0, 5},
		{10, 1, 0, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			var read atomic.Int64
			quick := func(context.Context, int) (int, error) { return 0, nil }
			taken := 0
			for _, err := range extract.Ahead(t.Context(), numbered(&read, many(50, c.size)...), c.inFlight, c.pagesAhead, quick) {
				if err != nil {
					t.Fatal(err)
				}
				taken++
				synctest.Wait() // let it read whatever it wants to
				if ahead := int(read.Load()) - taken + 1; ahead > c.most {
					t.Fatalf("%+v: %d pages were read when %d were taken", c, read.Load(), taken)
				}
				if ahead := int(read.Load()) - taken; ahead < c.pagesAhead && read.Load() < 50 {
					t.Fatalf("%+v: only %d pages were read when %d were taken", c, read.Load(), taken)
				}
			}
			if taken != 50 {
				t.Errorf("%+v: %d pages", c, taken)
			}
		})
	}
}

func TestTheNextPageWaitsUntilFewItemsAreUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read atomic.Int64
		stuck := make(chan struct{})
		work := func(_ context.Context, n int) (int, error) {
			if n < 4 { // of the first page of 10, four do not answer
				<-stuck
			}
			return n, nil
		}
		next, stop := iter.Pull2(extract.Ahead(t.Context(), numbered(&read, many(5, 10)...), 4, 9, work))
		defer stop()
		go func() {
			synctest.Wait()
			if read.Load() != 1 {
				t.Errorf("%d pages were read", read.Load())
			}
			close(stuck)
		}()
		if p, err, ok := next(); !ok || err != nil || p.Number != 1 {
			t.Error(p, err, ok)
		}
	})
}

var errBroken = errors.New("broken")

func TestAFailedItemEndsTheWalkAfterThePagesBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read atomic.Int64
		start := time.Now()
		work := func(ctx context.Context, n int) (int, error) {
			switch n {
			case 9: // of the second page: fails long before the first page is whole
				return 0, errBroken
			case 2:
				time.Sleep(time.Hour)
			}
			if n > 9 {
				<-ctx.Done() // and later ones are cancelled there and then
				if took := time.Since(start); took != 0 {
					t.Errorf("item %d was cancelled after %v", n, took)
				}
			}
			return n, ctx.Err()
		}
		var pages []int
		var failure error
		for p, err := range extract.Ahead(t.Context(), numbered(&read, many(100, 5)...), 16, 3, work) {
			if err != nil {
				failure = err
				continue
			}
			pages = append(pages, p.Number)
		}
		if diff := cmp.Diff([]int{1}, pages); diff != "" || !errors.Is(failure, errBroken) {
			t.Errorf("%v %s", failure, diff)
		}
		if read.Load() > 5 {
			t.Errorf("%d pages were read", read.Load())
		}
	})
}

func TestAFailedPageEndsTheWalkAfterThePagesBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read atomic.Int64
		broken := func(yield func(extract.Page[int], error) bool) {
			for p, err := range numbered(&read, 3, 3) {
				if !yield(p, err) {
					return
				}
			}
			yield(extract.Page[int]{}, errBroken)
		}
		slow := func(_ context.Context, n int) (int, error) { time.Sleep(time.Minute); return n, nil }
		var pages []int
		var failure error
		for p, err := range extract.Ahead(t.Context(), broken, 16, 3, slow) {
			if err != nil {
				failure = err
				continue
			}
			pages = append(pages, p.Number)
		}
		if diff := cmp.Diff([]int{1, 2}, pages); diff != "" || !errors.Is(failure, errBroken) {
			t.Errorf("%v %s", failure, diff)
		}
	})
}

func TestAnEndedContextIsNeverTakenForTheEndOfTheList(t *testing.T) {
	for name, work := range map[string]func(context.Context, int) (int, error){
		"while items wait":   func(ctx context.Context, _ int) (int, error) { <-ctx.Done(); return 0, ctx.Err() },
		"while pages wait":   func(context.Context, int) (int, error) { return 0, nil },
		"and do not care":    func(context.Context, int) (int, error) { time.Sleep(2 * time.Second); return 0, nil },
		"with empty answers": func(ctx context.Context, _ int) (int, error) { time.Sleep(time.Second); return 0, nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				var read atomic.Int64
				var failure error
				for _, err := range extract.Ahead(ctx, numbered(&read, many(50, 3)...), 4, 1, work) {
					failure = err
					time.Sleep(100 * time.Millisecond)
				}
				if !errors.Is(failure, context.DeadlineExceeded) {
					t.Errorf("the walk ended with %v", failure)
				}
			})
		})
	}
}

// The bubble of synctest fails the test when a goroutine is left in it.
func TestLeavingTheLoopCancelsAndWaitsForEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, started atomic.Int64
		work := func(ctx context.Context, n int) (int, error) {
			started.Add(1)
			running.Add(1)
			defer running.Add(-1)
			if n >= 2 {
				<-ctx.Done()
				time.Sleep(time.Second) // takes its time to clean up
				return 0, ctx.Err()
			}
			return n, nil
		}
		reading := false
		open := func(ctx context.Context) iter.Seq2[extract.Page[int], error] {
			return func(yield func(extract.Page[int], error) bool) {
				for i := range 3 {
					if !yield(extract.Page[int]{Number: i + 1, Items: []int{2 * i, 2*i + 1}}, nil) {
						return
					}
				}
				reading = true
				<-ctx.Done() // the next page does not come
				time.Sleep(2 * time.Second)
				reading = false
				yield(extract.Page[int]{}, ctx.Err())
			}
		}
		for p, err := range extract.AheadOf(t.Context(), open, 8, 4, work) {
			synctest.Wait()
			if err != nil || p.Number != 1 || running.Load() != 4 || !reading {
				t.Fatalf("page %d, %v, %d items being answered", p.Number, err, running.Load())
			}
			break
		}
		if running.Load() != 0 || reading {
			t.Errorf("%d items are still being answered, reading: %v", running.Load(), reading)
		}
	})
}

func TestEveryItemIsAnsweredOnceUnderContention(t *testing.T) {
	var read atomic.Int64
	var mu sync.Mutex
	seen := map[int]int{}
	work := func(_ context.Context, n int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		seen[n]++
		return n, nil
	}
	next := 0
	for p, err := range extract.Ahead(t.Context(), numbered(&read, many(300, 7)...), 16, 2, work) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Items {
			if n != next {
				t.Fatalf("item %d where %d was due", n, next)
			}
			next++
		}
	}
	if next != 2100 || len(seen) != 2100 {
		t.Errorf("%d items, %d of them different", next, len(seen))
	}
	for n, times := range seen {
		if times != 1 {
			t.Errorf("item %d was answered %d times", n, times)
		}
	}
}
