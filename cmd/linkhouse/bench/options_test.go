package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWorldsAreNamedWithCommasOrSpaces(t *testing.T) {
	for _, words := range []string{"large,small", "large small", " large, small "} {
		o, err := parseOptions([]string{"-world", words}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"large", "small"}, o.measure); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	for _, line := range []string{"-world huge", "-world ,", "-scale 0", "-scale -1", "-rounds 0", "large", "-nothing"} {
		if _, err := parseOptions(strings.Fields(line), io.Discard); err == nil {
			t.Errorf("%s is taken", line)
		}
	}
}

func TestAScaledWorldHasSomebodyInIt(t *testing.T) {
	w, err := worldNamed("large")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.scaled(0.1); got.employees != 200 || got.employers != w.employers || got.lines != w.lines {
		t.Errorf("%+v", got)
	}
	if got := w.scaled(1e-9); got.employees != 1 || got.employers != 1 {
		t.Errorf("%+v", got)
	}
}
