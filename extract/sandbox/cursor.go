package sandbox

import "strconv"

// Cursors are opaque, look like object ids and equal none (T12). They hold a position between the objects of one list, so
// what appears or vanishes meanwhile shifts nothing.
const (
	forwardCursor  = 0x63870000
	backwardCursor = 0x63880000 // later than the next one, as in the references
)

func (w *world) cursor(k kind, filter string, pos int, backward bool) string {
	head := uint64(forwardCursor)
	if backward {
		head = backwardCursor
	}
	head |= w.cursorCheck(k, filter, head, pos) & 0xffff
	b := appendHex(make([]byte, 0, 24), head, 8)
	return string(appendHex(b, uint64(pos)^mix(w.seed, head), 16))
}

func (w *world) cursorCheck(k kind, filter string, head uint64, pos int) uint64 {
	h := mix(mix(w.seed, head&^0xffff), uint64(k)<<48|uint64(pos))
	for _, c := range []byte(filter) {
		h = mix(h, uint64(c))
	}
	return h
}

// position reads a cursor of the same list and direction.
func (w *world) position(k kind, filter, cursor string, backward bool) (int, bool) {
	if len(cursor) != 24 {
		return 0, false
	}
	head, err := strconv.ParseUint(cursor[:8], 16, 64)
	rest, err2 := strconv.ParseUint(cursor[8:], 16, 64)
	if err != nil || err2 != nil {
		return 0, false
	}
	pos := rest ^ mix(w.seed, head)
	if pos > 4*maxObjects || w.cursor(k, filter, int(pos), backward) != cursor {
		return 0, false
	}
	return int(pos), true
}
