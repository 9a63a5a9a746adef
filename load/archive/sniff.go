package archive

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
)

// extensions of the content types that Sniff gives.
var extensions = map[string]string{
	"application/pdf":  ".pdf",
	"application/zip":  ".zip",
	"application/gzip": ".gz",
	"application/json": ".json",
	"application/xml":  ".xml",
	"application/rtf":  ".rtf",
	"text/csv":         ".csv",
	"text/html":        ".html",
	"text/plain":       ".txt",
	"image/png":        ".png",
	"image/jpeg":       ".jpg",
	"image/gif":        ".gif",
	"image/tiff":       ".tiff",
	"image/webp":       ".webp",

	"application/msword":       ".doc",
	"application/vnd.ms-excel": ".xls",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",

	unknown: ".bin",
}

const unknown = "application/octet-stream"

// refinements are the types that only a declaration can tell from the more general one their bytes show.
var refinements = map[string][]string{
	"text/plain": {"text/csv", "application/json", "application/xml", "application/rtf"},
	"application/zip": {
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	},
	ole: {"application/msword", "application/vnd.ms-excel"},
}

// ole is the container of older office files, which has no type of its own.
const ole = "application/x-ole-storage"

// Sniff tells a document's content type and file extension from its first bytes (512 are enough). What the sender declared
// only refines what they show: a page of HTML that is declared a PDF, as an error page may be, is HTML. What the API calls
// the document's type has no say at all, since it names a form and not a format.
func Sniff(first []byte, declared string) (contentType, ext string) {
	contentType = shown(first)
	wanted, _, err := mime.ParseMediaType(declared)
	if err == nil {
		for _, refined := range refinements[contentType] {
			if refined == alias(wanted) {
				contentType = refined
			}
		}
	}
	if ext, ok := extensions[contentType]; ok {
		return contentType, ext
	}
	return unknown, extensions[unknown]
}

// shown is the type that the bytes themselves show.
func shown(first []byte) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(first, []byte("\ufeff")), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("%PDF-")): // some producers put blanks before it
		return "application/pdf"
	case bytes.HasPrefix(text, []byte(`{\rtf`)):
		return "application/rtf"
	case bytes.HasPrefix(first, []byte("II*\x00")), bytes.HasPrefix(first, []byte("MM\x00*")):
		return "image/tiff"
	case bytes.HasPrefix(first, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return ole
	case len(text) == 0:
		return unknown
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(first), ";")
	contentType = alias(contentType)
	if contentType == "text/plain" && opensJSON(text) {
		return "application/json"
	}
	return contentType
}

// opensJSON tells an object or a list of objects from prose that begins with a bracket.
func opensJSON(text []byte) bool {
	after := bytes.TrimLeft(text[1:], " \t\r\n")
	switch text[0] {
	case '{':
		return bytes.HasPrefix(after, []byte(`"`)) || bytes.HasPrefix(after, []byte("}"))
	case '[':
		return bytes.HasPrefix(after, []byte("{")) || bytes.HasPrefix(after, []byte("]"))
	default:
		return false
	}
}

// alias writes the same type the same way.
func alias(contentType string) string {
	switch contentType {
	case "text/xml":
		return "application/xml"
	case "application/x-gzip":
		return "application/gzip"
	case "application/csv", "text/comma-separated-values":
		return "text/csv"
	case "text/json":
		return "application/json"
	case "text/rtf":
		return "application/rtf"
	}
	return contentType
}
