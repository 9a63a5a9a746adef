package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

// Whether an object can be recognised although it speaks of shared rows, of which others speak too: what it says of them must be
// what stands there, because then to hear it again would change nothing. It still has to be counted among those who spoke, as
// within a walk the first is believed (see mergeShared). An object that only fills in what nobody else says need not be looked
// at: nothing that is known of a row is ever emptied again, so what it had to add is there.

// subject is a row of a shared table.
type subject struct{ table, key string }

// words are what an object, or all objects of a list, say of shared rows, each as a wording.
type words map[subject]string

// text is how etl.objects keeps words: a line for each.
func (w words) text() string {
	lines := make([]string, 0, len(w))
	for about, wording := range w {
		lines = append(lines, about.table+"\t"+about.key+"\t"+wording)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// also adds what somebody else says; false when they say different things of the same row.
func (w words) also(others words) bool {
	for about, wording := range others {
		if before, ok := w[about]; ok && before != wording {
			return false
		}
		w[about] = wording
	}
	return true
}

func lines(text string) iter.Seq[string] {
	if text == "" {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(text, "\n")
}

// parseLine takes a line apart. One that is not of words is about no row that stands.
func parseLine(line string) (about subject, wording string) {
	about.table, wording, _ = strings.Cut(line, "\t")
	about.key, wording, _ = strings.Cut(wording, "\t")
	return about, wording
}

// wording is what a row says in some of its columns, one bit for each, and one more for the members without a column: the
// columns, and a digest of what stands there.
func wording(row sharedRow, columns uint64) string {
	var said []byte
	for i, v := range append(row.values[:len(row.values):len(row.values)], transform.TextValue(row.extra)) {
		if columns&(1<<i) != 0 {
			said = fmt.Appendf(said, "%q", v.String())
		}
	}
	sum := sha256.Sum256(said)
	return strconv.FormatUint(columns, 16) + " " + hex.EncodeToString(sum[:16])
}

// told are the columns in which a row says something.
func told(row sharedRow) (columns uint64) {
	for i, v := range row.values {
		if !v.IsNull() {
			columns |= 1 << i
		}
	}
	if row.extra != "" {
		columns |= 1 << len(row.values)
	}
	return columns
}

// holds reports whether a row that stands says what was said.
func holds(stands sharedRow, said string) bool {
	text, _, _ := strings.Cut(said, " ")
	columns, err := strconv.ParseUint(text, 16, 64)
	return err == nil && stands.values != nil && wording(stands, columns) == said
}

// statement is one line of words that was said when it agreed with what stood, by any number of objects.
type statement struct {
	about   subject
	wording string
	holds   bool   // it stands there now
	name    string // of the row, as decidedKey gives it
}

// agreed are the statements that were looked at lately. Most objects speak of few rows, and say what others said before them.
type agreed struct {
	said    map[string]*statement
	objects int // that were judged by them
}

// agreedFor is how many objects are judged by a look at what stands.
const agreedFor = 1000

// agreeStill leaves of what is known only objects that say of shared rows what stands there now, and notes which these are.
func (w *Walk) agreeStill(ctx context.Context, known map[Name]Remembered) error {
	if !w.sharing {
		return nil
	}
	a := &w.agreed
	if a.objects += len(known); a.said == nil || a.objects > agreedFor {
		*a = agreed{said: map[string]*statement{}, objects: len(known)}
	}
	if err := w.lookAt(ctx, a.hear(known)); err != nil {
		*a = agreed{}
		return err
	}
	for object, k := range known {
		for line := range lines(k.Says) {
			if s := a.said[line]; s.holds {
				k.Believed = append(k.Believed, s.name)
			}
		}
		if len(k.Believed) < strings.Count(k.Says, "\n")+min(1, len(k.Says)) {
			delete(known, object)
			continue
		}
		known[object] = k
	}
	return nil
}

// hear adds what is said for the first time, and gives it.
func (a *agreed) hear(known map[Name]Remembered) (first []*statement) {
	for _, k := range known {
		for line := range lines(k.Says) {
			if a.said[line] == nil {
				about, wording := parseLine(line)
				s := &statement{about: about, wording: wording, name: decidedKey(about.table, about.key)}
				a.said[line], first = s, append(first, s)
			}
		}
	}
	return first
}

// lookAt looks what stands where statements are about.
func (w *Walk) lookAt(ctx context.Context, statements []*statement) error {
	keys := map[string][]string{}
	for _, s := range statements {
		keys[s.about.table] = append(keys[s.about.table], s.about.key)
	}
	stand := map[string]map[string]sharedRow{}
	for _, t := range w.resource.Tables() {
		if !t.Shared || len(keys[t.Name]) == 0 {
			continue
		}
		var err error
		if stand[t.Name], err = readShared(ctx, w.store.pool, t, 1, keys[t.Name]); err != nil {
			return err
		}
	}
	for _, s := range statements {
		s.holds = holds(stand[s.about.table][s.about.key], s.wording)
	}
	return nil
}

// agreement is what the records of a page have to do with shared rows.
type agreement struct {
	// decided are the rows about which a recognised object is believed, with the first such of the page.
	decided map[string]int
	spoken  []speech // by record
}

// speech is what one object says of shared rows.
type speech struct {
	words words // nil for one that was recognised
	apart bool  // other things stand there than it says
}

func newAgreement(records []*transform.Record) *agreement {
	a := &agreement{decided: map[string]int{}, spoken: make([]speech, len(records))}
	for i, rec := range records {
		if !rec.Same {
			a.spoken[i].words = words{}
		}
		for _, name := range rec.Believed {
			if _, earlier := a.decided[name]; !earlier {
				a.decided[name] = i
			}
		}
	}
	return a
}

// before reports whether an object that was recognised is believed about a row, before a record of the page speaks.
func (a *agreement) before(name string, record int) bool {
	first, ok := a.decided[name]
	return ok && first < record
}

// compare notes what the sets of a group said, as against what came of all that is known.
func (a *agreement) compare(g, merged *ownerSets) {
	t := g.sql.table
	became := make(map[string]*transform.Row, len(merged.sets))
	for _, rs := range merged.sets {
		became[keyOf(t, &rs.set.Rows[0])] = &rs.set.Rows[0]
	}
	for _, rs := range g.sets {
		if rs.set.Fill {
			continue
		}
		for i := range rs.set.Rows {
			row, speech := &rs.set.Rows[i], &a.spoken[rs.record]
			said, key := sharedRow{row.Values, row.Extra}, keyOf(t, row)
			speech.apart = speech.apart || !contradictsNothing(became[key], said) || strings.ContainsAny(key, "\t\n") // no line could hold it
			speech.words[subject{t.Name, key}] = wording(said, told(said))
		}
	}
}
