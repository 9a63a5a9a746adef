package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

type documentsCmd struct {
	List   documentsListCmd   `cmd:"" help:"List the documents of the archive, and those that are to get there."`
	Gaps   documentsGapsCmd   `cmd:"" help:"Count what the API knows and the archive lacks, by employer and reason."`
	Get    documentsGetCmd    `cmd:"" help:"Copy one document out of the archive."`
	Verify documentsVerifyCmd `cmd:"" help:"Read the archive and compare it with the warehouse."`
	Retry  documentsRetryCmd  `cmd:"" help:"Fetch the documents that are not archived."`
}

type documentsListCmd struct {
	output
	documentChoice
	IDs   []string `arg:"" optional:"" name:"id" help:"Only the documents of these ids."`
	State []string `placeholder:"WORDS" help:"Only those in these states: pending, archived, absent, failed."`
	Limit int      `default:"100" placeholder:"N" help:"How many to list. Default: ${default}."`
}

// Help is the long help of the verb.
func (documentsListCmd) Help() string {
	return `Lists every version of every document. States: pending (to be fetched), archived, absent (the API gives no link at
present) and failed, with the reason. As JSON it also tells digest and place of each.

Examples:

    linkhouse documents list --employer 60fee0c5a8fb5e0008d1e6b9 --type 941
    linkhouse documents list --state failed,absent
    linkhouse documents list --since 2026-01-01 --limit 10000 --output json`
}

// documentStates are the states of a document, in the order of its life.
var documentStates = []string{load.DocumentPending, load.DocumentArchived, load.DocumentAbsent, load.DocumentFailed}

// Run lists the documents.
func (c *documentsListCmd) Run(ctx context.Context, a *app) error {
	filter, err := c.filter(c.IDs)
	if err != nil {
		return err
	}
	if err := words("state", c.State, documentStates); err != nil {
		return err
	}
	if c.Limit < 1 {
		return misuse("write --limit 1 or more", "there is nothing to list")
	}
	filter.States = c.State
	return a.readStore(ctx, func(store *load.Store) error {
		rows, err := store.Documents(ctx, filter, load.DocumentKey{}, c.Limit)
		if err != nil {
			return err
		}
		if rows == nil {
			rows = []load.DocumentRow{}
		}
		if err := c.show(a.stdout, rows, documentsTable(rows)); err != nil || c.Output == "json" || len(rows) < c.Limit {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "\nThere may be more than these %s: --limit lists them.\n", thousands(int64(c.Limit)))
		return err
	})
}

func documentsTable(rows []load.DocumentRow) table {
	t := table{empty: "No such document.", columns: []column{
		{name: "resource"}, {name: "id"}, {name: "version", numeric: true}, {name: "state"}, {name: "type", spare: true},
		{name: "dated", spare: true}, {name: "employer", spare: true}, {name: "size", numeric: true, spare: true}, {name: "kind", spare: true},
		{name: "archived (UTC)", spare: true}, {name: "verified (UTC)", spare: true}, {name: "reason", spare: true},
	}}
	for _, r := range rows {
		bytes := ""
		if r.State == load.DocumentArchived {
			bytes = size(r.Bytes)
		}
		t.rows = append(t.rows, []string{r.Resource, r.SourceID, strconv.Itoa(r.Version), r.State, r.Type, maybe(r.Date, date), r.EmployerID,
			bytes, r.ContentType, maybe(r.ArchivedAt, instant), maybe(r.VerifiedAt, instant), supersededReason(r)})
	}
	return t
}

type documentsGapsCmd struct {
	output
	documentChoice
}

// Help is the long help of the verb.
func (documentsGapsCmd) Help() string {
	return `Counts the documents that the API knows and the archive lacks, by resource, employer, state and reason: pending and failed
ones can be fetched with linkhouse documents retry; for absent ones the API gives no link at present, and every run asks
again; unstaged ones are missing from archive.documents, and the next run stages them. Documents of objects that are gone from the API are left out.

Examples:

    linkhouse documents gaps
    linkhouse documents gaps --resource employer-documents --type 941 --output json`
}

// Run lists the gaps.
func (c *documentsGapsCmd) Run(ctx context.Context, a *app) error {
	filter, err := c.filter(nil)
	if err != nil {
		return err
	}
	return a.readStore(ctx, func(store *load.Store) error {
		gaps, err := store.DocumentGaps(ctx, filter)
		if err != nil {
			return err
		}
		if gaps == nil {
			gaps = []load.DocumentGap{}
		}
		t := table{empty: "No gaps: every document that the API knows is archived.", columns: []column{
			{name: "resource"}, {name: "employer"}, {name: "name", spare: true}, {name: "state"}, {name: "reason", spare: true},
			{name: "documents", numeric: true}, {name: "oldest", spare: true},
		}}
		for _, g := range gaps {
			t.rows = append(t.rows, []string{g.Resource, g.EmployerID, g.EmployerName, g.State, reasonOf(g.State, g.Reason), thousands(g.Count), maybe(g.Oldest, date)})
		}
		if err := c.show(a.stdout, gaps, t); err != nil || c.Output == "json" {
			return err
		}
		if slices.ContainsFunc(gaps, func(g load.DocumentGap) bool { return g.State != load.DocumentAbsent }) {
			_, err = fmt.Fprintf(a.stdout, "\nTo fetch them now: %s\n", a.command(append([]string{"documents", "retry"}, c.words(nil)...)...))
		}
		return err
	})
}

// reasonOf is why a document is in its state, unless the state says so itself.
func reasonOf(state, reason string) string {
	if reason == state {
		return ""
	}
	return reason
}

// supersededReason also tells that no fetching can mend it.
func supersededReason(r load.DocumentRow) string {
	reason := reasonOf(r.State, r.LastError)
	if reason != "" && r.Superseded {
		reason += ", superseded"
	}
	return reason
}

// maybe writes a time that may be missing.
func maybe(t *time.Time, write func(time.Time) string) string {
	if t == nil {
		return ""
	}
	return write(*t)
}

// date is a calendar date in a listing.
func date(t time.Time) string { return t.Format(time.DateOnly) }
