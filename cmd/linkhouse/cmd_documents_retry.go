package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

type documentsRetryCmd struct {
	output
	documentChoice
	IDs     []string `arg:"" optional:"" name:"id" help:"Only the documents of these ids."`
	Refetch bool     `help:"Also fetch those that are archived. Another content is kept as another version."`
}

// Help is the long help of the verb.
func (documentsRetryCmd) Help() string {
	return `Fetches the documents that are known and not archived: pending and failed ones, those that had no link, and those that
linkhouse documents verify found missing or damaged. No list is read. Each is asked for anew, because links live for an
hour only.

Examples:

    linkhouse documents retry
    linkhouse documents retry --employer 60fee0c5a8fb5e0008d1e6b9 --since 2026-01-01
    linkhouse documents retry 61d49e2d8b7f0a0009d9fd2f --refetch`
}

// retryAnswer is what became of the documents, as programs read it.
type retryAnswer struct {
	RunID     int64                     `json:"run_id"`
	Outcome   schedules.Outcome         `json:"outcome"`
	Seconds   float64                   `json:"seconds"`
	Documents schedules.DocumentsReport `json:"documents"`
	Lost      int64                     `json:"lost"` // versions that the API does not serve any more
	ExitCode  int                       `json:"exit_code"`
	NextStep  string                    `json:"next_step"`
}

// Run fetches them.
func (c *documentsRetryCmd) Run(ctx context.Context, a *app) error {
	filter, err := c.filter(c.IDs)
	if err != nil {
		return err
	}
	shown, config, log, err := a.observedConfiguration()
	if err != nil {
		return err
	}
	if err := config.expectCredentials(); err != nil {
		return err
	}
	return a.withEngine(ctx, config, log, engineOptions{documents: true}, func(e *engine) error {
		if err := c.expectIDs(ctx, a, e.store, filter); err != nil {
			return err
		}
		var report *schedules.Report
		err := observed(ctx, shown, e, func() (err error) {
			report, err = e.runner.ArchiveDocuments(ctx, schedules.DocumentsPlan{
				Resources: withDocuments(c.Resource), Filter: filter, Refetch: c.Refetch, Flags: c.words(c.IDs),
				Version: strings.TrimPrefix(version, "v"),
			})
			return err
		})
		lost := int64(0)
		if err == nil {
			lost, err = e.store.CountLostDocuments(ctx, filter)
		}
		if report.Staged { // what is to be fetched once more waits from now on
			a.args = slices.DeleteFunc(slices.Clone(a.args), func(word string) bool { return word == "--refetch" })
		}
		return c.tell(a, report, lost, err)
	})
}

// lostWords say what to do about versions that were lost and are not served any more.
func lostWords(n int64) string {
	return "Lost, and no longer served by the API: " + counted(int(n), "earlier version") +
		". Put back from a backup, a file is found by linkhouse documents verify."
}

// expectIDs finds an id that no document has: to have fetched nothing would look like success.
func (c *documentsRetryCmd) expectIDs(ctx context.Context, a *app, store *load.Store, filter load.DocumentFilter) error {
	if len(c.IDs) == 0 {
		return nil
	}
	if _, err := store.StageMissing(ctx, filter); err != nil { // one that is not staged is there all the same
		return err
	}
	for _, id := range c.IDs {
		rows, err := store.Documents(ctx, load.DocumentFilter{Resources: filter.Resources, IDs: []string{id}}, load.DocumentKey{}, 1)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return misuse(a.command("documents", "list")+" shows those there are", "there is no document "+id)
		}
	}
	return nil
}

func (c *documentsRetryCmd) tell(a *app, r *schedules.Report, lost int64, err error) error {
	answer := retryAnswer{RunID: r.RunID, Outcome: r.Outcome, Seconds: r.Seconds, Documents: r.Documents, Lost: lost, ExitCode: r.Outcome.ExitCode()}
	words := []string{documentsLine(r.Documents, r.Seconds)}
	switch {
	case err != nil:
	case r.Documents == (schedules.DocumentsReport{}) && lost == 0:
		words = []string{"Nothing to do: all of them are archived."}
	case r.Documents == (schedules.DocumentsReport{}):
		words = []string{"Nothing to fetch: the newest version of each of them is archived."}
	case r.Documents.Failed > 0:
		answer.NextStep = a.command("documents", "list", "--state", load.DocumentFailed)
		words = append(words, "To see why: "+answer.NextStep)
	}
	if lost > 0 {
		words = append(words, lostWords(lost)+" To see them: "+a.command("documents", "list", "--state", load.DocumentFailed))
	}
	wrong := error(nil)
	if c.Output == "json" {
		wrong = c.show(a.stdout, answer, table{})
	} else if text := strings.TrimSpace(strings.Join(words, "\n")); text != "" {
		_, wrong = fmt.Fprintln(a.stdout, text)
	}
	switch {
	case wrong != nil:
		return wrong
	case err != nil:
		t := telling{app: a, report: r}
		return t.explained(answer.ExitCode, err)
	case answer.ExitCode != exitComplete:
		return &ended{answer.ExitCode}
	}
	return nil
}
