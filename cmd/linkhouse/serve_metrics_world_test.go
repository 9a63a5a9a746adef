package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// stopper ends a run after so many words of it.
type stopper struct {
	after int64
	words atomic.Int64
	stop  context.CancelFunc
}

func (s *stopper) Began(schedules.Job, load.FireRow) {}
func (s *stopper) Progress(string, schedules.Progress) {
	if s.words.Add(1) == s.after {
		s.stop()
	}
}
func (s *stopper) Ended(schedules.Job, load.FireRow, *schedules.Report, error) {}

// measuredRun is a server of its own that carries the job out once, as if it were due, until so many words were heard; 0 is to its
// end. It gives what /metrics says afterwards.
func (w *world) measuredRun(after int64) (ran schedules.Ran, text string) {
	w.t.Helper()
	a := &app{env: w.env, stdout: io.Discard, stderr: io.Discard}
	config, log, err := a.configuration()
	if err != nil {
		w.t.Fatal(err)
	}
	err = a.withEngine(w.t.Context(), config, log, engineOptions{documents: true}, func(e *engine) error {
		s := &server{engine: e, app: a}
		s.measure()
		ctx, stop := context.WithCancel(w.t.Context())
		defer stop()
		stopping := &stopper{after: after, stop: stop}
		s.listeners = append(s.listeners, stopping)
		ran = s.run(ctx, config.Schedules.All[0], load.FireRow{})
		if after > 0 && stopping.words.Load() < after {
			w.t.Fatalf("the run ended after %d words, before it was stopped", stopping.words.Load())
		}
		answer := httptest.NewRecorder()
		s.guarded(s.metrics.Handler()).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		text = answer.Body.String()
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ran, text
}

// sample is a line of the metrics.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

var (
	sampleLine  = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? (\S+)$`)
	sampleLabel = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
)

func samplesOf(t *testing.T, text string) (samples []sample) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		parts := sampleLine.FindStringSubmatch(line)
		if parts == nil {
			t.Fatalf("no sample: %s", line)
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		one := sample{parts[1], map[string]string{}, value}
		for _, l := range sampleLabel.FindAllStringSubmatch(parts[2], -1) {
			one.labels[l[1]] = l[2]
		}
		samples = append(samples, one)
	}
	if len(samples) < 300 {
		t.Fatalf("only %d samples", len(samples))
	}
	return samples
}

// nightly makes the world's timetable one job over those resources.
func (w *world) nightly(resources ...string) {
	w.env.Vars["LINKHOUSE_SCHEDULES_FILES"] = "[]"
	w.env.Vars["LINKHOUSE_SCHEDULES_JOBS"] = `[{name: night, cron: "15 2 * * *", resources: [` + strings.Join(resources, ", ") + `]}]`
}

// key is a sample's name and labels, without what all have in common.
func key(s sample) string {
	words := []string{strings.TrimPrefix(s.name, "linkhouse_")}
	for _, label := range []string{"operation", "state", "outcome", "resource", "table", "job_name", "endpoint", "status", "kind"} {
		if value, ok := s.labels[label]; ok {
			words = append(words, value)
		}
	}
	return strings.Join(words, " ")
}

// said are the ids, names, contacts, links and secrets of the world, of six letters or more; shorter ones are in any text.
func (w *world) said() map[string]bool {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(w.t.Context()) }()
	values := map[string]bool{}
	note := func(value string) {
		if len(value) >= 6 {
			values[value] = true
		}
	}
	read := func(sql string, each func(string)) {
		rows, err := conn.Query(w.t.Context(), sql)
		if err != nil {
			w.t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			w.t.Fatal(err)
		}
		for _, value := range all {
			each(value)
		}
	}
	var queries []string
	read(`SELECT format('SELECT DISTINCT %I FROM %I.%I WHERE %I IS NOT NULL', column_name, table_schema, table_name, column_name)
		FROM information_schema.columns WHERE data_type = 'text' AND (table_schema, table_name) <> ('archive', 'subjects')
			AND table_schema IN ('employerlink', 'paylink', 'history', 'archive') AND column_name ~
			'(_id|_key|identifier|name|email|phone|address|line1|line2|city|postal|ein|url|token|last4|number|sha256|location|label)$'`,
		func(sql string) { queries = append(queries, sql) })
	for _, sql := range queries {
		read(sql, note)
	}
	read("SELECT source_id FROM etl.rejects", note)
	for _, user := range w.api.UserIdentifiers() {
		note(user)
	}
	for secret := range w.api.Secrets() {
		note(secret)
	}
	return values
}
