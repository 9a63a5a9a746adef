package archive

import "testing"

func TestADocumentsTypeIsThatOfItsBytes(t *testing.T) {
	t.Parallel()
	const (
		docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
		xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		ole2 = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	)
	for _, c := range []struct{ first, declared, contentType, ext string }{
		{"%PDF-1.7\n", "", "application/pdf", ".pdf"},
		{"\r\n%PDF-1.4", "text/plain", "application/pdf", ".pdf"},
		{"%PDF-1.7\n", "binary/octet-stream", "application/pdf", ".pdf"},
		{"<!DOCTYPE html><title>Expired</title>", "application/pdf", "text/html", ".html"},
		{`<?xml version="1.0"?><Error/>`, "application/pdf", "application/xml", ".xml"},
		{"check_date,gross\n2023-01-01,10", "text/csv; charset=utf-8", "text/csv", ".csv"},
		{"check_date,gross\n2023-01-01,10", "application/pdf", "text/plain", ".txt"},
		{`{"gross": 10}`, "", "application/json", ".json"},
		{"\ufeff [\n {}]", "application/octet-stream", "application/json", ".json"},
		{"[draft] payroll", "", "text/plain", ".txt"},
		{"[1, 2]", "application/json", "application/json", ".json"},
		{"PK\x03\x04rest", "", "application/zip", ".zip"},
		{"PK\x03\x04rest", xlsx, xlsx, ".xlsx"},
		{"PK\x03\x04rest", docx, docx, ".docx"},
		{"PK\x03\x04rest", "application/pdf", "application/zip", ".zip"},
		{ole2, "application/vnd.ms-excel", "application/vnd.ms-excel", ".xls"},
		{ole2, "", "application/octet-stream", ".bin"},
		{"\x1f\x8b\x08rest", "application/x-gzip", "application/gzip", ".gz"},
		{"\x89PNG\x0d\x0a\x1a\x0a", "image/jpeg", "image/png", ".png"},
		{"II*\x00rest", "", "image/tiff", ".tiff"},
		{`{\rtf1\ansi`, "", "application/rtf", ".rtf"},
		{"\x00\x01\x02\x03", "application/pdf", "application/octet-stream", ".bin"},
		{"", "application/pdf", "application/octet-stream", ".bin"},
		{"\x00\x00\x00\x18ftypmp42", "", "application/octet-stream", ".bin"},
		{"%PDF-1.7", "not a / media type;;", "application/pdf", ".pdf"},
	} {
		contentType, ext := Sniff([]byte(c.first), c.declared)
		if contentType != c.contentType || ext != c.ext {
			t.Errorf("%q declared %q is %s %s, want %s %s", c.first, c.declared, contentType, ext, c.contentType, c.ext)
		}
	}
}

func TestEveryExtensionCanBePartOfAKey(t *testing.T) {
	t.Parallel()
	for contentType, ext := range extensions {
		if ext == "" || !isExt(ext) {
			t.Errorf("%s has the extension %q", contentType, ext)
		}
	}
}
