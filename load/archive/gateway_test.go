package archive

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	accessKey = "AKIDLINKHOUSETEST"
	secretKey = "linkhouse-test-secret"
	documents = "documents" // the bucket that tests share, each under a prefix of its own
)

var (
	// shared is the server of all tests that do not harm it.
	shared    *gateway
	sharedErr error
	// certFile and keyFile are those of every server.
	certFile, keyFile string
)

// gateway is a versitygw: a real S3 server over a directory, with TLS. The directory's file system needs extended
// attributes; what the server would do without them goes wrong for versions.
type gateway struct {
	dir, addr, scheme string
	cmd               *exec.Cmd
}

// startGateway starts a server over dir/data at an address, or at a free port. Scheme is https or http.
func startGateway(dir, addr, scheme string) (*gateway, error) {
	program, err := gatewayProgram()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"data/" + documents, "versions"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o700); err != nil {
			return nil, err
		}
	}
	if addr == "" {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		addr = free.Addr().String()
		if err := free.Close(); err != nil {
			return nil, err
		}
	}
	g := &gateway{dir: dir, addr: addr, scheme: scheme}
	args := []string{"--quiet", "--port", addr}
	if scheme == "https" {
		args = append(args, "--cert", certFile, "--key", keyFile)
	}
	g.cmd = exec.Command(program, append(args, "posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "data"))...)
	g.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	g.cmd.SysProcAttr = dieWithParent()
	var said strings.Builder
	g.cmd.Stdout, g.cmd.Stderr = &said, &said
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return g, conn.Close()
		}
		if time.Now().After(deadline) {
			g.stop()
			return nil, fmt.Errorf("versitygw does not answer: %w: %s", err, said.String())
		}
	}
}

func (g *gateway) stop() {
	_ = g.cmd.Process.Kill() // it may be dead already, which a test wanted
	_ = g.cmd.Wait()
}

// gatewayProgram looks where make deps puts it, then where go install does.
func gatewayProgram() (string, error) {
	const name = "versitygw"
	found := []string{filepath.Join("..", "..", ".cache", "bin", name)}
	if bin := os.Getenv("GOBIN"); bin != "" {
		found = append(found, filepath.Join(bin, name))
	}
	if home, err := os.UserHomeDir(); err == nil {
		found = append(found, filepath.Join(home, "go", "bin", name))
	}
	for _, path := range found {
		if _, err := os.Stat(path); err == nil {
			return filepath.Abs(path)
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errors.New("the S3 tests need versitygw: run make deps")
	}
	return path, nil
}

// writeCertificate makes an authority of one certificate, for this machine.
func writeCertificate(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "linkhouse tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}

// location is a fresh prefix in a bucket of the server, with further parameters.
func (g *gateway) location(bucket, parameters string) string {
	return "s3://" + bucket + "/" + strings.ToLower(rand.Text()) + "/archive?endpoint=" + g.scheme + "://" + g.addr + "&path_style=true" + parameters
}

// openBucket opens an archive that is empty, on the shared server.
func openBucket(t testing.TB, o Options) *bucket {
	t.Helper()
	return openAt(t, sharedGateway(t).location(documents, ""), o)
}

func openAt(t testing.TB, location string, o Options) *bucket {
	t.Helper()
	a, err := OpenWith(context.Background(), location, o)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*bucket)
}

func sharedGateway(t testing.TB) *gateway {
	t.Helper()
	if sharedErr != nil {
		t.Fatal(sharedErr)
	}
	return shared
}

// uploads are the keys of the unfinished uploads under the archive's prefix.
func uploads(t *testing.T, b *bucket) []string {
	t.Helper()
	prefix := b.whole("")
	found, err := b.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &b.at.bucket, Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, u := range found.Uploads {
		keys = append(keys, *u.Key)
	}
	return keys
}

// versions are all versions of all objects of the archive, and the marks of deletions.
func versions(t *testing.T, b *bucket) []types.ObjectVersion {
	t.Helper()
	prefix := b.whole("")
	found, err := b.client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &b.at.bucket, Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	all := found.Versions
	for _, marker := range found.DeleteMarkers {
		all = append(all, types.ObjectVersion{Key: marker.Key, VersionId: marker.VersionId})
	}
	return all
}

func enabled() *types.VersioningConfiguration {
	return &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}
}

// file is where the server keeps an object's bytes.
func (g *gateway) file(b *bucket, key string) string {
	return filepath.Join(g.dir, "data", b.at.bucket, filepath.FromSlash(b.whole(key)))
}
