package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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
	Attempts         int    // runs that tried to fetch it and did not
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
	return documentsOf(rows), nil
}

// LastPendingDocuments are the last that PendingDocuments would list: as ids rise with time, the newest.
func (s *Store) LastPendingDocuments(ctx context.Context, f DocumentFilter, limit int) ([]Document, error) {
	where, arguments := f.pending().where()
	rows, err := query[DocumentRow](ctx, s, "list documents", "SELECT "+documentColumns+" FROM "+documentsFrom+where+
		" ORDER BY d.resource DESC, d.source_id DESC, d.version DESC LIMIT $11", append(arguments, limit)...)
	return documentsOf(rows), err
}

func documentsOf(rows []DocumentRow) []Document {
	documents := make([]Document, len(rows))
	for i, r := range rows {
		documents[i] = Document{Resource: r.Resource, ID: r.SourceID, Version: r.Version, EmployerID: r.EmployerID, Type: r.Type, Attempts: r.Attempts}
		if r.Date != nil {
			documents[i].Date = r.Date.Format(time.DateOnly)
		}
	}
	return documents
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
//
// All of it is one statement, since there is one for each document. It does not hold the run's row, which all of them would queue
// for: what another process may come to mark at the same instant is the same.
func (s *Store) MarkArchived(ctx context.Context, doc Document, a Archived) (fresh bool, err error) {
	id, since := s.ours(doc.Resource)
	var ours bool
	err = s.pool.QueryRow(ctx, markArchived, id, since, doc.Resource, doc.ID, a.SHA256, a.Bytes, a.ContentType, a.DeclaredType, a.Location, s.now()).
		Scan(&ours, &fresh)
	if err == nil && !ours {
		err = &Error{Op: "hold the run", Class: ClassFenced}
	}
	return fresh, fail("mark a document as archived", err)
}

const oursStill = "($1 = 0 OR EXISTS (SELECT FROM etl.runs WHERE " + stillOurs + "))"

// markArchived touches each version once at most: those of this content, and the one that was staged, which has none yet.
const markArchived = `WITH ours AS (SELECT ` + oursStill + ` AS still),
	v AS (SELECT version, sha256, state FROM archive.documents WHERE resource = $3 AND source_id = $4 FOR UPDATE),
	newest AS (SELECT version, sha256 FROM v WHERE sha256 IS NOT NULL ORDER BY version DESC LIMIT 1),
	known AS (SELECT coalesce((SELECT sha256 = $5 FROM newest), false) AS newest, EXISTS (SELECT FROM v WHERE sha256 = $5 AND state <> 'archived') AS lost,
		EXISTS (SELECT FROM v WHERE sha256 IS NULL) AS staged, coalesce((SELECT max(version) FROM v), 0) + 1 AS next),
	healed AS (UPDATE archive.documents SET state = 'archived', bytes = $6, location = $9, archived_at = $10, checked_at = $10, verified_at = NULL,
			attempts = attempts + 1, last_error = NULL
		FROM ours WHERE still AND resource = $3 AND source_id = $4 AND sha256 = $5 AND state <> 'archived'),
	checked AS (UPDATE archive.documents d SET checked_at = $10
		FROM ours, newest WHERE still AND resource = $3 AND source_id = $4 AND d.version = newest.version AND d.sha256 = $5 AND state = 'archived'),
	dropped AS (DELETE FROM archive.documents d USING ours, known
		WHERE still AND known.newest AND resource = $3 AND source_id = $4 AND sha256 IS NULL),
	filled AS (UPDATE archive.documents d SET state = 'archived', sha256 = $5, bytes = $6, content_type = $7, declared_type = nullif($8, ''), location = $9,
			archived_at = $10, checked_at = $10, verified_at = NULL, attempts = attempts + 1, last_error = NULL
		FROM ours, known WHERE still AND NOT known.newest AND resource = $3 AND source_id = $4 AND sha256 IS NULL),
	added AS (INSERT INTO archive.documents (resource, source_id, version, state, sha256, bytes, content_type, declared_type, location, staged_at,
			archived_at, checked_at, attempts)
		SELECT $3, $4, next, 'archived', $5, $6, $7, nullif($8, ''), $9, $10::timestamptz, $10, $10, 1
		FROM ours, known WHERE still AND NOT known.newest AND NOT staged)
	SELECT still, NOT known.newest OR known.lost FROM ours, known`

// MarkNotArchived records why a document could not be fetched: DocumentAbsent, or DocumentFailed with a class of error. It is
// tried again by the next run. A version that was lost stays lost: that it once was archived must not be forgotten.
func (s *Store) MarkNotArchived(ctx context.Context, doc Document, state, class string) error {
	id, since := s.ours(doc.Resource)
	var ours bool
	err := s.pool.QueryRow(ctx, `WITH ours AS (SELECT `+oursStill+` AS still),
		marked AS (UPDATE archive.documents SET checked_at = $8, attempts = attempts + 1,
				state = CASE WHEN sha256 IS NULL THEN $6 ELSE state END, last_error = CASE WHEN sha256 IS NULL THEN nullif($7, '') ELSE last_error END
			FROM ours WHERE still AND resource = $3 AND source_id = $4 AND version = $5 AND state <> 'archived')
		SELECT still FROM ours`, id, since, doc.Resource, doc.ID, doc.Version, state, class, s.now()).Scan(&ours)
	if err == nil && !ours {
		err = &Error{Op: "hold the run", Class: ClassFenced}
	}
	return fail("mark a document as not archived", err)
}

// MarkVerified records that the object in the archive is what it was when it was put there. A version that was lost, and that
// somebody brought back, is archived again.
func (s *Store) MarkVerified(ctx context.Context, key DocumentKey) error {
	_, err := s.pool.Exec(ctx, `UPDATE archive.documents SET verified_at = $4, state = 'archived', last_error = NULL
		WHERE resource = $1 AND source_id = $2 AND version = $3 AND sha256 IS NOT NULL`, key.Resource, key.ID, key.Version, s.now())
	return fail("mark a document as verified", err)
}

// MarkLost records that an archived document is not in the archive any more, or is not what it was: the next run fetches it again, if
// it is the newest version. It reports whether the row is still as it was read; if not, a run may have archived it anew meanwhile, and
// nothing is marked.
func (s *Store) MarkLost(ctx context.Context, row DocumentRow, class string) (still bool, err error) {
	tag, err := s.pool.Exec(ctx, `UPDATE archive.documents SET state = 'failed', last_error = $4, checked_at = $5
		WHERE resource = $1 AND source_id = $2 AND version = $3 AND sha256 = $6 AND location = $7 AND state = $8 AND archived_at IS NOT DISTINCT FROM $9`,
		row.Resource, row.SourceID, row.Version, class, s.now(), row.SHA256, row.Location, row.State, row.ArchivedAt)
	return tag.RowsAffected() > 0, fail("mark a document as lost", err)
}

// CountFiled counts the documents that are archived below a location. Of a warehouse without tables there are none.
func (s *Store) CountFiled(ctx context.Context, below string) (n int64, err error) {
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM archive.documents WHERE state = 'archived' AND starts_with(location, $1)", below+"/").Scan(&n)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "42P01" || refused.Code == "3F000") {
		return 0, nil
	}
	return n, fail("count archived documents", err)
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
