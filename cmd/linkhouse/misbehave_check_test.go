package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// rows are all rows of the warehouse: by table and key, what they hold and whether they are marked as removed.
func (w *misbehaved) rows() map[string]string {
	w.t.Helper()
	var selects []string
	seen := map[string]bool{}
	for _, resource := range catalog {
		for _, table := range resource.Tables() {
			if seen[table.String()] {
				continue
			}
			seen[table.String()] = true
			selects = append(selects, rowsOf(table))
		}
	}
	found, err := w.conn.Query(w.t.Context(), strings.Join(selects, " UNION ALL "))
	if err != nil {
		w.t.Fatal(err)
	}
	rows := map[string]string{}
	var key, value string
	if _, err := pgx.ForEachRow(found, []any{&key, &value}, func() error {
		if rows[key] != "" {
			w.t.Errorf("%s stands twice", key)
		}
		rows[key] = value
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// number and text ask by the connection that is open.
func (w *misbehaved) number(sql string) (n int64) {
	w.t.Helper()
	if err := w.conn.QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (w *misbehaved) text(sql string) (text string) {
	w.t.Helper()
	if err := w.conn.QueryRow(w.t.Context(), sql).Scan(&text); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func rowsOf(table *transform.Table) string {
	keys := make([]string, len(table.Key))
	for i, c := range table.Key {
		keys[i] = c.Name
	}
	value := "encode(_row_hash, 'hex') || CASE WHEN _removed_at IS NULL THEN '' ELSE ' removed' END"
	if table.Lines {
		value = "t::text"
	}
	return fmt.Sprintf("SELECT '%s ' || concat_ws('/', %s), %s FROM %s t", table, strings.Join(keys, ", "), value, table)
}

// checkRows finds rows that stand neither as they stood before the fault nor as they have to stand in the end.
func (w *misbehaved) checkRows(m misbehaviour, before, during, after map[string]string) (compared int) {
	w.t.Helper()
	strange := map[string]bool{}
	all := maps.Clone(before)
	maps.Copy(all, during)
	maps.Copy(all, after)
	for key := range all {
		compared++
		if now := during[key]; now != before[key] && now != after[key] {
			object, _, _ := strings.Cut(strings.SplitN(key, " ", 2)[1], "/")
			strange[object] = true
		}
	}
	if len(strange) != m.strange {
		w.t.Errorf("%d objects stand neither as before nor as in the end, want %d: %v", len(strange), m.strange, slices.Sorted(maps.Keys(strange)))
	}
	if cmp.Equal(before, after) {
		w.t.Error("nothing changed in the API, so that nothing could be lost")
	}
	return compared
}

// checkState asks the warehouse how the run and its walks stand.
func (m misbehaviour) checkState(w *misbehaved) {
	w.t.Helper()
	if got := w.text("SELECT state FROM etl.runs ORDER BY run_id DESC LIMIT 1"); got != m.run {
		w.t.Errorf("the run is %s, want %s", got, m.run)
	}
	for _, resource := range catalog {
		want, named := m.walks[resource.Name]
		all, others := m.walks["*"]
		switch {
		case !named && others:
			want = all
		case !named:
			want = "complete"
		}
		got := w.text(`SELECT coalesce((SELECT state FROM etl.walks WHERE resource = '` + resource.Name +
			`' AND run_id = (SELECT max(run_id) FROM etl.runs)), 'none')`)
		if want != "" && got != want {
			w.t.Errorf("the walk of %s is %s, want %s", resource.Name, got, want)
		}
	}
	if got := w.number("SELECT count(*) FROM etl.rejects WHERE state = 'open'"); got != int64(m.rejects) {
		w.t.Errorf("%d rejects are open, want %d: %s", got, m.rejects,
			w.text("SELECT coalesce(string_agg(resource || ' ' || source_id || ' ' || reason, E'\n'), '') FROM etl.rejects WHERE state = 'open'"))
	}
	if !strings.Contains(w.told.stdout+w.told.stderr, m.says) {
		w.t.Errorf("%q is not said:\n%s%s", m.says, w.told.stdout, withoutDebug(w.told.stderr))
	}
}

func withoutDebug(log string) string {
	var kept strings.Builder
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "level=DEBUG") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// checkRequests asks the sandbox whether it was hammered.
func (w *misbehaved) checkRequests(m misbehaviour) {
	w.t.Helper()
	served := w.api.Served()
	most := m.most
	if most == 0 {
		most = threeRuns
	}
	if len(served) > most {
		w.t.Errorf("%d requests were sent, want %d at most", len(served), most)
	}
	late := 2 * fewInFlight // on their way when the answer was read
	if m.alone {
		late = 0
	}
	times := map[string]int{}
	for i, r := range served {
		if r.Method != http.MethodGet {
			w.t.Errorf("a %s was sent", r.Method)
		}
		if r.Fault != "" {
			times[r.URI]++
		}
		until := r.Until
		if m.patience > 0 && until.After(r.At.Add(m.patience)) {
			until = r.At.Add(m.patience)
		}
		inside := 0
		for _, later := range served[i+1:] {
			if later.At.Before(until) {
				inside++
			}
		}
		if inside > late {
			w.t.Errorf("%d requests were sent in the %v for which the API asked for silence", inside, until.Sub(r.At).Round(time.Millisecond))
		}
		if after := len(served) - i - 1; (r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden) && after > late {
			w.t.Errorf("%d requests were sent after the API had refused the credentials", after)
		}
	}
	for uri, n := range times {
		if n > 3*mostAttempts { // once, once more at the end of its walk, and to see whether anybody answers
			w.t.Errorf("%s went wrong %d times", uri, n)
		}
	}
	for _, r := range w.api.Requests() {
		if r.Route == "/documents/{key}" && r.WithKeys > 0 {
			w.t.Errorf("%d requests for documents carried the credentials", r.WithKeys)
		}
	}
}

// marked stands in every body that the tests make up.
const marked = "BODY-OF-AN-ANSWER"

// checkSilence looks for what must not be said or noted.
func (w *misbehaved) checkSilence() {
	w.t.Helper()
	said := w.told.stdout + w.told.stderr + w.text("SELECT coalesce(string_agg(t::text, ' '), '') FROM etl.runs t") +
		w.text("SELECT coalesce(string_agg(concat_ws(' ', error, error_class), ' '), '') FROM etl.walks t") +
		w.text("SELECT coalesce(string_agg(reason, ' '), '') FROM etl.rejects t")
	for _, word := range []string{"sandbox-secret", "sandbox-key", "nextCursor", "limit=", "X-Amz", "<html", marked} {
		if strings.Contains(said, word) {
			w.t.Errorf("%q was said or noted", word)
		}
	}
	said += w.text("SELECT coalesce(string_agg(payload, ' '), '') FROM etl.rejects t") // which are to hold what was sent
	for secret := range w.api.Secrets() {
		if len(secret) >= 6 && strings.Contains(said, secret) {
			w.t.Errorf("the secret %q was said or noted", secret)
		}
	}
	if !strings.Contains(w.told.stderr, "level=DEBUG") {
		w.t.Error("the log is empty, so that nothing could be found in it")
	}
}

// equalsTruth compares every table and sum, and every document, with what the sandbox counts itself.
func (w *misbehaved) equalsTruth() {
	w.t.Helper()
	truth := w.api.Truth()
	for table, want := range truth.Rows {
		live := " WHERE _removed_at IS NULL"
		switch {
		case strings.HasPrefix(table, "employerlink.statement_"):
			live = ` l WHERE EXISTS (SELECT FROM employerlink.statements s WHERE s.employee_id = l.employee_id
				AND s.statement_id = l.statement_id AND s._removed_at IS NULL)`
		case table == "paylink.companies", table == "paylink.users":
			live = ""
		}
		got := w.number("SELECT count(*) FROM " + table + live)
		if merged := table == "paylink.account_billing_history"; merged && got < want || !merged && got != want {
			w.t.Errorf("%s has %d rows, the sandbox %d", table, got, want)
		} else if merged {
			continue
		}
		for column, sum := range truth.Sums[table] {
			if got := w.text(fmt.Sprintf("SELECT trim_scale(coalesce(sum(%s), 0)::numeric)::text FROM %s%s", column, table, live)); got != sum {
				w.t.Errorf("%s.%s adds up to %s, the sandbox's to %s", table, column, got, sum)
			}
		}
	}
	for resource, documents := range truth.Documents {
		for id, sum := range documents {
			got := w.text("SELECT coalesce((SELECT state || ' ' || coalesce(sha256, '') FROM archive.documents WHERE resource = '" + resource +
				"' AND source_id = '" + id + "' ORDER BY version DESC LIMIT 1), 'none')")
			if got != "archived "+sum {
				w.t.Errorf("the document of %s %s is %s, the sandbox serves %s", resource, id, got, sum)
			}
		}
	}
}
