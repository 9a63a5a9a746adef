package page

// table is a table of the page. On a narrow screen each row becomes a block, in which each cell says its column.
type table struct {
	Caption string
	Columns []column
	Rows    [][]cell // the first cell names the row
	Wide    bool     // it has many columns, and stays in blocks on screens of middling width
}

type column struct {
	Name   string
	Number bool
}

// cell is a text with what belongs to it.
type cell struct {
	Text   string
	Note   string // below it, smaller
	Link   string // of the text
	When   *stamp // stands in place of the text; a link stands below it
	Mark   string // good, warn, bad or idle: how it looks, besides what it says
	Label  string // its column
	Number bool
}

// add adds a row.
func (t *table) add(cells ...cell) {
	for i := range cells {
		cells[i].Label, cells[i].Number = t.Columns[i].Name, t.Columns[i].Number
	}
	t.Rows = append(t.Rows, cells)
}

// when is a cell for an instant.
func when(s stamp) cell { return cell{When: &s} }

func text(s string) cell      { return cell{Text: s} }
func noted(s, n string) cell  { return cell{Text: s, Note: n} }
func number(n int64) cell     { return cell{Text: count(n)} }
func marked(s, m string) cell { return cell{Text: s, Mark: m} }

// never is a cell for what has not happened.
var never = cell{Text: "never"}
