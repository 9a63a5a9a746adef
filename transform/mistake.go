package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// mistake says where bytes cease to be JSON. It keeps a decoder's position and drops the rest of its text, which may repeat
// what it read.
func mistake(raw []byte) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var err error
	for err == nil {
		if kind, members := dec.StackIndex(dec.StackDepth()); kind == '{' && members%2 == 0 && dec.PeekKind() != '}' {
			_, err = dec.ReadValue() // of what stands where a name should, the inside is looked at first
		} else {
			_, err = dec.ReadToken()
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("JSON ends too early")
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Errorf("not JSON at byte %d", syntactic.ByteOffset)
	}
	return err
}
