package main

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
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
	spare   bool // left out where no row has anything in it
	whole   bool // never cut: somebody will copy it
}

func (t table) write(w io.Writer) error {
	_, err := io.WriteString(w, t.text(terminalWidth(w)))
	return err
}

// text is the table for a terminal that is so many columns wide; 0 is without end. What does not fit side by side stands
// below, under the first column once more: a line that the terminal breaks is no table any more.
func (t table) text(width int) string {
	if len(t.rows) == 0 && t.empty != "" {
		return t.empty + "\n"
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = strings.ToUpper(c.name)
	}
	rows := append([][]string{names}, t.printable()...)
	widths := make([]int, len(t.columns))
	var shown []int
	for i, c := range t.columns {
		if !c.spare || slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "" }) {
			shown = append(shown, i)
		}
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var out strings.Builder
	for n, block := range evenBlocks(shown, widths, width) {
		if n > 0 {
			out.WriteString("\n")
		}
		for _, row := range rows {
			out.WriteString(t.line(row, widths, block) + "\n")
		}
	}
	return out.String()
}

// printable are the rows as they can be shown.
func (t table) printable() [][]string {
	rows := make([][]string, len(t.rows))
	for n, row := range t.rows {
		for i, cell := range row {
			if t.columns[i].whole {
				rows[n] = append(rows[n], visible(cell))
			} else {
				rows[n] = append(rows[n], printable(cell))
			}
		}
	}
	return rows
}

// evenBlocks are as few blocks as fit the width, and none much wider than the others.
func evenBlocks(columns, widths []int, width int) [][]int {
	best := blocks(columns, widths, width)
	for ; width > 0; width-- {
		narrower := blocks(columns, widths, width)
		if len(narrower) > len(best) {
			break
		}
		best = narrower
	}
	return best
}

// blocks divides the columns into blocks that fit the width, each with the first column.
func blocks(columns, widths []int, width int) [][]int {
	block, used := columns[:1:1], widths[columns[0]]
	var all [][]int
	for _, i := range columns[1:] {
		if width > 0 && len(block) > 1 && used+2+widths[i] > width {
			all = append(all, block)
			block, used = columns[:1:1], widths[columns[0]]
		}
		block, used = append(block, i), used+2+widths[i]
	}
	return append(all, block)
}

func (t table) line(row []string, widths, block []int) string {
	var line strings.Builder
	for n, i := range block {
		cell := row[i]
		gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if n > 0 {
			line.WriteString("  ")
		}
		if t.columns[i].numeric {
			line.WriteString(gap + cell)
		} else {
			line.WriteString(cell + gap)
		}
	}
	return strings.TrimRight(line.String(), " ")
}

// terminalWidth is the number of columns of the terminal behind w, 0 when there is none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 20 {
		return 80
	}
	return width
}

// widest is the longest text that a cell shows. Listings as JSON show all of it.
const widest = 80

// printable keeps a cell on its line, and not too long.
func printable(cell string) string {
	if runes := []rune(cell); len(runes) > widest {
		cell = string(runes[:widest-3]) + "..."
	}
	return visible(cell)
}

// visible keeps a stored value from steering the terminal.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
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
