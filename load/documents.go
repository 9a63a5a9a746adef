package load

import (
	"context"
	"fmt"
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

// PendingDocuments are the documents of the filter to be fetched, from after on, in the order of their keys: those whose newest
// version is not archived. An earlier version that was lost is not among them: the API serves newer content.
func (s *Store) PendingDocuments(ctx context.Context, f DocumentFilter, after DocumentKey, limit int) ([]Document, error) {
	rows, err := s.Documents(ctx, f.pending(), after, limit)
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

// CountPendingDocuments counts what PendingDocuments lists.
func (s *Store) CountPendingDocuments(ctx context.Context, f DocumentFilter) (n int64, err error) {
	where, arguments := f.pending().where()
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM "+documentsFrom+where, arguments...).Scan(&n)
	return n, fail("count documents", err)
}

// Key is what the document is ordered by.
func (d Document) Key() DocumentKey {
	return DocumentKey{Resource: d.Resource, ID: d.ID, Version: d.Version}
}

// MarkArchived records content that stands in the archive. It must be called after the archive has it, never before. Content
// that no version has becomes a version of its own, in the place of the one that was staged, if one was. The content of the
// newest version is no new one. A version that was lost stands again with the content it had, and with no other: its digest is
// the only word of what it was. fresh says that the archive has something that it lacked.
func (s *Store) MarkArchived(ctx context.Context, doc Document, a Archived) (fresh bool, err error) {
	now := s.now()
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.fence(ctx, tx, doc.Resource); err != nil {
			return err
		}
		v, err := versionsOf(ctx, tx, doc)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE archive.documents SET state = 'archived', bytes = $4, location = $5, archived_at = $6, checked_at = $6,
				verified_at = NULL, attempts = attempts + 1, last_error = NULL
			WHERE resource = $1 AND source_id = $2 AND sha256 = $3 AND state <> 'archived'`, doc.Resource, doc.ID, a.SHA256, a.Bytes, a.Location, now)
		if err != nil {
			return err
		}
		fresh = tag.RowsAffected() > 0
		if v.newest == a.SHA256 {
			if _, err = tx.Exec(ctx, "DELETE FROM archive.documents WHERE resource = $1 AND source_id = $2 AND sha256 IS NULL", doc.Resource, doc.ID); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "UPDATE archive.documents SET checked_at = $4 WHERE resource = $1 AND source_id = $2 AND version = $3",
				doc.Resource, doc.ID, v.newestVersion, now)
			return err
		}
		fresh = true
		_, err = tx.Exec(ctx, `INSERT INTO archive.documents AS d (resource, source_id, version, state, sha256, bytes, content_type, declared_type, location,
				staged_at, archived_at, checked_at, attempts)
			VALUES ($1, $2, $3, 'archived', $4, $5, $6, nullif($7, ''), $8, $9, $9, $9, 1)
			ON CONFLICT (resource, source_id, version) DO UPDATE SET state = 'archived', sha256 = EXCLUDED.sha256, bytes = EXCLUDED.bytes,
				content_type = EXCLUDED.content_type, declared_type = EXCLUDED.declared_type, location = EXCLUDED.location,
				archived_at = EXCLUDED.archived_at, checked_at = EXCLUDED.checked_at, verified_at = NULL, attempts = d.attempts + 1, last_error = NULL`,
			doc.Resource, doc.ID, v.next, a.SHA256, a.Bytes, a.ContentType, a.DeclaredType, a.Location, now)
		return err
	})
	return fresh, fail("mark a document as archived", err)
}

// versions are the versions of one document.
type versions struct {
	newest        string // the digest of the newest that ever was archived; "" when none was
	newestVersion int
	next          int // the number that new content gets
}

// versionsOf reads the versions of a document and holds them until the transaction ends.
func versionsOf(ctx context.Context, tx pgx.Tx, doc Document) (v versions, err error) {
	rows, err := tx.Query(ctx, `SELECT version, coalesce(sha256, '') FROM archive.documents WHERE resource = $1 AND source_id = $2
		ORDER BY version FOR UPDATE`, doc.Resource, doc.ID)
	if err != nil {
		return v, err
	}
	var number int
	var digest string
	v.next = 1
	_, err = pgx.ForEachRow(rows, []any{&number, &digest}, func() error {
		if v.next = number; digest != "" {
			v.newest, v.newestVersion, v.next = digest, number, number+1
		}
		return nil
	})
	return v, err
}

// MarkNotArchived records why a document could not be fetched: DocumentAbsent, or DocumentFailed with a class of error. It is
// tried again by the next run. A version that was lost stays lost: that it once was archived must not be forgotten.
func (s *Store) MarkNotArchived(ctx context.Context, doc Document, state, class string) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.fence(ctx, tx, doc.Resource); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE archive.documents SET checked_at = $6, attempts = attempts + 1,
				state = CASE WHEN sha256 IS NULL THEN $4 ELSE state END, last_error = CASE WHEN sha256 IS NULL THEN nullif($5, '') ELSE last_error END
			WHERE resource = $1 AND source_id = $2 AND version = $3 AND state <> 'archived'`,
			doc.Resource, doc.ID, doc.Version, state, class, s.now())
		return err
	})
	return fail("mark a document as not archived", err)
}

