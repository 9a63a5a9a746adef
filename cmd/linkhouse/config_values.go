package main

import (
	"encoding/hex"
	"math"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load/archive"
	"github.com/linkhouse/linkhouse/schedules"
)

// setter puts a setting into the configuration, or says what is wrong with it.
type setter func(*Config, setting) error

// check looks at a text value; the fault it returns becomes a Problem.
type check func(string) error

func text(field func(*Config) *string, checks ...check) setter {
	return func(c *Config, s setting) error {
		for _, look := range checks {
			if err := look(s.text); err != nil {
				return err
			}
		}
		*field(c) = s.text
		return nil
	}
}

func secret(field func(*Config) *Secret, checks ...check) setter {
	return func(c *Config, s setting) error {
		for _, look := range checks {
			if s.text == "" {
				break
			}
			if err := look(s.text); err != nil {
				return err
			}
		}
		*field(c) = Secret{s.text}
		return nil
	}
}

func whole(field func(*Config) *int, least int) setter {
	return func(c *Config, s setting) error {
		n, err := strconv.ParseInt(s.text, 10, 32)
		if err != nil {
			return faultf("write one such as "+strconv.Itoa(max(least, 100)), "%s is not a whole number", s.shown())
		}
		if int(n) < least {
			return faultf("write "+strconv.Itoa(least)+" or more", "%s is too small", s.shown())
		}
		*field(c) = int(n)
		return nil
	}
}

func number(field func(*Config) *float64, least, most float64) setter {
	limits := "write a number of " + strconv.FormatFloat(least, 'g', -1, 64) + " or more"
	if !math.IsInf(most, 1) {
		limits = "write a number from " + strconv.FormatFloat(least, 'g', -1, 64) + " to " + strconv.FormatFloat(most, 'g', -1, 64)
	}
	return func(c *Config, s setting) error {
		n, err := strconv.ParseFloat(s.text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return faultf(limits, "%s is not a number", s.shown())
		}
		if n < least || n > most {
			return faultf(limits, "%s is out of range", s.shown())
		}
		*field(c) = n
		return nil
	}
}

func duration(field func(*Config) *time.Duration) setter {
	return func(c *Config, s setting) error {
		d, err := time.ParseDuration(s.text)
		if err != nil {
			return faultf("write a number with a unit, such as 30s or 2m", "%s is not a duration", s.shown())
		}
		if d <= 0 {
			return faultf("write a duration above zero, such as 30s", "%s is too short", s.shown())
		}
		*field(c) = d
		return nil
	}
}

func yesNo(field func(*Config) *bool, checks ...func(bool) error) setter {
	return func(c *Config, s setting) error {
		if s.text != "true" && s.text != "false" {
			return faultf("write true or false", "%s is neither true nor false", s.shown())
		}
		for _, look := range checks {
			if err := look(s.text == "true"); err != nil {
				return err
			}
		}
		*field(c) = s.text == "true"
		return nil
	}
}

func list(field func(*Config) *[]string, checks ...func([]string) error) setter {
	return func(c *Config, s setting) error {
		for _, look := range checks {
			if err := look(s.list); err != nil {
				return err
			}
		}
		*field(c) = s.list
		return nil
	}
}

// filePath makes the path absolute; an empty one stays empty.
func filePath(field func(*Config) *string) setter {
	return func(c *Config, s setting) error {
		if s.text == "" {
			*field(c) = ""
			return nil
		}
		path, err := s.path(s.text)
		*field(c) = path
		return err
	}
}

func oneOf(words ...string) check {
	return func(v string) error {
		if slices.Contains(words, v) {
			return nil
		}
		return faultf("write one of "+strings.TrimPrefix(strings.Join(words, ", "), ", "), "%q is not known", v)
	}
}

// header refuses what cannot stand in an HTTP header: a key that was pasted with a line break, above all.
func header(v string) error {
	for _, r := range v {
		if r < ' ' || r > '~' {
			return faultf("copy the value again, without line breaks", "holds a character that cannot be sent in a header")
		}
	}
	return nil
}

