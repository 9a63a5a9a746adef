package employerlink

import "github.com/linkhouse/linkhouse/transform"

var employerDocuments = &transform.Resource{
	Name:       "employer-documents",
	List:       "/employer-documents",
	Items:      "employerDocuments",
	Detail:     "/employer-documents/{id}",
	DetailItem: "data",
	ByEmployer: true,
	Document:   true,
	Dated:      "date",
	Table:      employerDocumentsTable,
	Named:      1,
	Sentence:   readEmployerDocument,
}

var employerDocumentsTable = transform.NewTable("employerlink", "employer_documents", transform.KeyOf("employer_document_id"),
	transform.As(transform.Text, "employer_id", "employer"),
	transform.As(transform.Text, "type", "type"),
	transform.As(transform.Text, "source_id", "sourceId"),
	transform.As(transform.Date, "document_date", "date"),
	transform.As(transform.JSON, "metadata", "metadata"),
	transform.Timestamps(),
)

func readEmployerDocument(rec *transform.Record, say transform.Saying) {
	o := rec.Object(say.Whole(), "") // the detail need not name the employer, the list row does (T23)
	o.Ignore("_id", "url")           // the link is another at each request, and whoever holds it can read the document
	row := o.Row(employerDocumentsTable)
	o.Rest(&row)
	rec.AddOwn(employerDocumentsTable, row)
}
