package schedules

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// Privacy: no whole SSN or account number reaches the warehouse or the log, wherever the API repeats it.
func TestNoSecretReachesTheWarehouseOrTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees, c.Users = 200, 60 })
	var log bytes.Buffer
	for day := range 3 {
		if day > 0 {
			w.api.AdvanceDay()
		}
		w.config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		r := w.runner()
		r.Logger = w.config.Logger
		plan := w.plan()
		plan.ApproveRemovals = true
		if report, err := r.Run(t.Context(), plan); report.Outcome != OutcomePartial {
			t.Fatalf("%s %v", report.Outcome, err)
		}
		r.Store.Close()
	}
	if w.number("SELECT count(*) FROM history.deposit_accounts")+w.number("SELECT count(*) FROM etl.rejects")+w.number("SELECT count(*) FROM etl.drift") == 0 || log.Len() == 0 {
		t.Fatal("history, rejects, drift or log are empty: they prove nothing")
	}
	// Every run of digits of the warehouse, as it stands and with the separators of people taken out.
	kept := map[string]string{}
	digits, separated := regexp.MustCompile(`[0-9]{6,}`), regexp.MustCompile(`[0-9][0-9 ./_-]{5,}[0-9]`)
	note := func(where, text string) {
		for _, run := range digits.FindAllString(text, -1) {
			kept[run] = where
		}
		for _, run := range separated.FindAllString(text, -1) {
			kept[strings.NewReplacer(" ", "", ".", "", "/", "", "_", "", "-", "").Replace(run)] = where
		}
	}
	for _, table := range w.texts("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('employerlink', 'paylink', 'history', 'etl', 'archive', 'vault')") {
		for _, row := range w.texts("SELECT t::text FROM " + table + " t") {
			note(table, row)
		}
	}
	note("log", log.String())
	secrets, short := 0, 0
	for secret := range w.api.Secrets() {
		number := strings.NewReplacer(" ", "", "-", "").Replace(secret)
		if len(digits.FindString(number)) != len(number) { // masked by the source, or too short to be one
			short++
			continue
		}
		secrets++
		if where, ok := kept[number]; ok {
			t.Errorf("a secret of %d digits stands in %s", len(number), where)
		}
	}
	if secrets < 300 {
		t.Fatalf("only %d secrets were looked for (%d short ones)", secrets, short)
	}
	for _, word := range []string{"sandbox-secret", "X-Amz-", "Signature="} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log holds %s", word)
		}
		for _, table := range w.texts("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('employerlink', 'paylink', 'history', 'etl', 'archive')") {
			if n := w.number("SELECT count(*) FROM "+table+" t WHERE t::text LIKE '%' || $1 || '%'", word); n != 0 {
				t.Errorf("%d rows of %s hold %s", n, table, word)
			}
		}
	}
}
