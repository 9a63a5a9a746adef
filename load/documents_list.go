package load

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// DocumentFilter selects documents. What is left out selects all.
type DocumentFilter struct {
	Resources, IDs, States []string // of states, none is all
	Employer, Type         string
	// From and Until bound the date of the document, or the check date of the run, both days included.
	From, Until time.Time
	// VerifiedBefore selects those not verified since.
	VerifiedBefore time.Time
	// Newest selects the newest version of each, Kept those that are in the archive or were.
	Newest, Kept bool
}

// pending selects what is to be fetched.
func (f DocumentFilter) pending() DocumentFilter {
	f.Newest = true
	if len(f.States) == 0 {
		f.States = []string{DocumentPending, DocumentFailed, DocumentAbsent}
	}
	return f
}

// DocumentKey is what documents are ordered by.
type DocumentKey struct {
	Resource, ID string
	Version      int
}

// DocumentRow is a version of a document as archive.documents has it, and what it is about.
type DocumentRow struct {
	Resource     string     `json:"resource" db:"resource"`
	SourceID     string     `json:"source_id" db:"source_id"`
	Version      int        `json:"version" db:"version"`
	State        string     `json:"state" db:"state"`
	SHA256       string     `json:"sha256" db:"sha256"`
	Bytes        int64      `json:"bytes" db:"bytes"`
	ContentType  string     `json:"content_type" db:"content_type"`
	DeclaredType string     `json:"declared_type" db:"declared_type"`
	Location     string     `json:"location" db:"location"`
	EmployerID   string     `json:"employer_id" db:"employer_id"`
	Type         string     `json:"type" db:"type"`
	Date         *time.Time `json:"document_date" db:"document_date"`
	StagedAt     time.Time  `json:"staged_at" db:"staged_at"`
	ArchivedAt   *time.Time `json:"archived_at" db:"archived_at"`
	CheckedAt    *time.Time `json:"checked_at" db:"checked_at"`
	VerifiedAt   *time.Time `json:"verified_at" db:"verified_at"`
	Attempts     int        `json:"attempts" db:"attempts"`
	LastError    string     `json:"last_error" db:"last_error"`
	// Superseded says that a newer version was staged or archived: the API does not serve this one any more.
	Superseded bool `json:"superseded" db:"superseded"`
}

// Key is what the row is ordered by.
func (r DocumentRow) Key() DocumentKey {
	return DocumentKey{Resource: r.Resource, ID: r.SourceID, Version: r.Version}
}

const documentsFrom = `archive.documents d LEFT JOIN archive.subjects s ON s.resource = d.resource AND s.source_id = d.source_id `

const superseded = `EXISTS (SELECT FROM archive.documents n WHERE n.resource = d.resource AND n.source_id = d.source_id AND n.version > d.version)`

// where is the filter as a condition on documentsFrom; its arguments are $1 to $10.
func (f DocumentFilter) where() (condition string, arguments []any) {
	return `WHERE ($1::text[] IS NULL OR d.resource = ANY($1)) AND ($2::text[] IS NULL OR d.source_id = ANY($2))
		AND ($3::text[] IS NULL OR d.state = ANY($3)) AND ($4 = '' OR s.employer_id = $4) AND ($5 = '' OR lower(s.type) = lower($5))
		AND ($6::date IS NULL OR s.document_date >= $6) AND ($7::date IS NULL OR s.document_date <= $7)
		AND ($8::timestamptz IS NULL OR d.verified_at IS NULL OR d.verified_at < $8)
		AND (NOT $9 OR NOT ` + superseded + `) AND (NOT $10 OR d.sha256 IS NOT NULL)`,
		[]any{f.Resources, f.IDs, f.States, f.Employer, f.Type, day(f.From), day(f.Until), instant(f.VerifiedBefore), f.Newest, f.Kept}
}

