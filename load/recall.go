package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkhouse/linkhouse/transform"
)

// Name names an object: the PayLink user it belongs to, "" elsewhere, and its id in the API.
type Name struct{ User, ID string }

// readAhead is how many objects are read at a time in the order of their numbers, and spareAhead how many may be left over when
// the next are read.
const readAhead, spareAhead = 1000, 500

// ahead is what is remembered of the objects that a list is expected to name next. Most lists name their objects in one order, night
// after night, in which they were numbered when they were first met. To read them in that order takes a tenth of what it takes to
// look for each by its name; what is not found here is looked for by its name all the same.
type ahead struct {
	objects []Remembered // in the order of their numbers
	left    map[Name]int // where in objects those are that the list has not named yet
	passed  int          // those before were named or left out
	to      int64        // the number up to which they were read
	ended   bool         // no more are remembered
}

// take gives what is known of some objects, and which are missing. What the list has left out before them is not waited for any
// longer.
func (a *ahead) take(names []Name, known map[Name]Remembered) (missing []Name) {
	first := len(a.objects)
	for _, name := range names {
		at, ok := a.left[name]
		if !ok {
			missing = append(missing, name)
			continue
		}
		known[name] = a.objects[at]
		delete(a.left, name)
		first = min(first, at)
	}
	if first < len(a.objects) {
		for ; a.passed < first; a.passed++ {
			delete(a.left, a.objects[a.passed].Name)
		}
	}
	return missing
}

// more reports whether it is time to read on.
func (a *ahead) more() bool { return !a.ended && len(a.left) < spareAhead }

// put adds objects that follow those that are there.
func (a *ahead) put(read []Remembered) {
	kept := make([]Remembered, 0, len(a.left)+len(read))
	for i := a.passed; i < len(a.objects); i++ {
		if at, ok := a.left[a.objects[i].Name]; ok && at == i {
			kept = append(kept, a.objects[i])
		}
	}
	a.objects, a.left, a.passed, a.ended = append(kept, read...), map[Name]int{}, 0, len(read) < readAhead
	for i, o := range a.objects {
		a.left[o.Name], a.to = i, o.Place.Number
	}
}

// jump goes on behind what was found by its name, when that is most of what was asked for and stands further on: where a walk is gone
// on with, or when what a list has left out is long.
func (a *ahead) jump(names []Name, known map[Name]Remembered) {
	beyond, n := a.to, 0
	for _, name := range names {
		if at := known[name].Place.Number; at > a.to {
			n, beyond = n+1, max(beyond, at)
		}
	}
	if 2*n > len(names) {
		*a = ahead{to: beyond}
	}
}

// recallQuery is how objects are read in the order of their numbers. A plan that is made while the server has not yet counted them
// might read and sort all of them each time.
const recallQuery = `BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off`

// readOn reads the objects that follow; where lists are recognised as one, the lists.
func (w *Walk) readOn(ctx context.Context) (err error) {
	tx, err := w.store.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: recallQuery})
	if err != nil {
		return fail("recall objects", err)
	}
	defer rollback(tx)
	rows, err := tx.Query(ctx, `SELECT `+recalled+` FROM etl.objects o WHERE o.resource = $1 AND o.part = $2 AND o.number > $3 ORDER BY o.number LIMIT $4`,
		w.resource.Name, w.part, w.ahead.to, readAhead)
	if err != nil {
		return fail("recall objects", err)
	}
	read, err := scanRecalled(rows)
	if err != nil {
		return err
	}
	after := w.ahead.to
	for i := range read {
		read[i].Place.After, after = after, read[i].Place.Number
	}
	w.ahead.put(read)
	return nil
}

// lookUp looks for objects by their names, as far as they stand live. Planned anew each time: a plan that was made while little was
// remembered might read all of it for every page.
func (w *Walk) lookUp(ctx context.Context, names []Name) ([]Remembered, error) {
	owners, ids := columnsOfNames(names)
	rows, err := w.store.pool.Query(ctx, w.recallSQL, pgx.QueryExecModeDescribeExec, w.resource.Name, owners, ids, w.part)
	if err != nil {
		return nil, fail("recall objects", err)
	}
	found, err := scanRecalled(rows)
	for i := range found {
		found[i].Place.After = found[i].Place.Number - 1
	}
	return found, err
}

// recallObjectsSQL is spelled out before the walk is read ahead.
func (w *Walk) recallObjectsSQL() string {
	// OFFSET 0 makes the planner look for name after name. Left to choose, it reads all objects of the resource for a page, until
	// the table has been analyzed.
	sql := `SELECT ` + recalled + `
		FROM unnest($2::text[], $3::text[]) AS n(owner, id)
		CROSS JOIN LATERAL (SELECT * FROM etl.objects o WHERE o.resource = $1 AND o.owner = n.owner AND o.source_id = n.id AND o.part = $4 OFFSET 0) o`
	if w.resource.OneList() {
		return sql
	}
	return sql + fmt.Sprintf(" WHERE EXISTS (SELECT FROM %s t WHERE %s AND t._removed_at IS NULL OFFSET 0)", w.resource.Table, w.ofObject())
}

// recalled are the columns of etl.objects that scanRecalled reads.
const recalled = "o.owner, o.source_id, o.listed, o.whole, o.stable, o.final, o.detailed_at, o.shared, o.holds, o.number"

func scanRecalled(rows pgx.Rows) (read []Remembered, _ error) {
	var listed, whole, stable []byte
	var says *string
	var o Remembered
	into := []any{&o.Name.User, &o.Name.ID, &listed, &whole, &stable, &o.Final, &o.Detailed, &says, &o.Holds, &o.Place.Number}
	_, err := pgx.ForEachRow(rows, into, func() error {
		o.Prints, o.Says = transform.Prints{}, ""
		if says != nil {
			o.Says = *says
		}
		copy(o.Listed[:], listed)
		copy(o.Whole[:], whole)
		copy(o.Stable[:], stable)
		read = append(read, o)
		return nil
	})
	return read, fail("recall objects", err)
}
