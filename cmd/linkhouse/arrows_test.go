package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/linkhouse/linkhouse/"

// arrows is which package may import which of ours. Data flows one way; a new arrow is a decision, and is made here.
var arrows = map[string][]string{
	"cmd/linkhouse": {
		"cmd/linkhouse/alert", "cmd/linkhouse/metrics", "cmd/linkhouse/page", "extract", "extract/sandbox", "load", "load/archive",
		"load/embedded", "migrations", "schedules", "transform", "transform/employerlink", "transform/paylink",
	},
	"cmd/linkhouse/bench":    {"extract/sandbox", "load/embedded", "migrations"}, // it knows linkhouse as a program only
	"cmd/linkhouse/alert":    {"extract", "load", "schedules"},
	"cmd/linkhouse/metrics":  {"extract", "load", "schedules"},
	"cmd/linkhouse/page":     {"load", "schedules"},
	"schedules":              {"extract", "load", "transform"},
	"load":                   {"transform"},
	"load/archive":           {"load"},
	"transform/employerlink": {"transform"},
	"transform/paylink":      {"transform"},
	"transform/fixture":      {"transform"}, // what the tests of the sentences share
	"load/archive/gateway":   {},            // an S3 server for tests
	"load/embedded/pgtest":   {"load/embedded"},
	"schedules/figures":      {}, // what the proofs count
	"load/embedded":          {},
	"extract":                {},
	"extract/sandbox":        {},
	"transform":              {},
	"migrations":             {},
}

// forbidden are imports that would give a package a knowledge it must not have.
var forbidden = map[string][]string{
	"transform":              {"context", "log", "log/slog", "net/http", "os", "database/sql"},
	"transform/employerlink": {"context", "log", "log/slog", "net/http", "os", "time", "database/sql"},
	"transform/paylink":      {"context", "log", "log/slog", "net/http", "os", "time", "database/sql"},
	"load":                   {"net/http"},
	"extract":                {"database/sql", "github.com/jackc/pgx/v5"},
	"schedules":              {"net/http", "github.com/jackc/pgx/v5", "os"},
}

func TestImportsFollowTheArrowsOfTheDesign(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := arrows[name]
		if !known {
			t.Errorf("package %s stands in no arrow: say here what it may import", name)
		}
		seen[name] = true
		for _, path := range p.Imports {
			if ours, ok := strings.CutPrefix(path, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			if slices.Contains(forbidden[name], path) {
				t.Errorf("%s imports %s", name, path)
			}
			if strings.HasPrefix(path, "github.com/aws/") && name != "load/archive" {
				t.Errorf("%s imports the AWS SDK", name)
			}
		}
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("the arrows name %s, which is no package", name)
		}
	}
}
