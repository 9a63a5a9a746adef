package transform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/minio/highwayhash"
)

// macs lend keyed digests with one key. Each serves one after the other: beginning with the key costs more than most of what is
// digested. It is a function for the reason that hidden is one.
type macs func() *sync.Pool

// macsOf are HMAC-SHA-256.
func macsOf(key string) macs {
	return lend(func() hash.Hash { return hmac.New(sha256.New, []byte(key)) })
}

// fastMacsOf are HighwayHash of 128 bits, for all that the API answers: seven times as fast. Without the key nobody can make two
// answers of one digest. That nobody can find the key from digests is less well tried than for HMAC, so these are not to be kept
// as they are.
func fastMacsOf(key [sha256.Size]byte) macs {
	return lend(func() hash.Hash {
		h, err := highwayhash.New128(key[:])
		if err != nil {
			panic(err) // of keys that are not of 32 bytes
		}
		return h
	})
}

func lend(begin func() hash.Hash) macs {
	pool := &sync.Pool{New: func() any { return &mac{of: begin()} }}
	return func() *sync.Pool { return pool }
}

func (m macs) begin() *mac { return m().Get().(*mac) }

// end is the digest of what was written since begin; one of 128 bits is followed by zeros.
func (m macs) end(one *mac) (sum [sha256.Size]byte) {
	one.buf = one.of.Sum(one.buf[:0])
	copy(sum[:], one.buf)
	m.drop(one)
	return sum
}

// drop takes one back whose digest nobody wants.
func (m macs) drop(one *mac) {
	one.of.Reset()
	m().Put(one)
}

// mac is a keyed digest with a buffer for what is written to it, because what a hash is given leaves the stack.
type mac struct {
	of  hash.Hash
	buf []byte
}

func (m *mac) write(part []byte) { _, _ = m.of.Write(part) } // a hash takes everything

func (m *mac) writeText(part string) {
	m.buf = append(m.buf[:0], part...)
	m.write(m.buf)
}

// frame writes a part so that no two sequences of parts are the same bytes.
func (m *mac) frame(part []byte) {
	m.buf = binary.BigEndian.AppendUint64(m.buf[:0], uint64(len(part)))
	m.write(m.buf)
	m.write(part)
}

// frameList writes texts, as one part with commas between them.
func (m *mac) frameList(texts ...string) {
	b := binary.BigEndian.AppendUint64(m.buf[:0], 0)
	for i, text := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, text...)
	}
	binary.BigEndian.PutUint64(b, uint64(len(b)-8))
	m.buf = b
	m.write(b)
}
