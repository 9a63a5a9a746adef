package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/linkhouse/linkhouse/schedules"
)

// source is where a setting stands: a file with line and column, or a variable, a flag or the default, which have none.
type source struct {
	name         string
	line, column int
}

func (s source) String() string {
	switch {
	case s.line == 0:
		return s.name
	case s.column == 0:
		return fmt.Sprintf("%s:%d", s.name, s.line)
	}
	return fmt.Sprintf("%s:%d:%d", s.name, s.line, s.column)
}

// Problem is one thing that is wrong with the configuration: where, which key, what, and what to do about it.
// It never holds the value of a secret.
type Problem struct {
	source
	key, message, remedy string
}

func (p Problem) Error() string {
	parts := []string{p.message}
	if p.key != "" {
		parts = []string{p.key, p.message}
	}
	if at := p.String(); at != "" {
		parts = append([]string{at}, parts...)
	}
	text := strings.Join(parts, ": ")
	if p.remedy != "" {
		text += "; " + p.remedy
	}
	return text
}

// Problems are all that is wrong with the configuration; they end the program with the usage code.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// byPlace puts problems of a file in the order of its lines and before those of variables and flags.
func byPlace(a, b Problem) int {
	return cmp.Or(
		cmp.Compare(btoi(a.line == 0), btoi(b.line == 0)),
		strings.Compare(a.name, b.name),
		cmp.Compare(a.line, b.line),
		cmp.Compare(a.column, b.column),
	)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fault is what a value's check finds; the reader knows where the value stands. Item counts from 1 and names the element
// of a list, 0 the whole.
type fault struct {
	message, remedy string
	item            int
}

func (f *fault) Error() string { return strings.TrimSuffix(f.message+"; "+f.remedy, "; ") }

func faultf(remedy, format string, args ...any) *fault {
	return &fault{message: fmt.Sprintf(format, args...), remedy: remedy}
}

// problemsOf gives what is wrong with a setting its place.
func problemsOf(key string, s setting) Problems {
	var jobs schedules.Problems
	if errors.As(s.wrong, &jobs) {
		return jobProblems(jobs)
	}
	problem := Problem{source: s.source, key: key, message: s.wrong.Error()}
	var f *fault
	if errors.As(s.wrong, &f) {
		problem.message, problem.remedy = f.message, f.remedy
		if f.item > 0 && f.item <= len(s.items) {
			problem.source = s.items[f.item-1]
		}
	}
	return Problems{problem}
}

func jobProblems(jobs schedules.Problems) Problems {
	var problems Problems
	for _, p := range jobs {
		problems = append(problems, Problem{
			source: source{name: p.Origin, line: p.Line, column: p.Column}, key: p.Key, message: p.Message,
		})
	}
	return problems
}
