package main

import (
	"fmt"
	"strconv"
)

// world is what the sandbox serves. Odd data and the references' examples are left out, so that every employee costs the same.
type world struct {
	name       string
	about      string
	employers  int
	employees  int
	statements int // at most per employee; see worlds
	lines      int
	users      int // of PayLink; where there are any, their accounts are read instead of employees
}

// An employee shows between half of the statements and all of them, and no more than their time with the employer allows:
// what is asked for is more than what comes.
var worlds = []world{
	{"large", "about 26 statements of 16 lines for each employee", 40, 2_000, 37, 19, 0},
	{"larger", "about 130 statements of 16 lines for each employee", 40, 300, 390, 19, 0},
	{"small", "about 2 statements of 3 lines for each employee", 200, 200_000, 3, 4, 0},
	{"lists", "about 2 accounts for each PayLink user, who cost a request and no details", 1, 1, 1, 1, 20_000},
}

// What else can be measured, by names beside those of the worlds.
const (
	nameStartup = "startup"
	nameLatency = "latency"
	nameCurve   = "curve"
)

// known are the names of what can be measured.
func known() []string {
	var names []string
	for _, w := range worlds {
		names = append(names, w.name)
	}
	return append(names, nameStartup, nameLatency, nameCurve)
}

func worldNamed(name string) (world, error) {
	for _, w := range worlds {
		if w.name == name {
			return w, nil
		}
	}
	return world{}, fmt.Errorf("there is no world %q", name)
}

// scaled is the world with more or fewer people.
func (w world) scaled(by float64) world {
	if w.users > 0 {
		w.users = max(1, int(float64(w.users)*by+0.5))
		return w
	}
	w.employees = max(1, int(float64(w.employees)*by+0.5))
	w.employers = min(w.employers, w.employees)
	return w
}

// changedFraction is how many of the employees the day changes that passes before the changed run.
const changedFraction = 0.05

// flags are the sandbox's.
func (w world) flags() []string {
	return []string{
		"--no-odd", "--bare", "--changing", strconv.FormatFloat(changedFraction, 'g', -1, 64),
		"--employers", strconv.Itoa(w.employers), "--employees", strconv.Itoa(w.employees),
		"--statements", strconv.Itoa(w.statements), "--lines", strconv.Itoa(w.lines), "--users", strconv.Itoa(max(1, w.users)),
	}
}

// schema is that of the tables which are read.
func (w world) schema() string {
	if w.users > 0 {
		return "paylink"
	}
	return "employerlink"
}

// resources are read by linkhouse.
func (w world) resources() []string {
	if w.users > 0 {
		return []string{"pay-link-accounts"}
	}
	return []string{"employers", "employees"}
}
