BEGIN;

CREATE SCHEMA IF NOT EXISTS etl;
-- A schema that somebody else has made keeps its own comment.
DO $do$
BEGIN
  IF obj_description('etl'::regnamespace, 'pg_namespace') IS NULL THEN
    COMMENT ON SCHEMA etl IS
      'How the warehouse came to be: runs, walks, what could not be loaded, what the API sent that nobody expected, and schedules.';
  END IF;
END
$do$;

CREATE TABLE etl.runs (
  run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job         text,
  resources   text[] NOT NULL,
  scope       text NOT NULL DEFAULT 'all',
  include     text[],
  flags       text[],
  state       text NOT NULL DEFAULT 'running',
  exit_code   int,
  version     text,
  host        text,
  pid         int,
  started_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  finished_at timestamptz,
  message     text
);
COMMENT ON TABLE etl.runs IS 'One row per run of linkhouse.';
COMMENT ON COLUMN etl.runs.run_id IS 'Key.';
COMMENT ON COLUMN etl.runs.job IS 'The job that the run did, scheduled or by --job; of other commands backfill (with its days and a digest of its file), replay or documents; null for a sync without a job.';
COMMENT ON COLUMN etl.runs.resources IS 'The resources the run was asked for, by their API path names.';
COMMENT ON COLUMN etl.runs.scope IS 'What of them: all, or one employer or user.';
COMMENT ON COLUMN etl.runs.include IS 'The parts of an employee the run asked for; null when it asked for no employees.';
COMMENT ON COLUMN etl.runs.flags IS 'Further flags of the command line that shaped the run, such as --no-documents; null for none.';
COMMENT ON COLUMN etl.runs.state IS 'running, complete, partial (finished with rejects or failed walks), guarded (a removal was stopped), interrupted, unavailable (the API, the warehouse or the archive was), refused (credentials) or failed.';
COMMENT ON COLUMN etl.runs.exit_code IS 'Exit code of the run; null while it runs.';
COMMENT ON COLUMN etl.runs.version IS 'Version of linkhouse that ran.';
COMMENT ON COLUMN etl.runs.host IS 'Machine the run was on.';
COMMENT ON COLUMN etl.runs.pid IS 'Process id of the run on that machine.';
COMMENT ON COLUMN etl.runs.started_at IS 'Start. Instant.';
COMMENT ON COLUMN etl.runs.updated_at IS 'Last sign of life. Instant.';
COMMENT ON COLUMN etl.runs.finished_at IS 'End; null while it runs. Instant.';
COMMENT ON COLUMN etl.runs.message IS 'How the run ended, in words; holds no record''s value.';

