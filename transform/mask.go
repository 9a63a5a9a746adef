package transform

import (
	"regexp"
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

// secretHolders are the members whose objects hold a secret. What stands there in place of an object may be the secret itself, without
// the name that would tell. Below metadata, which is the customer's own, their names mean something else.
var secretHolders = []string{"depositAccounts", "identity", "billing", "paymentMethods"}

// shortestSecret is the number of digits from which a secret's value is looked for elsewhere in its record. Below, it
// would be found by chance in amounts and zip codes; and up to four digits nothing more than the last four is known.
const shortestSecret = 6

// shortestRun is the number of digits that count as a secret in a text that could not be parsed.
const shortestRun = 5

func isSecretName(name string) bool {
	if len(name) > 24 || len(name) == 0 || name[0] >= 'A' && strings.IndexByte("abcs_ABCS", name[0]) < 0 {
		return false // no secret's name begins so
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

// hide turns every secret member below the nodes into a secret node, and masks the secrets' values wherever else they stand.
// It returns how many other places it masked.
func hide(nodes ...*Node) (masked int) {
	var h hiding
	for _, n := range nodes {
		h.collect(n, false, true)
	}
	if len(h.secrets) == 0 {
		return h.held
	}
	slices.Sort(h.secrets)
	secrets := slices.Compact(h.secrets)
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // a longer one may contain a shorter one
	for _, n := range nodes {
		masked += mask(n, secrets)
	}
	return masked + h.held
}

// hiding collects what is to be hidden.
type hiding struct {
	secrets []string // digits
	held    int      // secrets without a name
}

func (h *hiding) collect(n *Node, secret, holders bool) {
	switch n.kind {
	case nodeString, nodeNumber:
		if !n.plain && signedLink(n.text) {
			n.text = linkMask
		}
		if secret {
			if plain, ok := canonicalDecimal(n.text); ok && n.kind == nodeNumber {
				n.text = plain // a number may be written as 1.11223333e8
			}
			n.kind = nodeSecret
			h.found(n.text)
		}
	case nodeObject:
		for i := range n.kids {
			kid := &n.kids[i]
			if secret {
				h.found(kid.name) // a number may stand where names do: {"ssn": {"111-22-3333": true}}
			}
			if holders && !secret && !kid.plainName && slices.Contains(secretHolders, kid.name) {
				h.collectHeld(kid)
				continue
			}
			h.collect(kid, secret || !kid.plainName && isSecretName(kid.name), holders && kid.name != "metadata")
		}
	case nodeArray:
		for i := range n.kids {
			h.collect(&n.kids[i], secret, holders)
		}
	}
}

// collectHeld is collect for what a secretHolder holds: an object, an array of objects, or something else, which is a secret if it has the
// digits of one.
func (h *hiding) collectHeld(n *Node) {
	if n.kind == nodeArray {
		for i := range n.kids {
			h.collectHeld(&n.kids[i])
		}
		return
	}
	secret := n.kind != nodeObject && mayBeNumber(n.text)
	if secret {
		h.held++
	}
	h.collect(n, secret, true)
}

func (h *hiding) found(text string) {
	if number := onlyDigits(text); len(number) >= shortestSecret {
		h.secrets = append(h.secrets, number)
	}
}

// mayBeNumber reports that s may be the number of an account or a person: it has the digits, and is no fraction.
func mayBeNumber(s string) bool {
	plain, _ := canonicalDecimal(s)
	return countDigits(s) >= shortestRun && strings.IndexByte(plain, '.') < 0
}

func mask(n *Node, secrets []string) (masked int) {
	if !n.plainName {
		if text, hit := maskText(n.name, secrets); hit {
			n.name = text
			masked++
		}
	}
	if n.kind == nodeNumber && !n.plain && contains(plainNumber(n.text), secrets) {
		n.text, n.kind = secretMask, nodeString
		return masked + 1
	}
	switch n.kind {
	case nodeString, nodeNumber:
		if n.plain {
			break
		}
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

// veiled is n with the mask in place of secrets, for what is kept beyond the reading of an item.
func (n Node) veiled() Node {
	switch n.kind {
	case nodeSecret:
		n.kind, n.text = nodeString, secretMask
	case nodeObject, nodeArray:
		kids := make([]Node, len(n.kids))
		for i, kid := range n.kids {
			kids[i] = kid.veiled()
		}
		n.kids = kids
	}
	return n
}

// maskText replaces every run of digits, separators allowed within, that equals one of the secrets.
func maskText(s string, secrets []string) (string, bool) {
	if contains(exponential(s), secrets) {
		return secretMask, true
	}
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
			if end-start > len(secret) && !hit && measured(s) {
				// 1200.00 and 2020-06-15 are no account numbers because 120000 and 200615 are some.
				if start = strings.Index(s, secret); start < 0 {
					break
				}
				end = start + len(secret)
			}
			s = s[:start] + secretMask + s[end:]
			from = start + len(secretMask)
			hit = true
		}
	}
	return s, hit
}

func contains(plain string, secrets []string) bool {
	return plain != "" && slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(plain, secret) })
}

// exponential is the plain form of a text that a column may read as a decimal with an exponent, in which a secret's digits
// need not show; "" for any other.
func exponential(s string) string {
	if len(s) == 0 || len(s) > 2*maxDigits || s[0] > '9' || !hasExponent(s) {
		return ""
	}
	plain, _ := canonicalDecimal(strings.TrimSpace(s))
	return plain
}

// plainNumber is a number with an exponent as it is kept in JSON; "" for one without.
func plainNumber(s string) string {
	if !hasExponent(s) {
		return ""
	}
	return string(appendNumber(nil, s))
}

func hasExponent(s string) bool {
	for i := range len(s) {
		if s[i]|0x20 == 'e' {
			return true
		}
	}
	return false
}

// measured reports that s is a decimal or a time, whose separators do not group the digits of a number.
func measured(s string) bool {
	if _, ok := canonicalDecimal(s); ok {
		return true
	}
	_, ok := parseTime(s)
	return ok
}

func countDigits(s string) (n int) {
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// widestGap is how many bytes may stand between two digits of a number that is written in groups: " - ", or a dash of
// three bytes.
const widestGap = 4

// separates reports a byte that may stand between two groups of digits: anything but a letter or digit.
func separates(c byte) bool {
	return !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// findRun finds number in s from byte from on, with few separators between its digits.
func findRun(s string, from int, number string) (start, end int) {
	for start = from; start < len(s); start++ {
		if s[start] != number[0] {
			continue
		}
		matched, gap := 0, 0
		for end = start; end < len(s) && matched < len(number); end++ {
			switch c := s[end]; {
			case c == number[matched]:
				matched++
				gap = 0
			case separates(c) && gap < widestGap:
				gap++
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

// link finds what may be a signed link in a text that could not be parsed, slashes escaped or not, whatever it begins with.
var link = regexp.MustCompile(`(?i)[a-z0-9+.-]*:\\?/\\?/[^\s"'<>]*`)

// signedLink reports a link that carries its own permission, wherever it stands: whoever holds it can fetch what it names.
func signedLink(s string) bool {
	if !strings.Contains(s, "://") || !strings.Contains(s, "?") {
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

// maskRaw hides what may be a secret in a text that could not be parsed, and so does not tell what in it is one: links with
// a query, and runs of five digits or more.
func maskRaw(s string) string {
	s = link.ReplaceAllStringFunc(s, func(l string) string {
		if strings.Contains(l, "?") {
			return linkMask
		}
		return l
	})
	var b strings.Builder
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			b.WriteByte(s[i])
			i++
			continue
		}
		end, count := i, 0
		for j, gap := i, 0; j < len(s) && gap <= 1; j++ {
			switch {
			case isDigit(s[j]):
				count++
				end, gap = j+1, 0
			case strings.IndexByte("-. _/", s[j]) >= 0:
				gap++
			default:
				gap = 2
			}
		}
		if count >= shortestRun {
			b.WriteString(secretMask)
		} else {
			b.WriteString(s[i:end])
		}
		i = end
	}
	return b.String()
}
