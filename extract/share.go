package extract

import "golang.org/x/time/rate"

// SetShare leaves a part of what the limiter would allow to others who read the same API: of what may be in flight and of the
// rate. 1 is all; at least one request at a time is always allowed. What is in flight already stays.
func (c *Client) SetShare(share float64) { c.core.limiter.setShare(share) }

func (l *limiter) setShare(share float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	share = min(max(share, leastShare), 1)
	if l.rate != nil {
		change := rate.Limit(share / (1 - l.left))
		l.ceiling *= change
		l.rate.SetLimit(l.rate.Limit() * change)
	}
	l.left = 1 - share
	l.grant()
}

// leastShare keeps a share from being none.
const leastShare = 0.01

// shared is how many may be in flight of those that the limit allows.
func (l *limiter) shared() int { return max(1, int(l.limit*(1-l.left))) }
