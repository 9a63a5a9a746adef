package load

import (
	"context"
	"time"
)

// AlertWell is the condition of what there is no trouble with.
const AlertWell = "well"

// AlertRow is a subject of alerts: how it stands, and what was told of it.
type AlertRow struct {
	Subject   string     `json:"subject" db:"subject"`
	Condition string     `json:"condition" db:"condition"`
	Known     time.Time  `json:"known_at" db:"known_at"`
	Began     *time.Time `json:"began_at" db:"began_at"`
	Told      string     `json:"told" db:"told"`
	ToldAt    *time.Time `json:"told_at" db:"told_at"`
	Message   []byte     `json:"message" db:"message"`
}

const alertColumns = "subject, condition, known_at, began_at, coalesce(told, '') AS told, told_at, coalesce(message, 'null') AS message"

// Alerts are the subjects of those names.
func (s *Store) Alerts(ctx context.Context, subjects []string) ([]AlertRow, error) {
	return query[AlertRow](ctx, s, "read alerts", "SELECT "+alertColumns+" FROM etl.alerts WHERE subject = ANY($1) ORDER BY subject", subjects)
}

// NoteAlert writes down how a subject stands. The message is what there is to tell of it. Where told is not empty it is what
// the webhook has been told of the subject meanwhile, while it could not be written down.
func (s *Store) NoteAlert(ctx context.Context, subject, condition string, message []byte, told string) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO etl.alerts AS a (subject, condition, known_at, began_at, updated_at, told, told_at, message)
		VALUES ($1, $2, $3, CASE WHEN $2 <> 'well' THEN $3::timestamptz END, $3, nullif($4, ''), CASE WHEN $4 <> '' THEN $3::timestamptz END, $5)
		ON CONFLICT (subject) DO UPDATE SET condition = EXCLUDED.condition, updated_at = EXCLUDED.updated_at, message = EXCLUDED.message,
			began_at = CASE WHEN a.condition = 'well' AND EXCLUDED.condition <> 'well' THEN EXCLUDED.began_at ELSE a.began_at END,
			told = coalesce(EXCLUDED.told, a.told), told_at = coalesce(EXCLUDED.told_at, a.told_at)`,
		subject, condition, s.now(), told, message)
	return fail("note an alert", err)
}

// ClaimAlerts takes those of the subjects into this process's hands, until a time, that there is something to tell of: another
// condition than was told, or the same trouble that was told before that long. No other process gets them until then.
func (s *Store) ClaimAlerts(ctx context.Context, subjects []string, lease, remind time.Duration) ([]AlertRow, error) {
	now := s.now()
	return query[AlertRow](ctx, s, "claim alerts", `UPDATE etl.alerts SET claimed_until = $2 WHERE subject = ANY($1)
		AND (claimed_until IS NULL OR claimed_until <= $3)
		AND (condition <> coalesce(told, 'well') OR condition <> 'well' AND told_at <= $4)
		RETURNING `+alertColumns, subjects, now.Add(lease), now, now.Add(-remind))
}

// AlertTold writes down that the webhook was told of a condition, and gives the subject free.
func (s *Store) AlertTold(ctx context.Context, subject, condition string) error {
	_, err := s.pool.Exec(ctx, "UPDATE etl.alerts SET told = $2, told_at = $3, claimed_until = NULL WHERE subject = $1", subject, condition, s.now())
	return fail("note an alert", err)
}

// AlertsLater leaves subjects alone until a time: the webhook did not take them.
func (s *Store) AlertsLater(ctx context.Context, subjects []string, wait time.Duration) error {
	_, err := s.pool.Exec(ctx, "UPDATE etl.alerts SET claimed_until = $2 WHERE subject = ANY($1)", subjects, s.now().Add(wait))
	return fail("note an alert", err)
}
