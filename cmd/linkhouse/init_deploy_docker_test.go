package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instruction is one of a Dockerfile.
type instruction struct{ word, rest string }

func (i instruction) array(t *testing.T) (words []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(i.rest), &words); err != nil {
		t.Errorf("%s is not in its exec form: %s", i.word, i.rest)
	}
	return words
}

func dockerfile(t *testing.T, text string) (all []instruction) {
	t.Helper()
	text = regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(text, "")
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		if word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word != "" {
			all = append(all, instruction{word, strings.TrimSpace(rest)})
		}
	}
	return all
}

// Mutation: without USER, or with ADD for COPY, in the Dockerfile it is red.
func TestTheDockerfileMakesAStaticImageThatRunsAsNobody(t *testing.T) {
	t.Parallel()
	text := deployed(t, "docker")
	if !strings.HasPrefix(text, "# syntax=docker/dockerfile:1\n") {
		t.Error("the first line does not name the syntax")
	}
	allowed := []string{"FROM", "ARG", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
	var stages []string
	user, entry := "", false
	for _, i := range dockerfile(t, text) {
		if !slices.Contains(allowed, i.word) {
			t.Errorf("%s %s", i.word, i.rest)
		}
		switch i.word {
		case "FROM":
			image, name, _ := strings.Cut(i.rest, " AS ")
			stages, user = append(stages, name), ""
			if image != "scratch" && (!strings.Contains(image, ":") || strings.HasSuffix(image, ":latest")) {
				t.Errorf("the version of %s is left open", image)
			}
		case "COPY":
			if m := regexp.MustCompile(`--from=(\S+)`).FindStringSubmatch(i.rest); m != nil && !slices.Contains(stages, m[1]) {
				t.Errorf("there is no stage %s", m[1])
			}
		case "RUN":
			if strings.Contains(i.rest, "go build") && !strings.HasPrefix(i.rest, "CGO_ENABLED=0 ") {
				t.Error("the program is not static")
			}
			if len(stages) == 2 {
				t.Errorf("nothing can be run in scratch: %s", i.rest)
			}
		case "USER":
			user = i.rest
		case "ENTRYPOINT":
			entry = len(i.array(t)) == 1
		}
	}
	if len(stages) != 2 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) || !entry {
		t.Errorf("stages %q, user %q, entry point %t", stages, user, entry)
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))
	if !strings.Contains(text, "FROM golang:"+wanted[1]+"-") {
		t.Errorf("the image does not build with Go %s", wanted[1])
	}
}
