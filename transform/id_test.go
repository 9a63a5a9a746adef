package transform

import "testing"

// Semantics 9: the id that is found without reading the whole row is the one that reading it tells.
// Mutation: when plainID takes a row with an escape in a name, or in its id, it is red.
func FuzzPlainID(f *testing.F) {
	for _, seed := range []string{
		`{"_id":"60db4a9cbdb5f0000983ebb0","name":"x"}`, `{"_id":"a","_id":"b"}`, `{"_id":"a b"}`, `{"_id":" a"}`, `{"_id":"a\u0062"}`, `{"\u005fid":"b","_id":"a"}`, `{"_id":"a","\u005fid":"b"}`,
		`{"account":{"_id":"in"}}`, `{"_id":null,"account":{"_id":"in"}}`, `{"_id":12}`, `{"_id":""}`, `{"_id":{"$oid":"a"}}`, `[{"_id":"a"}]`, `{"_id":"é"}`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, _, err := Parse(raw)
		if err != nil {
			return
		}
		id, ok := plainID(raw)
		if want := nodeID(n); ok && id != want || ID(raw) != want {
			t.Fatalf("%q: %q (plain: %v), and read %q", raw, id, ok, want)
		}
	})
}

func TestTheIDOfAnOrdinaryRowIsFoundWithoutReadingTheRow(t *testing.T) {
	id, ok := plainID([]byte(`{"name":"x","_id":"60db4a9cbdb5f0000983ebb0","long":[{"_id":"another"},"\""]}`))
	if id != "60db4a9cbdb5f0000983ebb0" || !ok {
		t.Error(id, ok)
	}
}
