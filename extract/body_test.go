package extract

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestTheShapeOfAKnownBodyIsNotCheckedAgain(t *testing.T) {
	for _, known := range []bool{true, false} {
		client, err := New(Config{BaseURL: "https://api.example.com", APIKey: "k", APISecret: "s", MaxAttempts: 1, Transport: memory{body: []byte("{}")}})
		if err != nil {
			t.Fatal(err)
		}
		checked := false
		check := func(json.RawMessage) error { checked = true; return errors.New("wrong") }
		_, err = client.get(t.Context(), Request{Template: "/employers", Known: func([]byte) bool { return known }}, check)
		if checked == known || (err == nil) != known {
			t.Errorf("known: %v, checked: %v, %v", known, checked, err)
		}
	}
}
