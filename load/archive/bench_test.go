package archive

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

// BenchmarkPut60KB measures what Put costs over the bare SDK: the same documents, by as many at once, to the same server,
// in turns.
func BenchmarkPut60KB(b *testing.B) {
	const atOnce, round = 16, 128
	ours := openBucket(b, Options{})
	cfg, err := config.LoadDefaultConfig(b.Context(), config.WithRegion("us-east-1"))
	if err != nil {
		b.Fatal(err)
	}
	bare := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String("https://"+shared.Addr), true
	})
	prefix := "bare/" + strings.ToLower(rand.Text()) + "/"
	var n atomic.Int64
	body := func() ([]byte, string) {
		i := n.Add(1)
		return bytes.Repeat(fmt.Appendf(nil, "%08d", i), 60<<10/8), fmt.Sprint(i)
	}
	ways := []func(context.Context) error{
		func(ctx context.Context) error {
			text, id := body()
			_, err := ours.Put(ctx, Name{Resource: "r", ID: id}, bytes.NewReader(text), Metadata{})
			return err
		},
		func(ctx context.Context) error {
			text, id := body()
			_, err := bare.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(gateway.Bucket), Key: aws.String(prefix + id), Body: bytes.NewReader(text)})
			return err
		},
	}
	run := func(way int) time.Duration {
		begun := time.Now()
		g, ctx := errgroup.WithContext(b.Context())
		g.SetLimit(atOnce)
		for range round {
			g.Go(func() error { return ways[way](ctx) })
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	var took [2]time.Duration
	run(0)
	run(1) // connections are made, folders too
	for i := 0; b.Loop(); i++ {
		first := i % 2 // each goes first as often: the machine is not the same all the time
		took[first] += run(first)
		took[1-first] += run(1 - first)
	}
	each := float64(b.N * round)
	b.ReportMetric(each/took[0].Seconds(), "puts/s")
	b.ReportMetric(each/took[1].Seconds(), "bare-puts/s")
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "ratio")
}
