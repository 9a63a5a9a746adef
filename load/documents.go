package load

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// The states of a document.
const (
	DocumentPending  = "pending"  // staged with its row, to be fetched
	DocumentArchived = "archived" // stands in the archive, verified while it was written
	DocumentAbsent   = "absent"   // the API gives no link for it at present
	DocumentFailed   = "failed"   // could not be fetched or stored, or was found missing or damaged
)

// Document is a document that waits to be archived. Its link is nowhere: it is asked for when it is needed.
type Document struct {
	Resource, ID     string
	Version          int
	EmployerID, Type string // what it is about; "" where that is not known
	Date             string // 2006-01-02
}

// Archived says what an archived document is.
type Archived struct {
	SHA256       string // hexadecimal
	Bytes        int64
	ContentType  string
	DeclaredType string // what the download declared
	Location     string
}

// PendingDocuments are the documents of the filter that are not archived, from after on, in the order of their keys.
func (s *Store) PendingDocuments(ctx context.Context, f DocumentFilter, after DocumentKey, limit int) ([]Document, error) {
	if len(f.States) == 0 {
		f.States = []string{DocumentPending, DocumentFailed, DocumentAbsent}
	}
	rows, err := s.Documents(ctx, f, after, limit)
	if err != nil {
		return nil, err
	}
	documents := make([]Document, len(rows))
	for i, r := range rows {
		documents[i] = Document{Resource: r.Resource, ID: r.SourceID, Version: r.Version, EmployerID: r.EmployerID, Type: r.Type}
		if r.Date != nil {
			documents[i].Date = r.Date.Format(time.DateOnly)
		}
	}
	return documents, nil
}

// Key is what the document is ordered by.
func (d Document) Key() DocumentKey {
	return DocumentKey{Resource: d.Resource, ID: d.ID, Version: d.Version}
}

// MarkArchived records a document that stands in the archive. It must be called after the archive has it, never before. The
// same content as the version before is no new version; then fresh is false.
func (s *Store) MarkArchived(ctx context.Context, doc Document, a Archived) (fresh bool, err error) {
	now := s.now()
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if doc.Version > 1 {
			tag, err := tx.Exec(ctx, `UPDATE archive.documents SET checked_at = $4 WHERE resource = $1 AND source_id = $2 AND version = $3 - 1
				AND state = 'archived' AND sha256 = $5`, doc.Resource, doc.ID, doc.Version, now, a.SHA256)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 1 {
				_, err = tx.Exec(ctx, `DELETE FROM archive.documents WHERE resource = $1 AND source_id = $2 AND version = $3 AND state <> 'archived'`,
					doc.Resource, doc.ID, doc.Version)
				return err
			}
		}
		tag, err := tx.Exec(ctx, `UPDATE archive.documents SET state = 'archived', sha256 = $4, bytes = $5, content_type = $6,
				declared_type = nullif($7, ''), location = $8, archived_at = $9, checked_at = $9, verified_at = NULL, attempts = attempts + 1,
				last_error = NULL
			WHERE resource = $1 AND source_id = $2 AND version = $3 AND state <> 'archived'`,
			doc.Resource, doc.ID, doc.Version, a.SHA256, a.Bytes, a.ContentType, a.DeclaredType, a.Location, now)
		fresh = tag.RowsAffected() == 1
		return err
	})
	return fresh, fail("mark a document as archived", err)
}

// MarkNotArchived records why a document is not in the archive: DocumentAbsent, or DocumentFailed with a class of error. It
// is tried again by the next run.
func (s *Store) MarkNotArchived(ctx context.Context, doc Document, state, class string) error {
	_, err := s.pool.Exec(ctx, `UPDATE archive.documents SET state = $4, last_error = nullif($5, ''), checked_at = $6, attempts = attempts + 1
		WHERE resource = $1 AND source_id = $2 AND version = $3 AND state <> 'archived'`,
		doc.Resource, doc.ID, doc.Version, state, class, s.now())
	return fail("mark a document as not archived", err)
}

// MarkVerified records that the object in the archive is what it was when it was put there.
func (s *Store) MarkVerified(ctx context.Context, key DocumentKey) error {
	_, err := s.pool.Exec(ctx, `UPDATE archive.documents SET verified_at = $4 WHERE resource = $1 AND source_id = $2 AND version = $3`,
		key.Resource, key.ID, key.Version, s.now())
	return fail("mark a document as verified", err)
}

// MarkLost records that an archived document is not in the archive any more, or is not what it was. The next run fetches it
// again.
func (s *Store) MarkLost(ctx context.Context, key DocumentKey, class string) error {
	_, err := s.pool.Exec(ctx, `UPDATE archive.documents SET state = 'failed', last_error = $4, checked_at = $5
		WHERE resource = $1 AND source_id = $2 AND version = $3 AND state = 'archived'`, key.Resource, key.ID, key.Version, class, s.now())
	return fail("mark a document as lost", err)
}

// Refetch stages the newest archived version of every document of the filter once more, unless one waits already.
func (s *Store) Refetch(ctx context.Context, f DocumentFilter) (int64, error) {
	f.States = []string{DocumentArchived}
	where, arguments := f.where()
	tag, err := s.pool.Exec(ctx, `INSERT INTO archive.documents (resource, source_id, version, state, staged_at)
		SELECT d.resource, d.source_id, max(d.version) + 1, 'pending', '`+s.now().Format(time.RFC3339Nano)+`'::timestamptz
		FROM `+documentsFrom+where+`
		AND NOT EXISTS (SELECT FROM archive.documents w WHERE w.resource = d.resource AND w.source_id = d.source_id AND w.state <> 'archived')
		GROUP BY d.resource, d.source_id`, arguments...)
	return tag.RowsAffected(), fail("stage documents once more", err)
}
