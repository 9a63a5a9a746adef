package schedules

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// night is one run to be cut again and again: the warehouse and the archive as they stand before it, the API of its day, and
// what an undisturbed run makes of them.
type night struct {
	t        *testing.T
	day      int
	database string // as it stands before, a template
	url      string // of database
	objects  map[string][]byte
	sums     map[string]string
	from     time.Time // nothing in the warehouse is younger
	runs     int64     // nor is any run's number higher
	counted  map[string]int64
	stood    digests // what was live, by table
	q        queries

	concurrency int
	outcome     Outcome
	report      *Report
	whole       digests             // every table after an undisturbed run
	rows        map[string][]string // the same, row by row
	archived    map[string][]byte
	all         places // where the undisturbed run could have been cut
	databases   *atomic.Int64
}

// cutPageSize is how many objects a list gives at a time.
const cutPageSize = 4

// cutWorld is a world as small as can be that has every kind of change.
func cutWorld(t *testing.T, day int) *sandbox.Server {
	t.Helper()
	c := sandbox.DefaultConfig()
	c.Seed = 2
	c.Employers, c.Employees, c.Statements, c.Lines, c.Users = 12, 8, 2, 2, 6
	c.Documents, c.DeductionTypes, c.PayrollRuns, c.DocumentBytes = 1, 1, 1, 64
	api, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for range day {
		api.AdvanceDay()
	}
	return api
}

// newNight prepares the run over the world of a day, after undisturbed ones over those of earlier days.
func newNight(t *testing.T, concurrency, day int, earlier ...int) *night {
	t.Helper()
	n := &night{
		t: t, day: day, url: migrated.Database(t), objects: map[string][]byte{}, sums: map[string]string{}, concurrency: concurrency,
		from: time.Date(2026, 1, 15, 2, 0, 0, 0, time.UTC), databases: &atomic.Int64{},
	}
	u, err := url.Parse(n.url)
	if err != nil {
		t.Fatal(err)
	}
	n.database = u.Path[1:]
	for _, d := range earlier {
		a := n.attempt(t, cutWorld(t, d))
		a.open(n.url)
		if report, err := a.run(place{}); report == nil || report.Outcome != OutcomePartial {
			t.Fatalf("day %d: %v\n%s", d, err, describe(report))
		}
		n.objects, n.sums, n.from = a.archive.objects, a.archive.sums, a.clock.Now()
		a.close()
	}
	a := n.attempt(t, cutWorld(t, day))
	a.open(n.url)
	n.runs = a.number("SELECT coalesce(max(run_id), 0) FROM etl.runs")
	n.counted = a.counted()
	n.q = a.queries()
	n.stood = a.digest(n.q.stood)
	a.close()

	a.begin()
	defer a.end()
	n.report, err = a.run(place{})
	if err != nil || n.report.Outcome != OutcomePartial { // there are rejects
		t.Fatalf("the undisturbed run: %v\n%s", err, describe(n.report))
	}
	n.outcome, n.whole, n.rows, n.archived = n.report.Outcome, a.digest(n.q.whole), a.rowsOf(n.q.rows), a.archive.objects
	n.all = a.plug.places()
	if claims := a.claims(); len(claims) > 0 {
		t.Fatalf("the undisturbed run is not what it claims: %q", claims)
	}
	return n
}

// attempt is a copy of the night that is lived through once, with a process that is cut and one that goes on after it.
type attempt struct {
	*night
	t       testing.TB
	api     *sandbox.Server
	base    string    // of the API
	url     string    // of the copy
	db      *pgx.Conn // to the copy
	root    *pgx.Conn // to the server
	archive *memoryArchive
	clock   *clock
	plug    *plug // of the process that ran last
}

// attempt serves the API. It can be begun and ended many times.
func (n *night) attempt(t testing.TB, api *sandbox.Server) *attempt {
	t.Helper()
	base, err := api.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return &attempt{
		night: n, t: t, api: api, base: base, clock: &clock{now: n.from},
		archive: &memoryArchive{sums: maps.Clone(n.sums), objects: maps.Clone(n.objects)},
	}
}

