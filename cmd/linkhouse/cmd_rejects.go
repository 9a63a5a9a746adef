package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/linkhouse/linkhouse/load"
)

type rejectsCmd struct {
	List   rejectsListCmd   `cmd:"" help:"List the records that could not be loaded."`
	Show   rejectsShowCmd   `cmd:"" help:"Show one of them whole, secrets masked."`
	Replay rejectsReplayCmd `cmd:"" help:"Ask the API for them again."`
}

type rejectsListCmd struct {
	output
	Resource string `placeholder:"NAME" help:"Only those of this resource."`
	Resolved bool   `help:"Also those that have been loaded since, or are gone."`
	Limit    int    `default:"100" placeholder:"N" help:"How many to list, the latest ones. Default: ${default}."`
}

// Help is the long help of the verb.
func (rejectsListCmd) Help() string {
	return `Lists records, or parts of records, that could not be loaded, each with its reason. They cost nobody else anything, and
what stood in the warehouse of them still stands. The same one met again is counted, not listed twice. A later run that can load them takes them off the list.

Examples:

    linkhouse rejects list
    linkhouse rejects list --resource employees --output json
    linkhouse rejects show 12
    linkhouse rejects replay --all`
}

// Run lists the rejects.
func (c *rejectsListCmd) Run(ctx context.Context, a *app) error {
	if err := knownResource(c.Resource); err != nil {
		return err
	}
	if c.Limit < 1 {
		return misuse("write --limit 1 or more", "there is nothing to list")
	}
	return a.readStore(ctx, func(store *load.Store) error {
		rejects, err := store.Rejects(ctx, c.Resource, c.Resolved, c.Limit)
		if err != nil {
			return err
		}
		if rejects == nil {
			rejects = []load.RejectRow{}
		}
		if err := c.show(a.stdout, rejects, rejectsTable(rejects, c.Resolved)); err != nil || c.Output == "json" || len(rejects) < c.Limit {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "\nThere may be more than these %s: --limit lists them.\n", thousands(int64(c.Limit)))
		return err
	})
}

func rejectsTable(rejects []load.RejectRow, resolved bool) table {
	t := table{empty: "No rejects: every record is loaded.", columns: []column{
		{name: "id", numeric: true}, {name: "resource"}, {name: "object"}, {name: "reason"}, {name: "place", spare: true},
		{name: "times", numeric: true}, {name: "last seen (UTC)"},
	}}
	if resolved {
		t.columns = append(t.columns, column{name: "state"})
	}
	for _, r := range rejects {
		row := []string{strconv.FormatInt(r.ID, 10), r.Resource, objectOf(r), r.Reason, r.Place, thousands(r.Times), instant(r.LastSeen)}
		if resolved {
			row = append(row, r.State)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// objectOf names the object of a reject: the user, where it belongs to one, and the id, where it has one.
func objectOf(r load.RejectRow) string {
	return strings.TrimSuffix(strings.TrimPrefix(r.Owner+"/"+r.SourceID, "/"), "/")
}

type rejectsShowCmd struct {
	output
	ID int64 `arg:"" help:"Number of the reject, as linkhouse rejects list shows it."`
}

// Help is the long help of the verb.
func (rejectsShowCmd) Help() string {
	return `Shows why a record could not be loaded, and the record as the API sent it, secrets masked.

Example:

    linkhouse rejects show 12`
}

// shownReject is a reject with the record.
type shownReject struct {
	load.RejectRow
	// Payload is the record: JSON where it is that, a string of what came otherwise.
	Payload any `json:"payload"`
}

// Run shows the reject.
func (c *rejectsShowCmd) Run(ctx context.Context, a *app) error {
	return a.readStore(ctx, func(store *load.Store) error {
		row, payload, ok, err := store.Reject(ctx, c.ID)
		if err != nil {
			return err
		}
		if !ok {
			return noReject(a, c.ID)
		}
		if c.Output == "json" {
			reject := shownReject{RejectRow: row, Payload: payload}
			if json.Valid([]byte(payload)) {
				reject.Payload = json.RawMessage(payload)
			}
			return c.show(a.stdout, reject, table{})
		}
		return writeReject(a, row, payload)
	})
}

func writeReject(a *app, r load.RejectRow, payload string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "Reject %d (%s): %s\n", r.ID, r.State, printable(r.Reason))
	for _, line := range [][2]string{
		{"resource", r.Resource}, {"user", r.Owner}, {"object", r.SourceID}, {"place", r.Place},
		{"seen", counted(int(r.Times), "time") + ", from " + instant(r.FirstSeen) + " to " + instant(r.LastSeen) + " UTC"},
	} {
		if line[1] != "" {
			fmt.Fprintf(&out, "  %-9s %s\n", line[0], printable(line[1]))
		}
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(payload), "", "  ") == nil {
		payload = pretty.String()
	}
	out.WriteString("\n")
	for line := range strings.Lines(payload) {
		out.WriteString(visible(strings.TrimRight(line, "\n")) + "\n")
	}
	_, err := fmt.Fprint(a.stdout, out.String())
	return err
}

func noReject(a *app, id int64) error {
	return misuse(a.command("rejects", "list", "--resolved")+" shows those there are", fmt.Sprintf("there is no reject %d", id))
}
