package main

import (
	"math"
	"strings"
	"time"
)

// configKey declares one key. The example file, the names of the variables and every message are made from it, so that
// none of them can disagree.
type configKey struct {
	path     string // "atomic.page_size"
	fallback string // as a variable would spell it: lists separated by commas
	comment  string // meaning and special values; the default is added
	list     bool   // a list of words
	jobs     bool   // the list of jobs
	set      setter
}

// env is the variable that sets the key.
func (k configKey) env() string {
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(k.path))
}

func keyAt(path string) *configKey {
	for i := range configKeys {
		if configKeys[i].path == path {
			return &configKeys[i]
		}
	}
	return nil
}

// sections are the comments above the groups of keys in the example file.
var sections = map[string]string{
	"atomic":    "The API that is read. linkhouse only ever sends GET requests to it.",
	"employees": "What is read of an employee.",
	"details": "When details are asked for again. They are most of the requests of a run. always: in every run, which misses nothing. " +
		"changed: only when the object's row in the list differs, its state is one that still changes, or its detail was last read longer " +
		"ago than refresh. Nothing in a list tells that a detail has changed: such a change is seen when refresh is over.",
	"users":     "The PayLink users whose accounts and tasks are read. Name them by one of the three; with none, PayLink is left out.",
	"warehouse": "The Postgres database that analysts query.",
	"archive":   "Where the documents behind the API's short-lived links are kept.",
	"privacy":   "Secrets (SSN, deposit and billing account numbers) are never stored whole: last four digits and a token are.",
	"removals":  "The guard before rows are marked as removed.",
	"schedules": "The timetable of linkhouse serve.",
	"server":    "The status page of linkhouse serve.",
	"alerts":    "Who is told when a run fails, a guard stops a removal, a resource grows stale, and when it is well again.",
	"log":       "The log on standard error.",
}

