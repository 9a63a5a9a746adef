package transform

// arena is memory that values are cut from.
type arena struct {
	left  []Value
	chunk int // how long its last piece was
}

func (a *arena) cut(n int) []Value {
	if len(a.left) < n {
		a.chunk = min(1024, max(32, 2*a.chunk)) // a small record needs a small arena
		a.left = make([]Value, max(n, a.chunk))
	}
	v := a.left[:n:n]
	a.left = a.left[n:]
	return v
}
