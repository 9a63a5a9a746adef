package load

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/transform"
)

// Part is a part of a resource. What is left out selects all.
type Part struct {
	Employer   string
	IDs, Users []string
	// From and Until bound the day of the objects, or of what belongs to them where they have none, both days included.
	From, Until time.Time
	Include     []string // projections
}

// Known is what the warehouse knows of a part.
type Known struct {
	Listed  int64 // objects that the list brings, those of other days and ids included
	Objects int64 // objects of the part
	Rows    int64 // live rows of the objects, lines included
	Files   int64 // documents of the part that are not archived; all of them where they are fetched again
}

// conditions are what an object of the part fulfils, on the resource's own table as t; days tells whether the objects have any.
func (p Part) conditions(r *transform.Resource, listed bool) (string, []any) {
	where, arguments := []string{"t._removed_at IS NULL"}, []any{}
	add := func(condition string, argument any) {
		arguments = append(arguments, argument)
		where = append(where, fmt.Sprintf(condition, len(arguments)))
	}
	if p.Employer != "" {
		add("t.employer_id = $%d", p.Employer)
	}
	if p.Users != nil {
		add("t.user_identifier = ANY($%d)", p.Users)
	}
	if listed {
		return strings.Join(where, " AND "), arguments
	}
	if p.IDs != nil {
		add("t."+r.Table.Key[r.Named-1].Name+" = ANY($%d)", p.IDs)
	}
	if column := r.Table.Column(r.Dated); column != "" {
		more, days := p.days("t."+column, len(arguments))
		where, arguments = append(where, more...), append(arguments, days...)
	}
	return strings.Join(where, " AND "), arguments
}

// days bound a column of dates; n arguments stand before theirs.
func (p Part) days(column string, n int) (where []string, arguments []any) {
	if from := day(p.From); from != nil {
		arguments = append(arguments, *from)
		where = append(where, fmt.Sprintf("%s >= $%d::date", column, n+len(arguments)))
	}
	if until := day(p.Until); until != nil {
		arguments = append(arguments, *until)
		where = append(where, fmt.Sprintf("%s <= $%d::date", column, n+len(arguments)))
	}
	return where, arguments
}

// Objects counts the objects of a part that stand in the warehouse.
func (s *Store) Objects(ctx context.Context, r *transform.Resource, p Part) (int64, error) {
	where, arguments := p.conditions(r, false)
	return s.countObjects(ctx, r, where, arguments)
}

// countObjects counts objects, not rows: a task stands in one row per product.
func (s *Store) countObjects(ctx context.Context, r *transform.Resource, where string, arguments []any) (n int64, err error) {
	from := fmt.Sprintf("%s t WHERE %s", r.Table, where)
	if len(r.Table.Key) > r.Named {
		from = fmt.Sprintf("(SELECT DISTINCT %s FROM %s) objects", prefixed("t.", namesOf(r.Table.Key[:r.Named]), ""), from)
	}
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM "+from, arguments...).Scan(&n)
	return n, fail("count objects", err)
}

// Known tells what the warehouse knows of a part.
func (s *Store) Known(ctx context.Context, r *transform.Resource, p Part, refetch bool) (known Known, err error) {
	where, arguments := p.conditions(r, true)
	if known.Listed, err = s.countObjects(ctx, r, where, arguments); err != nil {
		return known, err
	}
	if known.Objects, err = s.Objects(ctx, r, p); err != nil {
		return known, err
	}
	for _, table := range r.TablesOf(p.Include) {
		n, err := s.countRows(ctx, r, table, p)
		if err != nil {
			return known, err
		}
		known.Rows += n
	}
	if r.Document {
		err = s.pool.QueryRow(ctx, `SELECT count(*) FROM archive.subjects s WHERE s._removed_at IS NULL AND s.resource = $1
				AND ($2 = '' OR s.employer_id = $2) AND ($3::date IS NULL OR s.document_date >= $3) AND ($4::date IS NULL OR s.document_date <= $4)
				AND ($5 OR (SELECT d.state FROM archive.documents d WHERE d.resource = s.resource AND d.source_id = s.source_id
					ORDER BY version DESC LIMIT 1) IS DISTINCT FROM 'archived')`,
			r.Name, p.Employer, day(p.From), day(p.Until), refetch).Scan(&known.Files)
	}
	return known, fail("count documents", err)
}

// countRows counts the live rows of a table that belong to objects of the part, and are of its days where they have one. Rows of
// a shared table belong to nobody and are not counted.
func (s *Store) countRows(ctx context.Context, r *transform.Resource, table *transform.Table, p Part) (n int64, err error) {
	where, arguments := p.conditions(r, false)
	period := r.Period
	if p.From.IsZero() && p.Until.IsZero() {
		period = nil
	}
	parent := table
	if table.Lines {
		parent = parentOf(table, r.Tables())
	}
	if table.Shared || period != nil && parent != period.Table {
		return 0, nil
	}
	from := r.Table.String() + " t"
	if parent != r.Table {
		from += fmt.Sprintf(" JOIN %s p ON %s", parent, sameKey("t", "p", r.Table.Key[:r.Named]))
		where += " AND p._removed_at IS NULL"
	}
	if table != parent {
		from += fmt.Sprintf(" JOIN %s l ON %s", table, sameKey("p", "l", parent.Key))
	}
	if period != nil {
		more, days := p.days("p."+period.Column, len(arguments))
		where, arguments = strings.Join(append([]string{where}, more...), " AND "), append(arguments, days...)
	}
	err = s.pool.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", from, where), arguments...).Scan(&n)
	return n, fail("count rows of "+table.Name, err)
}

func sameKey(a, b string, key []transform.Column) string {
	equal := make([]string, len(key))
	for i, c := range key {
		equal[i] = fmt.Sprintf("%s.%s = %s.%s", a, c.Name, b, c.Name)
	}
	return strings.Join(equal, " AND ")
}

// Pace is how fast the API was read lately.
type Pace struct {
	CallsPerSecond float64
	Walks          int64 // from which this is known; 0: it is not known
	Other          bool  // they are of other resources
}

// paceWalks is how many of the last walks tell the pace.
const paceWalks = 10

// Pace is how fast a resource was read in the last walks that one process read to their end, or else how fast others were.
func (s *Store) Pace(ctx context.Context, resource string) (pace Pace, err error) {
	for _, name := range []string{resource, ""} {
		err = s.pool.QueryRow(ctx, `SELECT count(*), coalesce(sum(api_calls) / sum(seconds), 0)::float8 FROM (
				SELECT api_calls, extract(epoch FROM finished_at - started_at) AS seconds FROM etl.walks
				WHERE ($1 = '' OR resource = $1) AND state = 'complete' AND epoch = 1 AND api_calls > 0 AND finished_at > started_at
				ORDER BY walk_id DESC LIMIT $2) last`, name, paceWalks).Scan(&pace.Walks, &pace.CallsPerSecond)
		if err != nil || pace.Walks > 0 {
			pace.Other = name == ""
			break
		}
	}
	return pace, fail("read how fast the API was read", err)
}
