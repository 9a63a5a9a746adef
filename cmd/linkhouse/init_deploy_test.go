package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/linkhouse/linkhouse/schedules"
)

// deployed is what init --deploy prints.
func deployed(t *testing.T, kind string) string {
	t.Helper()
	got := run(t, Env{}, "init", "--deploy", kind)
	if got.code != exitComplete || got.stderr != "" || got.stdout == "" {
		t.Fatalf("%s: %+v", kind, got)
	}
	return got.stdout
}

// shippedNightly is the job that the examples run.
func shippedNightly(t *testing.T) schedules.Job {
	t.Helper()
	jobs, err := schedules.Shipped(known)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(jobs, func(j schedules.Job) bool { return j.Name == "nightly" })
	return jobs[i]
}

func TestDeployPrintsOneOfItsKindsAndWritesNoFile(t *testing.T) {
	t.Parallel()
	for kind := range deployExamples {
		dir := t.TempDir()
		if got := run(t, Env{Dir: dir}, "init", "--deploy", string(kind)); got.code != exitComplete || !strings.Contains(got.stdout, "linkhouse") {
			t.Errorf("%s: %+v", kind, got)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s: %v, %v", kind, left, err)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"init --deploy windows", "linkhouse: --deploy: \"windows\" is not known; write one of systemd, kubernetes, cron, docker\n  try: linkhouse init --help\n"},
		{"init --deploy cron crontab", "linkhouse: --deploy prints, and writes no file\n  leave out the file and --force, and send the output to where you want it\n"},
	} {
		if got := run(t, Env{}, strings.Fields(c.args)...); got.code != exitUsage || got.stderr != c.want {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

// Mutation: with another flag behind sync in any of the files it is red, and with another job.
func TestEveryCommandLineOfTheExamplesIsOneThatTheProgramKnows(t *testing.T) {
	t.Parallel()
	var lines [][]string
	for _, m := range regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/linkhouse (.*)$`).FindAllStringSubmatch(deployed(t, "systemd"), -1) {
		lines = append(lines, strings.Fields(m[1]))
	}
	for _, m := range regexp.MustCompile(`exec /usr/local/bin/linkhouse (.*?) >>`).FindAllStringSubmatch(deployed(t, "cron"), -1) {
		lines = append(lines, strings.Fields(m[1]))
	}
	for _, object := range objects(t, deployed(t, "kubernetes")) {
		if pod := object.pod(); pod != nil {
			lines = append(lines, strings.Fields(strings.Trim(wordAt(pod, "containers", "args"), "[]")))
		}
	}
	for _, i := range dockerfile(t, deployed(t, "docker")) {
		if i.word == "CMD" {
			lines = append(lines, i.array(t))
		}
	}
	if len(lines) != 6 {
		t.Fatalf("%d command lines: %v", len(lines), lines)
	}
	jobs := 0
	for _, line := range lines {
		var grammar cli
		parser, err := kong.New(&grammar, kong.Name("linkhouse"), kong.NoDefaultHelp(), kong.Writers(io.Discard, io.Discard), groups, worldSize())
		if err != nil {
			t.Fatal(err)
		}
		command, err := parser.Parse(line)
		if err != nil {
			t.Errorf("%v: %v", line, err)
			continue
		}
		switch command.Command() {
		case "serve":
		case "sync":
			if jobs++; grammar.Sync.Job != shippedNightly(t).Name {
				t.Errorf("%v runs the job %q", line, grammar.Sync.Job)
			}
		default:
			t.Errorf("%v is %s", line, command.Command())
		}
	}
	if jobs != 3 {
		t.Errorf("%d of them sync", jobs)
	}
}

// Mutation: with LINKHOUSE_DATADIR in any of the files it is red.
func TestEveryVariableOfTheExamplesIsOneThatTheProgramReads(t *testing.T) {
	t.Parallel()
	names := []string{configVariable}
	for _, k := range configKeys {
		names = append(names, k.env())
	}
	found := 0
	for kind := range deployExamples {
		for _, name := range regexp.MustCompile(`LINKHOUSE_[A-Z0-9_]+`).FindAllString(deployed(t, string(kind)), -1) {
			if found++; !slices.Contains(names, name) {
				t.Errorf("%s: %s sets nothing", kind, name)
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d variables were found", found)
	}
}

// Mutation: with another minute in nightly.yaml it is red three times.
func TestTheExamplesRunTheNightlyJobWhenTheTimetableWould(t *testing.T) {
	t.Parallel()
	nightly := shippedNightly(t)
	if nightly.Cron != "15 2 * * *" || nightly.TimeZone != "UTC" || nightly.Jitter.String() != "5m0s" || nightly.CatchUp != schedules.CatchUpOne {
		t.Errorf("the timer of systemd is written for another job: %+v", nightly)
	}
	for _, line := range []string{"OnCalendar=*-*-* 02:15:00 UTC", "RandomizedDelaySec=5min", "Persistent=true"} {
		if !strings.Contains(deployed(t, "systemd"), "\n"+line+"\n") {
			t.Errorf("systemd: no %s", line)
		}
	}
	if cron := deployed(t, "cron"); !strings.Contains(cron, "\nCRON_TZ="+nightly.TimeZone+"\n"+nightly.Cron+" linkhouse ") || strings.Contains(cron, "%") {
		t.Errorf("cron: %s", cron)
	}
	for _, object := range objects(t, deployed(t, "kubernetes")) {
		if object.kind() == "CronJob" && (wordAt(object, "spec", "schedule") != nightly.Cron || wordAt(object, "spec", "timeZone") != nightly.TimeZone) {
			t.Errorf("kubernetes: %s %s", wordAt(object, "spec", "schedule"), wordAt(object, "spec", "timeZone"))
		}
	}
}

func TestTheUnitsAreOnesThatSystemdTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var units []string
	parts := regexp.MustCompile(`(?m)^# ---- /etc/systemd/system/(\S+)\n`).FindAllStringSubmatchIndex(deployed(t, "systemd"), -1)
	text := deployed(t, "systemd")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range parts {
		end := len(text)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		unit := filepath.Join(dir, text[at[2]:at[3]])
		units = append(units, unit)
		body := text[at[1]:end]
		writeFile(t, unit, strings.ReplaceAll(body, "/usr/local/bin/linkhouse", program))
		if strings.HasSuffix(unit, ".timer") {
			continue
		}
		for _, line := range []string{"User=linkhouse", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077", "TimeoutStopSec=30"} {
			if !strings.Contains(body, "\n"+line+"\n") {
				t.Errorf("%s has no %s", unit, line)
			}
		}
	}
	if len(units) != 3 {
		t.Fatalf("%d units", len(units))
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if errors.Is(err, exec.ErrNotFound) {
		t.Log("systemd-analyze is not here: the units were looked at as text")
		return
	}
	// #nosec G204 -- files of this test
	if said, err := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no", "--recursive-errors=no"}, units...)...).CombinedOutput(); err != nil || strings.Contains(string(said), dir) {
		t.Errorf("%v: %s", err, said)
	}
}

// The line of cron has sh read the secrets and write the log. Mutations: without the quotes around the value in crontab.txt it is red, with
// other ones, and with another directory in either place.
func TestTheLineOfCronFindsItsSecretsWholeAndItsLog(t *testing.T) {
	t.Parallel()
	cron := deployed(t, "cron")
	log := regexp.MustCompile(`>>(\S+)/nightly.log 2>&1`).FindStringSubmatch(cron)
	if log == nil || !strings.Contains(cron, "\n#   install -d -o linkhouse "+log[1]+" ") {
		t.Errorf("nothing makes the directory of the log %q", log)
	}
	for _, kind := range []string{"cron", "systemd"} {
		form := regexp.MustCompile(`holds the secrets as NAME=(\S*)value(\S*) lines`).FindStringSubmatch(deployed(t, kind))
		if form == nil {
			t.Fatalf("%s does not say how the file of the secrets looks", kind)
		}
		const url = "postgres://etl:p$a none&none;d@db/linkhouse?sslmode=require&search_path=public"
		file := filepath.Join(t.TempDir(), "linkhouse.env")
		writeFile(t, file, "LINKHOUSE_WAREHOUSE_URL="+form[1]+url+form[2]+"\n")
		// #nosec G204 -- a file of this test
		got, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "set -a; . "+file+"; exec env").CombinedOutput()
		if err != nil || !strings.Contains(string(got), "LINKHOUSE_WAREHOUSE_URL="+url+"\n") {
			t.Errorf("%s: sh reads (%v)\n%s", kind, err, got)
		}
	}
}

// object is one of Kubernetes.
type object map[string]any

func objects(t *testing.T, text string) (all []object) {
	t.Helper()
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var one object
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

// pod is what a pod of the object is made from; nil where it has none.
func (o object) pod() any {
	if o.kind() == "CronJob" {
		return valueAt(o, "spec", "jobTemplate", "spec", "template", "spec")
	}
	return valueAt(o, "spec", "template", "spec")
}

func (o object) kind() string { return wordAt(o, "kind") }

// valueAt follows the names into a document; of a list it takes the first.
func valueAt(value any, names ...string) any {
	for _, name := range names {
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		switch m := value.(type) {
		case object:
			value = m[name]
		case map[string]any:
			value = m[name]
		default:
			return nil
		}
	}
	return value
}

// wordAt is valueAt as text; "" where there is nothing.
func wordAt(value any, names ...string) string {
	if found := valueAt(value, names...); found != nil {
		return fmt.Sprint(found)
	}
	return ""
}

// Mutations: without readOnlyRootFilesystem in either container, without enableServiceLinks in either pod, or with a backoffLimit of 5, it
// is red.
func TestThePodsOfTheExamplesAreConfinedAndLookedAfter(t *testing.T) {
	t.Parallel()
	kinds := []string{}
	for _, o := range objects(t, deployed(t, "kubernetes")) {
		kinds = append(kinds, o.kind())
		if o.pod() == nil {
			continue
		}
		want := map[string]string{
			"securityContext runAsNonRoot": "true", "terminationGracePeriodSeconds": "30", "automountServiceAccountToken": "false",
			"enableServiceLinks": "false",
			"containers securityContext readOnlyRootFilesystem": "true", "containers securityContext allowPrivilegeEscalation": "false",
			"containers securityContext capabilities drop": "[ALL]", "containers resources limits memory": "512Mi",
			"containers resources requests cpu": "250m", "containers volumeMounts mountPath": "/tmp",
		}
		if o.kind() == "Deployment" {
			want["containers readinessProbe httpGet path"], want["containers livenessProbe httpGet path"] = "/readyz", "/healthz"
			want["containers ports containerPort"] = "8321"
		} else {
			want["restartPolicy"] = "Never"
			if got := wordAt(o, "spec", "concurrencyPolicy"); got != "Forbid" {
				t.Errorf("concurrencyPolicy is %q", got)
			}
			waits, wait := time.Duration(0), 10*time.Second
			tries, _ := valueAt(o, "spec", "jobTemplate", "spec", "backoffLimit").(int)
			for range tries {
				waits, wait = waits+wait, min(2*wait, 6*time.Minute)
			}
			if waits < 50*time.Minute || waits > 70*time.Minute {
				t.Errorf("an outage may last %s", waits)
			}
		}
		for path, value := range want {
			if got := wordAt(o.pod(), strings.Fields(path)...); got != value {
				t.Errorf("%s: %s is %q, want %q", o.kind(), path, got, value)
			}
		}
		env, _ := valueAt(o.pod(), "containers", "env").([]any)
		secrets := 0
		for _, one := range env {
			name := wordAt(one, "name")
			if wordAt(one, "valueFrom", "secretKeyRef", "name") == "linkhouse" {
				secrets++
			} else if name != "LINKHOUSE_SERVER_LISTEN" {
				t.Errorf("%s: %s is no reference to a secret", o.kind(), name)
			}
		}
		if secrets < 5 {
			t.Errorf("%s: %d secrets", o.kind(), secrets)
		}
	}
	if strings.Join(kinds, " ") != "ConfigMap CronJob Deployment Service" {
		t.Errorf("%v", kinds)
	}
}