-- What each page changes stands together at the end: what lies between the first and the last column that an update changes is
-- written to the log of the server.
CREATE TABLE etl.walks (
  walk_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id       bigint NOT NULL REFERENCES etl.runs ON DELETE CASCADE,
  resource     text NOT NULL,
  scope        text NOT NULL,
  state        text NOT NULL,
  epoch        int NOT NULL DEFAULT 1,
  filtered     boolean NOT NULL DEFAULT false,
  narrowed     boolean NOT NULL DEFAULT false,
  error_class  text,
  error        text,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  vanished     bigint NOT NULL DEFAULT 0,
  new          bigint NOT NULL DEFAULT 0,
  changed      bigint NOT NULL DEFAULT 0,
  returned     bigint NOT NULL DEFAULT 0,
  removed      bigint NOT NULL DEFAULT 0,
  rejected     bigint NOT NULL DEFAULT 0,
  drift        bigint NOT NULL DEFAULT 0,
  repaired     bigint NOT NULL DEFAULT 0,
  rows_written bigint NOT NULL DEFAULT 0,
  retries      bigint NOT NULL DEFAULT 0,
  spared       bigint NOT NULL DEFAULT 0,
  seen_after   bigint NOT NULL DEFAULT 0,
  seen_to      bigint NOT NULL DEFAULT 0,
  seen_count   bigint NOT NULL DEFAULT 0,
  pages        bigint NOT NULL DEFAULT 0,
  listed       bigint NOT NULL DEFAULT 0,
  fetched      bigint NOT NULL DEFAULT 0,
  unchanged    bigint NOT NULL DEFAULT 0,
  recognised   bigint NOT NULL DEFAULT 0,
  api_calls    bigint NOT NULL DEFAULT 0,
  updated_at   timestamptz NOT NULL,
  cursor       text,
  UNIQUE (run_id, resource, scope)
);
CREATE INDEX walks_resource_state ON etl.walks (resource, state);
CREATE INDEX walks_complete ON etl.walks (resource, finished_at) WHERE state = 'complete' AND scope = 'all' AND NOT filtered AND NOT narrowed;
COMMENT ON TABLE etl.walks IS 'One row per walk: a run''s way through one resource and scope, page by page.';
COMMENT ON COLUMN etl.walks.walk_id IS 'Key.';
COMMENT ON COLUMN etl.walks.run_id IS 'The run, runs.run_id.';
COMMENT ON COLUMN etl.walks.resource IS 'The resource, by its API path name.';
COMMENT ON COLUMN etl.walks.scope IS 'What of it: all, or one employer or user. Only an unfiltered walk of all, not narrowed, counts for freshness.';
COMMENT ON COLUMN etl.walks.state IS 'running, complete, guarded (a removal was stopped), interrupted, unavailable or failed.';
COMMENT ON COLUMN etl.walks.epoch IS 'Raised each time a process takes the walk over, so that one that was overtaken can no longer commit.';
COMMENT ON COLUMN etl.walks.cursor IS 'The API''s opaque cursor of the next page; null: from the start.';
COMMENT ON COLUMN etl.walks.pages IS 'Pages committed. This, listed, fetched, vanished, unchanged, recognised, spared and rejected begin at 0 again when a walk reads its list anew.';
COMMENT ON COLUMN etl.walks.listed IS 'Objects listed.';
COMMENT ON COLUMN etl.walks.fetched IS 'Details fetched.';
COMMENT ON COLUMN etl.walks.vanished IS 'Listed objects whose detail was gone when asked for.';
COMMENT ON COLUMN etl.walks.new IS 'Objects seen for the first time.';
COMMENT ON COLUMN etl.walks.changed IS 'Objects whose content changed.';
COMMENT ON COLUMN etl.walks.unchanged IS 'Objects that stood as they were; in a list that was read anew, also those that the walk had written before.';
COMMENT ON COLUMN etl.walks.returned IS 'Objects that had been removed and came back.';
COMMENT ON COLUMN etl.walks.removed IS 'Objects marked removed.';
COMMENT ON COLUMN etl.walks.rejected IS 'Records put into rejects.';
COMMENT ON COLUMN etl.walks.drift IS 'Occurrences counted in drift.';
COMMENT ON COLUMN etl.walks.repaired IS 'Values repaired, such as U+0000 in text.';
COMMENT ON COLUMN etl.walks.api_calls IS 'Requests sent, retries included.';
COMMENT ON COLUMN etl.walks.retries IS 'Requests that were retries.';
COMMENT ON COLUMN etl.walks.rows_written IS 'Warehouse rows written, marked or refreshed; lines of statements and history aside.';
COMMENT ON COLUMN etl.walks.recognised IS 'Objects among the unchanged whose answer was the same as last time, so that nothing of it was read.';
COMMENT ON COLUMN etl.walks.spared IS 'Objects among them whose detail was not asked for, by the setting details.';
COMMENT ON COLUMN etl.walks.seen_after IS 'The walk has seen all that objects.number counts after this and up to seen_to, and what walk_pages tells.';
COMMENT ON COLUMN etl.walks.seen_to IS 'See seen_after; 0: nothing of that kind yet.';
COMMENT ON COLUMN etl.walks.seen_count IS 'How many it has seen by their numbers, so that it is noticed when what these stood for is gone.';
COMMENT ON COLUMN etl.walks.narrowed IS 'Whether the walk asked for fewer projections of its objects than another job does; such a walk does not count for freshness.';
COMMENT ON COLUMN etl.walks.filtered IS 'Whether the walk saw only a part of its scope; such a walk marks no object as removed.';
COMMENT ON COLUMN etl.walks.error_class IS 'Kind of the error that ended the walk; null when none did.';
COMMENT ON COLUMN etl.walks.error IS 'The error in words; holds no record''s value.';
COMMENT ON COLUMN etl.walks.started_at IS 'Start. Instant.';
COMMENT ON COLUMN etl.walks.updated_at IS 'Last commit of the walk. Instant.';
COMMENT ON COLUMN etl.walks.finished_at IS 'End; null while it is under way. Instant.';