func notEmpty(v string) error {
	if v == "" {
		return faultf("write a value, or remove the key for its default", "is empty")
	}
	return nil
}

func apiURL(v string) error {
	const remedy = "write one such as https://api.atomicfi.com"
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return faultf(remedy, "is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return faultf(remedy, "must begin with https://")
	case u.User != nil:
		return faultf("put the credentials into atomic.api_key and atomic.api_secret", "must not hold credentials")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return faultf(remedy, "must not hold a query or a fragment")
	case u.Scheme == "http" && !nearby(u.Hostname()):
		return faultf("write https://", "would send the API credentials unencrypted; http is for a sandbox on this machine or network")
	}
	return nil
}

// nearby tells whether a host is this machine or its own network, by name alone.
func nearby(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local")
}

// postgresURL never repeats the value: it holds a password.
func postgresURL(v string) error {
	const remedy = "write postgres://user:password@host:5432/database, with special characters of the password percent-encoded"
	isURL := strings.HasPrefix(v, "postgres://") || strings.HasPrefix(v, "postgresql://")
	if !isURL && (strings.Contains(v, "://") || !strings.Contains(v, "=")) {
		return faultf(remedy, "is not a Postgres URL")
	}
	if _, err := pgconn.ParseConfig(v); err != nil {
		return faultf(remedy, "cannot be read as a Postgres URL")
	}
	return nil
}

func archiveURL(v string) error {
	const remedy = "write file:///absolute/directory or s3://bucket/prefix, or leave it empty for data_dir/archive"
	if v == "" || filepath.IsAbs(v) {
		return nil
	}
	if !strings.Contains(v, "://") {
		return faultf(remedy, "is neither a URL nor an absolute path")
	}
	if err := archive.CheckLocation(v); err != nil {
		return faultf("", "cannot be used: %s", err)
	}
	return nil
}

func hexKey(v string) error {
	if raw, err := hex.DecodeString(v); err != nil || len(raw) != 32 {
		return faultf("make one with: openssl rand -hex 32", "must be 64 hexadecimal digits (32 bytes)")
	}
	return nil
}

func listenAddress(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return faultf("write host:port, such as 127.0.0.1:8321", "%q is not an address to listen on", v)
	}
	return nil
}

func noVault(on bool) error {
	if on {
		return faultf("leave privacy.vault false", "the vault is not part of this version")
	}
	return nil
}

// names checks every item of a list against the known ones.
func names(noun string, known []string) func([]string) error {
	return func(items []string) error {
		if len(items) == 0 {
			return faultf("name at least one "+noun+", or remove the key for its default", "is an empty list")
		}
		for i, item := range items {
			remedy := "known are " + strings.Join(known, ", ")
			if near := schedules.Nearest(item, known); len(near) > 0 {
				remedy = "did you mean " + strings.Join(near, " or ") + "?"
			}
			if !slices.Contains(known, item) {
				return &fault{message: strconv.Quote(item) + " is no " + noun, remedy: remedy, item: i + 1}
			}
			if slices.Contains(items[:i], item) {
				return &fault{message: strconv.Quote(item) + " stands here twice", remedy: "remove one", item: i + 1}
			}
		}
		return nil
	}
}

// hostPatterns refuses what no host is called, and what the downloader would not take, which is asked itself: else a check would be
// content, and every run end at once.
func hostPatterns(items []string) error {
	for i, item := range items {
		_, err := extract.NewDownloader(extract.DownloadConfig{AllowedHosts: []string{item}})
		if err != nil || strings.ContainsAny(item, "/:@? ") || strings.Trim(item, "*.") == "" {
			return &fault{message: strconv.Quote(item) + " is no host name", item: i + 1,
				remedy: "write names such as example.com or *.example.com, without scheme, port or path"}
		}
	}
	return nil
}

func optional(look check) check {
	return func(v string) error {
		if v == "" {
			return nil
		}
		return look(v)
	}
}
