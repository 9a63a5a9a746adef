package page_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/page"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules"
)

var migrated = pgtest.Template("migrated", func(url string) error {
	_, err := migrations.Up(context.Background(), url, slog.New(slog.DiscardHandler))
	return err
})

var resources = []string{"employers", "employees", "employer-documents", "employer-deduction-types", "payroll-runs",
	"pay-link-accounts", "tasks"}

// patience is as long as the slowest machine needs: only the tests of waiting wait less.
const patience = time.Minute

// world is a warehouse and the page on it.
type world struct {
	t      *testing.T
	db     *pgxpool.Pool
	store  *load.Store
	page   *page.Page
	server *httptest.Server
}

// nightly reads everything but tasks, which no job reads.
func nightly() schedules.Job {
	return schedules.Job{Name: "nightly", Cron: "15 2 * * *", TimeZone: "America/New_York", Resources: resources[:6],
		Jitter: 5 * time.Minute}
}

func newWorld(t *testing.T, change func(*page.Options)) *world {
	t.Helper()
	w := &world{t: t}
	url := migrated.Database(t)
	var err error
	if w.db, err = pgxpool.New(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	if w.store, err = load.Open(t.Context(), url, load.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.store.Close)
	o := page.Options{
		Store: w.store, Jobs: []schedules.Job{nightly()}, Resources: resources,
		Idle:       map[string]string{"pay-link-accounts": "no user is configured"},
		StaleAfter: 36 * time.Hour, Needs: needs, Command: command, Version: "1.2.3", Patience: patience,
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if w.page, err = page.New(ctx, o); err != nil {
		cancel()
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.page.Register(mux, func(next http.Handler) http.Handler { return next })
	w.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		w.server.Close()
		cancel()
		w.page.Wait()
	})
	return w
}

func command(words ...string) string { return "linkhouse " + strings.Join(words, " ") }

func needs(_ []page.Run, _ []load.GuardedWalk, a load.Attention) (needs []page.Need) {
	if a.OpenRejects > 0 {
		needs = append(needs, page.Need{What: fmt.Sprint(a.OpenRejects, " records could not be loaded."),
			Command: command("rejects", "list")})
	}
	if a.FailedDocuments > 0 {
		needs = append(needs, page.Need{What: fmt.Sprint(a.FailedDocuments, " documents could not be archived."),
			Command: command("documents", "retry")})
	}
	return needs
}

func (w *world) exec(sql string, arguments ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), sql, arguments...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// ran writes down a run of everything that began so long ago, and took so long.
func (w *world) ran(state string, ago, took time.Duration) (id int64) {
	w.t.Helper()
	began := time.Now().Add(-ago)
	if err := w.db.QueryRow(w.t.Context(), `INSERT INTO etl.runs (job, resources, state, exit_code, version, host, started_at, updated_at, finished_at)
		VALUES ('nightly', $1, $2, 0, '1.2.3', 'etl-1', $3, $4, $4) RETURNING run_id`, resources, state, began, began.Add(took)).Scan(&id); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// walked writes down how a resource fared in it.
func (w *world) walked(run int64, resource, state string, listed, rows int64) {
	w.t.Helper()
	w.exec(`INSERT INTO etl.walks (run_id, resource, scope, state, listed, fetched, new, rows_written, api_calls, started_at, updated_at, finished_at)
		SELECT run_id, $2, scope, $3, $4, $4, $5, $5, $4, started_at, updated_at, finished_at FROM etl.runs WHERE run_id = $1`, run, resource, state, listed, rows)
}

// night is a complete run of all resources.
func (w *world) night(ago time.Duration) (id int64) {
	w.t.Helper()
	id = w.ran("complete", ago, 20*time.Minute)
	for i, resource := range resources {
		w.walked(id, resource, "complete", int64(1000*(i+1)), int64(10*i))
	}
	return id
}

// busy is a warehouse with a month behind it, in which much has happened.
func (w *world) busy() (last int64) {
	w.t.Helper()
	for day := 28; day > 0; day-- {
		last = w.night(time.Duration(day) * 24 * time.Hour)
	}
	w.exec("UPDATE etl.walks SET state = 'unavailable', error_class = 'unavailable' WHERE run_id = $1 AND resource = 'employees'", last-9)
	w.exec("UPDATE etl.walks SET rejected = 3 WHERE run_id = $1 AND resource = 'employees'", last-4)
	w.exec("UPDATE etl.runs SET state = 'partial', exit_code = 3 WHERE run_id = $1", last)
	w.exec(`INSERT INTO etl.rejects (resource, source_id, reason, payload_hash, first_seen_at, last_seen_at)
		SELECT 'employees', 'e' || n, 'no usable _id', ''::bytea, now() - interval '3 days', now() FROM generate_series(1, 1234) n`)
	w.exec(`INSERT INTO etl.drift (resource, path, kind, times, first_seen_at, last_seen_at, first_run_id) VALUES
		('tasks', 'a.b', 'unknown_field', 3, now(), now(), $1), ('tasks', 'c', 'unknown_value', 1, now(), now(), 1)`, last)
	w.exec(`INSERT INTO archive.documents (resource, source_id, version, state, sha256, staged_at)
		SELECT 'employer-documents', 'd' || n, 1, CASE WHEN n <= 5 THEN 'failed' WHEN n <= 20 THEN 'pending' WHEN n <= 22 THEN 'absent' ELSE 'archived' END,
			CASE WHEN n > 22 THEN 'x' END, now() - interval '50 hours' FROM generate_series(1, 400) n`)
	w.exec(`INSERT INTO etl.schedules (job, cron, time_zone, last_fire_at, next_fire_at) VALUES
		('nightly', '15 2 * * *', 'America/New_York', now() - interval '1 day', now()), ('former', '0 3 * * *', 'UTC', now(), now())`)
	w.exec(`INSERT INTO etl.fires (job, fire_at, kind, state, missed, run_id, outcome) VALUES
		('nightly', now() - interval '1 day', 'caught up', 'ended', 2, $1, 'partial'), ('nightly', now() - interval '2 days', 'on time', 'ended', 0, 1, 'complete'),
		('former', now() - interval '9 days', 'missed', 'ended', 0, NULL, NULL)`, last)
	return last
}

// running begins a run that somebody works on, and a walk of it.
func (w *world) running(job string, listed int64) *load.Run {
	w.t.Helper()
	run, err := w.store.BeginRun(w.t.Context(), load.RunSpec{Job: job, Resources: []string{"employees", "employer-documents"},
		Version: "1.2.3"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = run.Finish(context.Background(), load.RunInterrupted, 130, "") })
	w.exec(`INSERT INTO etl.walks (run_id, resource, scope, state, listed, rows_written, started_at, updated_at)
		VALUES ($1, 'employees', 'all', 'running', $2, 7, now() - interval '10 seconds', now())`, run.ID, listed)
	return run
}

// get asks for a page that is to answer so.
func (w *world) get(path string, status int) string {
	w.t.Helper()
	answer, err := http.Get(w.server.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		w.t.Fatalf("GET %s: %d, want %d (%v)\n%s", path, answer.StatusCode, status, err, body)
	}
	return string(body)
}

// await asks again and again until the page is as it should be.
func (w *world) await(what, path string, condition func(body string) bool) {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		body := w.get(path, http.StatusOK)
		if condition(body) {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("never came: %s\n%s", what, words(body))
		}
	}
}

var (
	ours = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`)
	tags = regexp.MustCompile(`<[^>]*>`)
	gaps = regexp.MustCompile(`\s+`)
	rows = regexp.MustCompile(`(?s)<tr role="row"><th role="rowheader".*?</tr>`)
	cell = regexp.MustCompile(`(?s)<t[hd] .*?</t[hd]>`)
)

// words are what stands on a page.
func words(body string) string {
	return strings.TrimSpace(gaps.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(ours.ReplaceAllString(body, ""), " ")), " "))
}

// section is a part of the page.
func section(t *testing.T, body, id string) string {
	t.Helper()
	_, after, ok := strings.Cut(body, ` id="`+id+`"`)
	if !ok {
		t.Fatalf("there is no section %s", id)
	}
	if before, _, ok := strings.Cut(after, "</section>"); ok {
		after = before
	}
	_, after, _ = strings.Cut(after, ">")
	return after
}

// table is what stands in the rows of a section, by their first cells.
func table(t *testing.T, body, id string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, row := range rows.FindAllString(section(t, body, id), -1) {
		var cells []string
		for _, c := range cell.FindAllString(row, -1) {
			cells = append(cells, words(c))
		}
		found[cells[0]] = cells[1:]
	}
	return found
}
