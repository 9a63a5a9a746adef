package transform

import (
	"slices"
	"strings"
)

// Column is one column of a table: its name and what it holds. The Postgres type stands in the migration; a test compares
// the two.
type Column struct {
	Name string
	Kind Kind
	// Volatile columns are stored but are not part of the row's hash: a retrieval time that moves alone is no change (T26).
	Volatile bool
}

// Field says where in an object a column's value stands.
type Field struct {
	Column
	member string   // the JSON member
	others []string // members that hold the fact where member does not
	object string   // the path of the object the member stands in, "homeAddress" or "branding.logo"; "" for the object itself
	known  []string // the documented values, when they are listed
	form   form
}

type form uint8

const (
	formScalar form = iota
	formYear        // a year written as a timestamp, a string or a number
	formSecret      // a secret: three columns stand for it, or two
	formGiven       // no member: the sentence fills it
	formWhole       // the object itself, whole
)

// Table is one table of the warehouse: its key, then the fields that are read from an object.
type Table struct {
	Schema, Name string
	Key          []Column
	Fields       []Field
	// Lines says that the rows live and change with their statement: they carry no metadata of their own.
	Lines bool
	// Shared says that several resources know a part of each row. What one does not know leaves what another stored. Every
	// column of a shared table is text.
	Shared bool

	columns []Column
	members []string
}

// NewTable declares a table. Fields may be given alone or as a group (see Nested and Secret).
func NewTable(schema, name string, key []Column, fields ...[]Field) *Table {
	t := &Table{Schema: schema, Name: name, Key: key, Fields: slices.Concat(fields...)}
	t.columns = slices.Clone(key)
	for _, f := range t.Fields {
		t.columns = append(t.columns, f.columns()...)
		for _, name := range f.members() {
			if name != "" && !slices.Contains(t.members, name) {
				t.members = append(t.members, name)
			}
		}
	}
	return t
}

// LinesTable declares a table of lines that live and change with their statement.
func LinesTable(schema, name string, key []Column, fields ...[]Field) *Table {
	t := NewTable(schema, name, key, fields...)
	t.Lines = true
	return t
}

// SharedTable declares a table of which several resources know a part.
func SharedTable(schema, name string, key []Column, fields ...[]Field) *Table {
	t := NewTable(schema, name, key, fields...)
	t.Shared = true
	return t
}

// String is the qualified name.
func (t *Table) String() string { return t.Schema + "." + t.Name }

// Columns are the key and the columns of the fields, in the order of a Row's Values. The metadata columns, whose names
// begin with an underscore, are not among them.
func (t *Table) Columns() []Column { return t.columns }

// Members are the members of an object that the fields are read from, by their first names: "homeAddress" for all that
// stands in it.
func (t *Table) Members() []string { return t.members }

func (f Field) members() []string {
	if f.object != "" {
		first, _, _ := strings.Cut(f.object, ".")
		return []string{first}
	}
	return append([]string{f.member}, f.others...)
}

// width is how many columns the field has.
func (f *Field) width() int {
	switch {
	case f.form != formSecret:
		return 1
	case f.Kind == Bool:
		return 3
	}
	return 2
}

func (f Field) columns() []Column {
	if f.form != formSecret {
		return []Column{f.Column}
	}
	columns := []Column{{Name: f.Name + "_last4", Kind: Text}, {Name: f.Name + "_token", Kind: Text}}
	if f.Kind == Bool {
		columns = append(columns, Column{Name: f.Name + "_masked", Kind: Bool})
	}
	return columns
}

// KeyOf declares a key of text columns.
func KeyOf(names ...string) []Column {
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i] = Column{Name: name, Kind: Text}
	}
	return columns
}

// Numbered is the key with a last column that counts.
func Numbered(key []Column, name string) []Column {
	return append(slices.Clone(key), Column{Name: name, Kind: Int})
}

// As declares a column of the given kind that is read from a member. The documented values of an enum may follow; others
// are loaded as they are and counted (T24).
func As(kind Kind, column, member string, known ...string) []Field {
	return []Field{{Column: Column{Name: column, Kind: kind}, member: member, known: known}}
}

// VolatileAs declares a column that is stored but is no change by itself.
func VolatileAs(kind Kind, column, member string) []Field {
	return []Field{{Column: Column{Name: column, Kind: kind, Volatile: true}, member: member}}
}

// AnyOf declares a column that is read from the first of the members that holds a value of its kind, for shapes that are
// not documented.
func AnyOf(kind Kind, column string, members ...string) []Field {
	return []Field{{Column: Column{Name: column, Kind: kind}, member: members[0], others: members[1:]}}
}

// Given declares a text column that the sentence fills (see Row.SetText).
func Given(column string) []Field {
	return []Field{{Column: Column{Name: column, Kind: Text}, form: formGiven}}
}

// Whole declares a JSON column that holds the object itself, whole.
func Whole(column string) []Field {
	return []Field{{Column: Column{Name: column, Kind: JSON}, form: formWhole}}
}

// Year declares an integer column that is read from a year in any of its forms (T20).
func Year(column, member string) []Field {
	return []Field{{Column: Column{Name: column, Kind: Int}, member: member, form: formYear}}
}

// Secret declares the columns <column>_last4 and <column>_token.
func Secret(column, member string) []Field {
	return []Field{{Column: Column{Name: column, Kind: Text}, member: member, form: formSecret}}
}

// MaskableSecret declares the columns of Secret and <column>_masked, which tells a number that the source itself had masked.
func MaskableSecret(column, member string) []Field {
	return []Field{{Column: Column{Name: column, Kind: Bool}, member: member, form: formSecret}}
}

// Nested reads the fields from the object that stands at the path: "homeAddress", "branding.logo".
func Nested(object string, fields ...[]Field) []Field {
	nested := slices.Concat(fields...)
	for i := range nested {
		nested[i].object = object
	}
	return nested
}

// Timestamps declares createdAt and updatedAt, which tell when Atomic retrieved the object (T26).
func Timestamps() []Field {
	return slices.Concat(As(Instant, "atomic_created_at", "createdAt"), VolatileAs(Instant, "atomic_updated_at", "updatedAt"))
}
