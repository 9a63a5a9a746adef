package extract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract"
)

func TestNeitherKeyNorSecretCanBePrinted(t *testing.T) {
	cfg := extract.Config{BaseURL: "https://api.example.com", APIKey: "KEY-value", APISecret: "SECRET-value"}
	client := newClient(t, cfg)
	var out bytes.Buffer
	for _, thing := range []any{cfg, &cfg, client, *client, []extract.Config{cfg}, struct{ C extract.Config }{cfg}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb+"\n", thing)
		}
		text, err := json.Marshal(thing)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("made", "thing", thing)
		slog.New(slog.NewTextHandler(&out, nil)).Info("made", "thing", thing)
	}
	for _, secret := range []string{"KEY-value", "SECRET-value", fmt.Sprintf("%x", "SECRET-value")} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s was printed", secret)
		}
	}
	if !strings.Contains(out.String(), "api.example.com") {
		t.Error("the base url was not printed, so the test looked at nothing")
	}
}

func TestAConfigurationThatCannotWorkIsRefusedWithoutItsSecrets(t *testing.T) {
	good := func() extract.Config {
		return extract.Config{BaseURL: "https://api.example.com", APIKey: "key", APISecret: "S3cr3t"}
	}
	for name, change := range map[string]func(*extract.Config){
		"no base url":              func(c *extract.Config) { c.BaseURL = "" },
		"a relative base url":      func(c *extract.Config) { c.BaseURL = "/api" },
		"another scheme":           func(c *extract.Config) { c.BaseURL = "ftp://api.example.com" },
		"a password in it":         func(c *extract.Config) { c.BaseURL = "https://u:S3cr3t@api.example.com" },
		"a query in it":            func(c *extract.Config) { c.BaseURL = "https://api.example.com?S3cr3t" },
		"a fragment in it":         func(c *extract.Config) { c.BaseURL = "https://api.example.com#S3cr3t" },
		"plain http to the world":  func(c *extract.Config) { c.BaseURL = "http://api.example.com" },
		"plain http to an address": func(c *extract.Config) { c.BaseURL = "http://8.8.8.8" },
		"no key":                   func(c *extract.Config) { c.APIKey = "" },
		"no secret":                func(c *extract.Config) { c.APISecret = "" },
		"a secret of two lines":    func(c *extract.Config) { c.APISecret = "S3cr3t\nx" },
		"a secret with a blank":    func(c *extract.Config) { c.APISecret = "S3cr3t " },
		"a version that is none":   func(c *extract.Config) { c.Version = "v2" },
		"a header break":           func(c *extract.Config) { c.UserAgent = "a\r\nb" },
		"a negative page":          func(c *extract.Config) { c.PageSize = -1 },
		"a negative concurrency":   func(c *extract.Config) { c.Concurrency = -1 },
		"a negative rate":          func(c *extract.Config) { c.RequestsPerSecond = -1 },
		"a rate that is none":      func(c *extract.Config) { c.RequestsPerSecond = math.NaN() },
		"a negative timeout":       func(c *extract.Config) { c.Timeout = -1 },
		"a negative body":          func(c *extract.Config) { c.MaxBody = -1 },
		"no attempt":               func(c *extract.Config) { c.MaxAttempts = -1 },
		"a backoff that shrinks":   func(c *extract.Config) { c.BackoffBase, c.BackoffMax = time.Second, time.Millisecond },
	} {
		cfg := good()
		change(&cfg)
		_, err := extract.New(cfg)
		if err == nil {
			t.Errorf("%s was taken", name)
		} else if strings.Contains(err.Error(), "S3cr3t") {
			t.Errorf("%s: the error repeats a secret", name)
		}
	}
}

func TestPlainHttpIsTakenWhereTheSecretStaysAtHome(t *testing.T) {
	for _, base := range []string{
		"http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost", "http://10.1.2.3", "http://sandbox:80/v1/", "https://api.example.com",
	} {
		if _, err := extract.New(extract.Config{BaseURL: base, APIKey: "k", APISecret: "s"}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}
