package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// check compares a database with what the API has now: the rows of every table that is read and the exact sum of every
// number. It returns how many rows there are.
func (w *warehouse) check(ctx context.Context, database string, truth sandbox.Truth, schema string) (int64, error) {
	wanted := map[string]map[string]string{}
	for name := range truth.Rows {
		if isRead(name, schema) {
			wanted[name] = truth.Sums[name]
		}
	}
	have, err := w.contents(ctx, database, wanted)
	if err != nil {
		return 0, err
	}
	var wrong []string
	rows := int64(0)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		rows += have[name].rows
		if have[name].rows != truth.Rows[name] {
			wrong = append(wrong, fmt.Sprintf("%s has %d rows, the API %d", name, have[name].rows, truth.Rows[name]))
		}
		for column, sum := range wanted[name] {
			if have[name].sums[column] != sum {
				wrong = append(wrong, fmt.Sprintf("%s.%s sums up to %s, at the API to %s", name, column, have[name].sums[column], sum))
			}
		}
	}
	switch {
	case len(wrong) > 0:
		return 0, fmt.Errorf("database %s is wrong:\n  %s", database, strings.Join(wrong, "\n  "))
	case rows == 0:
		return 0, fmt.Errorf("database %s is empty, and so is the API: there is nothing to measure", database)
	}
	return rows, nil
}

// isRead tells the tables of what is read from the others of the sandbox's world.
func isRead(name, schema string) bool {
	switch name {
	case "employerlink.employer_documents", "employerlink.employer_deduction_types", "employerlink.payroll_runs", "paylink.tasks",
		"paylink.companies": // which tasks tell of, too
		return false
	}
	return strings.HasPrefix(name, schema+".")
}
