package load

import (
	"encoding/binary"
	"io"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/transform"
)

// Postgres counts days and microseconds from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = int64(epochDays) * 86400 * 1000000
)

// version is what the loader adds to a row before it is written.
type version struct {
	row       *transform.Row
	firstSeen time.Time
	// since is when the version begins: at the page's time, but never before the version that it follows has ended, even if
	// the clock was put back in between.
	since time.Time
}

// copyReader gives rows to COPY ... FROM STDIN (FORMAT binary), encoding them as they are read, so that the memory does not
// grow with the page. Binary is chosen for its cost: numeric as text is three times slower.
type copyReader struct {
	rows  []version
	lines bool // rows of lines carry _extra alone
	runID int64

	buf  []byte
	done bool
	next int
}

const copyChunk = 64 << 10

func (c *copyReader) Read(p []byte) (int, error) {
	for len(c.buf) == 0 {
		if c.done {
			return 0, io.EOF
		}
		c.fill()
	}
	n := copy(p, c.buf)
	c.buf = c.buf[n:]
	return n, nil
}

func (c *copyReader) fill() {
	b := c.buf[:0]
	if c.next == 0 {
		b = append(b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	}
	for c.next < len(c.rows) && len(b) < copyChunk {
		b = c.row(b, &c.rows[c.next])
		c.next++
	}
	if c.next == len(c.rows) {
		b = append(b, 0xff, 0xff)
		c.done = true
	}
	c.buf = b
}

func (c *copyReader) row(b []byte, v *version) []byte {
	values := v.row.Values
	meta := 6
	if c.lines {
		meta = 1
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(values)+meta))
	for i := range values {
		b = appendValue(b, &values[i])
	}
	if !c.lines {
		b = appendInstant(b, v.firstSeen.UnixMicro())
		b = appendInstant(b, v.since.UnixMicro())
		b = appendNull(b) // _removed_at
		b = appendLength(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(c.runID))
		b = appendLength(b, len(v.row.Hash))
		b = append(b, v.row.Hash[:]...)
	}
	if v.row.Extra == "" {
		return appendNull(b)
	}
	return appendJSON(b, v.row.Extra)
}

func appendLength(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

func appendNull(b []byte) []byte { return append(b, 0xff, 0xff, 0xff, 0xff) }

func appendInstant(b []byte, unixMicro int64) []byte {
	b = appendLength(b, 8)
	return binary.BigEndian.AppendUint64(b, uint64(unixMicro-epochMicros))
}

func appendJSON(b []byte, text string) []byte {
	b = appendLength(b, len(text)+1)
	b = append(b, 1) // the version of jsonb's wire format
	return append(b, text...)
}

func appendValue(b []byte, v *transform.Value) []byte {
	switch v.Kind() {
	case transform.Text:
		b = appendLength(b, len(v.Chars()))
		return append(b, v.Chars()...)
	case transform.Numeric:
		return appendNumeric(b, v.Chars())
	case transform.Date:
		b = appendLength(b, 4)
		return binary.BigEndian.AppendUint32(b, uint32(v.Number()-epochDays))
	case transform.Instant:
		return appendInstant(b, v.Number())
	case transform.Bool:
		return append(appendLength(b, 1), byte(v.Number()))
	case transform.Int:
		b = appendLength(b, 4)
		return binary.BigEndian.AppendUint32(b, uint32(v.Number()))
	case transform.JSON:
		return appendJSON(b, v.Chars())
	}
	return appendNull(b)
}

// appendNumeric writes a canonical decimal ("-12.5") as numeric's wire format: groups of four digits from the decimal point
// outwards, the weight of the first group, the sign and the number of digits after the point.
func appendNumeric(b []byte, text string) []byte {
	var sign uint16
	if strings.HasPrefix(text, "-") {
		sign, text = 0x4000, text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "0" {
		whole = ""
	}
	start := len(b)
	b = append(b, make([]byte, 12)...) // length, groups, weight, sign, scale
	groups := 0
	first := len(whole) % 4
	if first > 0 {
		b = appendGroup(b, whole[:first])
		groups++
	}
	for i := first; i < len(whole); i += 4 {
		b = appendGroup(b, whole[i:i+4])
		groups++
	}
	weight := groups - 1
	for i := 0; i < len(fraction); i += 4 {
		group := fraction[i:min(i+4, len(fraction))]
		b = appendGroup(b, (group + "000")[:4])
		groups++
	}
	for groups > 0 && b[len(b)-1] == 0 && b[len(b)-2] == 0 { // trailing groups of zeros are not stored
		b = b[:len(b)-2]
		groups--
	}
	for groups > 0 && b[start+12] == 0 && b[start+13] == 0 { // nor are leading ones, as in 0.00001
		b = append(b[:start+12], b[start+14:]...)
		groups--
		weight--
	}
	if groups == 0 {
		weight, sign = 0, 0
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	binary.BigEndian.PutUint16(b[start+4:], uint16(groups))
	binary.BigEndian.PutUint16(b[start+6:], uint16(weight))
	binary.BigEndian.PutUint16(b[start+8:], sign)
	binary.BigEndian.PutUint16(b[start+10:], uint16(len(fraction)))
	return b
}

func appendGroup(b []byte, digits string) []byte {
	n := uint16(0)
	for i := range len(digits) {
		n = n*10 + uint16(digits[i]-'0')
	}
	return binary.BigEndian.AppendUint16(b, n)
}
