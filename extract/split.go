package extract

import (
	"bytes"
	"encoding/json"
	"errors"
)

// What is taken out of a body here is a slice of it and no copy. It cannot grow into what follows it, and it keeps the body
// alive, nearly all of which is wanted wherever it is large.

var errNotJSON = errors.New("body is not json")

// Elements splits an array. Anything else is an *Error of ClassMalformed, whose text does not quote it.
func Elements(array json.RawMessage) ([]json.RawMessage, error) {
	items, err := elements(array)
	if err != nil {
		return nil, &Error{Class: ClassMalformed, Err: err}
	}
	return items, nil
}

func elements(array json.RawMessage) ([]json.RawMessage, error) {
	items := []json.RawMessage{}
	err := split(array, '[', func(_, item json.RawMessage) {
		if len(items) == 0 { // the others will be of about the same size
			items = make([]json.RawMessage, 0, 1+min(len(array)/len(item), 1000))
		}
		items = append(items, item)
	})
	return items, err
}

// fields looks for members of an object; one that is missing is nil. Of several with one name the last one counts, as
// wherever JSON is decoded. Anything that is no object has no members.
func fields(value json.RawMessage, names [3]string) (found [3]json.RawMessage, err error) {
	if kindOf(value) != '{' {
		return found, nil
	}
	err = split(value, '{', func(name, value json.RawMessage) {
		for i := range names {
			if named(name, names[i]) {
				found[i] = value
			}
		}
	})
	return found, err
}

// named tells whether text, in its quotes, reads as name.
func named(text json.RawMessage, name string) bool {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1:len(text)-1]) == name
	}
	var plain string
	return json.Unmarshal(text, &plain) == nil && plain == name
}

// split goes through an object or an array, as kind says, and gives each of its parts to take.
func split(value json.RawMessage, kind byte, take func(name, part json.RawMessage)) error {
	i := space(value, 0)
	if i >= len(value) || value[i] != kind {
		return errNotJSON
	}
	if i = space(value, i+1); i < len(value) && value[i] == kind+2 { // ] and } stand two after [ and {
		if space(value, i+1) == len(value) {
			return nil
		}
		return errNotJSON
	}
	for {
		var name json.RawMessage
		if kind == '{' {
			end := text(value, i)
			if end < 0 {
				return errNotJSON
			}
			name = value[i:end:end]
			i = colon(value, end)
		}
		end := -1
		if i >= 0 {
			end = scan(value, i)
		}
		if end < 0 {
			return errNotJSON
		}
		take(name, value[i:end:end])
		switch i = space(value, end); {
		case i < len(value) && value[i] == ',':
			i = space(value, i+1)
		case i < len(value) && value[i] == kind+2 && space(value, i+1) == len(value):
			return nil
		default:
			return errNotJSON
		}
	}
}
