package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Mutation: without NewDownloader in hostPatterns the star within a host is red.
func TestAMistakeInTheFileIsToldWithLineKeyAndRemedy(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a misspelt key", "atomic:\n  page_sise: 5\n",
			`linkhouse.yaml:2:3: atomic.page_sise: unknown key; did you mean atomic.page_size?`},
		{"a misspelt section", "warehose:\n  url: x\n", `linkhouse.yaml:1:1: warehose: unknown key; did you mean warehouse?`},
		{"a key in the wrong section", "privacy:\n  max_fraction: 0.1\n",
			`linkhouse.yaml:2:3: privacy.max_fraction: unknown key; did you mean removals.max_fraction?`},
		{"a key like no other", "frobnicate: 1\n", `linkhouse.yaml:1:1: frobnicate: unknown key; linkhouse init writes a file with every key`},
		{"a key set twice", "log:\n  level: info\n  level: warn\n", `linkhouse.yaml:3:3: log.level: set twice, first at line 2; remove one of the two`},
		{"a section set twice", "log:\n  level: info\nlog:\n  format: json\n", `linkhouse.yaml:3:1: log: set twice, first at line 1; remove one of the two`},
		{"a value for a section", "log: info\n", `linkhouse.yaml:1:6: log: expected keys with values here; write them as "key: value", indented by two spaces`},
		{"a list for a value", "atomic:\n  page_size: [5]\n", `linkhouse.yaml:2:14: atomic.page_size: expected a single value; write a value such as 100`},
		{"a section for a value", "atomic:\n  timeout: {s: 5}\n", `linkhouse.yaml:2:12: atomic.timeout: expected a single value; write a value such as 30s`},
		{"a value for a list", "employees:\n  include: income\n",
			`linkhouse.yaml:2:12: employees.include: expected a list; write a list such as [depositAccounts, employment, identity, income, statements, timesheets, taxes]`},
		{"a list in a list", "users:\n  list:\n    - [a]\n", `linkhouse.yaml:3:7: users.list: expected a plain value as list item; write a list such as []`},
		{"not a number", "atomic:\n  page_size: many\n", `linkhouse.yaml:2:14: atomic.page_size: "many" is not a whole number; write one such as 100`},
		{"not a whole number", "atomic:\n  concurrency: 1.5\n", `linkhouse.yaml:2:16: atomic.concurrency: "1.5" is not a whole number; write one such as 100`},
		{"a page size of none", "atomic:\n  page_size: 0\n", `linkhouse.yaml:2:14: atomic.page_size: "0" is too small; write 1 or more`},
		{"a concurrency of none", "atomic:\n  concurrency: -1\n", `linkhouse.yaml:2:16: atomic.concurrency: "-1" is too small; write 1 or more`},
		{"a negative rate", "atomic:\n  requests_per_second: -1\n", `linkhouse.yaml:2:24: atomic.requests_per_second: "-1" is out of range; write a number of 0 or more`},
		{"a duration without unit", "atomic:\n  timeout: 30\n", `linkhouse.yaml:2:12: atomic.timeout: "30" is not a duration; write a number with a unit, such as 30s or 2m`},
		{"no time at all", "atomic:\n  timeout: 0s\n", `linkhouse.yaml:2:12: atomic.timeout: "0s" is too short; write a duration above zero, such as 30s`},
		{"a fraction above one", "removals:\n  max_fraction: 20\n", `linkhouse.yaml:2:17: removals.max_fraction: "20" is out of range; write a number from 0 to 1`},
		{"a fraction that is no number", "removals:\n  max_fraction: .nan\n", `linkhouse.yaml:2:17: removals.max_fraction: ".nan" is not a number; write a number from 0 to 1`},
		{"neither yes nor no", "archive:\n  allow_private_hosts: yes\n", `linkhouse.yaml:2:24: archive.allow_private_hosts: "yes" is neither true nor false; write true or false`},
		{"an unknown projection", "employees:\n  include:\n    - income\n    - incomes\n", `linkhouse.yaml:4:7: employees.include: "incomes" is no projection; did you mean income?`},
		{"no projection", "employees:\n  include: []\n", `linkhouse.yaml:2:12: employees.include: is an empty list; name at least one projection, or remove the key for its default`},
		{"not a URL", "atomic:\n  base_url: api.atomicfi.com\n", `linkhouse.yaml:2:13: atomic.base_url: is not a URL; write one such as https://api.atomicfi.com`},
		{"credentials over plain http", "atomic:\n  base_url: http://api.atomicfi.com\n",
			`linkhouse.yaml:2:13: atomic.base_url: would send the API credentials unencrypted; http is for a sandbox on this machine or network; write https://`},
		{"another database", "warehouse:\n  url: mysql://u:p@h/d\n",
			`linkhouse.yaml:2:8: warehouse.url: is not a Postgres URL; write postgres://user:password@host:5432/database, with special characters of the password percent-encoded`},
		{"a bad port", "warehouse:\n  url: postgres://h:port/d\n",
			`linkhouse.yaml:2:8: warehouse.url: cannot be read as a Postgres URL; write postgres://user:password@host:5432/database, with special characters of the password percent-encoded`},
		{"an archive of another kind", "archive:\n  url: ftp://bucket/prefix\n",
			`linkhouse.yaml:2:8: archive.url: cannot be used: ftp:// is not supported; use s3://bucket/prefix, file:///absolute/path or a plain path`},
		{"a bucket with a word too many", "archive:\n  url: s3://bucket/prefix?regoin=x\n",
			`linkhouse.yaml:2:8: archive.url: cannot be used: the s3 parameter "regoin" is not known; there are region, endpoint, path_style, retention_mode, retention_days and tags`},
		{"encryption of a directory", "archive:\n  sse: AES256\n",
			`linkhouse.yaml:2:8: archive.sse: is for an archive on S3, and archive.url names a directory; encrypt the file system below it, or set archive.url to s3://bucket/prefix`},
		{"a relative archive", "archive:\n  url: file://docs\n", `linkhouse.yaml:2:8: archive.url: cannot be used: a file URL looks like file:///absolute/path`},
		{"a host with a scheme", "archive:\n  allowed_hosts: [a.com, https://b.com]\n",
			`linkhouse.yaml:2:26: archive.allowed_hosts: "https://b.com" is no host name; write names such as example.com or *.example.com, without scheme, port or path`},
		{"every host", "archive:\n  allowed_hosts: ['*']\n",
			`linkhouse.yaml:2:19: archive.allowed_hosts: "*" is no host name; write names such as example.com or *.example.com, without scheme, port or path`},
		{"a star within a host", "archive:\n  allowed_hosts: ['*.amazonaws.com', s3.*.amazonaws.com]\n",
			`linkhouse.yaml:2:38: archive.allowed_hosts: "s3.*.amazonaws.com" is no host name; write names such as example.com or *.example.com, without scheme, port or path`},
		{"a key without encryption", "archive:\n  kms_key: k\n", `linkhouse.yaml:2:12: archive.kms_key: has no effect without archive.sse: aws:kms; set both or neither`},
		{"a short key", "privacy:\n  key: 0011\n", `linkhouse.yaml:2:8: privacy.key: must be 64 hexadecimal digits (32 bytes); make one with: openssl rand -hex 32`},
		{"a key of other digits", "privacy:\n  key: " + strings.Repeat("x", 64) + "\n", `linkhouse.yaml:2:8: privacy.key: must be 64 hexadecimal digits (32 bytes); make one with: openssl rand -hex 32`},
		{"the vault", "privacy:\n  vault: true\n", `linkhouse.yaml:2:10: privacy.vault: the vault is not part of this version; leave privacy.vault false`},
		{"users named twice", "users:\n  file: u.txt\n  query: select 1\n", `linkhouse.yaml:3:10: users.query: users are named in more than one way: users.file, users.query; keep one of them`},
		{"an address without port", "server:\n  listen: localhost\n", `linkhouse.yaml:2:11: server.listen: "localhost" is not an address to listen on; write host:port, such as 127.0.0.1:8321`},
		{"an unknown level", "log:\n  level: verbose\n", `linkhouse.yaml:2:10: log.level: "verbose" is not known; write one of debug, info, warn, error`},
		{"a variable that is not set", "atomic:\n  api_key: ${NOT_THERE}\n",
			`linkhouse.yaml:2:12: atomic.api_key: refers to the variable NOT_THERE, which is not set; export NOT_THERE, or write the value here`},
		{"a reference that is none", "atomic:\n  api_key: ${NOT\n",
			`linkhouse.yaml:2:12: atomic.api_key: holds ${ without the name of a variable and }; write ${NAME} for a variable, or $${ for these two characters`},
		{"an unquoted star", "atomic:\n  api_key: *abc\n", `linkhouse.yaml:2:12: a value begins with "*", which YAML takes for an alias; put the value in quotes`},
		{"an unquoted exclamation mark", "atomic:\n  api_key: !abc\n", `linkhouse.yaml:2:12: atomic.api_key: begins with "!", which YAML takes for a tag; put the value in quotes`},
		{"an unquoted ampersand", "atomic:\n  api_key: &abc\n", `linkhouse.yaml:2:12: atomic.api_key: begins with "&", which YAML takes for an anchor; put the value in quotes`},
		{"a second document", "log: {level: info}\n---\nlog: {level: warn}\n", `linkhouse.yaml:2:1: a second document begins here; keep one document in the file`},
		{"a broken file", "log:\n  format: text\n  level: [info\n\nserver:\n", `linkhouse.yaml:2: not readable as YAML: did not find expected ',' or ']'; check indentation, colons, brackets and quotes around this line`},
		{"a job with a bad cron expression", "schedules:\n  jobs:\n    - name: a\n      cron: 0 0 30 2 *\n",
			`linkhouse.yaml:4:13: schedules.jobs[0].cron: "0 0 30 2 *" never comes: no year has such a date`},
		{"a job with a bad time zone", "schedules:\n  jobs: [{name: a, cron: '@daily', time_zone: Mars}]\n",
			`linkhouse.yaml:2:47: schedules.jobs[0].time_zone: "Mars" is no time zone; write an IANA name such as America/New_York`},
		{"a job with an unknown resource", "schedules:\n  jobs: [{name: a, cron: '@daily', resources: [task]}]\n",
			`linkhouse.yaml:2:48: schedules.jobs[0].resources: "task" is no resource; did you mean tasks?`},
		{"a schedule file that is not there", "schedules:\n  files: [gone.yaml]\n",
			`linkhouse.yaml:2:10: schedules.files: "gone.yaml" cannot be read: no such file or directory; name a YAML file, or one of the jobs that come with the program: intraday, nightly`},
		{"an unknown shipped job", "schedules:\n  files: [weekly]\n",
			`linkhouse.yaml:2:10: schedules.files: no job "weekly" comes with the program; name a YAML file, or one of the jobs that come with the program: intraday, nightly`},
		{"a job name in two places", "schedules:\n  files: [nightly]\n  jobs: [{name: nightly, cron: '@daily'}]\n",
			`linkhouse.yaml:2:10: schedules: the job "nightly" stands in nightly and in schedules.jobs; rename one of them`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := configured(t, test.text, nil)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff([]string{test.want}, mistakes(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, err := configured(t, `
atomic:
  page_size: none
  colour: red
removals:
  max_fraction: 7
atomc: 1
`, map[string]string{"LINKHOUSE_LOG_LEVEL": "loud"})
	var keys []string
	for _, line := range mistakes(t, err) {
		keys = append(keys, strings.Join(strings.SplitN(line, ": ", 3)[:2], " "))
	}
	want := []string{
		"linkhouse.yaml:3:14 atomic.page_size", "linkhouse.yaml:4:3 atomic.colour", "linkhouse.yaml:6:17 removals.max_fraction",
		"linkhouse.yaml:7:1 atomc", "LINKHOUSE_LOG_LEVEL log.level",
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
}
