package alert

import (
	"fmt"
	"strings"
)

// The limits of Slack's blocks, in characters.
const (
	slackHeader  = 150
	slackSection = 3000
	slackCommand = 500 // of ours, so that the end of its frame is never cut away
)

// slackMessage is a message as Slack's incoming webhooks take it, and those who copied their form. Text is what a
// notification shows, and all that some of the others read.
type slackMessage struct {
	Text   string       `json:"text"`
	Blocks []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackText  `json:"text,omitempty"`
	Fields   []slackText `json:"fields,omitempty"`
	Elements []slackText `json:"elements,omitempty"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

var slackMarks = map[Severity]string{Critical: "🔴", Warning: "🟠", Info: "🔵"}

// slack is the message in blocks: what happened, how the resources stand, what to do, and where from.
func (m *Message) slack() slackMessage {
	mark := slackMarks[m.Severity]
	if m.Event == Recovery {
		mark = "🟢"
	}
	out := slackMessage{Text: escaped(m.Summary)}
	out.Blocks = append(out.Blocks, slackBlock{Type: "header", Text: &slackText{"plain_text", cut(mark+" "+m.Summary, slackHeader)}})
	if fields := m.slackFields(); len(fields) > 0 {
		out.Blocks = append(out.Blocks, slackBlock{Type: "section", Fields: fields})
	}
	if m.Event != Stale && len(m.Resources) > 0 {
		var lines []string
		for _, r := range m.Resources {
			lines = append(lines, r.line())
		}
		out.Blocks = append(out.Blocks, section(strings.Join(lines, "\n")))
	}
	for _, h := range m.Help {
		out.Blocks = append(out.Blocks, section(escaped(h.What)+"\n```"+escaped(cut(h.Command, slackCommand))+"```"))
	}
	from := escaped(m.Host) + " · " + m.Time.UTC().Format("2006-01-02 15:04:05") + " UTC"
	out.Blocks = append(out.Blocks, slackBlock{Type: "context", Elements: []slackText{{"mrkdwn", from}}})
	return out
}

// slackFields are the facts of the run, ten at most.
func (m *Message) slackFields() (fields []slackText) {
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, slackText{"mrkdwn", "*" + name + "*\n" + escaped(value)})
		}
	}
	add("Severity", string(m.Severity))
	if m.RunID > 0 {
		add("Run", fmt.Sprint(m.RunID))
	}
	add("Outcome", m.Outcome)
	add("Error", m.ErrorClass)
	if m.Since != nil {
		add("Since", m.Since.UTC().Format("2006-01-02 15:04")+" UTC")
	}
	if m.LastComplete != nil {
		add("Last complete", m.LastComplete.UTC().Format("2006-01-02 15:04")+" UTC")
	}
	if d := m.Documents; d != nil && d.Failed > 0 {
		add("Documents", fmt.Sprintf("%d archived, %d failed", d.Archived, d.Failed))
	}
	return fields
}

// line is how the resource stands, in a line.
func (r *Resource) line() string {
	state := r.State
	if r.ErrorClass != "" {
		state += ", " + r.ErrorClass
	}
	line := fmt.Sprintf("• *%s*: %s; %d listed, %d new, %d changed", escaped(r.Name), escaped(state), r.Listed, r.New, r.Changed)
	for _, more := range []struct {
		n    int64
		word string
	}{{r.Removed, "removed"}, {r.Rejected, "rejected"}} {
		if more.n > 0 {
			line += fmt.Sprintf(", %d %s", more.n, more.word)
		}
	}
	if r.Live > 0 {
		line += fmt.Sprintf("; %d of %d are gone from the API", r.Gone, r.Live)
	}
	return line
}

func section(text string) slackBlock {
	return slackBlock{Type: "section", Text: &slackText{"mrkdwn", cut(text, slackSection)}}
}

// escaped keeps a text from being read as a link or a mention.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func cut(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
