package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestASecretCannotBePrintedLoggedOrEncoded(t *testing.T) {
	const word = "hunter2"
	s := Secret{word}
	c := Config{Atomic: AtomicConfig{APIKey: s}}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T %[1]v"} {
		shown = append(shown, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, c), fmt.Sprintf(verb, []Secret{s}))
	}
	var log bytes.Buffer
	for _, logger := range []*slog.Logger{newLogger(&log, LogConfig{Format: "json"}), newLogger(&log, LogConfig{Format: "text"})} {
		logger.Info("x", "secret", s, "pointer", &s, "config", c)
	}
	shown = append(shown, log.String())
	for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal, xml.Marshal} {
		text, err := encode(c.Atomic)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, string(text))
	}
	for _, text := range shown {
		if strings.Contains(text, word) || strings.Contains(text, fmt.Sprintf("%x", word)) || strings.Contains(text, fmt.Sprintf("%X", word)) {
			t.Errorf("shown in %s", text)
		}
	}
	if !strings.Contains(shown[0], hidden) || s.Reveal() != word {
		t.Error("a secret must say that it is one, and be revealed on demand")
	}
}
