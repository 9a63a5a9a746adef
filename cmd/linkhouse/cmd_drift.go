package main

import (
	"context"

	"github.com/linkhouse/linkhouse/load"
)

type driftCmd struct {
	List driftListCmd `cmd:"" help:"List what the API sent that its references do not tell of."`
}

type driftListCmd struct {
	output
	Resource string `placeholder:"NAME" help:"Only those of this resource."`
}

// Help is the long help of the verb.
func (driftListCmd) Help() string {
	return `Lists where the API departed from its references, and how often. An unknown field is kept in the row's _extra, an unknown
word is loaded as it is, a value that cannot be read as what it should be is kept in _extra and its column is null. What had
to be repaired (as U+0000 in a text), or masked because a secret stood where none belongs, is counted here. Of repeated ones
one counts, and nothing else is lost: objects that a list names again and of which it says something else (repeated), and
rows with one key (duplicate_key).

Examples:

    linkhouse drift list
    linkhouse drift list --resource employees --output json`
}

// Run lists the drift.
func (c *driftListCmd) Run(ctx context.Context, a *app) error {
	if err := knownResource(c.Resource); err != nil {
		return err
	}
	return a.readStore(ctx, func(store *load.Store) error {
		drift, err := store.Drift(ctx, c.Resource)
		if err != nil {
			return err
		}
		t := table{empty: "No drift: the API sent what its references tell of.", columns: []column{
			{name: "resource"}, {name: "path"}, {name: "kind"}, {name: "value", spare: true}, {name: "times", numeric: true}, {name: "last seen (UTC)"},
		}}
		for _, d := range drift {
			t.rows = append(t.rows, []string{d.Resource, d.Path, d.Kind, d.Value, thousands(d.Times), instant(d.LastSeen)})
		}
		if drift == nil {
			drift = []load.DriftRow{}
		}
		return c.show(a.stdout, drift, t)
	})
}

// knownResource refuses a name that no resource has; "" is all of them.
func knownResource(name string) error {
	if name == "" {
		return nil
	}
	return words("resource", []string{name}, resources)
}
