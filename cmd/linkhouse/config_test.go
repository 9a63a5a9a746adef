package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const hexOf32Bytes = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// configured loads a file of that text, with those variables.
func configured(t *testing.T, text string, vars map[string]string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	if text != "" {
		writeFile(t, filepath.Join(dir, defaultConfigFile), text)
	}
	return loadConfig(configInput{dir: dir, vars: vars})
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustConfigure(t *testing.T, text string, vars map[string]string) *Config {
	t.Helper()
	c, err := configured(t, text, vars)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mistakes are the lines of an error that must be Problems.
func mistakes(t *testing.T, err error) []string {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("not problems: %v", err)
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.Error())
	}
	return lines
}

func TestWithoutAnythingEveryKeyHasItsDefault(t *testing.T) {
	c := mustConfigure(t, "", map[string]string{"HOME": "/home/ada"})
	got := []any{
		c.File, c.DataDir, c.Atomic.BaseURL, c.Atomic.APIKey.IsSet(), c.Atomic.Version, c.Atomic.PageSize, c.Atomic.Concurrency,
		c.Atomic.RequestsPerSecond, c.Atomic.Timeout, len(c.Employees.Include), c.Users.File, len(c.Users.List), c.Users.Query,
		c.Warehouse.URL.IsSet(), c.Archive.URL, c.Archive.AllowedHosts, c.Archive.AllowPrivateHosts, c.Archive.SSE, c.Archive.KMSKey,
		c.Privacy.Key.IsSet(), c.Privacy.Vault, c.Removals.MaxFraction, c.Server.Listen, c.Server.Token.IsSet(), c.Log.Level, c.Log.Format,
	}
	want := []any{
		"", "/home/ada/.local/share/linkhouse", "https://sandbox-api.atomicfi.com", false, "2022-12-02", 100, 16,
		0.0, 30 * time.Second, 7, "", 0, "",
		false, "", []string{"*.amazonaws.com"}, false, "", "",
		false, false, 0.2, "127.0.0.1:8321", false, "info", "text",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(c.Schedules.All) != 1 || c.Schedules.All[0].Name != "nightly" {
		t.Errorf("jobs: %+v", c.Schedules.All)
	}
}

func TestVariablesAloneConfigureEverything(t *testing.T) {
	vars := map[string]string{
		"HOME": "/home/ada", "LINKHOUSE_DATA_DIR": "/srv/linkhouse", "LINKHOUSE_ATOMIC_BASE_URL": "http://127.0.0.1:8322",
		"LINKHOUSE_ATOMIC_API_KEY": "key-1", "LINKHOUSE_ATOMIC_API_SECRET": "secret-1", "LINKHOUSE_ATOMIC_VERSION": "2023-01-01",
		"LINKHOUSE_ATOMIC_PAGE_SIZE": "7", "LINKHOUSE_ATOMIC_CONCURRENCY": "3", "LINKHOUSE_ATOMIC_REQUESTS_PER_SECOND": "2.5",
		"LINKHOUSE_ATOMIC_TIMEOUT": "1m30s", "LINKHOUSE_EMPLOYEES_INCLUDE": "income, taxes", "LINKHOUSE_USERS_LIST": "a,b@c/d",
		"LINKHOUSE_WAREHOUSE_URL": "postgres://u:p@db/w", "LINKHOUSE_ARCHIVE_URL": "s3://docs/linkhouse?region=eu-central-1",
		"LINKHOUSE_ARCHIVE_ALLOWED_HOSTS": "docs.example.com,*.example.org", "LINKHOUSE_ARCHIVE_ALLOW_PRIVATE_HOSTS": "true",
		"LINKHOUSE_ARCHIVE_SSE": "aws:kms", "LINKHOUSE_ARCHIVE_KMS_KEY": "k", "LINKHOUSE_PRIVACY_KEY": hexOf32Bytes,
		"LINKHOUSE_PRIVACY_VAULT": "false", "LINKHOUSE_REMOVALS_MAX_FRACTION": "0.5", "LINKHOUSE_SCHEDULES_FILES": "intraday",
		"LINKHOUSE_SCHEDULES_JOBS": `[{name: hourly, cron: "@hourly", resources: [tasks]}]`, "LINKHOUSE_SERVER_LISTEN": ":9000",
		"LINKHOUSE_SERVER_TOKEN": "t", "LINKHOUSE_LOG_LEVEL": "debug", "LINKHOUSE_LOG_FORMAT": "json",
		"LINKHOUSE_ALERTS_WEBHOOK": "https://hooks.example.com/x", "LINKHOUSE_ALERTS_FORMAT": "slack",
		"LINKHOUSE_ALERTS_STALE_AFTER": "12h", "LINKHOUSE_ALERTS_PARTIAL_SEVERITY": "info",
		"LINKHOUSE_DETAILS_EMPLOYERS": "changed", "LINKHOUSE_DETAILS_EMPLOYEES": "always", "LINKHOUSE_DETAILS_EMPLOYER_DOCUMENTS": "always",
		"LINKHOUSE_DETAILS_EMPLOYER_DEDUCTION_TYPES": "always", "LINKHOUSE_DETAILS_PAYROLL_RUNS": "changed", "LINKHOUSE_DETAILS_TASKS": "always",
		"LINKHOUSE_DETAILS_REFRESH": "48h",
	}
	for _, k := range configKeys {
		if _, ok := vars[k.env()]; !ok && k.path != "users.file" && k.path != "users.query" {
			t.Errorf("this test forgets %s", k.env())
		}
	}
	c := mustConfigure(t, "", vars)
	got := []any{
		c.DataDir, c.Atomic.BaseURL, c.Atomic.APIKey.Reveal(), c.Atomic.APISecret.Reveal(), c.Atomic.Version, c.Atomic.PageSize,
		c.Atomic.Concurrency, c.Atomic.RequestsPerSecond, c.Atomic.Timeout, c.Employees.Include, c.Users.List, c.Warehouse.URL.Reveal(),
		c.Archive.URL, c.Archive.AllowedHosts, c.Archive.AllowPrivateHosts, c.Archive.SSE, c.Archive.KMSKey, c.Privacy.Key.Reveal(),
		c.Removals.MaxFraction, c.Schedules.All[0].Name, c.Schedules.All[1].Name, c.Server.Listen, c.Server.Token.Reveal(), c.Log.Level, c.Log.Format,
		c.Alerts.Webhook.Reveal(), c.Alerts.Format, c.Alerts.StaleAfter, c.Alerts.PartialSeverity,
		c.Details.Changed["employers"], c.Details.Changed["employees"], c.Details.Changed["payroll-runs"], c.Details.Refresh,
	}
	want := []any{
		"/srv/linkhouse", "http://127.0.0.1:8322", "key-1", "secret-1", "2023-01-01", 7,
		3, 2.5, 90 * time.Second, []string{"income", "taxes"}, []string{"a", "b@c/d"}, "postgres://u:p@db/w",
		"s3://docs/linkhouse?region=eu-central-1", []string{"docs.example.com", "*.example.org"}, true, "aws:kms", "k", hexOf32Bytes,
		0.5, "intraday", "hourly", ":9000", "t", "debug", "json",
		"https://hooks.example.com/x", "slack", 12 * time.Hour, "info",
		true, false, true, 48 * time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFlagWinsOverAVariableOverTheFileOverTheDefault(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, defaultConfigFile), "log: {level: warn, format: json}\natomic: {page_size: 10, concurrency: 2}\n")
	c, err := loadConfig(configInput{
		dir: dir, vars: map[string]string{"LINKHOUSE_LOG_LEVEL": "error", "LINKHOUSE_ATOMIC_PAGE_SIZE": "20"},
		flags: map[string]string{"log.level": "debug"}, flagged: map[string]string{"log.level": "--log-level"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Log.Level, c.Log.Format, c.Atomic.PageSize, c.Atomic.Concurrency, c.Atomic.Version}
	if diff := cmp.Diff([]any{"debug", "json", 20, 2, "2022-12-02"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyVariableOrAKeyWithoutValueLeavesTheDefault(t *testing.T) {
	c := mustConfigure(t, "atomic:\n  page_size:\nusers:\nlog: ~\n", map[string]string{"LINKHOUSE_ATOMIC_CONCURRENCY": ""})
	if c.Atomic.PageSize != 100 || c.Atomic.Concurrency != 16 || c.Log.Level != "info" {
		t.Errorf("%+v", c)
	}
}

// Mutation: without the empty list in splitList it is red: there is no job [].
func TestAVariableSpellsTheEmptyListAsTheFileDoes(t *testing.T) {
	c := mustConfigure(t, "schedules: {files: [intraday]}\nusers: {list: [u]}\n",
		map[string]string{"LINKHOUSE_SCHEDULES_FILES": " [] ", "LINKHOUSE_USERS_LIST": "[]", "LINKHOUSE_SCHEDULES_JOBS": "[]"})
	if len(c.Schedules.All) != 0 || c.Users.configured() {
		t.Errorf("jobs %v, users %v", c.Schedules.All, c.Users.List)
	}
}

func TestAReferenceIsReplacedByItsVariableAndOnlyByThat(t *testing.T) {
	vars := map[string]string{"KEY": "k: [1] # x\n", "PAGE": "33", "WHO": "u1,u2", "CRON": "@daily"}
	c := mustConfigure(t, `
atomic: {api_key: "${KEY}", api_secret: "a$${KEY}$b", page_size: "${PAGE}"}
users: {list: ["pre-${WHO}-post"]}
schedules: {jobs: [{name: x, cron: "${CRON}"}]}
`, vars)
	got := []any{c.Atomic.APIKey.Reveal(), c.Atomic.APISecret.Reveal(), c.Atomic.PageSize, c.Users.List, c.Schedules.Jobs[0].Cron}
	if diff := cmp.Diff([]any{"k: [1] # x", "a${KEY}$b", 33, []string{"pre-u1,u2-post"}, "@daily"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAVariableThatReplacesAKeyNeedsNoReferenceInTheFile(t *testing.T) {
	c := mustConfigure(t, "atomic:\n  api_key: ${NOT_THERE}\n", map[string]string{"LINKHOUSE_ATOMIC_API_KEY": "direct"})
	if c.Atomic.APIKey.Reveal() != "direct" {
		t.Error("the variable did not win")
	}
}

func TestAScalarIsTakenAsItIsWritten(t *testing.T) {
	c := mustConfigure(t, "atomic:\n  api_key: 0123\n  api_secret: 1e5\nserver:\n  token: yes\n", nil)
	got := []string{c.Atomic.APIKey.Reveal(), c.Atomic.APISecret.Reveal(), c.Server.Token.Reveal()}
	if diff := cmp.Diff([]string{"0123", "1e5", "yes"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPathsInTheFileAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "etc", "jobs.yaml"), "name: own\ncron: '@daily'\n")
	writeFile(t, filepath.Join(dir, "etc", "c.yaml"), "data_dir: data\nusers: {file: users.txt}\nschedules: {files: [jobs.yaml]}\n")
	c, err := loadConfig(configInput{path: "etc/c.yaml", dir: dir, vars: map[string]string{"HOME": "/h"}})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.DataDir, c.Users.File, c.Schedules.All[0].Name}
	if diff := cmp.Diff([]string{filepath.Join(dir, "etc", "data"), filepath.Join(dir, "etc", "users.txt"), "own"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAHomeOnlyWhatNeedsTheDirectoryFails(t *testing.T) {
	c := mustConfigure(t, "", nil)
	if _, err := c.dataPath("archive"); exitCode(err) != exitUsage {
		t.Errorf("got %v", err)
	}
}

func TestAVariableThatMeansNothingIsToldButANearMissIsAMistake(t *testing.T) {
	vars := map[string]string{"LINKHOUSE_PORT_8321_TCP": "tcp://10.0.0.1", "LINKHOUSE_SERVICE_HOST": "10.0.0.1", "LINKHOUSE_CONFIG": ""}
	c := mustConfigure(t, "", vars)
	if diff := cmp.Diff([]string{"LINKHOUSE_PORT_8321_TCP", "LINKHOUSE_SERVICE_HOST"}, c.Unused); diff != "" {
		t.Error(diff)
	}
	_, err := configured(t, "", map[string]string{"LINKHOUSE_ATOMIC_APIKEY": "x"})
	if diff := cmp.Diff([]string{"LINKHOUSE_ATOMIC_APIKEY: unknown variable; did you mean LINKHOUSE_ATOMIC_API_KEY?"}, mistakes(t, err)); diff != "" {
		t.Error(diff)
	}
	mustConfigure(t, "atomic: {api_key: '${LINKHOUSE_ATOMIC_APIKEY}'}", map[string]string{"LINKHOUSE_ATOMIC_APIKEY": "x"})
}

// Kubernetes sets variables for every service of a namespace: one that is called linkhouse-warehouse or linkhouse-data must not keep
// the program from starting, while a letter that is missing, too much, wrong or in another's place is a slip.
// Mutations: with schedules.Nearest in nearVariable it is red, and without the swap in within.
func TestAServiceThatIsNamedAfterAKeyIsNoMistake(t *testing.T) {
	vars := map[string]string{}
	for section := range maps.Keys(sections) {
		vars["LINKHOUSE_"+strings.ToUpper(section)+"_PORT"] = "tcp://10.0.0.1:80"
	}
	for _, name := range []string{"DATA_PORT", "PORT", "WAREHOUSE_SERVICE_PORT", "WAREHOUSE_SERVICE_HOST", "WAREHOUSE_PORT_5432_TCP"} {
		vars["LINKHOUSE_"+name] = "tcp://10.0.0.1:80"
	}
	if c := mustConfigure(t, "", vars); len(c.Unused) != len(vars) {
		t.Errorf("%d of %d mean nothing: %v", len(c.Unused), len(vars), c.Unused)
	}
	for slip, want := range map[string]string{"WAREHOUSE_ULR": "WAREHOUSE_URL", "WRAEHOUSE_ULR": "WAREHOUSE_URL", "WAREHOSE_URLS": "WAREHOUSE_URL",
		"ATOMIC_TIME_OUT": "ATOMIC_TIMEOUT", "LOG_LEVELLS": "LOG_LEVEL", "DATADIR": "DATA_DIR"} {
		_, err := configured(t, "", map[string]string{"LINKHOUSE_" + slip: "x"})
		if diff := cmp.Diff([]string{"LINKHOUSE_" + slip + ": unknown variable; did you mean LINKHOUSE_" + want + "?"}, mistakes(t, err)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAFileThatWasAskedForMustBeThere(t *testing.T) {
	_, err := loadConfig(configInput{path: "gone.yaml", dir: t.TempDir()})
	want := "gone.yaml: cannot be read: no such file or directory; check the path, or write a new file with: linkhouse init"
	if diff := cmp.Diff([]string{want}, mistakes(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestNoMessageRepeatsASecret(t *testing.T) {
	const word = "hunter2hunter2"
	for _, text := range []string{
		"warehouse: {url: 'mysql://u:hunter2hunter2@h/d'}", "warehouse: {url: 'postgres://u:hunter2hunter2@h:port/d'}",
		"privacy: {key: hunter2hunter2}", "atomic: {api_key: \"hunter2hunter2\\u0007\"}", "atomic:\n  api_key: *hunter2hunter2\n",
		"atomic:\n  api_key: !hunter2hunter2\n", "atomic:\n  api_key: &hunter2hunter2\n", "atomic: {api_key: [hunter2hunter2]}",
		"atomic: {page_size: '${WORD}', version: '${WORD}\\n'}", "atomic: {base_url: 'https://u:hunter2hunter2@h'}",
		"atomic: {api_secret: '${hunter2hunter2 '}", "archive: {url: 's3://key:hunter2hunter2@bucket/x'}",
	} {
		_, err := configured(t, text, map[string]string{"WORD": word})
		if err == nil {
			t.Errorf("%s: accepted", text)
		} else if strings.Contains(err.Error(), word) {
			t.Errorf("%s: the message repeats it: %v", text, err)
		}
	}
}
