package load

import (
	"cmp"
	"slices"
)

// What is done to rows.
const (
	RowsNew       = "new"
	RowsChanged   = "changed"
	RowsReturned  = "returned"
	RowsRemoved   = "removed"   // marked
	RowsRefreshed = "refreshed" // in place: retrieval times that moved alone, gaps that were filled
	RowsLines     = "lines"     // of statements, written with a version of what they live with
)

// RowOperations are all of them.
var RowOperations = []string{RowsNew, RowsChanged, RowsReturned, RowsRemoved, RowsRefreshed, RowsLines}

// TableRows is how many rows of a table something was done to.
type TableRows struct {
	Table     string // with its schema
	Operation string
	Rows      int64
}

// tableOperation is the key of one TableRows.
type tableOperation struct{ table, operation string }

// Tables are the rows that this process has written in the walk, by table and operation. It says nothing of what is not
// committed, nor of earlier processes.
func (w *Walk) Tables() []TableRows {
	rows := make([]TableRows, 0, len(w.written))
	for key, n := range w.written {
		rows = append(rows, TableRows{key.table, key.operation, n})
	}
	slices.SortFunc(rows, func(a, b TableRows) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Operation, b.Operation))
	})
	return rows
}

// wrote adds what was committed.
func (w *Walk) wrote(rows []TableRows) {
	for _, r := range rows {
		if r.Rows != 0 {
			w.written[tableOperation{r.Table, r.Operation}] += r.Rows
		}
	}
}

// byOperation is what the plan does.
func (p *tablePlan) byOperation() []TableRows {
	table := p.sql.table.String()
	rows := []TableRows{
		{table, RowsNew, p.rows[isNew]}, {table, RowsChanged, p.rows[changed]}, {table, RowsReturned, p.rows[returned]},
		{table, RowsRemoved, int64(len(p.remove))}, {table, RowsRefreshed, int64(len(p.refresh) + len(p.complete))},
	}
	for lines, n := range p.lines {
		rows = append(rows, TableRows{lines.String(), RowsLines, int64(n)})
	}
	return rows
}
