package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
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
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := writeCertificate(certFile, keyFile); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CA_BUNDLE": certFile,
	} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	shared, sharedErr = startGateway(dir, "", "https")
	if shared != nil {
		defer shared.stop()
	}
	return run()
}
