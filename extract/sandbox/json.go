package sandbox

import "unicode/utf8"

// js appends JSON to a byte slice. Speed matters here, since the server shares its processors with the program it tests.
type js struct {
	b       []byte
	bare    bool                                             // leaves out url, createdAt and updatedAt, which are no content
	updated string                                           // replaces every updatedAt, as a JSON string
	shuffle *rng                                             // order of array elements, nil: as they are
	link    func(k kind, id, ext string, version int) string // mints a document link
}

func (j *js) comma(open byte) {
	if j.b[len(j.b)-1] != open {
		j.b = append(j.b, ',')
	}
}

func (j *js) key(k string) {
	j.comma('{')
	j.b = append(j.b, '"')
	j.b = append(j.b, k...)
	j.b = append(j.b, '"', ':')
}

// str writes a member whose value is a string.
func (j *js) str(k, v string) {
	j.key(k)
	j.b = appendString(j.b, v)
}

// raw writes a member whose value is JSON text already, or nothing when that is empty.
func (j *js) raw(k, v string) {
	if v == "" {
		return
	}
	j.key(k)
	j.b = append(j.b, v...)
}

// members writes JSON members such as `"a":1,"b":2`, or nothing.
func (j *js) members(m string) {
	if m == "" {
		return
	}
	j.comma('{')
	j.b = append(j.b, m...)
}

func (j *js) num(k string, n number) {
	if n.form == absent {
		return
	}
	j.key(k)
	j.b = n.append(j.b)
}

func (j *js) boolean(k string, v bool) {
	if v {
		j.raw(k, "true")
	} else {
		j.raw(k, "false")
	}
}

func (j *js) object(k string) {
	j.key(k)
	j.b = append(j.b, '{')
}

func (j *js) open() { j.b = append(j.b, '{') }
func (j *js) end()  { j.b = append(j.b, '}') }

// array writes n elements, in the order of the shuffle if there is one.
func (j *js) array(k string, n int, element func(i int)) {
	j.key(k)
	j.b = append(j.b, '[')
	if j.shuffle == nil {
		for i := range n {
			j.comma('[')
			element(i)
		}
	} else {
		for _, i := range j.shuffle.perm(n) {
			j.comma('[')
			element(i)
		}
	}
	j.b = append(j.b, ']')
}

func (r *rng) perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		o := r.below(i + 1)
		p[i], p[o] = p[o], i
	}
	return p
}

// rows writes elements that are JSON text already; form replaces the array when it is not empty ("null") and leaves the
// member out when it is "-".
func (j *js) rows(k string, elements []string, form string) {
	switch form {
	case "-":
	case "":
		j.array(k, len(elements), func(i int) { j.b = append(j.b, elements[i]...) })
	default:
		j.raw(k, form)
	}
}

// retrieved writes the two timestamps of when the provider was read (T26).
func (j *js) retrieved(created, updated string) {
	if j.bare {
		return
	}
	j.raw("createdAt", created)
	if j.updated != "" {
		updated = j.updated
	}
	j.raw("updatedAt", updated)
}

// quote is v as a JSON string.
func quote(v string) string { return string(appendString(make([]byte, 0, len(v)+2), v)) }

// appendString also takes a lone surrogate (as the three bytes that UTF-8 forbids) and U+0000, and escapes both.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		case c == 0xed && i+2 < len(s) && s[i+1] >= 0xa0:
			u := 0xd000 | uint64(s[i+1]&0x3f)<<6 | uint64(s[i+2]&0x3f)
			b = appendHex(append(b, '\\', 'u'), u, 4)
			i += 3
			continue
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}