// begin sets everything back to where it stood before the run.
func (a *attempt) begin() {
	a.t.Helper()
	u, _ := url.Parse(a.night.url)
	u.Path = fmt.Sprintf("/%s_%d", a.database, a.databases.Add(1))
	a.url = u.String()
	a.admin("CREATE DATABASE " + pgx.Identifier{u.Path[1:]}.Sanitize() + " TEMPLATE " + pgx.Identifier{a.database}.Sanitize())
	a.open(a.url)
	a.archive = &memoryArchive{sums: maps.Clone(a.sums), objects: maps.Clone(a.objects)}
	a.clock = &clock{now: a.from}
	a.api.ResetLog()
}

func (a *attempt) end() {
	a.t.Helper()
	a.close()
	u, _ := url.Parse(a.url)
	a.admin("DROP DATABASE " + pgx.Identifier{u.Path[1:]}.Sanitize() + " WITH (FORCE)")
}

func (a *attempt) open(url string) {
	a.t.Helper()
	var err error
	a.url = url
	if a.db, err = pgx.Connect(context.Background(), url); err != nil {
		a.t.Fatal(err)
	}
}

func (a *attempt) close() { _ = a.db.Close(context.Background()) }

// admin runs a statement outside the copy.
func (a *attempt) admin(sql string) {
	a.t.Helper()
	ctx := context.Background()
	if a.root == nil {
		u, _ := url.Parse(a.night.url)
		u.Path = "/postgres"
		root, err := pgx.Connect(ctx, u.String())
		if err != nil {
			a.t.Fatal(err)
		}
		a.t.Cleanup(func() { _ = root.Close(ctx) })
		a.root = root
	}
	if _, err := a.root.Exec(ctx, sql); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
}

// run is a process from its start to its end, cut at a place. It is over when Postgres has noticed.
func (a *attempt) run(at place) (*Report, error) {
	a.t.Helper()
	p, ctx := newPlug(context.Background(), at)
	defer p.cancel()
	a.plug = p
	report, err := a.process(ctx, p)
	a.gone()
	return report, err
}

func (a *attempt) process(ctx context.Context, p *plug) (*Report, error) {
	transport := p.transport()
	defer transport.CloseIdleConnections()
	client, err := extract.New(extract.Config{
		BaseURL: a.base, APIKey: "sandbox-key", APISecret: "sandbox-secret", Version: "2022-12-02", PageSize: cutPageSize, Concurrency: a.concurrency,
		BackoffBase: time.Millisecond, BackoffMax: 5 * time.Millisecond, Timeout: time.Minute, Transport: transport,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	downloads, err := extract.NewDownloader(extract.DownloadConfig{AllowPrivate: true, Transport: transport})
	if err != nil {
		a.t.Fatal(err)
	}
	store, err := load.Open(ctx, a.url, load.Options{Resources: catalog(), Clock: a.clock.Now, Dial: p.dialWarehouse})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	r := &Runner{
		API: client, Documents: downloads, Store: store, Archive: &pluggedArchive{p, a.archive},
		Sealer: transform.NewSealer([]byte("0123456789abcdef0123456789abcdef")), Printer: transform.NewPrinter("sandbox-secret"), Logger: slog.New(slog.DiscardHandler),
		PageSize: 2, Concurrency: a.concurrency, MaxRemoval: 0.2,
	}
	return r.Run(ctx, Plan{
		Resources: catalog(), ApproveRemovals: true,
		Users: func(context.Context) ([]string, error) { return a.api.UserIdentifiers(), nil },
	})
}

// gone waits until Postgres has noticed that a process is dead, and has given its locks free.
func (a *attempt) gone() {
	a.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if a.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") == 0 {
			return
		}
		if time.Now().After(deadline) {
			a.t.Fatal("a minute after its end a process still has connections")
		}
	}
}

func (a *attempt) number(sql string, arguments ...any) (n int64) {
	a.t.Helper()
	if err := a.db.QueryRow(context.Background(), sql, arguments...).Scan(&n); err != nil {
		a.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// archiveDiffers compares the archive with that of an undisturbed run.
func (a *attempt) archiveDiffers() (found []string) {
	for _, location := range slices.Sorted(maps.Keys(a.archived)) {
		if data, ok := a.archive.objects[location]; !ok || !bytes.Equal(data, a.archived[location]) {
			found = append(found, "the archive lacks "+location)
		}
	}
	for _, location := range slices.Sorted(maps.Keys(a.archive.objects)) {
		if _, ok := a.archived[location]; !ok {
			found = append(found, "the archive has "+location+" besides")
		}
	}
	return found
}
