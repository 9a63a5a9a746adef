package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

func TestAWaitHasNoEndUnlessOneIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args string
		want waitFlag
	}{
		{"sync", waitFlag{}},
		{"sync --wait", waitFlag{on: true}},
		{"sync --wait employees", waitFlag{on: true}},
		{"sync employees --wait=90s", waitFlag{on: true, most: 90 * time.Second}},
	} {
		var grammar struct {
			Sync syncCmd `cmd:""`
		}
		parser, err := kong.New(&grammar)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(test.args)); err != nil {
			t.Errorf("%s: %v", test.args, err)
		}
		if diff := cmp.Diff(test.want, grammar.Sync.Wait, cmp.AllowUnexported(waitFlag{})); diff != "" {
			t.Errorf("%s:\n%s", test.args, diff)
		}
	}
}

func TestAWaitOfNoTimeIsAMistake(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"soon", "0s", "-5m", "30"} {
		got := run(t, Env{}, "backfill", "payroll-runs", "--wait="+word)
		want := "linkhouse: --wait: \"" + word + "\" is no time to wait; write one as 90s, 30m or 2h, or nothing to wait as long as it takes\n" +
			"  try: linkhouse backfill --help\n"
		if diff := cmp.Diff(result{exitUsage, "", want}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Error(diff)
		}
	}
}

// Mutation: without the case of w.private in again (wait.go), or without a bound on its tries, it is red.
func TestAWaitOutlivesThePrivatePostgresOfAnotherAndNoOther(t *testing.T) {
	t.Parallel()
	lost := storeFailure(errors.New("connection reset"))
	for _, test := range []struct {
		name  string
		w     waiting
		tries int
	}{
		{"its owner was waited for", waiting{flag: waitFlag{on: true}, private: true, told: "run 1"}, lostTries},
		{"nobody was waited for", waiting{flag: waitFlag{on: true}, private: true}, 0},
		{"it is not private", waiting{flag: waitFlag{on: true}, told: "run 1"}, 0},
		{"nobody asked to wait", waiting{private: true, told: "run 1"}, 0},
	} {
		tries := 0
		for {
			again, ended := test.w.again(t.Context(), lost, false)
			if !again {
				if !errors.Is(ended, lost) {
					t.Errorf("%s: it ended with %v", test.name, ended)
				}
				break
			}
			if tries++; tries > lostTries {
				break
			}
		}
		if tries != test.tries {
			t.Errorf("%s: %d more attempts, want %d", test.name, tries, test.tries)
		}
	}
}
