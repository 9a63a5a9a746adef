// Package gateway runs versitygw, a real S3 server over a directory, for tests. It knows nothing of ours.
package gateway

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// What every server here takes and has.
const (
	AccessKey = "AKIDLINKHOUSETEST"
	SecretKey = "linkhouse-test-secret"
	Bucket    = "documents"
)

// Server is a versitygw under way. The directory's file system needs extended attributes; what the server would do without
// them goes wrong for versions.
type Server struct {
	Dir, Addr, Scheme string

	cmd *exec.Cmd
}

// Start starts a server over dir/data at an address, or at a free port of this machine where addr is "". With a certificate it
// speaks https, with the zero one http. It ends with the process that started it, where the kernel can see to that.
func Start(dir, addr string, c Certificate) (*Server, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"data/" + Bucket, "versions"} {
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
	s := &Server{Dir: dir, Addr: addr, Scheme: "http"}
	args := []string{"--quiet", "--port", addr}
	if c != (Certificate{}) {
		s.Scheme = "https"
		args = append(args, "--cert", c.File, "--key", c.KeyFile)
	}
	s.cmd = exec.Command(program, append(args, "posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "data"))...)
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKey, "ROOT_SECRET_KEY="+SecretKey)
	s.cmd.SysProcAttr = dieWithParent()
	var said strings.Builder
	s.cmd.Stdout, s.cmd.Stderr = &said, &said
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return s, conn.Close()
		}
		if time.Now().After(deadline) {
			s.Kill()
			return nil, fmt.Errorf("versitygw does not answer: %w: %s", err, said.String())
		}
	}
}

// Kill ends the server at once, as a crash would. It may be dead already.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// Location is archive.url for a prefix in a bucket of the server, with further parameters, each with its &.
func (s *Server) Location(bucket, prefix, parameters string) string {
	return "s3://" + bucket + "/" + prefix + "?endpoint=" + s.Scheme + "://" + s.Addr + "&path_style=true" + parameters
}

// Path is where the server keeps an object's bytes.
func (s *Server) Path(bucket, key string) string {
	return filepath.Join(s.Dir, "data", bucket, filepath.FromSlash(key))
}

// Environment is all that an AWS tool would find of settings: the server's credentials, the certificate, and nothing else.
func Environment(c Certificate) map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": AccessKey, "AWS_SECRET_ACCESS_KEY": SecretKey, "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CA_BUNDLE": c.File,
	}
}

// find looks where make deps puts the program, then where go install does.
func find() (string, error) {
	const name = "versitygw"
	var found []string
	if root, err := module(); err == nil {
		found = append(found, filepath.Join(root, ".cache", "bin", name))
	}
	if bin := os.Getenv("GOBIN"); bin != "" {
		found = append(found, filepath.Join(bin, name))
	}
	if home, err := os.UserHomeDir(); err == nil {
		found = append(found, filepath.Join(home, "go", "bin", name))
	}
	for _, path := range found {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errors.New("the S3 tests need versitygw: run make deps")
	}
	return path, nil
}

// module is the directory of go.mod, at or above the working directory, which is the package's own in a test.
func module() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		err = os.ErrNotExist
	}
	return "", err
}
