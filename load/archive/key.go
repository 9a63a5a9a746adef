package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// maxSegment is the length in bytes up to which an id stands in a key as it is. File systems and object stores take 255
// for one part of a name.
const maxSegment = 200

// folder is the part of the key that comes before the object's own name.
func (n Name) folder() (string, error) {
	if n.Resource == "" || n.ID == "" {
		return "", errors.New("name a document: resource and id are required")
	}
	if !isExt(n.Ext) {
		return "", fmt.Errorf("name a document: %q is no file extension", n.Ext)
	}
	return segment(n.Resource) + "/" + segment(n.ID), nil
}

// segment writes any text as one part of a path: different texts as different parts, and none that is hidden, leads
// elsewhere or has a meaning to a file system or object store. What is not plainly a letter, a digit, '-', '_' or an
// inner '.' becomes !XX, its byte in hexadecimal; what is then too long becomes a digest after "!!", which no escape
// makes.
func segment(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "!%02X", c)
		}
	}
	if b.Len() > maxSegment {
		sum := sha256.Sum256([]byte(text))
		return "!!" + hex.EncodeToString(sum[:])
	}
	return b.String()
}

func isExt(ext string) bool {
	if ext == "" {
		return true
	}
	rest, dotted := strings.CutPrefix(ext, ".")
	if !dotted || rest == "" || len(rest) > 8 {
		return false
	}
	return strings.IndexFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) < 0
}

// parseKey checks a key and returns its digest and the key of its metadata.
func parseKey(key string) (sum, metaKey string, err error) {
	bad := errors.New("not the key of a document") // which one is not said: it may be anything
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return "", "", bad
	}
	for _, part := range parts {
		if part == "" || part[0] == '.' {
			return "", "", bad
		}
	}
	sum, ext, dotted := strings.Cut(parts[2], ".")
	if !isDigest(sum) || dotted && !isExt("."+ext) {
		return "", "", bad
	}
	return sum, parts[0] + "/" + parts[1] + "/" + sum + metaExt, nil
}

// metaExt ends the name of an object's metadata. It has a dot within, which no object's extension has.
const metaExt = ".meta.json"
