package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readFile turns the file into settings. It walks the nodes itself instead of decoding into the struct, so that every
// mistake has a line and no value is guessed.
func (r *configReader) readFile() {
	name, data, err := r.in.openConfigFile()
	if err != nil {
		r.problems = append(r.problems, Problem{source: source{name: name}, message: "cannot be read: " + bare(err),
			remedy: "check the path, or write a new file with: linkhouse init"})
		return
	}
	if name == "" {
		return
	}
	r.config.File = name
	file := &fileReader{reader: r, name: name, dir: filepath.Dir(name), seen: map[string]int{}}
	if !filepath.IsAbs(file.dir) {
		file.dir = filepath.Join(r.in.dir, file.dir)
	}
	var root, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) { // an empty file says nothing and is right
			r.problems = append(r.problems, syntaxProblem(name, data, err))
		}
		return
	}
	if err := decoder.Decode(&second); err == nil {
		file.wrong(&second, "", "a second document begins here", "keep one document in the file")
	}
	if len(root.Content) == 1 {
		file.mapping(root.Content[0], "")
	}
}

type fileReader struct {
	reader    *configReader
	name, dir string
	seen      map[string]int // line of each key path
}

func (f *fileReader) mapping(node *yaml.Node, prefix string) {
	if node = followed(node); node.Kind != yaml.MappingNode {
		if node.Tag != "!!null" {
			f.wrong(node, prefix, "expected keys with values here", "write them as \"key: value\", indented by two spaces")
		}
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], followed(node.Content[i+1])
		path := name.Value
		if prefix != "" {
			path = prefix + "." + name.Value
		}
		if line, twice := f.seen[path]; twice {
			f.wrong(name, path, fmt.Sprintf("set twice, first at line %d", line), "remove one of the two")
			continue
		}
		f.seen[path] = name.Line
		k := keyAt(path)
		switch {
		case k != nil:
			f.setting(*k, value)
		case isSection(path):
			f.mapping(value, path)
		default:
			f.wrong(name, path, "unknown key", didYouMean(path))
		}
	}
}

func (f *fileReader) setting(k configKey, node *yaml.Node) {
	at := f.at(node)
	if why := swallowed(node); why != "" {
		f.wrong(node, k.path, why, "put the value in quotes")
		return
	}
	if node.Tag == "!!null" {
		return // "key:" without a value is how a file leaves a key to its default
	}
	s := setting{source: at, dir: f.dir, references: true}
	switch {
	case k.jobs && node.Kind == yaml.SequenceNode:
		s.node = node
	case k.list && !k.jobs && node.Kind == yaml.SequenceNode:
		s.list = []string{}
		for _, item := range node.Content {
			item = followed(item)
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				f.wrong(item, k.path, "expected a plain value as list item", "write a list such as "+k.example())
				return
			}
			s.list, s.items = append(s.list, strings.TrimSpace(item.Value)), append(s.items, f.at(item))
		}
		s.text = strings.Join(s.list, ",")
	case !k.list && node.Kind == yaml.ScalarNode:
		s.text = strings.TrimSpace(node.Value)
	case k.list:
		f.wrong(node, k.path, "expected a list", "write a list such as "+k.example())
		return
	default:
		f.wrong(node, k.path, "expected a single value", "write a value such as "+k.example())
		return
	}
	f.reader.settings[k.path] = s
}

func (f *fileReader) at(node *yaml.Node) source {
	return source{name: f.name, line: node.Line, column: node.Column}
}

func (f *fileReader) wrong(node *yaml.Node, key, message, remedy string) {
	f.reader.problems = append(f.reader.problems, Problem{source: f.at(node), key: key, message: message, remedy: remedy})
}

// swallowed notices a value that YAML took for something of its own: an unquoted secret may begin with any character.
func swallowed(node *yaml.Node) string {
	switch {
	case strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!"):
		return "begins with \"!\", which YAML takes for a tag"
	case node.Anchor != "" && node.Value == "" && node.Kind == yaml.ScalarNode:
		return "begins with \"&\", which YAML takes for an anchor"
	}
	return ""
}

func followed(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}

var (
	syntaxLine    = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)
	unknownAnchor = regexp.MustCompile(`unknown anchor '([^']*)'`)
)

// syntaxProblem keeps the library's words but for those that repeat a value: an unquoted secret that begins with a star is
// taken for an alias, and named.
func syntaxProblem(name string, data []byte, err error) Problem {
	p := Problem{source: source{name: name, line: 1, column: 1}, message: "not readable as YAML",
		remedy: "check indentation, colons, brackets and quotes around this line"}
	if m := unknownAnchor.FindStringSubmatch(err.Error()); m != nil {
		p.message, p.remedy = `a value begins with "*", which YAML takes for an alias`, "put the value in quotes"
		for i, line := range bytes.Split(data, []byte("\n")) {
			if at := bytes.Index(line, []byte("*"+m[1])); at >= 0 {
				p.line, p.column = i+1, at+1
				break
			}
		}
		return p
	}
	if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil {
		p.line, _ = strconv.Atoi(m[1])
		p.column = 0 // the library does not tell
		p.message += ": " + m[2]
	}
	return p
}

func isSection(path string) bool {
	return slices.ContainsFunc(configKeys, func(k configKey) bool { return strings.HasPrefix(k.path, path+".") })
}
