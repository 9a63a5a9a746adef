package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

// Whether an object can be recognised although it speaks of shared rows, of which others speak too: what it says of them must be
// what stands there, because then to hear it again would change nothing. It still has to be counted among those who spoke, as
// within a walk the first is believed (see mergeShared). An object that only fills in what nobody else says need not be looked
// at: nothing that is known of a row is ever emptied again, so what it had to add is there.

// words are what an object says of rows of shared tables, by table and key, each as a wording.
type words map[string]map[string]string

func (w words) add(table, key, wording string) {
	if w[table] == nil {
		w[table] = map[string]string{}
	}
	w[table][key] = wording
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

// heard is what objects that are remembered, and that agreed with what stood then, said of shared rows. Many say the same, which
// is read and compared once.
type heard struct {
	of       map[string]*saying // by object
	distinct map[string]*saying // by text
}

// saying is what any number of objects said.
type saying struct {
	words  words
	agrees bool     // with what stands now
	about  []string // the rows, as decidedKey names them
}

func newHeard() heard { return heard{of: map[string]*saying{}, distinct: map[string]*saying{}} }

func (h heard) read(object string, shared []byte) error {
	if shared == nil {
		return nil
	}
	said := h.distinct[string(shared)]
	if said == nil {
		said = &saying{}
		if err := json.Unmarshal(shared, &said.words); err != nil {
			return err
		}
		h.distinct[string(shared)] = said
	}
	h.of[object] = said
	return nil
}

// agreeStill leaves of what is known only objects that say of shared rows what stands there now, and notes which these are.
func (w *Walk) agreeStill(ctx context.Context, known map[string]Remembered, heard heard) error {
	if !w.sharing {
		return nil
	}
	stand := map[string]map[string]sharedRow{}
	for _, t := range w.resource.Tables() {
		if !t.Shared {
			continue
		}
		keys := heard.keys(t.Name)
		if len(keys) == 0 {
			continue
		}
		var err error
		if stand[t.Name], err = readShared(ctx, w.store.pool, t, 1, keys); err != nil {
			return err
		}
	}
	for _, said := range heard.distinct {
		said.compare(stand)
	}
	for object, k := range known {
		said := heard.of[object]
		if said == nil || !said.agrees {
			delete(known, object)
			continue
		}
		k.Believed = said.about
		known[object] = k
	}
	return nil
}

// compare looks whether what was said stands there.
func (s *saying) compare(stand map[string]map[string]sharedRow) {
	s.agrees = true
	for table, said := range s.words {
		for key, wording := range said {
			s.agrees = s.agrees && holds(stand[table][key], wording)
			s.about = append(s.about, decidedKey(table, key))
		}
	}
}

// keys are those of a table's rows that anything was said of.
func (h heard) keys(table string) (keys []string) {
	asked := map[string]bool{}
	for _, said := range h.distinct {
		for key := range said.words[table] {
			if !asked[key] {
				asked[key], keys = true, append(keys, key)
			}
		}
	}
	return keys
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
			speech.apart = speech.apart || !contradictsNothing(became[key], said)
			speech.words.add(t.Name, key, wording(said, told(said)))
		}
	}
}

// text is how etl.objects keeps it; nil for one that was recognised, which says what it said before.
func (s speech) text() *string {
	if s.words == nil {
		return nil
	}
	text, _ := json.Marshal(s.words) // of strings, which cannot fail
	t := string(text)
	return &t
}
