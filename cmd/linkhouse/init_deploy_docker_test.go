package main

import (
	"encoding/json"
	"fmt"
	"maps"
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

// What a container writes goes with it. Documents that were archived there would be gone, and stand as archived: a forgotten
// archive.url leads to where nobody can make a directory, so that nothing is read.
// Mutation: with LINKHOUSE_DATA_DIR=/tmp/linkhouse in the Dockerfile, or in the ConfigMap, it is red.
func TestAForgottenArchiveIsNowhereWhereAContainerOfTheExamplesCouldWrite(t *testing.T) {
	t.Parallel()
	image := map[string]string{"HOME": "/"} // what a user has whom no file names
	writable := []string{}
	for _, i := range dockerfile(t, deployed(t, "docker")) {
		switch words := strings.Fields(i.rest); i.word {
		case "FROM":
			writable = nil
		case "ENV":
			for _, word := range words {
				name, value, _ := strings.Cut(word, "=")
				image[name] = value
			}
		case "COPY":
			if strings.Contains(i.rest, "--chown=") {
				writable = append(writable, words[len(words)-1])
			}
		}
	}
	if !slices.Equal(writable, []string{"/tmp"}) { // a document on its way to S3 is spooled there
		t.Fatalf("the user of the image may write in %v", writable)
	}
	for _, kind := range []string{"docker", "kubernetes"} {
		vars := maps.Clone(image)
		if kind == "kubernetes" {
			data, _ := valueAt(objects(t, deployed(t, kind))[0], "data").(object)
			for name, value := range data {
				vars[name] = fmt.Sprint(value)
			}
			if delete(vars, "LINKHOUSE_ARCHIVE_URL"); len(vars) == len(image) {
				t.Error("the ConfigMap sets nothing")
			}
		}
		c, err := loadConfig(configInput{dir: t.TempDir(), vars: vars})
		if err != nil {
			t.Fatal(err)
		}
		place, err := c.dataPath("archive")
		if err != nil || c.Archive.URL != "" || strings.HasPrefix(place, "/tmp/") {
			t.Errorf("%s: documents would be archived in %q (%q, %v)", kind, place, c.Archive.URL, err)
		}
	}
	w := newWorld(t, tame)
	delete(w.env.Vars, "LINKHOUSE_ARCHIVE_URL")
	w.env.Vars["HOME"] = "/dev/null" // where root makes no directory either
	w.run(exitStore, "sync employer-documents")
	if n := w.requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
