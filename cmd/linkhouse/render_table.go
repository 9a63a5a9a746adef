package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// output is the flag of every verb that lists something.
type output struct {
	Output string `short:"o" enum:"table,json" default:"table" placeholder:"FORM" help:"Form of the answer: table (for people) or json (for programs)."`
}

// show writes a listing: the table, or the value behind it as JSON. An empty listing is an empty JSON array, and says so
// in words otherwise.
func (o output) show(w io.Writer, value any, t table) error {
	if o.Output == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(value)
	}
	return t.write(w)
}

// table is rows of text under headings.
type table struct {
	columns []column
	rows    [][]string
	empty   string // what to say when there is no row
}

type column struct {
	name    string
	numeric bool // aligned to the right
}

func (t table) write(w io.Writer) error {
	if len(t.rows) == 0 && t.empty != "" {
		_, err := fmt.Fprintln(w, t.empty)
		return err
	}
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.name)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(printable(row[i])))
		}
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = strings.ToUpper(c.name)
	}
	var out strings.Builder
	for _, row := range append([][]string{names}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			cell = printable(cell)
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if t.columns[i].numeric {
				line.WriteString(gap + cell)
			} else {
				line.WriteString(cell + gap)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// printable keeps a cell on its line and a stored value from steering the terminal.
func printable(cell string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, cell)
}

// thousands writes a count with separators: 1,234,567.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	head := len(digits) % 3
	groups := []string{}
	if head > 0 {
		groups = append(groups, digits[:head])
	}
	for ; head < len(digits); head += 3 {
		groups = append(groups, digits[head:head+3])
	}
	return sign + strings.Join(groups, ",")
}
