package transform

import (
	"encoding/hex"
	"strings"
)

// Sealer turns secrets into what may be stored: their last four digits and a keyed token. The zero Sealer makes no
// tokens. A Sealer prints as nothing.
type Sealer struct{ macs macs }

// hidden holds a secret where Go values are printed. It is a function, because fmt follows pointers for verbs that do not
// suit them, and prints of a function no more than its address.
type hidden func() string

func conceal(text string) hidden { return func() string { return text } }

func (h hidden) compare(other hidden) int {
	switch {
	case h == nil && other == nil:
		return 0
	case h == nil:
		return -1
	case other == nil:
		return 1
	}
	return strings.Compare(h(), other())
}

// NewSealer is a Sealer whose tokens are HMAC-SHA-256 under key; an empty key makes none.
func NewSealer(key []byte) Sealer {
	if len(key) == 0 {
		return Sealer{}
	}
	return Sealer{macs: macsOf(string(key))}
}

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
	if !sealed.Masked && s.macs != nil {
		mac := s.macs.begin()
		mac.writeText(number)
		token := s.macs.end(mac)
		var text [2 * len(token)]byte
		hex.Encode(text[:], token[:])
		sealed.Token = string(text[:])
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
