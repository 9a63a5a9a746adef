package archive

import (
	"fmt"
	"os"
	"testing"

	"github.com/linkhouse/linkhouse/load/archive/gateway"
)

// TestMain plays the processes that tests kill, or runs the tests with an S3 server beside them.
func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		putForEver(dir)
	}
	if location := os.Getenv(halfway); location != "" {
		putHalf(location)
	}
	os.Exit(withGateway(m.Run))
}

// withGateway runs the tests with the settings that an AWS tool would find, and no others.
func withGateway(run func() int) int {
	dir, err := os.MkdirTemp("", "linkhouse-archive-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if certificate, err = gateway.WriteCertificate(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, value := range gateway.Environment(certificate) {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	shared, sharedErr = gateway.Start(dir, "", certificate)
	if shared != nil {
		defer shared.Kill()
	}
	return run()
}
