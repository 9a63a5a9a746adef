package load

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/linkhouse/linkhouse/transform"
)

// A COPY is the same whatever pieces it is read in, and its lines are those of its rows. Mutation: when Read forgets what there
// was no room for, it is red.
func TestACopyIsTheSameInPiecesOfAnySize(t *testing.T) {
	t.Parallel()
	key := transform.KeyOf("id")
	lines, others := transform.LinesTable("s", "l", transform.Numbered(key, "no")), transform.LinesTable("s", "o", transform.Numbered(key, "no"))
	of := &transform.Resource{Name: "things", Named: 1, Table: transform.NewTable("s", "t", key, transform.As(transform.Numeric, "n", "n"))}
	of.Sentence = func(rec *transform.Record, say transform.Saying) {
		o := rec.Object(say.Whole(), "")
		o.Ignore("_id")
		row := o.Row(of.Table)
		o.AddLines(&row, "others", others)
		o.AddLines(&row, "lines", lines)
		o.Rest(&row)
		rec.AddOwn(of.Table, row)
	}
	rows := make([]version, 3)
	for i, listed := range []string{`[]`, `[{}]`, `[{},{}]`} {
		item := transform.Item{ID: "x", Rows: [][]byte{fmt.Appendf(nil, `{"_id":"x","b":1,"others":[{}],"lines":%s}`, listed)}}
		rows[i].row = &of.Normalize(item, transform.Sealer{}).Sets[0].Rows[0]
	}
	for _, table := range []*transform.Table{nil, lines} {
		read := func(wrap func(io.Reader) io.Reader) []byte {
			got, err := io.ReadAll(wrap(&copyReader{rows: rows, lines: table, buf: []byte(copyHeader)}))
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		whole := read(func(r io.Reader) io.Reader { return r })
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader} {
			if got := read(wrap); !bytes.Equal(got, whole) {
				t.Errorf("%q, not %q", got, whole)
			}
		}
		if n := bytes.Count(whole, []byte("\x00\x00\x00\x01x")); n != 3 || !bytes.HasPrefix(whole, []byte(copyHeader)) || !bytes.HasSuffix(whole, []byte{0xff, 0xff}) {
			t.Errorf("%d rows in %q", n, whole)
		}
	}
}
