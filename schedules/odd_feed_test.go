package schedules

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// oddItem is an item as the API would have sent it, with a name for people.
type oddItem struct {
	name     string
	resource *transform.Resource
	item     transform.Item
}

// feed brings items into a warehouse page by page, as a run does that read them from the API.
type feed struct {
	t     *testing.T
	db    *pgxpool.Pool
	store *load.Store
}

func newFeed(t *testing.T, url string, clock func() time.Time) *feed {
	t.Helper()
	store, err := load.Open(t.Context(), url, load.Options{Resources: catalog(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	db, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &feed{t: t, db: db, store: store}
}

// fed is what became of the items of one resource.
type fed struct {
	records []*transform.Record
	counts  load.Counts
	runID   int64
}

var oddSealer = transform.NewSealer([]byte("0123456789abcdef0123456789abcdef"))

// run commits the items of each resource in pages of ten, in a run of its own. Of items with one id the first counts, as in a
// list that repeats itself.
func (f *feed) run(items []oddItem) map[string]fed {
	f.t.Helper()
	out := map[string]fed{}
	for _, r := range catalog() {
		var mine []oddItem
		seen := map[string]bool{}
		for _, i := range items {
			name := transform.SeenKey(i.item.User, i.item.ID)
			if i.resource != r || i.item.ID != "" && seen[name] {
				continue
			}
			seen[name] = true
			mine = append(mine, i)
		}
		run, err := f.store.BeginRun(f.t.Context(), load.RunSpec{Resources: []string{r.Name}, Fresh: true})
		if err != nil {
			f.t.Fatal(err)
		}
		walk, err := run.Walk(f.t.Context(), r, load.Scope{})
		if err != nil {
			f.t.Fatal(err)
		}
		done := fed{runID: run.ID}
		for start := 0; start < len(mine); start += 10 {
			page := load.Page{}
			if start+10 < len(mine) {
				page.Next = strconv.Itoa(start)
			}
			for _, i := range mine[start:min(start+10, len(mine))] {
				page.Records = append(page.Records, r.Normalize(i.item, oddSealer))
			}
			done.records = append(done.records, page.Records...)
			counts, err := walk.Commit(f.t.Context(), page)
			if err != nil {
				f.t.Fatalf("%s: the page of %s does not commit: %v", r.Name, namesOfItems(mine[start:min(start+10, len(mine))]), err)
			}
			done.counts.Add(counts)
		}
		if _, err := walk.Complete(f.t.Context(), load.Removal{Filtered: true}); err != nil {
			f.t.Fatal(err)
		}
		if err := run.Finish(context.WithoutCancel(f.t.Context()), load.RunComplete, 0, ""); err != nil {
			f.t.Fatal(err)
		}
		out[r.Name] = done
	}
	return out
}

func namesOfItems(items []oddItem) string {
	all := make([]string, len(items))
	for i := range items {
		all[i] = items[i].name
	}
	return strings.Join(all, ", ")
}

// goldenItems are the fixtures of every resource and the seeds of its fuzz target: what the references show and what of the
// sandbox's odd data means something else.
func goldenItems(t *testing.T) (items []oddItem) {
	t.Helper()
	for _, r := range catalog() {
		root := filepath.Join("..", "transform", "employerlink", "testdata")
		if r.PerUser {
			root = filepath.Join("..", "transform", "paylink", "testdata")
		}
		before := len(items)
		paths, err := filepath.Glob(filepath.Join(root, r.Name, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			items = append(items, oddItem{r.Name + "/" + filepath.Base(path), r, fixtureItem(t, path)})
		}
		seeds, err := filepath.Glob(filepath.Join(root, "fuzz", "FuzzNormalize"+camel(r.Name), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range seeds {
			if item := seedItem(t, path); len(item.Rows) > 0 {
				if r.PerUser {
					item.User = "user-1"
				}
				if r.Detail == "" {
					item.Detail = nil
				}
				items = append(items, oddItem{r.Name + "/" + filepath.Base(path), r, item})
			}
		}
		if len(paths) < 3 || len(seeds) < 6 || len(items)-before < 9 {
			t.Fatalf("%s has %d fixtures and %d seeds", r.Name, len(paths), len(seeds))
		}
	}
	return items
}

func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func fixtureItem(t *testing.T, path string) transform.Item {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		User       string
		Rows       []json.RawMessage
		RowTexts   []string
		Detail     json.RawMessage
		DetailText *string
		Include    []string
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	item := transform.Item{User: f.User, Include: f.Include}
	for _, row := range f.Rows {
		item.Rows = append(item.Rows, row)
	}
	for _, row := range f.RowTexts {
		item.Rows = append(item.Rows, []byte(row))
	}
	if f.Detail != nil {
		item.Detail = f.Detail
	}
	if f.DetailText != nil {
		item.Detail = []byte(*f.DetailText)
	}
	if len(item.Rows) > 0 {
		item.ID = transform.ID(item.Rows[0])
	}
	return item
}

// seedItem reads a file of a fuzz target's corpus: the list row, another of the same id, and the detail.
func seedItem(t *testing.T, path string) transform.Item {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var parts [][]byte
	for line := range strings.Lines(string(raw)) {
		quoted, ok := strings.CutPrefix(strings.TrimSpace(line), "[]byte(")
		if !ok {
			continue
		}
		text, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		parts = append(parts, []byte(text))
	}
	if len(parts) != 3 {
		t.Fatalf("%s holds %d texts", path, len(parts))
	}
	item := transform.Item{ID: transform.ID(parts[0]), Rows: [][]byte{parts[0]}}
	if len(parts[1]) > 0 && transform.ID(parts[1]) == item.ID {
		item.Rows = append(item.Rows, parts[1])
	}
	if len(parts[2]) > 0 {
		item.Detail = parts[2]
	}
	return item
}

// renamed is the item under an id of its own, wherever its own stands in it; an item without an id stays without.
func (i oddItem) renamed(n int) oddItem {
	old := i.item.ID
	if old == "" {
		return i
	}
	id := fmt.Sprintf("odd-%07d", n)
	quoted, err := json.Marshal(old)
	if err != nil {
		return i
	}
	rename := func(raw []byte) []byte {
		text := strings.ReplaceAll(string(raw), `"_id":`+string(quoted), `"_id":"`+id+`"`)
		return []byte(strings.ReplaceAll(text, `"_id": `+string(quoted), `"_id": "`+id+`"`))
	}
	item := i.item
	item.Rows = make([][]byte, len(i.item.Rows))
	for j, row := range i.item.Rows {
		item.Rows[j] = rename(row)
	}
	if item.Detail != nil {
		item.Detail = rename(item.Detail)
	}
	if item.ID = transform.ID(item.Rows[0]); item.ID != id {
		return i // its id is written in another way; it is met once
	}
	i.item = item
	return i
}
