BEGIN;

CREATE SCHEMA IF NOT EXISTS archive;
-- A schema that somebody else has made keeps its own comment.
DO $do$
BEGIN
  IF obj_description('archive'::regnamespace, 'pg_namespace') IS NULL THEN
    COMMENT ON SCHEMA archive IS
      'Where the documents of employers and payroll runs are kept. The files themselves are outside the database.';
  END IF;
END
$do$;

CREATE TABLE archive.documents (
  resource     text,
  source_id    text,
  version      int,
  state        text NOT NULL,
  sha256       text,
  bytes        bigint,
  content_type text,
  declared_type text,
  location     text,
  staged_at    timestamptz NOT NULL,
  archived_at  timestamptz,
  checked_at   timestamptz,
  verified_at  timestamptz,
  attempts     int NOT NULL DEFAULT 0,
  last_error   text,
  PRIMARY KEY (resource, source_id, version)
);
CREATE INDEX documents_unfinished ON archive.documents (resource, source_id) WHERE state <> 'archived';
-- For the search for files that no document names, which asks for the documents of all files, some at a time.
CREATE INDEX documents_location ON archive.documents (location);
COMMENT ON TABLE archive.documents IS 'One row per version of a document: staged with the row that names it, archived afterwards. The link it is downloaded from is asked for just in time and never stored. API: url of GET /employer-documents/:_id and GET /payroll-runs/:_id.';
COMMENT ON COLUMN archive.documents.resource IS 'Key: employer-documents or payroll-runs.';
COMMENT ON COLUMN archive.documents.source_id IS 'Key: employer_documents.employer_document_id or payroll_runs.payroll_run_id. API: _id.';
COMMENT ON COLUMN archive.documents.version IS 'Key: number of the version, from 1; a file that changed under the same id is a new one.';
COMMENT ON COLUMN archive.documents.state IS 'pending, archived, absent (the API has no file) or failed. A failed one that has a sha256 was archived and is lost: its file was found missing or damaged.';
COMMENT ON COLUMN archive.documents.sha256 IS 'SHA-256 of the whole file, hexadecimal; null as long as it was never archived. Never another file''s.';
COMMENT ON COLUMN archive.documents.bytes IS 'Size of the file in bytes.';
COMMENT ON COLUMN archive.documents.content_type IS 'Media type, told from the file''s first bytes; where they do not tell, what the download declared.';
COMMENT ON COLUMN archive.documents.declared_type IS 'Media type that the download declared; null when it declared none.';
COMMENT ON COLUMN archive.documents.location IS 'Where the file is in the archive, or was.';
COMMENT ON COLUMN archive.documents.staged_at IS 'When it was staged. Instant.';
COMMENT ON COLUMN archive.documents.archived_at IS 'When it was verified in the archive; null before. Instant.';
COMMENT ON COLUMN archive.documents.checked_at IS 'When it was last asked for. Instant.';
COMMENT ON COLUMN archive.documents.verified_at IS 'When the file in the archive was last read and compared with sha256; null when never since it was archived. Instant.';
COMMENT ON COLUMN archive.documents.attempts IS 'Attempts made to archive it.';
COMMENT ON COLUMN archive.documents.last_error IS 'What the last attempt failed with, in words; holds no link.';

CREATE VIEW archive.subjects AS
SELECT 'employer-documents' AS resource, employer_document_id AS source_id, employer_id, type, document_date, _removed_at
FROM employerlink.employer_documents
UNION ALL
SELECT 'payroll-runs', payroll_run_id, employer_id, run_type, check_date, _removed_at
FROM employerlink.payroll_runs;
COMMENT ON VIEW archive.subjects IS 'One row per object of the API that has a document, removed ones included: what its document is about.';
COMMENT ON COLUMN archive.subjects.resource IS 'employer-documents or payroll-runs.';
COMMENT ON COLUMN archive.subjects.source_id IS 'employer_documents.employer_document_id or payroll_runs.payroll_run_id.';
COMMENT ON COLUMN archive.subjects.employer_id IS 'The employer.';
COMMENT ON COLUMN archive.subjects.type IS 'Kind of document or run, as the API calls it.';
COMMENT ON COLUMN archive.subjects.document_date IS 'Date of the document; check date of a run.';
COMMENT ON COLUMN archive.subjects._removed_at IS 'When the object was removed; null while it is there. Instant.';

COMMIT;
