package main

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/linkhouse/linkhouse/schedules"
)

const (
	envPrefix      = "LINKHOUSE_"
	configVariable = envPrefix + "CONFIG" // the same as --config
)

// setting is what one origin says of one key.
type setting struct {
	source
	text       string
	list       []string
	items      []source   // where each list item stands
	node       *yaml.Node // schedules.jobs only
	references bool       // ${NAME} stands for a variable
	expanded   bool
	dir, home  string // what relative and ~ paths are relative to
	wrong      error
}

// shown is the value as a message may show it: as it was written, not what a variable filled in.
func (s setting) shown() string {
	if s.expanded {
		return "the value"
	}
	return strconv.Quote(s.text)
}

// path makes an absolute path of a configured one.
func (s setting) path(name string) (string, error) {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if s.home == "" {
			return "", faultf("set HOME, or write an absolute path", "begins with ~ but HOME is not set")
		}
		return filepath.Join(s.home, rest), nil
	}
	if filepath.IsAbs(name) {
		return filepath.Clean(name), nil
	}
	return filepath.Join(s.dir, name), nil
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces the references of a setting from a file. Values from the environment and flags are literal.
func (s *setting) expand(vars map[string]string) error {
	if !s.references {
		return nil
	}
	if s.node != nil {
		return expandNode(s.node, vars)
	}
	text, err := expandText(s.text, vars)
	if err != nil {
		return err
	}
	s.expanded = text != s.text
	s.text = text
	list := make([]string, len(s.list))
	for i, item := range s.list {
		if list[i], err = expandText(item, vars); err != nil {
			return err
		}
	}
	if s.list != nil {
		s.list = list
	}
	return nil
}

func expandNode(node *yaml.Node, vars map[string]string) error {
	var err error
	if node.Kind == yaml.ScalarNode {
		node.Value, err = expandText(node.Value, vars)
		return err
	}
	for _, child := range node.Content {
		if err := expandNode(child, vars); err != nil {
			return err
		}
	}
	return nil
}

// expandText replaces ${NAME}. A doubled $ before the brace writes it literally; a $ alone means nothing, so that passwords
// need no care.
func expandText(text string, vars map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			out.WriteString(text)
			return out.String(), nil
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			out.WriteString(literal + "${")
			text = rest
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !variableName.MatchString(name) {
			return "", faultf("write ${NAME} for a variable, or $${ for these two characters", "holds ${ without the name of a variable and }")
		}
		value, ok := vars[name]
		if !ok {
			return "", faultf("export "+name+", or write the value here", "refers to the variable %s, which is not set", name)
		}
		out.WriteString(before + strings.TrimSpace(value))
		text = after
	}
}

// splitList reads the list of a variable. An empty variable is none that is set, so the empty list is spelt as in the file.
func splitList(text string) []string {
	list := []string{}
	if strings.TrimSpace(text) == "[]" {
		return list
	}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// didYouMean compares whole paths first, then the last part alone: a key in the wrong section is a common slip.
func didYouMean(path string) string {
	var paths []string
	sections := map[string]bool{}
	for _, k := range configKeys {
		paths = append(paths, k.path)
		if section, _, nested := strings.Cut(k.path, "."); nested {
			sections[section] = true
		}
	}
	last := path[strings.LastIndex(path, ".")+1:]
	var sameName []string
	for _, p := range paths {
		if p[strings.LastIndex(p, ".")+1:] == last {
			sameName = append(sameName, p)
		}
	}
	if len(sameName) > 0 {
		return "did you mean " + strings.Join(sameName, " or ") + "?"
	}
	if !strings.Contains(path, ".") {
		paths = append(paths, slices.Sorted(maps.Keys(sections))...)
	}
	if near := schedules.Nearest(path, paths); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return "linkhouse init writes a file with every key"
}

// nearVariable finds the variable of ours that a name is at most two letters away from: a service called linkhouse-warehouse has
// LINKHOUSE_WAREHOUSE_PORT set, which is three from LINKHOUSE_WAREHOUSE_URL and nobody's mistake.
func nearVariable(name string, known []string) string {
	word := strings.ToUpper(strings.TrimPrefix(name, envPrefix))
	for _, candidate := range known {
		if len(word) > 5 && within(2, word, strings.TrimPrefix(candidate, envPrefix)) {
			return candidate
		}
	}
	return ""
}

// within reports whether so many letters to insert, delete, replace or swap with their neighbour, at most, make b of a.
func within(letters int, a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case a == "" || b == "":
		return len(a)+len(b) <= letters
	case letters == 0:
		return false
	case len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && within(letters-1, a[2:], b[2:]):
		return true
	}
	return within(letters-1, a[1:], b) || within(letters-1, a, b[1:]) || within(letters-1, a[1:], b[1:])
}

// bare is the cause of a file error without the path, which the message names already.
func bare(err error) string {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}
