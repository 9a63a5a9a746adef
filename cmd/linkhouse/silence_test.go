package main

import (
	"strings"
	"testing"
)

func TestNothingThatASyncSaysOrLogsHoldsASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.env.Vars["LINKHOUSE_PRIVACY_KEY"] = strings.Repeat("5ca1ab1e", 8)
	said := ""
	for _, format := range []string{"text", "json"} {
		got := w.run(exitPartial, "sync --log-level debug --log-format "+format)
		said += got.stdout + got.stderr
		w.api.AdvanceDay()
	}
	for _, list := range []string{"rejects list", "drift list", "runs list", "status", "check", "documents list", "documents gaps", "documents verify", "documents retry --refetch"} {
		got := w.run(exitComplete, list+" --log-level debug --output json")
		said += got.stdout + got.stderr
	}
	for _, word := range []string{"sandbox-secret", "5ca1ab1e", "X-Amz", "nextCursor"} {
		if strings.Contains(said, word) {
			t.Errorf("%q was said", word)
		}
	}
	n := 0
	for secret := range w.api.Secrets() {
		n++
		if len(secret) >= 6 && strings.Contains(said, secret) {
			t.Errorf("the secret %q was said", secret)
		}
	}
	if n == 0 || !strings.Contains(said, "GET") && !strings.Contains(said, "template") {
		t.Errorf("%d secrets were looked for in %d bytes", n, len(said))
	}
}
