package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Unwrap takes the wanted value out of an answer's envelope. The API has several (T1, T2):
//
//   - The key "data" is EmployerLink's envelope: it must be there.
//   - Any other key is looked for at the top and, if it is not there, inside "data". It may be missing at both places, and
//     then the innermost of the two stands for the value itself: a bare array, the array in "data", the flat object.
//   - A key in the plural, that is one ending in s, names a list and gives a JSON array or an error. A key in the singular
//     names an object and gives a JSON object or an error; "data" gives either. A flat object with
//     a key "error" is a failure in disguise.
//
// So Unwrap(b, "accounts") takes {"accounts":[..]}, [..], {"data":{"accounts":[..]}} and {"data":[..]}, and Unwrap(b, "task")
// takes {"task":{..}}, {"data":{"task":{..}}}, {"data":{..}} and {..}. Several keys are a path: those after the first must be
// there. Any other shape, null included, is an *Error of ClassMalformed. The value is a part of the body, not a copy.
func Unwrap(body json.RawMessage, keys ...string) (json.RawMessage, error) {
	value := body
	for i, key := range keys {
		var err error
		if value, err = unwrap(value, key, i == 0 && key != "data"); err != nil {
			return nil, &Error{Class: ClassMalformed, Err: err}
		}
	}
	return value, nil
}

// unwrap takes one key's value; lenient allows the envelopes in which the key may be missing.
func unwrap(value json.RawMessage, key string, lenient bool) (json.RawMessage, error) {
	names := [3]string{key, "data", "error"}
	found, err := fields(value, names)
	if err != nil {
		return nil, err
	}
	inner, data, failed := found[0], found[1], found[2]
	if inner == nil && lenient {
		inner = value
		if data != nil {
			if found, err = fields(data, names); err != nil {
				return nil, err
			}
			inner, failed = data, found[2]
			if found[0] != nil {
				inner, failed = found[0], nil
			}
		}
		if failed != nil {
			return nil, errors.New("answer is an error with a good status")
		}
	} else if inner == nil {
		return nil, fmt.Errorf("answer has no %s", key)
	}
	return inner, hasShape(inner, key)
}

// hasShape tells whether the value is what the key announces.
func hasShape(value json.RawMessage, key string) error {
	kind := kindOf(value)
	switch {
	case key == "data" && (kind == '[' || kind == '{'):
		return nil
	case key != "data" && strings.HasSuffix(key, "s") && kind == '[':
		return nil
	case key != "data" && !strings.HasSuffix(key, "s") && kind == '{':
		return nil
	}
	return fmt.Errorf("%s has the wrong shape", key)
}

// kindOf is the first character that carries meaning: { [ " t f n, a digit or a minus; 0 when there is none.
func kindOf(value json.RawMessage) byte {
	for _, c := range value {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}