CREATE TABLE etl.walk_pages (
  walk_id bigint REFERENCES etl.walks ON DELETE CASCADE,
  page_no bigint,
  cursor  text,
  seen    text[],
  numbers int8multirange,
  asked   text[],
  PRIMARY KEY (walk_id, page_no)
);
COMMENT ON TABLE etl.walk_pages IS 'What the committed pages of a walk that is under way have seen, from which removals follow; a page that continues what walks.seen_to tells has no row. Deleted when the walk is complete.';
COMMENT ON COLUMN etl.walk_pages.walk_id IS 'Key: the walk, walks.walk_id.';
COMMENT ON COLUMN etl.walk_pages.page_no IS 'Key: number of the page in the walk with which the row was written.';
COMMENT ON COLUMN etl.walk_pages.cursor IS 'The cursor of the page after it; empty: there is none.';
COMMENT ON COLUMN etl.walk_pages.seen IS 'Ids the page listed of objects that were read, and the shared rows of which it was the first to speak; null: none.';
COMMENT ON COLUMN etl.walk_pages.numbers IS 'Objects and lists that were recognised, by this page or earlier ones, as objects.number; null: none.';
COMMENT ON COLUMN etl.walk_pages.asked IS 'What was asked for on the page, such as the users whose accounts were read; null where it does not apply.';

CREATE TABLE etl.objects (
  resource    text,
  owner       text DEFAULT '',
  source_id   text,
  part        text DEFAULT '',
  listed      bytea NOT NULL,
  whole       bytea,
  stable      bytea,
  final       boolean NOT NULL,
  shared      text,
  holds       text[],
  detailed_at timestamptz NOT NULL,
  number      bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (resource, owner, source_id, part)
);
CREATE INDEX objects_number ON etl.objects (resource, part, number);
COMMENT ON TABLE etl.objects IS 'One row per object of the API, or list of a PayLink user''s accounts, by which it is recognised as long as it stays the same: keyed digests of what was read last. Rows may be deleted at any time; their objects are read anew once, and the list of a walk that is under way.';
COMMENT ON COLUMN etl.objects.resource IS 'Key: the resource, by its API path name.';
COMMENT ON COLUMN etl.objects.owner IS 'Key: the PayLink user it belongs to, paylink.users.user_identifier; empty elsewhere.';
COMMENT ON COLUMN etl.objects.source_id IS 'Key: the object''s id in the API; empty for the list of a PayLink user''s accounts, which is recognised as one.';
COMMENT ON COLUMN etl.objects.part IS 'Key: for an employee, which projections the run asked for, when these were not all; else empty.';
COMMENT ON COLUMN etl.objects.listed IS 'Digest of its row in the list; for a list, of all of it.';
COMMENT ON COLUMN etl.objects.whole IS 'Digest of that row and its detail, byte for byte; null where every answer is another, as with signed links.';
COMMENT ON COLUMN etl.objects.stable IS 'Digest of the same without retrieval time and link; null where these cannot be told apart.';
COMMENT ON COLUMN etl.objects.final IS 'Whether its state is one that it does not leave.';
COMMENT ON COLUMN etl.objects.shared IS 'For PayLink, the shared rows of which it speaks, by table and key, each with the columns that it tells, as bits, and a digest of what it tells there; the object is read anew when something else stands there.';
COMMENT ON COLUMN etl.objects.holds IS 'For a list, the ids of the objects in it; else null.';
COMMENT ON COLUMN etl.objects.detailed_at IS 'When its detail was read last, as far as that was noted. Instant.';
COMMENT ON COLUMN etl.objects.number IS 'Rises in the order in which the objects were first met, which is the order in which most lists have them, among those of a resource and part.';