var configKeys = []configKey{
	{path: "data_dir", fallback: "~/.local/share/linkhouse",
		comment: "Directory of the embedded database and of the archive, unless those are set below. ~/ is the home directory; " +
			"a relative path in this file is relative to the file.",
		set: dataDir},

	{path: "atomic.base_url", fallback: "https://sandbox-api.atomicfi.com",
		comment: "Where the API is: https://api.atomicfi.com in production. http is accepted for hosts on this machine or network only.",
		set:     text(func(c *Config) *string { return &c.Atomic.BaseURL }, apiURL)},
	{path: "atomic.api_key",
		comment: "The API key, best as a reference to a variable: ${ATOMIC_API_KEY}. Empty: nothing can be read.",
		set:     secret(func(c *Config) *Secret { return &c.Atomic.APIKey }, header)},
	{path: "atomic.api_secret",
		comment: "The API secret, best as a reference to a variable: ${ATOMIC_API_SECRET}. Empty: nothing can be read.",
		set:     secret(func(c *Config) *Secret { return &c.Atomic.APISecret }, header)},
	{path: "atomic.version", fallback: "2022-12-02",
		comment: "Version of the API that is asked for. Another one may answer in another shape.",
		set:     text(func(c *Config) *string { return &c.Atomic.Version }, notEmpty, header)},
	{path: "atomic.page_size", fallback: "100",
		comment: "Rows to ask for per list page, 1 or more; fewer where objects are so large that a page would come to more than 50,000 rows of the " +
			"warehouse.",
		set: whole(func(c *Config) *int { return &c.Atomic.PageSize }, 1)},
	{path: "atomic.concurrency", fallback: "16",
		comment: "Requests of one process under way at the same time, at most; fewer while the API asks to slow down. 1 or more.",
		set:     whole(func(c *Config) *int { return &c.Atomic.Concurrency }, 1)},
	{path: "atomic.requests_per_second", fallback: "0",
		comment: "Requests of one process per second, at most. 0: no fixed limit, only what the API's own answers ask for.",
		set:     number(func(c *Config) *float64 { return &c.Atomic.RequestsPerSecond }, 0, math.Inf(1))},
	{path: "atomic.timeout", fallback: "30s",
		comment: "Time for one request, its whole answer included.",
		set:     duration(func(c *Config) *time.Duration { return &c.Atomic.Timeout })},

	{path: "employees.include", fallback: strings.Join(projections, ","), list: true,
		comment: "Projections to ask for. What is left out is neither read nor touched in the warehouse: leave out what you have no " +
			"use for. At least one.",
		set: list(func(c *Config) *[]string { return &c.Employees.Include }, names("projection", projections))},

	detailsOf("employers", "May miss for a while: tax number, source id and locations."),
	detailsOf("employees", "May miss for a while: everything but name and employer, pay statements above all. Set refresh to what you can wait for."),
	detailsOf("employer-documents", "May miss for a while: another file under the same id, which is then not archived either, and the source id."),
	detailsOf("employer-deduction-types", "May miss for a while: the source id."),
	detailsOf("payroll-runs", "Asks for runs that are neither closed nor failed in any case. May miss for a while: another file under the same id, "+
		"which is then not archived either, and the source id."),
	detailsOf("tasks", "Asks for tasks that are neither completed nor failed in any case. May miss for a while: company, connector, account and metadata."),
	{path: "details.refresh", fallback: "168h",
		comment: "How long ago the detail of an object that seems unchanged may have been read.",
		set:     duration(func(c *Config) *time.Duration { return &c.Details.Refresh })},

	{path: "users.file",
		comment: "File with one user identifier a line.",
		set:     filePath(func(c *Config) *string { return &c.Users.File })},
	{path: "users.list", list: true,
		comment: "The identifiers themselves. (In the variable they are separated by commas.)",
		set:     list(func(c *Config) *[]string { return &c.Users.List })},
	{path: "users.query",
		comment: "SQL that yields them as the first column, run on the warehouse.",
		set:     text(func(c *Config) *string { return &c.Users.Query })},

	{path: "warehouse.url",
		comment: "postgres://user:password@host:5432/database, best as a reference: ${WAREHOUSE_URL}. Empty: a private Postgres under " +
			"data_dir, started for as long as it is needed.",
		set: secret(func(c *Config) *Secret { return &c.Warehouse.URL }, postgresURL)},

	{path: "archive.url",
		comment: "file:///absolute/directory or s3://bucket/prefix?region=&endpoint=&path_style=. Empty: data_dir/archive. " +
			"S3 credentials are found as AWS tools find them: environment, shared files, a role of the machine.",
		set: text(func(c *Config) *string { return &c.Archive.URL }, archiveURL)},
	{path: "archive.allowed_hosts", fallback: "*.amazonaws.com", list: true,
		comment: "Hosts that documents may be downloaded from: a name, or *. and a domain for every name below it.",
		set:     list(func(c *Config) *[]string { return &c.Archive.AllowedHosts }, hostPatterns)},
	{path: "archive.allow_private_hosts", fallback: "false",
		comment: "Whether documents may come from this machine and private networks, plain http included. For sandboxes.",
		set:     yesNo(func(c *Config) *bool { return &c.Archive.AllowPrivateHosts })},
	{path: "archive.sse",
		comment: "Server-side encryption of an S3 archive: AES256 or aws:kms. Empty: what the bucket does by itself.",
		set:     text(func(c *Config) *string { return &c.Archive.SSE }, optional(oneOf("AES256", "aws:kms")))},
	{path: "archive.kms_key",
		comment: "The key for aws:kms. Empty: the account's default key.",
		set:     text(func(c *Config) *string { return &c.Archive.KMSKey })},

	{path: "privacy.key",
		comment: "64 hexadecimal digits (openssl rand -hex 32), best as a reference: ${LINKHOUSE_TOKEN_KEY}. Makes tokens by which equal " +
			"secrets can be joined. Keep it: another key makes other tokens. Empty: no tokens, last four digits only.",
		set: secret(func(c *Config) *Secret { return &c.Privacy.Key }, hexKey)},
	{path: "privacy.vault", fallback: "false",
		comment: "Whether to keep the originals, encrypted. Not part of this version: false.",
		set:     yesNo(func(c *Config) *bool { return &c.Privacy.Vault }, noVault)},

	{path: "removals.max_fraction", fallback: "0.2",
		comment: "A run that would mark more than this part of a resource's objects (of all, or of the one employer or user it is limited to) " +
			"as removed marks none of them and exits with 8; --approve-removals lets it pass. 0 stops every removal; a list that is " +
			"suddenly empty is always stopped.",
		set: number(func(c *Config) *float64 { return &c.Removals.MaxFraction }, 0, 1)},

	{path: "schedules.files", fallback: "nightly", list: true,
		comment: "Files with jobs, and names of jobs that come with the program: nightly, intraday. [] is none, in the variable too.",
		set:     list(func(c *Config) *[]string { return &c.Schedules.Files })},
	{path: "schedules.jobs", list: true, jobs: true,
		comment: "More jobs, each with name, cron, time_zone, resources, include, catch_up (one or none), catch_up_window (how late a " +
			"missed start is made up for, 24h) and jitter; name and cron are enough. (In the variable they are one line of YAML.)",
		set: inlineJobs},

	{path: "server.listen", fallback: "127.0.0.1:8321",
		comment: "host:port of the status page. Set server.token before you open it to a network.",
		set:     text(func(c *Config) *string { return &c.Server.Listen }, listenAddress)},
	{path: "server.token",
		comment: "Token that the page asks for. Empty: none.",
		set:     secret(func(c *Config) *Secret { return &c.Server.Token }, header)},

	{path: "alerts.webhook",
		comment: "URL that serve and sync send alerts to, best as a reference: ${ALERTS_WEBHOOK}. They hold names, states and counts, nothing " +
			"of a person. Empty: nobody is told.",
		set: secret(func(c *Config) *Secret { return &c.Alerts.Webhook }, webhookURL)},
	{path: "alerts.format", fallback: "json",
		comment: "json for programs; slack for Slack's incoming webhooks, and those that take their form.",
		set:     text(func(c *Config) *string { return &c.Alerts.Format }, oneOf("json", "slack"))},
	{path: "alerts.stale_after", fallback: "36h",
		comment: "How long ago a resource may have been read completely, before serve tells of it. One that its jobs read more rarely may be " +
			"as old as they make it.",
		set: duration(func(c *Config) *time.Duration { return &c.Alerts.StaleAfter })},
	{path: "alerts.partial_severity", fallback: "warning",
		comment: "Severity of a run that finished with rejects, failed documents or failed lists (exit code 3): critical, warning, info, or " +
			"none, which tells nobody.",
		set: text(func(c *Config) *string { return &c.Alerts.PartialSeverity }, oneOf("critical", "warning", "info", "none"))},

	{path: "log.level", fallback: "info",
		comment: "debug, info, warn or error. Where a terminal shows progress bars, it is warn unless it is set.",
		set:     text(func(c *Config) *string { return &c.Log.Level }, oneOf("debug", "info", "warn", "error"))},
	{path: "log.format", fallback: "text",
		comment: "text for people, json for machines.",
		set:     text(func(c *Config) *string { return &c.Log.Format }, oneOf("text", "json"))},
}

// detailsOf declares the key of a resource that has details.
func detailsOf(resource, comment string) configKey {
	return configKey{path: "details." + resource, fallback: "always", comment: comment, set: func(c *Config, s setting) error {
		if c.Details.Changed == nil {
			c.Details.Changed = map[string]bool{}
		}
		c.Details.Changed[resource] = s.text == "changed"
		return oneOf("always", "changed")(s.text)
	}}
}
