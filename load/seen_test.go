package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
)

// What was seen by number is one stretch for as long as nothing is left out, whatever the numbers of other resources between.
func TestAStretchGoesOnWhileNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		open   stretch
		places []transform.Place
		ended  []stretch
		now    stretch
	}{
		"nothing":                    {},
		"the first page":             {places: []transform.Place{{After: 0, Number: 5}, {After: 5, Number: 9}}, now: stretch{0, 9}},
		"a page that goes on":        {open: stretch{0, 9}, places: []transform.Place{{After: 9, Number: 20}, {After: 20, Number: 21}}, now: stretch{0, 21}},
		"in another order":           {open: stretch{0, 9}, places: []transform.Place{{After: 20, Number: 21}, {After: 9, Number: 20}}, now: stretch{0, 21}},
		"one was left out":           {open: stretch{0, 9}, places: []transform.Place{{After: 10, Number: 11}}, ended: []stretch{{0, 9}}, now: stretch{10, 11}},
		"one in the middle":          {places: []transform.Place{{After: 0, Number: 1}, {After: 2, Number: 3}}, ended: []stretch{{0, 1}}, now: stretch{2, 3}},
		"found by its name, earlier": {open: stretch{10, 20}, places: []transform.Place{{After: 4, Number: 5}}, ended: []stretch{{10, 20}}, now: stretch{4, 5}},
		"nothing more":               {open: stretch{3, 9}, now: stretch{3, 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended, now := seenByNumber(c.open, c.places)
			if diff := cmp.Diff(c.ended, ended, cmp.AllowUnexported(stretch{})); diff != "" || now != c.now {
				t.Errorf("open %v %s", now, diff)
			}
		})
	}
}

func remembered(numbers ...int64) (objects []Remembered) {
	for _, n := range numbers {
		objects = append(objects, Remembered{Name: Name{ID: string(rune('a' + n))}, Place: transform.Place{Number: n}})
	}
	return objects
}

func called(numbers ...int64) (names []Name) {
	for _, o := range remembered(numbers...) {
		names = append(names, o.Name)
	}
	return names
}

// What is read ahead is given once, in whatever order it is asked for, and what the list has left out is not waited for for ever.
func TestWhatIsReadAheadIsGivenOnceAndNotKeptForEver(t *testing.T) {
	t.Parallel()
	var a ahead
	a.put(remembered(1, 2, 3, 4, 5, 6))
	known := map[Name]Remembered{}
	if missing := a.take(called(2, 1, 9), known); !cmp.Equal(missing, called(9)) || len(known) != 2 {
		t.Errorf("missing %v of %v", missing, known)
	}
	if missing := a.take(called(1), known); len(missing) != 1 {
		t.Error("one was given twice")
	}
	if a.take(called(5), known); len(a.left) != 1 {
		t.Errorf("%d are left behind what the list has named, and it is 1", len(a.left))
	}
	a.put(remembered(7, 8))
	if missing := a.take(called(8, 6, 7, 3), known); !cmp.Equal(missing, called(3)) || a.to != 8 {
		t.Errorf("missing %v; read up to %d", missing, a.to)
	}
}

// A list that is somewhere else than expected is followed.
func TestAListThatIsSomewhereElseIsFollowed(t *testing.T) {
	t.Parallel()
	a := ahead{to: 10}
	a.put(remembered(11, 12))
	known := map[Name]Remembered{}
	for _, o := range remembered(20, 21) {
		known[o.Name] = o
	}
	if a.jump(called(11, 20, 1, 2), known); a.to != 12 || len(a.left) != 2 {
		t.Errorf("it left its place for one of four: read up to %d, %d left", a.to, len(a.left))
	}
	if a.jump(called(20, 21, 1), known); a.to != 21 || len(a.left) != 0 {
		t.Errorf("read up to %d, %d left", a.to, len(a.left))
	}
}
