package transform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// secretMask stands wherever a secret stood in what is kept as JSON or text.
const secretMask = "[secret]"

// linkMask stands wherever a signed link stood.
const linkMask = "[link]"

// secretNames are the members that hold a secret wherever they stand, in every spelling of upper and lower case, "_" and
// "-". They are hidden before anything else reads an item, unknown fields and undocumented shapes included.
var secretNames = []string{
	"ssn", "socialsecuritynumber", "accountnumber", "bankaccountnumber", "billingaccountnumber", "cardnumber",
}

// shortestSecret is the number of digits from which a secret's value is looked for elsewhere in its record. Below, it
// would be found by chance in amounts and zip codes; and up to four digits nothing more than the last four is known.
const shortestSecret = 6

// Sealer turns secrets into what may be stored: their last four digits and a keyed token. The zero Sealer makes no
// tokens. A Sealer prints as nothing.
type Sealer struct{ key []byte }

// NewSealer is a Sealer whose tokens are HMAC-SHA-256 under key; an empty key makes none.
func NewSealer(key []byte) Sealer { return Sealer{key: slices.Clone(key)} }

// String hides the key.
func (Sealer) String() string { return "sealer" }

// GoString hides the key.
func (Sealer) GoString() string { return "sealer" }

// Sealed is what is left of a secret: its last four characters, its token (hexadecimal) and whether the source itself had
// masked it, as in XXXX1111 (T17). A masked secret has no token: it is not the number.
type Sealed struct {
	Last4, Token string
	Masked       bool
}

// Seal keeps of a secret what may be kept. It is normalised to its digits first, so that 111-22-3333 and 111223333 have
// one token. A secret that shows four digits or fewer counts as masked.
func (s Sealer) Seal(secret string) Sealed {
	number := onlyDigits(secret)
	sealed := Sealed{Last4: number[max(0, len(number)-4):], Masked: len(number) <= 4 || maskCharacters(secret)}
	if !sealed.Masked && len(s.key) > 0 {
		mac := hmac.New(sha256.New, s.key)
		mac.Write([]byte(number))
		sealed.Token = hex.EncodeToString(mac.Sum(nil))
	}
	return sealed
}

// maskCharacters reports that the source has blotted out a part of the number.
func maskCharacters(s string) bool { return strings.ContainsAny(s, "Xx*#•●…?") }

func onlyDigits(s string) string {
	if digits(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// signedLink reports a link that carries its own permission, wherever it stands: whoever holds it can fetch what it names.
func signedLink(s string) bool {
	if !strings.HasPrefix(s, "http") || !strings.Contains(s, "?") {
		return false
	}
	_, query, _ := strings.Cut(strings.ToLower(s), "?")
	for _, sign := range []string{"x-amz-", "signature=", "sig=", "token="} {
		if strings.Contains(query, sign) {
			return true
		}
	}
	return false
}

func isSecretName(name string) bool {
	if len(name) > 24 {
		return false
	}
	var plain [24]byte
	n := 0
	for i := range len(name) {
		c := name[i]
		if c == '_' || c == '-' || c == ' ' {
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		plain[n] = c
		n++
	}
	return slices.Contains(secretNames, string(plain[:n]))
}

// hide turns every secret member below n into a secret node, and masks the secrets' values wherever else they stand. It
// returns how many other places it masked.
func hide(nodes ...*Node) (masked int) {
	var secrets []string
	for _, n := range nodes {
		secrets = collect(n, false, secrets)
	}
	if len(secrets) == 0 {
		return 0
	}
	slices.Sort(secrets)
	secrets = slices.Compact(secrets)
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // a longer one may contain a shorter one
	for _, n := range nodes {
		masked += mask(n, secrets)
	}
	return masked
}

func collect(n *Node, secret bool, found []string) []string {
	switch n.kind {
	case nodeString, nodeNumber:
		if signedLink(n.text) {
			n.text = linkMask
		}
		if secret {
			n.kind = nodeSecret
			if number := onlyDigits(n.text); len(number) >= shortestSecret {
				found = append(found, number)
			}
		}
	case nodeObject:
		for i := range n.kids {
			found = collect(&n.kids[i], secret || isSecretName(n.kids[i].name), found)
		}
	case nodeArray:
		for i := range n.kids {
			found = collect(&n.kids[i], secret, found)
		}
	}
	return found
}

func mask(n *Node, secrets []string) (masked int) {
	if text, hit := maskText(n.name, secrets); hit {
		n.name = text
		masked++
	}
	switch n.kind {
	case nodeString, nodeNumber:
		if text, hit := maskText(n.text, secrets); hit {
			n.text, n.kind = text, nodeString
			masked++
		}
	case nodeObject, nodeArray:
		for i := range n.kids {
			masked += mask(&n.kids[i], secrets)
		}
	}
	return masked
}

// maskText replaces every run of digits, single separators allowed within, that equals one of the secrets.
func maskText(s string, secrets []string) (string, bool) {
	if countDigits(s) < shortestSecret {
		return s, false
	}
	hit := false
	for _, secret := range secrets {
		for from := 0; ; {
			start, end := findRun(s, from, secret)
			if start < 0 {
				break
			}
			s = s[:start] + secretMask + s[end:]
			from = start + len(secretMask)
			hit = true
		}
	}
	return s, hit
}

func countDigits(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// findRun finds number in s from byte from on, with at most one '-', '.', '_', '/' or blank between two of its digits.
func findRun(s string, from int, number string) (start, end int) {
	for start = from; start < len(s); start++ {
		if s[start] != number[0] {
			continue
		}
		matched, separated := 0, false
		for end = start; end < len(s) && matched < len(number); end++ {
			switch c := s[end]; {
			case c == number[matched]:
				matched++
				separated = false
			case strings.IndexByte("-. _/", c) >= 0 && matched > 0 && !separated:
				separated = true
			default:
				end = len(s)
			}
		}
		if matched == len(number) {
			return start, end
		}
	}
	return -1, -1
}

// maskDigits hides every run of seven digits or more, for texts that could not be parsed and so do not tell what in them
// is a secret.
func maskDigits(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		end, count := i, 0
		for j := i; j < len(s); j++ {
			if s[j] >= '0' && s[j] <= '9' {
				count++
				end = j + 1
			} else if count == 0 || strings.IndexByte("-. _/", s[j]) < 0 || j > end {
				break
			}
		}
		switch {
		case count >= 7:
			b.WriteString(secretMask)
			i = end
		case end > i:
			b.WriteString(s[i:end])
			i = end
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}
