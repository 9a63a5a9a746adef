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
	DocumentFailed   = "failed"   // could not be fetched or stored
)

// Document is a document that waits to be archived. Its link is nowhere: it is asked for when it is needed.
type Document struct {
	Resource, ID string
	Version      int
	Attempts     int
}

// PendingDocuments are documents of a resource that wait, failed or were absent, and have not been tried since the given
// time, in the order of their ids.
func (s *Store) PendingDocuments(ctx context.Context, resource string, since time.Time, limit int) ([]Document, error) {
	rows, err := s.pool.Query(ctx, `SELECT resource, source_id, version, attempts FROM archive.documents
		WHERE resource = $1 AND state <> 'archived' AND (checked_at IS NULL OR checked_at < $2)
		ORDER BY source_id LIMIT $3`, resource, since, limit)
	if err != nil {
		return nil, fail("list pending documents", err)
	}
	documents, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Document])
	return documents, fail("list pending documents", err)
}

// Archived says what an archived document is.
type Archived struct {
	SHA256      string // hexadecimal
	Bytes       int64
	ContentType string
	Location    string
}

// MarkArchived records a document that stands in the archive. It must be called after the archive has it, never before. The
// same content as the version before is no new version; then fresh is false.
func (s *Store) MarkArchived(ctx context.Context, doc Document, a Archived) (fresh bool, err error) {
	now := s.now()
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
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
		tag, err = tx.Exec(ctx, `UPDATE archive.documents SET state = 'archived', sha256 = $4, bytes = $5, content_type = $6, location = $7,
				archived_at = $8, checked_at = $8, attempts = attempts + 1, last_error = NULL
			WHERE resource = $1 AND source_id = $2 AND version = $3 AND state <> 'archived'`,
			doc.Resource, doc.ID, doc.Version, a.SHA256, a.Bytes, a.ContentType, a.Location, now)
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
