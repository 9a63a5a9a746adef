package extract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/extract"
)

func TestEveryEnvelopeOfTheAPIIsOpened(t *testing.T) {
	for _, c := range []struct{ body, keys, want string }{
		{`{"data":{"_id":"1"}}`, "data", `{"_id":"1"}`},
		{`{"data":[1]}`, "data", `[1]`},
		{`{"accounts":[1]}`, "accounts", `[1]`},
		{` [1]`, "accounts", ` [1]`},
		{`[]`, "accounts", `[]`},
		{`{"data":{"accounts":[1]}}`, "accounts", `[1]`},
		{`{"data":[1]}`, "accounts", `[1]`},
		{`{"accounts":[1],"data":{"accounts":[2]}}`, "accounts", `[1]`},
		{`{"data":{"tasks":[1]}}`, "tasks", `[1]`},
		{`{"data":{"task":{"_id":"1"}}}`, "task", `{"_id":"1"}`},
		{`{"task":{"_id":"1"}}`, "task", `{"_id":"1"}`},
		{`{"data":{"_id":"1"}}`, "task", `{"_id":"1"}`},
		{`{"status":"failed"}`, "task", `{"status":"failed"}`},
		{`{"data":{"task":{"error":"x"}}}`, "task", `{"error":"x"}`},
		{`{"data":{"task":{"a":{"b":1}}}}`, "data task a", `{"b":1}`},
		{`7`, "", `7`},
	} {
		got, err := extract.Unwrap(json.RawMessage(c.body), strings.Fields(c.keys)...)
		if err != nil || string(got) != c.want {
			t.Errorf("%s of %s: got %s, %v", c.keys, c.body, got, err)
		}
	}
}

func TestAWrongShapeIsMalformedAndItsErrorDoesNotQuoteIt(t *testing.T) {
	for _, c := range []struct{ body, keys string }{
		{`{"_id":"s3cret"}`, "data"},
		{`{"data":null}`, "data"},
		{`{"data":"s3cret"}`, "data"},
		{`[1]`, "data"},
		{`{"foo":"s3cret"}`, "accounts"},
		{`{"accounts":null}`, "accounts"},
		{`{"accounts":{}}`, "accounts"},
		{`{"data":{"foo":1}}`, "accounts"},
		{`{"data":null}`, "accounts"},
		{`null`, "accounts"},
		{`"s3cret"`, "accounts"},
		{`[1]`, "task"},
		{`{"data":{"task":null}}`, "task"},
		{`{"data":{"task":[1]}}`, "task"},
		{`{"data":[1]}`, "task"},
		{`{"error":{"message":"s3cret"}}`, "task"},
		{`{"data":{"error":"s3cret"}}`, "task"},
		{`{"data":{"x":{"a":1}}}`, "data task"},
		{`{"task":`, "task"},
		{``, "task"},
	} {
		got, err := extract.Unwrap(json.RawMessage(c.body), strings.Fields(c.keys)...)
		if extract.ClassOf(err) != extract.ClassMalformed || got != nil {
			t.Errorf("%s of %s: got %s, %v", c.keys, c.body, got, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s of %s: %v", c.keys, c.body, err)
		}
	}
}