// MarkVerified records that the object in the archive is what it was when it was put there. A version that was lost, and that
// somebody brought back, is archived again.
func (s *Store) MarkVerified(ctx context.Context, key DocumentKey) error {
	_, err := s.pool.Exec(ctx, `UPDATE archive.documents SET verified_at = $4, state = 'archived', last_error = NULL
		WHERE resource = $1 AND source_id = $2 AND version = $3 AND sha256 IS NOT NULL`, key.Resource, key.ID, key.Version, s.now())
	return fail("mark a document as verified", err)
}

// MarkLost records that an archived document is not in the archive any more, or is not what it was. The next run fetches it
// again, if it is the newest version.
func (s *Store) MarkLost(ctx context.Context, key DocumentKey, class string) error {
	_, err := s.pool.Exec(ctx, `UPDATE archive.documents SET state = 'failed', last_error = $4, checked_at = $5
		WHERE resource = $1 AND source_id = $2 AND version = $3 AND sha256 IS NOT NULL`, key.Resource, key.ID, key.Version, class, s.now())
	return fail("mark a document as lost", err)
}

// StageMissing stages the documents of the filter that no row knows of. Pages stage theirs themselves; what is missing here
// was lost from the warehouse's own books, by a partial restore, say.
func (s *Store) StageMissing(ctx context.Context, f DocumentFilter) (int64, error) {
	tag, err := s.pool.Exec(ctx, `INSERT INTO archive.documents (resource, source_id, version, state, staged_at)
		SELECT s.resource, s.source_id, 1, 'pending', $7::timestamptz
		FROM archive.subjects s
		WHERE s._removed_at IS NULL AND ($1::text[] IS NULL OR s.resource = ANY($1)) AND ($2::text[] IS NULL OR s.source_id = ANY($2))
			AND ($3 = '' OR s.employer_id = $3) AND ($4 = '' OR lower(s.type) = lower($4))
			AND ($5::date IS NULL OR s.document_date >= $5) AND ($6::date IS NULL OR s.document_date <= $6)
			AND NOT EXISTS (SELECT FROM archive.documents d WHERE d.resource = s.resource AND d.source_id = s.source_id)
		ON CONFLICT DO NOTHING`, f.Resources, f.IDs, f.Employer, f.Type, day(f.From), day(f.Until), s.now())
	return tag.RowsAffected(), fail("stage documents", err)
}

// Refetch stages the documents of the filter once more whose newest version is archived and was last asked for before an
// instant. The instant is the start of the run that asks: gone on with, it does not ask again for what it has.
func (s *Store) Refetch(ctx context.Context, f DocumentFilter, askedBefore time.Time) (int64, error) {
	f.States, f.Newest = []string{DocumentArchived}, true
	where, arguments := f.where()
	now, before := len(arguments)+1, len(arguments)+2
	tag, err := s.pool.Exec(ctx, fmt.Sprintf(`INSERT INTO archive.documents (resource, source_id, version, state, staged_at)
		SELECT d.resource, d.source_id, d.version + 1, 'pending', $%d::timestamptz FROM %s %s AND coalesce(d.checked_at, '-infinity') < $%d
		ON CONFLICT DO NOTHING`, now, documentsFrom, where, before), append(arguments, s.now(), askedBefore)...)
	return tag.RowsAffected(), fail("stage documents once more", err)
}
