package extract

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

const (
	// believed is how long a body may be announced to be for room to be made at once, before any of it has come.
	believed = 4 << 20
	// kept bounds the buffers that are used again.
	kept = 1 << 20
)

// readBody reads a body to its end, in memory of exactly its size, because what is taken out of it lives on. Of one that is
// longer than most it reads one byte more. The limit holds for what the transport hands over, that is after decompression.
// With an error it gives what came before.
func readBody(resp *http.Response, most int64) ([]byte, error) {
	if length := resp.ContentLength; length > 0 && length <= min(most, believed) {
		return readExactly(resp.Body, int(length))
	}
	buf, err := borrowBody(resp, most)
	defer giveBack(buf)
	return exactly(buf.Bytes()), err
}

// exactly is a copy in memory of its size.
func exactly(body []byte) []byte {
	own := make([]byte, len(body))
	copy(own, body)
	return own
}

// borrowBody reads a body as readBody does, into memory that is to be given back.
func borrowBody(resp *http.Response, most int64) (*bytes.Buffer, error) {
	buf, _ := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	length := resp.ContentLength
	if length > 0 && length <= min(most, believed) {
		buf.Grow(int(length) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, most+1))
	if err == nil && length > 0 && int64(buf.Len()) > length {
		err = errMoreThanAnnounced
	}
	return buf, err
}

func giveBack(buf *bytes.Buffer) {
	if buf.Cap() <= kept {
		buffers.Put(buf)
	}
}

var errMoreThanAnnounced = errors.New("more than was announced")

// buffers are where bodies stand that nobody keeps, and those of unknown length grow.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readExactly reads a body whose length is announced. The place behind it must stay empty.
func readExactly(from io.Reader, length int) ([]byte, error) {
	body := make([]byte, length+1)
	n, err := io.ReadFull(from, body)
	switch {
	case err == nil:
		return nil, errMoreThanAnnounced
	case n == length && errors.Is(err, io.ErrUnexpectedEOF): // the end, which is not reported as io.EOF here
		err = nil
	}
	return body[:n:n], err
}
