package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

type checkCmd struct{ output }

// Help is the long help of the verb.
func (checkCmd) Help() string {
	return `Looks at everything that a run needs and gives a verdict on each: the configuration, the credentials (by one request
for one employer), the warehouse with its version, the rights of its user, free connections and tables, the PayLink users, how
far this machine's clock is from theirs, the archive (by a file that it writes, reads and deletes), the jobs of the timetable,
and who could reach the status page. A private Postgres and the archive's directory are made where they are missing; nothing
else is changed. The exit code is that of the worst verdict.

Examples:

    linkhouse check
    linkhouse --config /etc/linkhouse.yaml check --output json`
}

// The verdicts.
const (
	verdictOK      = "ok"
	verdictWarning = "warning"
	verdictFailed  = "failed"
)

// verdict is what was found of one thing.
type verdict struct {
	Check   string `json:"check"`
	Verdict string `json:"verdict"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	code    int    // of a failed one
}

// checkAnswer is all verdicts as programs read them.
type checkAnswer struct {
	ExitCode int       `json:"exit_code"`
	Checks   []verdict `json:"checks"`
}

// Run looks at everything and gives the verdicts in the order in which a run would meet them.
func (c *checkCmd) Run(ctx context.Context, a *app) error {
	verdicts := a.check(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	answer := checkAnswer{ExitCode: worstOf(verdicts), Checks: verdicts}
	if c.Output == "json" {
		if err := c.show(a.stdout, answer, table{}); err != nil {
			return err
		}
	} else if err := writeVerdicts(a, verdicts); err != nil {
		return err
	}
	if answer.ExitCode != exitComplete {
		return &ended{answer.ExitCode}
	}
	return nil
}

func (a *app) check(ctx context.Context) []verdict {
	config, log, err := a.configuration()
	if err != nil {
		return configurationVerdicts(err)
	}
	verdicts := []verdict{ok("configuration", "every value in "+configOrigin(config)+" can be used")}
	api, ofAPI := a.checkAPI(ctx, config, log)
	verdicts = append(verdicts, api)
	warehouse, ofWarehouse := a.checkWarehouse(ctx, config, log)
	verdicts = append(append(verdicts, warehouse...), checkClocks(ofAPI, ofWarehouse), a.checkArchive(ctx, config, log))
	verdicts = append(append(verdicts, checkTimetable(config, time.Now())...), checkServer(config))
	if !config.Privacy.Key.IsSet() {
		verdicts = append(verdicts, warning("privacy", "without privacy.key no tokens are made, by which equal secrets could be joined",
			"openssl rand -hex 32 makes one, if they are wanted"))
	}
	return verdicts
}

func ok(check, message string) verdict {
	return verdict{Check: check, Verdict: verdictOK, Message: message}
}

func warning(check, message, remedy string) verdict {
	return verdict{Check: check, Verdict: verdictWarning, Message: message, Remedy: remedy}
}

func failed(check string, code int, message, remedy string) verdict {
	return verdict{Check: check, Verdict: verdictFailed, Message: message, Remedy: remedy, code: code}
}

// failedBy is a verdict of an error that knows its code and its remedy.
func failedBy(check string, err error) verdict {
	return failed(check, exitCode(err), err.Error(), hintOf(err))
}

func configurationVerdicts(err error) []verdict {
	var problems Problems
	if !errors.As(err, &problems) {
		return []verdict{failedBy("configuration", err)}
	}
	var verdicts []verdict
	for _, p := range problems {
		remedy := p.remedy
		p.remedy = ""
		verdicts = append(verdicts, failed("configuration", exitUsage, p.Error(), remedy))
	}
	return verdicts
}

func configOrigin(c *Config) string {
	if c.File == "" {
		return "the environment"
	}
	return c.File
}

// severity orders exit codes, the worst first: what keeps everything from working comes before what passes by itself.
var severity = []int{exitUsage, exitRefused, exitStore, exitFailure, exitAPI}

func worstOf(verdicts []verdict) int {
	for _, code := range severity {
		if slices.ContainsFunc(verdicts, func(v verdict) bool { return v.Verdict == verdictFailed && v.code == code }) {
			return code
		}
	}
	return exitComplete
}

func writeVerdicts(a *app, verdicts []verdict) error {
	var out strings.Builder
	count, width := map[string]int{}, terminalWidth(a.stdout)
	for _, v := range verdicts {
		count[v.Verdict]++
		head := fmt.Sprintf("%-8s %-13s  ", v.Verdict, v.Check)
		for _, text := range []string{v.Message, v.Remedy} {
			for _, line := range folded(visible(text), width-len(head)) {
				out.WriteString(head + line + "\n")
				head = strings.Repeat(" ", len(head))
			}
		}
	}
	switch {
	case count[verdictFailed] > 0:
		fmt.Fprintf(&out, "\n%d of %d checks failed.\n", count[verdictFailed], len(verdicts))
	default:
		fmt.Fprintf(&out, "\nReady. To read everything: %s\n", a.command("sync"))
	}
	_, err := fmt.Fprint(a.stdout, out.String())
	return err
}

// folded breaks a text between words into lines of at most so many characters, as far as its words allow; a width that is
// not positive breaks nothing.
func folded(text string, width int) []string {
	if width <= 0 && text != "" {
		return []string{text}
	}
	var lines []string
	for word := range strings.FieldsSeq(text) {
		if n := len(lines); n > 0 && utf8.RuneCountInString(lines[n-1])+1+utf8.RuneCountInString(word) <= width {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
