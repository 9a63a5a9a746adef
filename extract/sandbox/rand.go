package sandbox

import "math/bits"

// mix is a hash of two words, good enough that nothing in the world looks regular.
func mix(a, b uint64) uint64 {
	x := a ^ bits.RotateLeft64(b*0x9e3779b97f4a7c15, 31)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// rng is a sequence of choices that follows from its first value.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix(uint64(*r), 0x2545f4914f6cdd1d)
}

// below is a number in [0, n).
func (r *rng) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// oneIn is true once in n times.
func (r *rng) oneIn(n int) bool { return r.below(n) == 0 }

func pick[T any](r *rng, from []T) T { return from[r.below(len(from))] }

// digits appends n decimal digits, the first of which is not zero.
func (r *rng) digits(b []byte, n int) []byte {
	b = append(b, byte('1'+r.below(9)))
	for range n - 1 {
		b = append(b, byte('0'+r.below(10)))
	}
	return b
}

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint64, digits int) []byte {
	for s := 4 * (digits - 1); s >= 0; s -= 4 {
		b = append(b, hexDigits[v>>s&15])
	}
	return b
}

// uuid looks like the source ids that payroll systems give out.
func (r *rng) uuid() string {
	a, c := r.next(), r.next()
	b := make([]byte, 0, 36)
	b = append(appendHex(b, a>>32, 8), '-')
	b = append(appendHex(b, a>>16, 4), '-')
	b = append(appendHex(b, a&0xfff|0x4000, 4), '-')
	b = append(appendHex(b, c>>48&0x3fff|0x8000, 4), '-')
	return string(appendHex(b, c, 12))
}
