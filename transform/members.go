package transform

import "bytes"

// members tells of each member of a JSON object its name, as it is spelled, and where its value begins and ends. It finds them
// without reading them: the values may be long. It reports false where raw is no object, or none that can be taken apart so;
// what of it is valid JSON is for others to say.
func members(raw []byte, each func(name string, start, end int)) bool {
	at := blank(raw, 0)
	if at == len(raw) || raw[at] != '{' {
		return false
	}
	at = blank(raw, at+1)
	for first := true; at < len(raw) && raw[at] != '}'; first = false {
		if !first {
			if raw[at] != ',' {
				return false
			}
			at = blank(raw, at+1)
		}
		end := stringEnd(raw, at)
		colon := blank(raw, end)
		if end == at || colon == len(raw) || raw[colon] != ':' {
			return false
		}
		name := string(raw[at+1 : end-1])
		start := blank(raw, colon+1)
		at = valueEnd(raw, start)
		if at == start {
			return false
		}
		each(name, start, at)
		at = blank(raw, at)
	}
	return at < len(raw) && blank(raw, at+1) == len(raw)
}

// blank is where the blanks end that begin at a place.
func blank(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\t' || raw[at] == '\r') {
		at++
	}
	return at
}

// stringEnd is behind the closing quote of the string that begins at a place; that place, where none does.
func stringEnd(raw []byte, at int) int {
	if at >= len(raw) || raw[at] != '"' {
		return at
	}
	for end := at + 1; ; end++ {
		quote := bytes.IndexByte(raw[end:], '"')
		if quote < 0 {
			return at
		}
		end += quote
		escapes := 0
		for raw[end-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return end + 1
		}
	}
}

// valueEnd is behind the value that begins at a place; that place, where none does, or it does not end.
func valueEnd(raw []byte, at int) int {
	if at == len(raw) {
		return at
	}
	switch raw[at] {
	case '"':
		return stringEnd(raw, at)
	case '{', '[':
		depth := 0
		for end := at; end < len(raw); end++ {
			switch raw[end] {
			case '"':
				after := stringEnd(raw, end)
				if after == end {
					return at
				}
				end = after - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return end + 1
				}
			}
		}
		return at
	}
	end := at
	for end < len(raw) && bytes.IndexByte([]byte(",}] \n\t\r\":"), raw[end]) < 0 {
		end++
	}
	return end
}
