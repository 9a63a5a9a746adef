package load

import (
	"bytes"
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
	line := func(n int) transform.Row {
		return transform.Row{Values: []transform.Value{transform.TextValue("x"), transform.IntValue(n)}}
	}
	rows := make([]version, 3)
	for i := range rows {
		rows[i].row = &transform.Row{
			Values: []transform.Value{transform.TextValue("x"), transform.Null}, Extra: `{"b":1}`,
			Lines: []transform.Lines{transform.NewLines(others, []transform.Row{line(9)}), transform.NewLines(lines, []transform.Row{line(1), line(2)}[:i%3])},
		}
	}
	for _, of := range []*transform.Table{nil, lines} {
		read := func(wrap func(io.Reader) io.Reader) []byte {
			got, err := io.ReadAll(wrap(&copyReader{rows: rows, lines: of, buf: []byte(copyHeader)}))
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
