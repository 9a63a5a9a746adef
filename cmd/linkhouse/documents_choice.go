package main

import (
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// documentResources are the names of the resources whose objects have documents.
var documentResources = namesOf(withDocuments(""))

// withDocuments are the resources whose objects have documents, or the one of them that is named.
func withDocuments(name string) []*transform.Resource {
	return slices.DeleteFunc(slices.Clone(catalog), func(r *transform.Resource) bool {
		return !r.Document || name != "" && r.Name != name
	})
}

// day is a date on the command line.
type day struct{ time.Time }

// UnmarshalText reads 2006-01-02.
func (d *day) UnmarshalText(text []byte) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return faultf("write one as 2026-01-31", "%q is no date", text)
	}
	return nil
}

// moment is an instant on the command line: a date is its beginning in UTC.
type moment struct{ time.Time }

// UnmarshalText reads an instant of RFC 3339, or a date.
func (m *moment) UnmarshalText(text []byte) (err error) {
	if m.Time, err = time.Parse(time.RFC3339, string(text)); err == nil {
		return nil
	}
	if m.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return faultf("write one as 2026-01-31T02:15:00Z, or a date", "%q is no time", text)
	}
	return nil
}

// days are the flags that bound the date of documents.
type days struct {
	Since day `placeholder:"DATE" help:"Only those dated this day or later, as 2026-01-31. The date of a payroll run is its check date."`
	Until day `placeholder:"DATE" help:"Only those dated this day or earlier."`
}

func (d days) agree() error {
	if !d.Since.IsZero() && !d.Until.IsZero() && d.Until.Before(d.Since.Time) {
		return misuse("both days are included: --since is the first, --until the last", "--until is before --since")
	}
	return nil
}

func (d days) flags() (words []string) {
	if !d.Since.IsZero() {
		words = append(words, "--since", d.Since.Format(time.DateOnly))
	}
	if !d.Until.IsZero() {
		words = append(words, "--until", d.Until.Format(time.DateOnly))
	}
	return words
}

// documentChoice are the flags that choose documents.
type documentChoice struct {
	Resource string `placeholder:"NAME" help:"Only those of this resource: employer-documents or payroll-runs."`
	Employer string `placeholder:"ID" help:"Only those of this employer."`
	Type     string `placeholder:"NAME" help:"Only those of this type, such as 941, or regular among payroll runs."`
	days
}

// filter makes a filter of them, and of ids, if there are any. Every error is the command line's.
func (c *documentChoice) filter(ids []string) (load.DocumentFilter, error) {
	if err := hasDocuments(c.Resource); err != nil {
		return load.DocumentFilter{}, err
	}
	return load.DocumentFilter{
		Resources: namesOf(withDocuments(c.Resource)), IDs: ids, Employer: c.Employer, Type: c.Type, From: c.Since.Time, Until: c.Until.Time,
	}, c.agree()
}

// words choose the same documents again.
func (c *documentChoice) words(ids []string) []string {
	words := slices.Clone(ids)
	for _, flag := range [][2]string{{"--resource", c.Resource}, {"--employer", c.Employer}, {"--type", c.Type}} {
		if flag[1] != "" {
			words = append(words, flag[:]...)
		}
	}
	return append(words, c.flags()...)
}

// hasDocuments refuses the name of a resource without documents; "" is all that have some.
func hasDocuments(name string) error {
	if err := knownResource(name); err != nil {
		return err
	}
	if name != "" && !slices.Contains(documentResources, name) {
		return misuse("resources with documents are "+strings.Join(documentResources, ", "), name+" have no documents")
	}
	return nil
}