CREATE TABLE etl.rejects (
  reject_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  resource      text NOT NULL,
  owner         text NOT NULL DEFAULT '',
  source_id     text NOT NULL DEFAULT '',
  place         text NOT NULL DEFAULT '',
  reason        text NOT NULL,
  payload       text,
  payload_hash  bytea NOT NULL,
  state         text NOT NULL DEFAULT 'open',
  times         bigint NOT NULL DEFAULT 1,
  run_id        bigint,
  first_seen_at timestamptz NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  resolved_at   timestamptz,
  UNIQUE (resource, owner, source_id, place, reason, payload_hash)
);
CREATE INDEX rejects_open ON etl.rejects (resource, source_id) WHERE state = 'open';
COMMENT ON TABLE etl.rejects IS 'One row per record that could not be loaded and needs a person; the same one again is counted.';
COMMENT ON COLUMN etl.rejects.reject_id IS 'Key.';
COMMENT ON COLUMN etl.rejects.resource IS 'The resource, by its API path name.';
COMMENT ON COLUMN etl.rejects.owner IS 'The PayLink user it belongs to, paylink.users.user_identifier; empty elsewhere.';
COMMENT ON COLUMN etl.rejects.source_id IS 'The object''s id in the API; empty when it had none.';
COMMENT ON COLUMN etl.rejects.place IS 'Path of the part that was refused, e.g. statements[]; empty: the whole object.';
COMMENT ON COLUMN etl.rejects.reason IS 'Why it was refused.';
COMMENT ON COLUMN etl.rejects.payload IS 'The record as received, secrets masked; null when there was nothing readable.';
COMMENT ON COLUMN etl.rejects.payload_hash IS 'First 128 bits of the SHA-256 of the payload, by which the same record is recognised.';
COMMENT ON COLUMN etl.rejects.state IS 'open or resolved.';
COMMENT ON COLUMN etl.rejects.times IS 'How often it was seen.';
COMMENT ON COLUMN etl.rejects.run_id IS 'The run that saw it last, runs.run_id.';
COMMENT ON COLUMN etl.rejects.first_seen_at IS 'First time. Instant.';
COMMENT ON COLUMN etl.rejects.last_seen_at IS 'Last time. Instant.';
COMMENT ON COLUMN etl.rejects.resolved_at IS 'When the object was loaded after all; null while open. Instant.';

CREATE TABLE etl.drift (
  resource      text,
  path          text,
  kind          text,
  value         text DEFAULT '',
  times         bigint NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  first_run_id  bigint,
  last_run_id   bigint,
  PRIMARY KEY (resource, path, kind, value)
);
COMMENT ON TABLE etl.drift IS 'One row per surprise in what the API sent, counted. Nothing of it was lost, except that of repeated ones one counts.';
COMMENT ON COLUMN etl.drift.resource IS 'Key: the resource, by its API path name.';
COMMENT ON COLUMN etl.drift.path IS 'Key: path of the field in the API''s object; the table where kind is duplicate_key.';
COMMENT ON COLUMN etl.drift.kind IS 'Key: unknown_field, unknown_value (of a list of values), unparsable, repaired, masked, repeated (a list names an object again and says something else of it) or duplicate_key (a second row with one key).';
COMMENT ON COLUMN etl.drift.value IS 'Key: the unknown value where kind is unknown_value; else empty.';
COMMENT ON COLUMN etl.drift.times IS 'How often it was seen.';
COMMENT ON COLUMN etl.drift.first_seen_at IS 'First time. Instant.';
COMMENT ON COLUMN etl.drift.last_seen_at IS 'Last time. Instant.';
COMMENT ON COLUMN etl.drift.first_run_id IS 'The run that saw it first, runs.run_id.';
COMMENT ON COLUMN etl.drift.last_run_id IS 'The run that saw it last, runs.run_id.';

CREATE TABLE etl.schedules (
  job          text PRIMARY KEY,
  cron         text,
  time_zone    text,
  last_fire_at timestamptz,
  next_fire_at timestamptz,
  last_run_id  bigint,
  updated_at   timestamptz
);
COMMENT ON TABLE etl.schedules IS 'One row per scheduled job, so that its times survive a restart.';
COMMENT ON COLUMN etl.schedules.job IS 'Key: name of the job.';
COMMENT ON COLUMN etl.schedules.cron IS 'Its cron expression.';
COMMENT ON COLUMN etl.schedules.time_zone IS 'Time zone of the expression.';
COMMENT ON COLUMN etl.schedules.last_fire_at IS 'The last time that came due and was decided on; before the first, when the job was first seen. Instant.';
COMMENT ON COLUMN etl.schedules.next_fire_at IS 'The next time it is due, jitter aside; null: never again. Instant.';
COMMENT ON COLUMN etl.schedules.last_run_id IS 'The run it last started, runs.run_id.';
COMMENT ON COLUMN etl.schedules.updated_at IS 'Last write of this row. Instant.';

