package archive

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// s3Location is what an s3 URL says.
type s3Location struct {
	bucket    string
	prefix    string // without slashes at its ends; may be empty
	region    string // empty: what the SDK finds
	endpoint  string // a URL; empty: Amazon's
	pathStyle bool
	retention retention
	tags      string // as the header has them; empty: none
}

// retention keeps objects from being deleted for a time. The zero value keeps nothing.
type retention struct {
	mode string // GOVERNANCE or COMPLIANCE
	days int
}

var (
	bucketName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	prefixParts = regexp.MustCompile(`^[A-Za-z0-9!_.*'()=-]{1,200}$`) // what S3 calls safe, and what partitions are called
	tagText     = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/+\-@]*$`)  // as S3 takes it, save for the = that divides
)

const longestRetention = 100 * 365 // days, as S3 has it

func parseS3(location string) (*s3Location, error) {
	u, err := url.Parse(location)
	switch {
	case err != nil: // whose text repeats the URL
		return nil, errors.New("an s3 URL looks like s3://bucket/prefix")
	case u.User != nil:
		return nil, errors.New("credentials do not belong in an s3 URL: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or use a role")
	case !bucketName.MatchString(u.Host):
		return nil, errors.New("an s3 URL looks like s3://bucket/prefix, with the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")
	case u.Fragment != "":
		return nil, errors.New("an s3 URL has no part after #")
	}
	l := &s3Location{bucket: u.Host, prefix: strings.Trim(u.Path, "/")}
	for part := range strings.SplitSeq(l.prefix, "/") {
		if l.prefix != "" && (!prefixParts.MatchString(part) || part == "." || part == "..") {
			return nil, errors.New("the prefix of an s3 URL is made of letters, digits and !_.*'()=- between single slashes")
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("the parameters of an s3 URL cannot be read")
	}
	return l, l.setAll(query)
}

func (l *s3Location) setAll(query url.Values) error {
	var names []string
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if len(query[name]) > 1 {
			return fmt.Errorf("the s3 parameter %s stands there twice", name)
		}
		if err := l.set(name, query.Get(name)); err != nil {
			return err
		}
	}
	if (l.retention.mode == "") != (l.retention.days == 0) {
		return errors.New("the s3 parameters retention_mode and retention_days go together")
	}
	return nil
}

func (l *s3Location) set(name, value string) (err error) {
	switch name {
	case "region":
		l.region = value
	case "endpoint":
		l.endpoint, err = parseEndpoint(value)
	case "path_style":
		if value != "true" && value != "false" {
			return errors.New("the s3 parameter path_style is true or false")
		}
		l.pathStyle = value == "true"
	case "retention_mode":
		if value != "GOVERNANCE" && value != "COMPLIANCE" {
			return errors.New("the s3 parameter retention_mode is GOVERNANCE or COMPLIANCE")
		}
		l.retention.mode = value
	case "retention_days":
		if l.retention.days, err = strconv.Atoi(value); err != nil || l.retention.days < 1 || l.retention.days > longestRetention {
			return fmt.Errorf("the s3 parameter retention_days is a number from 1 to %d", longestRetention)
		}
	case "tags":
		l.tags, err = parseTags(value)
	default:
		return fmt.Errorf("the s3 parameter %q is not known; there are region, endpoint, path_style, retention_mode, retention_days and tags", name)
	}
	return err
}

// parseEndpoint completes host:port to a URL. Documents go over plain http only where no stranger carries it.
func parseEndpoint(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errors.New("the s3 parameter endpoint looks like host:port or https://host:port")
	}
	if u.Scheme == "http" && !nearby(u.Hostname()) {
		return "", errors.New("the s3 parameter endpoint would send documents unencrypted; http is for this machine and private networks, write https://")
	}
	return u.Scheme + "://" + u.Host, nil
}

// nearby tells whether a host is this machine or on its own network, by name alone.
func nearby(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local")
}

// parseTags reads name=value,name=value and writes it as the header has it.
func parseTags(text string) (string, error) {
	tags := url.Values{}
	for tag := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(tag, "=")
		if !ok || name == "" || len(name) > 128 || len(value) > 256 || !tagText.MatchString(name+value) || tags.Has(name) {
			return "", errors.New("the s3 parameter tags looks like name=value,name=value, each name once, of letters, digits, spaces and _.:/+-@")
		}
		tags.Set(name, value)
	}
	if len(tags) > 10 {
		return "", errors.New("the s3 parameter tags takes ten tags at most, as S3 does")
	}
	return tags.Encode(), nil
}

// String is the location as it stands in the record of a document: no endpoint, no parameters.
func (l *s3Location) String() string {
	return strings.TrimSuffix("s3://"+l.bucket+"/"+l.prefix, "/")
}
