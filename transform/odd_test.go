package transform

import (
	"strings"
	"testing"
)

// Semantics 9: the parts of a name are told apart by control characters, so an id that holds one is not usable: it could
// stand for another object. Mutation: without controls in nodeID it is red.
func TestAnIDWithAControlCharacterIsNotUsable(t *testing.T) {
	for raw, want := range map[string]string{
		`{"_id":"a\u001fb"}`:                         "",
		`{"_id":"\u001eusers"}`:                      "",
		`{"_id":"a\nb"}`:                             "",
		`{"_id":" a b \n"}`:                          "a b",
		`{"_id":"` + strings.Repeat("x", 501) + `"}`: "",
	} {
		if got := ID([]byte(raw)); got != want {
			t.Errorf("%s has the id %q", raw, got)
		}
	}
}

// Section 5: a secret may stand where names do, or be written so that its digits do not show. Mutation: without the names
// in collect, the plain number in mask or the space in exponential it is red.
func TestASecretIsFoundInEveryFormThatIsKept(t *testing.T) {
	for raw, digits := range map[string]string{
		`{"ssn":{"111-22-3333":true},"note":"111223333"}`:                                  "11122",
		`{"ssn":"1112233300","n":1.1122333e500}`:                                           "11122",
		`{"ssn":"1112233300","n":1.1122333` + strings.Repeat("0", 60) + `e9}`:              "11122",
		`{"ssn":"1112233300","n":"1.1122333` + strings.Repeat("0", 60) + `e9"}`:            "1122333",
		`{"ssn":"1112233300","n":" 1.1122333e9 "}`:                                         "1122333",
		`{"accountNumber":[{"111223333":"x"}],"other":{"1112233330":1,"a 111 22 3333":2}}`: "22333",
	} {
		n := mustParse(t, raw)
		hide(&n)
		if got := n.canonical(); strings.Contains(got, digits) {
			t.Errorf("%s is kept as %s", raw, got)
		}
	}
}

// Semantics 5: a digest is a key, so the order of a response must not show in it at any depth. Mutation: without unordered
// in Digest it is red.
func TestADigestKnowsNoOrder(t *testing.T) {
	a := mustParse(t, `{"a":[{"b":[1,2],"c":3},[4,[5,6]]],"d":{"e":["x","y"]}}`)
	b := mustParse(t, `{"d":{"e":["y","x"]},"a":[[[6,5],4],{"c":3,"b":[2,1]}]}`)
	if a.Digest() != b.Digest() {
		t.Error("the order shows")
	}
	if c := mustParse(t, `{"a":[{"b":[1,2],"c":3},[4,[5,7]]],"d":{"e":["x","y"]}}`); a.Digest() == c.Digest() {
		t.Error("another fact does not show")
	}
}
