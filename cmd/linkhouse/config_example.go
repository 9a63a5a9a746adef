package main

import (
	"regexp"
	"strconv"
	"strings"
)

const exampleHead = `# The configuration of linkhouse. Every key stands here with its default: change what you need, delete what you do not.
#
# A flag wins over a LINKHOUSE_ variable, a variable over this file, this file over the default.
# ${NAME} in a value is replaced by the variable NAME, which must be set; $${ writes these two characters themselves.
# linkhouse check tells whether everything here works.
`

const exampleWidth = 110

// exampleConfig is the text of config.example.yaml, and what linkhouse init writes.
func exampleConfig() string {
	var out strings.Builder
	out.WriteString(exampleHead)
	section := ""
	for _, k := range configKeys {
		name, indent := k.path, ""
		if head, tail, nested := strings.Cut(k.path, "."); nested {
			name, indent = tail, "  "
			if head != section {
				section = head
				out.WriteString("\n")
				writeComment(&out, "", sections[head])
				out.WriteString(head + ":\n")
			}
		} else {
			out.WriteString("\n")
		}
		writeComment(&out, indent, k.comment)
		writeComment(&out, indent, "Default: "+k.defaultText()+". Variable: "+k.env()+".")
		out.WriteString(indent + name + ": " + k.example() + "\n")
	}
	return out.String()
}

func writeComment(out *strings.Builder, indent, text string) {
	line := indent + "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > exampleWidth {
			out.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
}

// example is the default as the file spells it.
func (k configKey) example() string {
	if !k.list {
		return quoted(k.fallback)
	}
	items := splitList(k.fallback)
	for i := range items {
		items[i] = quoted(items[i])
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// defaultText is the default in words.
func (k configKey) defaultText() string {
	switch {
	case k.fallback == "":
		return "empty"
	case k.list && len(splitList(k.fallback)) > 3:
		return "all of them"
	}
	return k.fallback
}

var plain = regexp.MustCompile(`^[A-Za-z0-9~/][A-Za-z0-9_./:~-]*$`)

func quoted(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return strconv.Quote(value)
}
