package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// guarded is a run in which a guard met employees, and whose error would name somebody.
func guarded() Run {
	r := nightly(17, schedules.OutcomeGuarded)
	r.Report.Walks = append(r.Report.Walks, schedules.WalkReport{Resource: "tasks", State: load.WalkGuarded, Error: "GET /employees/ada@example.com",
		Guarded: &load.Guarded{Gone: 8, Live: 9}, Counts: load.Counts{Listed: 1}})
	r.Report.Documents = schedules.DocumentsReport{Archived: 3, Failed: 2}
	r.Err = fmt.Errorf("read /ada@example.com: %w", &extract.Error{Class: extract.ClassUnavailable, Op: "GET /user/ada@example.com"})
	return r
}

// Other programs depend on these names. Mutation: with another name in any tag of Message it is red.
func TestAMessageIsInTheFormThatProgramsKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process().ran(t.Context(), guarded())
	if len(w.hook.bodies) != 1 {
		t.Fatalf("%d messages", len(w.hook.bodies))
	}
	at := w.time.now().Format(time.RFC3339)
	want := `{"version":1,"event":"guard","severity":"warning","reminder":false,` +
		`"summary":"linkhouse: job nightly was stopped by a guard before a removal (exit code 8)","subject":"job nightly","since":"` + at + `",` +
		`"job":"nightly","run_id":17,"outcome":"guarded","exit_code":8,"error_class":"api unavailable","resources":[` +
		`{"resource":"employees","state":"complete","listed":5,"new":2,"changed":0,"removed":0,"rejected":1},` +
		`{"resource":"tasks","state":"guarded","listed":1,"new":0,"changed":0,"removed":0,"rejected":0,"gone":8,"live":9}],` +
		`"documents":{"archived":3,"absent":0,"failed":2},"host":"here","time":"` + at + `","help":[` +
		`{"what":"How it went:","command":"linkhouse runs show 17"},` +
		`{"what":"Nothing was marked as removed. If it is right that so much is gone:","command":"linkhouse sync tasks --approve-removals"}]}`
	if diff := cmp.Diff(want, string(w.hook.bodies[0])); diff != "" {
		t.Error(diff)
	}
}

func TestTheSummarySaysWhatHappenedInOneLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	before, code := now.Add(-50*time.Hour), 6
	for want, m := range map[string]Message{
		"linkhouse: job nightly could not reach the API (exit code 6)":                                           {Event: Failure, Subject: "job nightly", Outcome: "unavailable", ExitCode: &code},
		"Reminder: linkhouse: job nightly could not reach the API (exit code 6, since 2026-03-01 10:00 UTC)":     {Event: Failure, Subject: "job nightly", Outcome: "unavailable", ExitCode: &code, Reminder: true, Since: &before},
		"linkhouse: resource tasks was last read completely 2d 2h ago":                                           {Event: Stale, Subject: "resource tasks", LastComplete: &before},
		"linkhouse: resource tasks was never read completely":                                                    {Event: Stale, Subject: "resource tasks"},
		"linkhouse: resource tasks is well again":                                                                {Event: Recovery, Subject: "resource tasks"},
		"linkhouse: warehouse cannot be reached":                                                                 {Event: Failure, Subject: "warehouse"},
		"linkhouse: job nightly ended in a way that nobody has met (exit code 6)":                                {Event: Failure, Subject: "job nightly", Outcome: "in a way that nobody has met", ExitCode: &code},
		"linkhouse: job nightly finished with rejects, failed documents or failed lists (exit code 6)":           {Event: Failure, Subject: "job nightly", Outcome: "partial", ExitCode: &code},
		"linkhouse: sync of one employer was refused by the API: the credentials are not accepted (exit code 6)": {Event: Failure, Subject: "sync of one employer", Outcome: "refused", ExitCode: &code},
	} {
		m.Time = now
		if m.summarize(); m.Summary != want {
			t.Errorf("%s\nwant %s", m.Summary, want)
		}
	}
}

// Slack refuses a message with a block that is not as it should be, whole. Mutation: without cut in section it is red, and
// without escaped.
func TestSlacksFormIsOneThatSlackTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.process()
	p.Webhook.format = FormatSlack
	p.Command = func(words ...string) string {
		return "linkhouse --config '/etc/<a&b>" + strings.Repeat("ä", 4000) + "' " + strings.Join(words, " ")
	}
	run := guarded()
	for i := range 100 {
		run.Report.Walks = append(run.Report.Walks, schedules.WalkReport{Resource: fmt.Sprint("another-resource-", i), State: load.WalkFailed, ErrorClass: "failed"})
	}
	p.ran(t.Context(), run)
	w.time.pass(time.Hour)
	p.ran(t.Context(), nightly(18, schedules.OutcomeComplete))
	w.time.pass(48 * time.Hour)
	p.round(t.Context())
	if len(w.hook.bodies) != 4 {
		t.Fatalf("%d messages", len(w.hook.bodies))
	}
	for _, body := range w.hook.bodies {
		if wrong := slackMistakes(body); len(wrong) > 0 {
			t.Errorf("%s\n%s", strings.Join(wrong, "\n"), body)
		}
	}
	if !strings.Contains(string(w.hook.bodies[0]), `/etc/\u0026lt;a\u0026amp;b\u0026gt;`) {
		t.Errorf("not escaped: %s", w.hook.bodies[0])
	}
}

// slackMistakes checks a message against what Slack documents of incoming webhooks and of the blocks that are used here.
func slackMistakes(body []byte) (wrong []string) {
	say := func(format string, values ...any) { wrong = append(wrong, fmt.Sprintf(format, values...)) }
	var m struct {
		Text   string `json:"text"`
		Blocks []struct {
			Type     string      `json:"type"`
			Text     *slackText  `json:"text"`
			Fields   []slackText `json:"fields"`
			Elements []slackText `json:"elements"`
		} `json:"blocks"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return []string{err.Error()}
	}
	if m.Text == "" || len(m.Blocks) == 0 || len(m.Blocks) > 50 {
		say("text %q, %d blocks", m.Text, len(m.Blocks))
	}
	text := func(of string, t slackText, kind string, most int) {
		if n := utf8.RuneCountInString(t.Text); t.Type != kind && kind != "" || n == 0 || n > most {
			say("%s: %s of %d characters", of, t.Type, n)
		}
	}
	for _, b := range m.Blocks {
		switch b.Type {
		case "header":
			text("header", *b.Text, "plain_text", 150)
		case "section":
			if (b.Text == nil) == (b.Fields == nil) || len(b.Fields) > 10 {
				say("a section with text %v and %d fields", b.Text, len(b.Fields))
			}
			if b.Text != nil {
				text("section", *b.Text, "mrkdwn", 3000)
			}
			for _, f := range b.Fields {
				text("field", f, "mrkdwn", 2000)
			}
		case "context":
			if len(b.Elements) == 0 || len(b.Elements) > 10 {
				say("%d elements", len(b.Elements))
			}
			for _, e := range b.Elements {
				text("element", e, "mrkdwn", 3000)
			}
		default:
			say("a block of type %q", b.Type)
		}
	}
	return wrong
}

func TestAnErrorIsToldByItsClassAlone(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"":                      nil,
		"locked":                fmt.Errorf("begin: %w", load.ErrLocked),
		"archive":               fmt.Errorf("/ada: %w", schedules.ErrArchive),
		"api refused":           &extract.Error{Class: extract.ClassRefused, Op: "GET /user/ada"},
		"warehouse unavailable": &load.Error{Class: load.ClassUnavailable, Op: "ada"},
		"other":                 errors.New("ada"),
	} {
		if got := errorClass(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
