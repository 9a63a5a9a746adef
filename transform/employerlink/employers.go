package employerlink

import "github.com/linkhouse/linkhouse/transform"

var employers = &transform.Resource{
	Name:       "employers",
	List:       "/employers",
	Items:      "employers",
	Detail:     "/employers/{id}",
	DetailItem: "data",
	Table:      employersTable,
	Named:      1,
	Children:   []*transform.Table{employerLocationsTable},
	Sentence:   readEmployer,
}

var employersTable = transform.NewTable("employerlink", "employers", transform.KeyOf("employer_id"),
	transform.As(transform.Text, "name", "name"),
	transform.As(transform.Text, "ein", "ein"),
	transform.As(transform.Text, "source_id", "sourceId"),
	transform.Timestamps(),
)

// Locations have no id: they are numbered in an order that does not depend on the response's.
var employerLocationsTable = transform.NewTable("employerlink", "employer_locations",
	transform.Numbered(transform.KeyOf("employer_id"), "location_no"),
	transform.As(transform.Text, "line1", "line1"),
	transform.As(transform.Text, "line2", "line2"),
	transform.As(transform.Text, "city", "city"),
	transform.As(transform.Text, "state", "state"),
	transform.As(transform.Text, "postal_code", "postalCode"),
	transform.As(transform.Text, "country", "country"),
)

func readEmployer(rec *transform.Record, say transform.Saying) {
	o := rec.Object(say.Whole(), "")
	o.Ignore("_id")
	row := o.Row(employersTable)
	// Only the detail tells the locations. Without one nothing is known of them, which is not the same as having none.
	if say.Detail.IsObject() {
		if locations, ok := o.Set("locations", employerLocationsTable, rec.Owner(), nil); ok {
			transform.Number(locations.Rows, locations.Owner)
			rec.Add(locations)
		}
	}
	o.Rest(&row)
	rec.AddOwn(employersTable, row)
}
