package paylink_test

import (
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/transform"
)

// Semantics 9 and 10: a product that is too long for a key costs no record: the key names it by a digest and the rest of the
// row keeps it. Mutation: without BoundedKey in readTask it is red.
func TestAProductThatIsTooLongForAKeyIsKept(t *testing.T) {
	long := strings.Repeat("deposit ", 1000) + "x"
	rec := task(t, "", `{"_id":"t1","product":"`+long+`","status":"queued"}`)
	for key := range column(rec, "tasks", "status") {
		if len(key) > 300 {
			t.Errorf("the key is %d bytes long", len(key))
		}
	}
	if !strings.Contains(rec.Dump(), long) {
		t.Error("the product is not kept")
	}
}

// Semantics 10: an account that one list tells twice counts once; what the other row says besides is counted. Mutation:
// without the count in Normalize it is red.
func TestAnAccountThatOneListTellsTwiceIsCounted(t *testing.T) {
	first, other := []byte(`{"_id":"a1","type":"linked"}`), []byte(`{"_id":"a1","type":"detected"}`)
	for _, c := range []struct {
		rows [][]byte
		want int
	}{{[][]byte{first, first}, 0}, {[][]byte{first, other, other}, 2}} {
		rec := resource(t, "pay-link-accounts").Normalize(transform.Item{User: "u", ID: "a1", Rows: c.rows}, transform.Sealer{})
		if got := rec.Drift[transform.Drift{Kind: transform.Repeated}]; got != c.want {
			t.Errorf("%s are counted %d times", c.rows, got)
		}
	}
}
