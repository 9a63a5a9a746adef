package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// detailBody is a detail as large ones are, of about 280 KB: an employee with five years of weekly statements.
func detailBody() []byte {
	var b strings.Builder
	b.WriteString(`{"data":{"_id":"60d31f0c5fc1a27d2c5d8c71","employer":"60d31f0c5fc1a27d2c5d8c70","identity":{"firstName":"Jane","lastName":"O\u2019Brien"},"statements":[`)
	for i := range 295 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"payDate":"2026-01-%02dT00:00:00.000Z","grossAmount":%d.25,"netAmount":1999.5,"hours":80,"deductions":[`, 1+i%28, 3000+i)
		for j := range 8 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"category":"retirement","label":"401(k) \"plan\" %d","rawLabel":"401K","amount":%d.5,"ytdAmount":12345.67}`, j, j)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}}`)
	return []byte(b.String())
}

// pageBody is a page of a hundred rows.
func pageBody() []byte {
	rows := make([]string, 100)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"_id":"60d31f0c5fc1a27d2c5d%04d","employer":{"_id":"60d31f0c5fc1a27d2c5d8c70","name":"Acme \"Widgets\" Inc."},"firstName":"Jane","lastName":"Doe"}`, i)
	}
	return []byte(`{"data":{"employees":[` + strings.Join(rows, ",") + `],"nextCursor":"eyJpIjoxMDB9","previousCursor":null}}`)
}

func BenchmarkUnwrap(b *testing.B) {
	body := json.RawMessage(detailBody())
	for _, c := range []struct{ name, key string }{{"data", "data"}, {"a lenient key", "task"}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if value, err := Unwrap(body, c.key); err != nil || value[0] != '{' {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPage(b *testing.B) {
	body := pageBody()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if items, next, err := rows(body, "employees"); err != nil || len(items) != 100 || next == "" {
			b.Fatal(err)
		}
	}
}

// memory answers every request from memory: what is measured is all that is not the network's.
type memory struct {
	body    []byte
	chunked bool // the length is not announced
}

func (m memory) RoundTrip(*http.Request) (*http.Response, error) {
	length := int64(len(m.body))
	if m.chunked {
		length = -1
	}
	return &http.Response{
		StatusCode: http.StatusOK, ContentLength: length,
		Body: io.NopCloser(bytes.NewReader(m.body)),
	}, nil
}

// BenchmarkGet is a request through all layers.
func BenchmarkGet(b *testing.B) {
	include := NewQuery(url.Values{"include": {"depositAccounts,employment,identity,income,statements,timesheets,taxes"}})
	small := []byte(`{"data":{"_id":"60d31f0c5fc1a27d2c5d8c71"}}`)
	for _, c := range []struct {
		name string
		memory
		known func([]byte) bool
	}{
		{"small", memory{small, false}, nil}, {"small of unknown length", memory{small, true}, nil},
		{"detail", memory{detailBody(), false}, nil}, {"detail of unknown length", memory{detailBody(), true}, nil},
		{"known detail", memory{detailBody(), false}, func([]byte) bool { return true }},
	} {
		b.Run(c.name, func(b *testing.B) {
			client, err := New(Config{BaseURL: "https://api.example.com", APIKey: "k", APISecret: "s", Transport: c.memory})
			if err != nil {
				b.Fatal(err)
			}
			request := Request{Template: "/employees/{id}", Query: include, Known: c.known}
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				request.Args = []string{"60d31f0c5fc1a27d2c5d8c71"}
				if _, err := client.Get(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLimiter passes the gate of 16 with a line of so many before it.
func BenchmarkLimiter(b *testing.B) {
	for _, line := range []int{0, 10, 1000} {
		b.Run(fmt.Sprintf("a line of %d", line), func(b *testing.B) {
			l := newLimiter(Config{Concurrency: 16})
			l.proven = true
			b.ReportAllocs()
			var crowd errgroup.Group
			var left atomic.Int64
			left.Store(int64(b.N))
			ref := newRefusal()
			for range 1 + min(line, 1)*(15+line) {
				crowd.Go(func() error {
					for left.Add(-1) >= 0 {
						if err := l.acquire(b.Context(), ref); err != nil {
							return err
						}
						runtime.Gosched()
						l.release(time.Now(), nil)
					}
					return nil
				})
			}
			if err := crowd.Wait(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkAhead is what it costs an item to be answered ahead of the consumer.
func BenchmarkAhead(b *testing.B) {
	pages := func(yield func(Page[int], error) bool) {
		for b.Loop() {
			if !yield(Page[int]{Items: make([]int, 100)}, nil) {
				return
			}
		}
	}
	answer := func(_ context.Context, i int) (int, error) { return i, nil }
	b.ReportAllocs()
	for _, err := range Ahead(b.Context(), pages, 16, 1, answer) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
