package extract

import (
	"encoding/binary"
	"math/bits"
)

// deepest is how deep JSON may be nested, as for encoding/json.
const deepest = 10_000

// valid tells whether the bytes are one JSON value, exactly as json.Valid does: neither a name that comes twice nor text that
// is not UTF-8 is its concern. It is ours because every byte that is ever read passes here, and it takes a quarter of the time.
func valid(b []byte) bool {
	end := scan(b, space(b, 0))
	return end >= 0 && space(b, end) == len(b)
}

// scan gives the end of the value that begins at i, or -1 where no value does.
func scan(b []byte, i int) int {
	var objects uint64 // which of the levels around i are objects, the innermost in the lowest bit; the others are arrays
	var outer []uint64 // the same of the levels further out, 64 a word, once there are more
	for depth := 0; ; {
		if i >= len(b) {
			return -1
		}
		opened := false
		switch c := b[i]; c {
		case '{', '[':
			if depth > 0 && depth%64 == 0 {
				outer = append(outer, objects)
			}
			if depth++; depth > deepest {
				return -1
			}
			if objects <<= 1; c == '{' {
				objects |= 1
			}
			i = space(b, i+1)
			opened = i < len(b) && b[i] != c+2 // ] and } stand two after [ and {
		case '"':
			i = text(b, i)
		case 't':
			i = word(b, i, "true")
		case 'f':
			i = word(b, i, "false")
		case 'n':
			i = word(b, i, "null")
		default:
			i = number(b, i)
		}
		// Behind a value: whatever ends with it, and the comma before the next one.
		for !opened {
			if i < 0 || depth == 0 {
				return i
			}
			if i = space(b, i); i >= len(b) {
				return -1
			}
			object := objects&1 != 0
			switch c := b[i]; {
			case c == ',':
				i, opened = space(b, i+1), true
			case c == '}' && object, c == ']' && !object:
				i++
				depth--
				if objects >>= 1; depth > 0 && depth%64 == 0 {
					objects, outer = outer[len(outer)-1], outer[:len(outer)-1]
				}
			default:
				return -1
			}
		}
		if objects&1 != 0 { // depth is not 0 here
			if i = colon(b, text(b, i)); i < 0 {
				return -1
			}
		}
	}
}

// colon gives where the value behind a member's name begins, when the name ends at i.
func colon(b []byte, i int) int {
	if i < 0 {
		return -1
	}
	if i = space(b, i); i >= len(b) || b[i] != ':' {
		return -1
	}
	return space(b, i+1)
}

// space gives the first place from i on that holds no white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// text gives the end of the text that begins at i. It looks at eight bytes at a time for one that is a quote, a backslash
// or a control character.
func text(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; ; {
		for i+8 <= len(b) {
			word := binary.LittleEndian.Uint64(b[i:])
			quote, slash := word^('"'*ones), word^('\\'*ones)
			hit := ((word-' '*ones)&^word | (quote-ones)&^quote | (slash-ones)&^slash) & tops
			if hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			return -1
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = escape(b, i+1); i < 0 {
				return -1
			}
		case c < ' ':
			return -1
		default:
			i++
		}
	}
}

// escape gives the end of what follows a backslash.
func escape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+4 >= len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return i + 5
	}
	return -1
}

// number gives the end of the number that begins at i.
func number(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = digits(b, i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

// digits gives the end of one or more digits.
func digits(b []byte, i int) int {
	begin := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == begin {
		return -1
	}
	return i
}

func word(b []byte, i int, w string) int {
	if end := i + len(w); end <= len(b) && string(b[i:end]) == w {
		return end
	}
	return -1
}