CREATE TABLE etl.fires (
  job         text,
  fire_at     timestamptz,
  kind        text NOT NULL,
  state       text NOT NULL,
  missed      int NOT NULL DEFAULT 0,
  attempts    int NOT NULL DEFAULT 0,
  taken_over  int NOT NULL DEFAULT 0,
  taken_from  text,
  run_id      bigint,
  outcome     text,
  host        text,
  pid         int,
  begun_at    timestamptz,
  retry_at    timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (job, fire_at)
);
CREATE INDEX fires_open ON etl.fires (job) WHERE state IN ('running', 'waiting');
COMMENT ON TABLE etl.fires IS 'One row per time that a scheduled job came due: what was decided, and what became of it.';
COMMENT ON COLUMN etl.fires.job IS 'Key: name of the job, schedules.job.';
COMMENT ON COLUMN etl.fires.fire_at IS 'Key: when it was due by its cron expression, jitter aside. Instant.';
COMMENT ON COLUMN etl.fires.kind IS 'on time, caught up (run later, because nobody was there), missed (not run, because nobody was there) or skipped (not run, because the one before was still running).';
COMMENT ON COLUMN etl.fires.state IS 'running, waiting (to be tried again at retry_at), ended, or superseded (it did not come to its end before the next one was due, which goes on with its run).';
COMMENT ON COLUMN etl.fires.missed IS 'How many earlier ones were missed and are made up for by this one, or were missed or skipped like this one.';
COMMENT ON COLUMN etl.fires.attempts IS 'Runs begun for it.';
COMMENT ON COLUMN etl.fires.taken_over IS 'How often it was gone on with by another process, because its own was gone.';
COMMENT ON COLUMN etl.fires.taken_from IS 'Machine of the process that was gone when it was last taken over; null when it never was.';
COMMENT ON COLUMN etl.fires.run_id IS 'The last run begun for it, runs.run_id.';
COMMENT ON COLUMN etl.fires.outcome IS 'How that run ended: complete, partial, guarded, interrupted, unavailable, refused, failed and so on; null while it runs.';
COMMENT ON COLUMN etl.fires.host IS 'Machine that runs it, or ran it last.';
COMMENT ON COLUMN etl.fires.pid IS 'Process id on that machine.';
COMMENT ON COLUMN etl.fires.begun_at IS 'When its first run began. Instant.';
COMMENT ON COLUMN etl.fires.retry_at IS 'When it is tried again; null unless it waits. Instant.';
COMMENT ON COLUMN etl.fires.finished_at IS 'When it was over. Instant.';

CREATE TABLE etl.alerts (
  subject       text PRIMARY KEY,
  condition     text NOT NULL,
  known_at      timestamptz NOT NULL,
  began_at      timestamptz,
  updated_at    timestamptz NOT NULL,
  told          text,
  told_at       timestamptz,
  claimed_until timestamptz,
  message       jsonb
);
COMMENT ON TABLE etl.alerts IS 'One row per job and resource that alerts watch: how it stands, and what the webhook was told of it.';
COMMENT ON COLUMN etl.alerts.subject IS 'Key: job and its name, or resource and its name.';
COMMENT ON COLUMN etl.alerts.condition IS 'How it stands: well, stale, or the outcome of a run that did not go well.';
COMMENT ON COLUMN etl.alerts.known_at IS 'When it was first looked at. Instant.';
COMMENT ON COLUMN etl.alerts.began_at IS 'When it was last found not to be well any more; null: it always was. Instant.';
COMMENT ON COLUMN etl.alerts.updated_at IS 'When condition or message was last written. Instant.';
COMMENT ON COLUMN etl.alerts.told IS 'The condition that the webhook was told last; null: none was ever told.';
COMMENT ON COLUMN etl.alerts.told_at IS 'When that was. Instant.';
COMMENT ON COLUMN etl.alerts.claimed_until IS 'Until when a process has it in hand, or leaves the webhook in peace; null: nobody has. Instant.';
COMMENT ON COLUMN etl.alerts.message IS 'What there is to tell: names, states and counts, nothing of a record.';

CREATE VIEW etl.freshness AS
SELECT DISTINCT ON (resource)
  resource,
  finished_at AS last_complete_at,
  run_id AS last_run_id,
  now() - finished_at AS lag
FROM etl.walks
WHERE state = 'complete' AND scope = 'all' AND NOT filtered AND NOT narrowed AND finished_at IS NOT NULL
ORDER BY resource, finished_at DESC, walk_id DESC;
COMMENT ON VIEW etl.freshness IS 'One row per resource that was ever walked completely, with all that is asked of it: when that was last so.';
COMMENT ON COLUMN etl.freshness.resource IS 'The resource, by its API path name.';
COMMENT ON COLUMN etl.freshness.last_complete_at IS 'End of its last complete walk. Instant.';
COMMENT ON COLUMN etl.freshness.last_run_id IS 'The run of that walk, runs.run_id.';
COMMENT ON COLUMN etl.freshness.lag IS 'Time passed since then.';

COMMIT;
