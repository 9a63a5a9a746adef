package schedules

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// errNobody says that a detail is an object without an id: an empty one, or an error with a good status. Taken for the
// detail that was asked for, all that it leaves out would count as gone.
var errNobody = errors.New("the detail has no usable _id")

// isNobody reports whether a detail is an object that does not say whose it is. It reads no further than to the id, which
// comes first as a rule. What is no object, and whose id is another's, is rejected where details are understood.
func isNobody(detail []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(detail))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return false
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return false
		}
		if key == "_id" {
			text := strings.TrimSpace(strings.Trim(string(value), `"`))
			return text == "" || strings.ContainsAny(text[:1], "{[ntf") && value[0] != '"'
		}
	}
	return true
}
