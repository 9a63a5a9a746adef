package schedules

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is one thing that is wrong with a schedule, and where. Line and Column count from 1; Key is the path of the
// setting ("cron", "schedules.jobs[0].cron").
type Problem struct {
	Origin       string
	Line, Column int
	Key, Message string
}

func (p Problem) Error() string {
	place := fmt.Sprintf("%s:%d:%d: ", p.Origin, p.Line, p.Column)
	if p.Key != "" {
		place += p.Key + ": "
	}
	return place + p.Message
}

// Problems are all that is wrong with a file, in the order of its lines.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

func at(node *yaml.Node, origin, key, message string) Problem {
	return Problem{Origin: origin, Line: node.Line, Column: node.Column, Key: key, Message: message}
}

func suggestion(word string, known []string) string {
	if nearest := Nearest(word, known); len(nearest) > 0 {
		return fmt.Sprintf("; did you mean %s?", strings.Join(nearest, " or "))
	}
	return "; known are " + strings.Join(known, ", ")
}

// Nearest returns the known name that a misspelt one most likely meant, or several when they are equally near; nothing
// when more than a third of the word would have to change.
func Nearest(word string, known []string) []string {
	var nearest []string
	best := len(word)/3 + 1
	for _, candidate := range known {
		switch d := editDistance(strings.ToLower(word), strings.ToLower(candidate)); {
		case d < best:
			nearest, best = []string{candidate}, d
		case d == best && len(nearest) > 0:
			nearest = append(nearest, candidate)
		}
	}
	return nearest
}

// editDistance counts the letters to insert, delete, replace or swap with their neighbour to make b of a.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
