package main

import (
	"context"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linkhouse/linkhouse/load"
)

// demoQuestions are what analysts ask, each with the query that answers it.
var demoQuestions = []struct{ title, sql string }{
	{"Payroll cost by employer, latest month", `SELECT left(employer_name, 26) AS employer,
  to_char(month, 'YYYY-MM') AS month, employees,
  round(gross_amount, 2) AS gross, round(net_amount, 2) AS net
FROM analytics.payroll_cost
WHERE month = (SELECT max(month) FROM analytics.payroll_cost)
ORDER BY gross_amount DESC LIMIT 5`},
	{"Whose pay changed since yesterday", `SELECT employee_id, round(h.income, 2) AS before, round(i.income, 2) AS now,
  round(100 * (i.income / nullif(h.income, 0) - 1), 1) AS percent
FROM history.employee_incomes h
JOIN employerlink.employee_incomes i USING (employee_id)
WHERE i.income <> h.income ORDER BY percent DESC LIMIT 5`},
	{"Quarters for which no Form 941 was filed in time", `SELECT left(employer_name, 26) AS employer, year, quarter, due_date
FROM analytics.form_941_coverage
WHERE status = 'missing' AND due_date < current_date
ORDER BY due_date DESC, employer LIMIT 5`},
	{"Bills of the next days", `SELECT company_name AS company, due_date, days_left,
  round(b.amount, 2) AS amount, autopay_status AS autopay
FROM analytics.upcoming_bills b
ORDER BY due_date, b.amount DESC LIMIT 5`},
}

// tables counts what the warehouse holds.
func (d *demo) tables(ctx context.Context) error {
	counts, err := d.engine.store.TableCounts(ctx, resources)
	if err != nil {
		return err
	}
	t := table{columns: []column{{name: "table"}, {name: "rows", numeric: true}}}
	for _, c := range counts {
		t.rows = append(t.rows, []string{c.Table, thousands(c.Rows)})
	}
	if err := d.say("\nThe warehouse holds:\n\n"); err != nil {
		return err
	}
	return t.write(d.app.stdout)
}

// questions asks the warehouse what analysts would.
func (d *demo) questions(ctx context.Context) error {
	for _, q := range demoQuestions {
		answer, err := d.engine.store.Show(ctx, q.sql)
		if err != nil {
			return err
		}
		if err := d.say("\n%s:\n\n  %s;\n\n", q.title, strings.ReplaceAll(q.sql, "\n", "\n  ")); err != nil {
			return err
		}
		if err := answerTable(answer).write(d.app.stdout); err != nil {
			return err
		}
	}
	return nil
}

func answerTable(a load.Answer) table {
	t := table{rows: a.Rows, empty: "(none)"}
	for i, name := range a.Columns {
		t.columns = append(t.columns, column{name: name, numeric: a.Numeric[i]})
	}
	return t
}

// files shows where documents are.
func (d *demo) files(context.Context) error {
	root, err := d.config.dataPath("archive")
	if err != nil {
		return err
	}
	found, count := map[string]string{}, 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".meta.json") {
			return err
		}
		count++
		if kind := filepath.Ext(path); found[kind] == "" && len(found) < 3 {
			found[kind] = path
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.say("\nIts %s are files, named by the SHA-256 of what is in them:\n\n", counted(count, "document")); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Values(found)) {
		if err := d.say("  %s\n", d.app.shellWord(path)); err != nil {
			return err
		}
	}
	return nil
}

// goodbye says what to look at.
func (d *demo) goodbye(context.Context) error {
	prefix := d.app.withoutVariables()
	return d.say(`
%s were not loaded: they are broken on purpose, as some of the real
API's are, and cost nobody else anything. The first line shows them, the others
look around. Each starts the private Postgres for as long as it takes.

  %s
  %s
  %s
  %s
  %s
`, counted(int(d.rejected), "record"),
		prefix+d.app.command("rejects", "list"),
		prefix+d.app.command("status"),
		prefix+d.app.command("runs", "list"),
		prefix+d.app.command("psql"),
		prefix+d.app.command("psql", "-c", "select * from analytics.freshness"))
}

// withoutVariables undoes, in front of a command, the variables that would win over the configuration file.
func (a *app) withoutVariables() string {
	var unset []string
	for _, k := range configKeys {
		if a.env.Vars[k.env()] != "" {
			unset = append(unset, "-u "+k.env())
		}
	}
	if len(unset) == 0 {
		return ""
	}
	return "env " + strings.Join(unset, " ") + " "
}
