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
	buf, _ := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, most+1))
	body := make([]byte, buf.Len())
	copy(body, buf.Bytes())
	if buf.Cap() <= kept {
		buffers.Put(buf)
	}
	return body, err
}

// buffers are where bodies of unknown length grow; none of their memory is handed out.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readExactly reads a body whose length is announced. The place behind it must stay empty.
func readExactly(from io.Reader, length int) ([]byte, error) {
	body := make([]byte, length+1)
	n, err := io.ReadFull(from, body)
	switch {
	case err == nil:
		return nil, errors.New("more than was announced")
	case n == length && errors.Is(err, io.ErrUnexpectedEOF): // the end, which is not reported as io.EOF here
		err = nil
	}
	return body[:n:n], err
}