func day(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.Format(time.DateOnly)
	return &text
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// documentColumns are those of a DocumentRow.
const documentColumns = `d.resource, d.source_id, d.version, d.state, coalesce(d.sha256, '') AS sha256,
			coalesce(d.bytes, 0) AS bytes, coalesce(d.content_type, '') AS content_type, coalesce(d.declared_type, '') AS declared_type,
			coalesce(d.location, '') AS location, coalesce(s.employer_id, '') AS employer_id, coalesce(s.type, '') AS type, s.document_date,
			d.staged_at, d.archived_at, d.checked_at, d.verified_at, d.attempts, coalesce(d.last_error, '') AS last_error, ` + superseded + ` AS superseded`

// Documents are the documents of the filter that come after a key, in the order of their keys.
func (s *Store) Documents(ctx context.Context, f DocumentFilter, after DocumentKey, limit int) ([]DocumentRow, error) {
	where, arguments := f.where()
	return query[DocumentRow](ctx, s, "list documents", "SELECT "+documentColumns+`
		FROM `+documentsFrom+where+` AND (d.resource, d.source_id, d.version) > ($11, $12, $13)
		ORDER BY d.resource, d.source_id, d.version LIMIT $14`, append(arguments, after.Resource, after.ID, after.Version, limit)...)
}

// DocumentGap is a group of documents that the API knows and the archive lacks.
type DocumentGap struct {
	Resource     string     `json:"resource" db:"resource"`
	EmployerID   string     `json:"employer_id" db:"employer_id"`
	EmployerName string     `json:"employer_name" db:"employer_name"`
	State        string     `json:"state" db:"state"`   // pending, absent, failed, or unstaged when nothing is known of it
	Reason       string     `json:"reason" db:"reason"` // the class of the last error
	Count        int64      `json:"count" db:"count"`
	Oldest       *time.Time `json:"oldest" db:"oldest"` // the oldest date among them
}

// DocumentGaps are what the API knows and the archive lacks, by employer and reason. Objects that were removed are left out.
func (s *Store) DocumentGaps(ctx context.Context, f DocumentFilter) ([]DocumentGap, error) {
	return query[DocumentGap](ctx, s, "find gaps", `SELECT s.resource, coalesce(s.employer_id, '') AS employer_id, coalesce(e.name, '') AS employer_name,
			coalesce(d.state, 'unstaged') AS state, coalesce(d.last_error, '') AS reason, count(*) AS count, min(s.document_date) AS oldest
		FROM archive.subjects s
		LEFT JOIN LATERAL (SELECT state, last_error FROM archive.documents d WHERE d.resource = s.resource AND d.source_id = s.source_id
			ORDER BY version DESC LIMIT 1) d ON true
		LEFT JOIN employerlink.employers e ON e.employer_id = s.employer_id
		WHERE s._removed_at IS NULL AND d.state IS DISTINCT FROM 'archived'
			AND ($1::text[] IS NULL OR s.resource = ANY($1)) AND ($2 = '' OR s.employer_id = $2) AND ($3 = '' OR lower(s.type) = lower($3))
			AND ($4::date IS NULL OR s.document_date >= $4) AND ($5::date IS NULL OR s.document_date <= $5)
		GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 4, 6 DESC, 2`, f.Resources, f.Employer, f.Type, day(f.From), day(f.Until))
}

// CountLostDocuments counts the versions of the filter that are lost and that no fetching can bring back, because the API
// serves newer content.
func (s *Store) CountLostDocuments(ctx context.Context, f DocumentFilter) (n int64, err error) {
	f.States, f.Kept = []string{DocumentFailed}, true
	where, arguments := f.where()
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM "+documentsFrom+where+" AND "+superseded, arguments...).Scan(&n)
	return n, fail("count documents", err)
}

// Locations reports which of some locations an archived document stands at.
func (s *Store) Locations(ctx context.Context, locations []string) (map[string]bool, error) {
	rows, err := s.pool.Query(ctx, "SELECT location FROM archive.documents WHERE location = ANY($1)", locations)
	if err != nil {
		return nil, fail("look for documents", err)
	}
	known := map[string]bool{}
	var location string
	_, err = pgx.ForEachRow(rows, []any{&location}, func() error {
		known[location] = true
		return nil
	})
	return known, fail("look for documents", err)
}

// DocumentCounts are the documents by state.
func (s *Store) DocumentCounts(ctx context.Context) (map[string]int64, error) {
	rows, err := s.pool.Query(ctx, "SELECT state, count(*) FROM archive.documents GROUP BY state")
	if err != nil {
		return nil, fail("count documents", err)
	}
	counts := map[string]int64{}
	var state string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		return nil
	})
	return counts, fail("count documents", err)
}
