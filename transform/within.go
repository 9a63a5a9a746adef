package transform

// Period says which of the rows that belong to an object have a day: those of a table, by a column of dates. A range of days
// then limits the resource to these rows, where the objects themselves have no day (see Resource.Dated).
type Period struct {
	Projection string // that has to be asked for
	Table      *Table
	Column     string
}

// Days is a range of days, both included, as 2006-01-02; "" is open.
type Days struct{ From, Until string }

// Bounded reports that the range leaves any day out.
func (d Days) Bounded() bool { return d.From != "" || d.Until != "" }

// Holds reports whether a day is in the range. One that is not known ("") is in none but the open one.
func (d Days) Holds(day string) bool {
	return !d.Bounded() || day != "" && (d.From == "" || day >= d.From) && (d.Until == "" || day <= d.Until)
}

// Within leaves of the record the rows that the period dates within the days, with their lines, and says of no other row
// anything: nothing that is stored outside of the days is written, and nothing is removed. The rows have their keys already,
// so that equals (T14) are told apart as they are when all of them are written.
func (rec *Record) Within(p Period, days Days) {
	rec.Limited = true
	sets := rec.Sets[:0]
	for _, set := range rec.Sets {
		if set.Table != p.Table {
			continue
		}
		rows := make([]Row, 0, len(set.Rows))
		for _, row := range set.Rows {
			if days.Holds(row.Cell(p.Column).String()) {
				rows = append(rows, row)
			}
		}
		set.Rows, set.Merge = rows, true
		sets = append(sets, set)
	}
	clear(rec.Sets[len(sets):])
	rec.Sets = sets
}

// Column is the column that a member of an object is read into; "" when there is none.
func (t *Table) Column(member string) string {
	for _, f := range t.Fields {
		if f.object == "" && f.member == member && member != "" {
			return f.Name
		}
	}
	return ""
}

// TablesOf are the tables that hold what was asked for: all of the resource's, or those of some projections and the
// object's own.
func (r *Resource) TablesOf(include []string) []*Table {
	if r.Parts == nil || include == nil {
		return r.Tables()
	}
	tables := []*Table{r.Table}
	for _, projection := range include {
		tables = append(tables, r.Parts[projection]...)
	}
	return tables
}
