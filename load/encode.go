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
	lines *transform.Table // whose lines are written that live with the rows, instead of the rows themselves; nil for these
	runID int64

	buf  []byte        // encoded, and not read yet; begins as copyHeader
	next int           // of rows
	line transform.Row // what lines are unpacked into
	done bool
}

const copyHeader = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func (c *copyReader) Read(p []byte) (int, error) {
	b := c.buf
	for ; c.next < len(c.rows) && len(b) < len(p); c.next++ {
		b = c.version(b, &c.rows[c.next])
	}
	if c.next == len(c.rows) && !c.done {
		b = append(b, 0xff, 0xff)
		c.done = true
	}
	n := copy(p, b)
	c.buf = b[:copy(b, b[n:])] // what p had no room for
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// version encodes a row, or its lines, which carry _extra alone.
func (c *copyReader) version(b []byte, v *version) []byte {
	if c.lines == nil {
		b = appendValues(b, v.row, len(metaColumns))
		b = appendInstant(b, v.firstSeen.UnixMicro())
		b = appendInstant(b, v.since.UnixMicro())
		b = appendNull(b) // _removed_at
		b = appendLength(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(c.runID))
		b = appendLength(b, len(v.row.Hash))
		b = append(b, v.row.Hash[:]...)
		return appendExtra(b, v.row.Extra)
	}
	for i := range v.row.Lines {
		if l := &v.row.Lines[i]; l.Table == c.lines {
			for row := range l.In(&c.line) {
				b = appendExtra(appendValues(b, row, 1), row.Extra)
			}
		}
	}
	return b
}

// appendValues begins a row that has so many meta columns.
func appendValues(b []byte, row *transform.Row, meta int) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(row.Values)+meta))
	for i := range row.Values {
		b = appendValue(b, &row.Values[i])
	}
	return b
}

func appendExtra(b []byte, extra string) []byte {
	if extra == "" {
		return appendNull(b)
	}
	return appendJSON(b, extra)
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
	digits, negative := strings.CutPrefix(text, "-")
	point := strings.IndexByte(digits, '.')
	if point < 0 {
		point = len(digits)
	}
	start := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // length, groups, weight, sign, scale
	first := len(b)
	weight := (point+3)/4 - 1
	group, room := uint16(0), (point+3)%4+1 // for so many digits more
	for i := 0; i < len(digits) || room < 4; i++ {
		if i == point {
			continue
		}
		group *= 10
		if i < len(digits) {
			group += uint16(digits[i] - '0')
		}
		if room--; room > 0 {
			continue
		}
		if group == 0 && len(b) == first {
			weight-- // leading groups of zeros are not stored, as in 0.00001
		} else {
			b = binary.BigEndian.AppendUint16(b, group)
		}
		group, room = 0, 4
	}
	for len(b) > first && b[len(b)-1] == 0 && b[len(b)-2] == 0 { // nor are trailing ones
		b = b[:len(b)-2]
	}
	sign := uint16(0)
	if len(b) == first {
		weight = 0
	} else if negative {
		sign = 0x4000
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	binary.BigEndian.PutUint16(b[start+4:], uint16((len(b)-first)/2))
	binary.BigEndian.PutUint16(b[start+6:], uint16(weight))
	binary.BigEndian.PutUint16(b[start+8:], sign)
	binary.BigEndian.PutUint16(b[start+10:], uint16(max(0, len(digits)-point-1)))
	return b
}
