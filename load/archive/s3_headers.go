package archive

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The names under which metadata stands in an object's headers, after x-amz-meta-. A server answers in any case of
// letters; the SDK makes them small.
const (
	metaSum      = "sha256" // of the whole, whatever the parts' were
	metaSource   = "source-id"
	metaEmployer = "employer-id"
	metaType     = "type"
	metaDate     = "document-date"
	metaArchived = "archived-at"
)

// longestMeta is the length in bytes up to which a value is kept: S3 takes two kilobytes for all names and values.
const longestMeta = 300

func metaHeaders(m Metadata, sum string) map[string]string {
	headers := map[string]string{metaSum: sum, metaArchived: m.ArchivedAt.UTC().Format(time.RFC3339Nano)}
	for name, value := range map[string]string{
		metaSource: m.SourceID, metaEmployer: m.EmployerID, metaType: m.Type, metaDate: m.DocumentDate,
	} {
		// A value that is too long is left out: it is in the warehouse, and a cut one would be wrong.
		if value = escaped(value); value != "" && len(value) <= longestMeta {
			headers[name] = value
		}
	}
	return headers
}

// parseMeta is the reverse of metaHeaders. Headers without our own digest are not ours.
func parseMeta(headers map[string]string, contentType string) Metadata {
	if headers[metaSum] == "" {
		return Metadata{}
	}
	text := func(name string) string {
		value, err := url.PathUnescape(headers[name])
		if err != nil {
			return headers[name]
		}
		return value
	}
	archived, _ := time.Parse(time.RFC3339Nano, headers[metaArchived]) // lost, when it is not a time
	return Metadata{
		SourceID: text(metaSource), EmployerID: text(metaEmployer), Type: text(metaType), DocumentDate: text(metaDate),
		ArchivedAt: archived, ContentType: contentType,
	}
}

// escaped writes any text so that it survives as the value of a header: what is not printable ASCII becomes %XX, and so do
// % itself and spaces, which the ends of a header would lose.
func escaped(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c > ' ' && c < 0x7f && c != '%' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// until is the end of the retention, nil for none.
func (r retention) until(now time.Time) *time.Time {
	if r.mode == "" {
		return nil
	}
	return aws.Time(now.UTC().AddDate(0, 0, r.days))
}

// optional leaves out what is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
