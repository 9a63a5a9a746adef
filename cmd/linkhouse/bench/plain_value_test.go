package main

import (
	"testing"

	"github.com/go-json-experiment/json"
)

func TestADecimalIsExact(t *testing.T) {
	for text, want := range map[string]decimal{
		"0": {0, 0, true}, "12": {12, 0, true}, "-3.50": {-350, -2, true}, `"19.99"`: {1999, -2, true}, "null": {},
	} {
		var got decimal
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{`"1,5"`, "1e3", `"--1"`, `"1.2.3"`, "99999999999999999999", "true"} {
		var got decimal
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is taken for %+v", text, got)
		}
	}
}

func TestADayIsTheDateOfAnInstant(t *testing.T) {
	var got struct{ A, B, C day }
	if err := json.Unmarshal([]byte(`{"A":"2026-01-15T12:00:00.000Z","B":null}`), &got); err != nil {
		t.Fatal(err)
	}
	if got.A.Time.Format("2006-01-02 15:04") != "2026-01-15 00:00" || !got.A.Valid || got.B.Valid || got.C.Valid {
		t.Errorf("%+v", got)
	}
	if err := json.Unmarshal([]byte(`{"A":"soon"}`), &got); err == nil {
		t.Error("soon is a day")
	}
}

func TestACodeMayBeANumber(t *testing.T) {
	for text, want := range map[string]text{"8742": "8742", `"0087"`: "0087", "null": ""} {
		var got code
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.text != want {
			t.Errorf("%s is %q, %v", text, got.text, err)
		}
	}
}
