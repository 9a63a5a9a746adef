package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// Semantics 9: Parse takes what a decoder takes that has no haste, understands it so, and calls the same byte the first that
// is wrong; and what is marked as plain holds nothing that could be a secret. Mutation: when number lets 01 pass, escape lets
// \u00 pass, or text calls a digit plain, it is red.
func FuzzParseAgrees(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[null,true,false,"x",{}],"a":{"c":-0.5e+10,"ssn":"111-22-3333","d1":"http://x?y"}}`, " [ 1 , \"\\u00e9\\\\\" ,\t{ \"a\" : [ ] } ]\r\n",
		`"\ud83d\ude00\ud800\u0000\/\b"`, "\"\xff\xc3\"", "\xef\xbb\xbf1", ``, ` `, `nul`, `nulx`, `truefalse`, `01`, `-`, `-01`, `1.`, `1.e1`, `1e`, `1e+`, `+1`, `.5`,
		`{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{"a" 1}`, `{"a",1}`, `{"a":,}`, `{,}`, `{1:2}`, `{[x]:1}`, `{tru:1}`, `{"a":1 "b":2}`, `{"a":1]`,
		`[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[1:2]`, `[1}`, `]`, `1 2`, `{}x`, `"`, `"\`, `"\u`, `"\u00g0"`, `"\x"`, "\"\x01\"", "\"\x7f\"", "[1\x00]", "\v1",
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), strings.Repeat("[", maxDepth+2), strings.Repeat("[", maxDepth+1) + "x",
		strings.Repeat(`{"a":`, maxDepth) + "{}" + strings.Repeat("}", maxDepth), strings.Repeat(`{"a":`, maxDepth) + `{"a" `, strings.Repeat(`{"a":`, maxDepth) + `{x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, repaired, err := Parse(raw)
		slow := slowly{dec: jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
		want, wanted := slow.whole()
		if err != nil || wanted != nil {
			if err == nil || wanted == nil || err.Error() != wanted.Error() {
				t.Fatalf("%q: %v, not %v", raw, err, wanted)
			}
			return
		}
		if repaired != slow.repaired {
			t.Fatalf("%q: %d strings were mended, not %d", raw, repaired, slow.repaired)
		}
		if !json.Valid(raw) {
			t.Fatalf("%q is not JSON", raw)
		}
		agree(t, n, want)
	})
}

func agree(t *testing.T, n, want Node) {
	t.Helper()
	if n.kind != want.kind || n.name != want.name || n.text != want.text || len(n.kids) != len(want.kids) {
		t.Fatalf("%+v, not %+v", n, want)
	}
	if n.plainName && (isSecretName(n.name) || countDigits(n.name) > 0) || n.plain && !isPlain(n) {
		t.Fatalf("%+v is not plain", n)
	}
	names := map[string]bool{}
	for i := range n.kids {
		agree(t, n.kids[i], want.kids[i])
		names[n.kids[i].name] = true
	}
	if n.distinct && len(names) < len(n.kids) {
		t.Fatalf("the members of %+v are not distinct", n)
	}
}

func isPlain(n Node) bool {
	if n.kind == nodeNumber {
		return countDigits(n.text) < shortestSecret && !hasExponent(n.text)
	}
	return !strings.ContainsAny(n.text, "0123456789:")
}

// slowly reads what Parse reads, with a decoder that keeps its place.
type slowly struct {
	dec      *jsontext.Decoder
	repaired int
}

func (s *slowly) whole() (Node, error) {
	n, err := s.value(0)
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return n, errors.New("JSON ends too early")
	case errors.As(err, &syntactic):
		return n, fmt.Errorf("not JSON at byte %d", syntactic.ByteOffset)
	case err != nil:
		return n, err
	}
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return n, errors.New("more than one JSON value")
	}
	return n, nil
}

func (s *slowly) value(depth int) (n Node, err error) {
	kind := s.dec.PeekKind()
	if depth > maxDepth {
		return n, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	n.kind = map[jsontext.Kind]nodeKind{
		'n': nodeNull, 't': nodeTrue, 'f': nodeFalse, '0': nodeNumber, '"': nodeString, '{': nodeObject, '[': nodeArray,
	}[kind]
	if kind != '{' && kind != '[' {
		raw, err := s.dec.ReadValue()
		switch {
		case err != nil:
		case kind == '0':
			n.text = string(raw)
		case kind == '"':
			n.text = s.text(raw)
		}
		return n, err
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return n, err
	}
	for end := kind + 2; s.dec.PeekKind() != end; { // } and ] come two after { and [
		name := ""
		if kind == '{' {
			raw, err := s.dec.ReadValue()
			if err != nil {
				return n, err
			}
			name = s.text(raw)
		}
		kid, err := s.value(depth + 1)
		if err != nil {
			return n, err
		}
		kid.name = name
		n.kids = append(n.kids, kid)
	}
	_, err = s.dec.ReadToken()
	return n, err
}

func (s *slowly) text(raw jsontext.Value) string {
	text, err := jsontext.AppendUnquote(nil, []byte(raw))
	if err != nil {
		s.repaired++
	}
	if !bytes.ContainsRune(raw, '\\') {
		text = bytes.ToValidUTF8(raw[1:len(raw)-1], []byte("\uFFFD")) // one for all invalid bytes in a row
	}
	if bytes.ContainsRune(text, 0) {
		s.repaired++
	}
	return strings.ReplaceAll(string(text), "\x00", "\uFFFD")
}
