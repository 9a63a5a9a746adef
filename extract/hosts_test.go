package extract

import (
	"errors"
	"net/netip"
	"net/url"
	"testing"
)

func TestAHostIsAllowedOnlyWhenItIsListed(t *testing.T) {
	hosts, err := newHostPolicy([]string{"*.amazonaws.com", "Files.Example.com"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]error{
		"https://bucket.s3.amazonaws.com/x":           nil,
		"https://bucket.s3.us-east-1.amazonaws.com/x": nil,
		"https://BUCKET.S3.AMAZONAWS.COM./x":          nil,
		"https://files.example.com:8443/x":            nil,
		"https://amazonaws.com/x":                     errHost,
		"https://.amazonaws.com/x":                    errHost,
		"https://evilamazonaws.com/x":                 errHost,
		"https://s3.amazonaws.com.evil.com/x":         errHost,
		"https://sub.files.example.com/x":             errHost,
		"https://127.0.0.1/x":                         errHost,
		"https://localhost/x":                         errHost,
		"https://[::1]/x":                             errHost,
		"http://bucket.s3.amazonaws.com/x":            errScheme,
		"ftp://bucket.s3.amazonaws.com/x":             errScheme,
	} {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		if got := hosts.check(u); !errors.Is(got, want) {
			t.Errorf("%s: got %v, want %v", link, got, want)
		}
	}
	for _, pattern := range []string{"", "*", "*.", "a*.com", "*.*.com", "https://a.com", "a.com:443", "a.com/x", "[::1]"} {
		if _, err := newHostPolicy([]string{pattern}, false); err == nil {
			t.Errorf("pattern %q was taken", pattern)
		}
	}
}

func TestANameIsJudgedByTheAddressItResolvesTo(t *testing.T) {
	const public, private, never = "public", "private", "never"
	for addr, kind := range map[string]string{
		"52.216.0.1": public, "2600:1f00::1": public, "::ffff:52.216.0.1": public, "64:ff9b::34d8:1": public,
		"127.0.0.1": private, "127.8.8.8": private, "::1": private, "10.0.0.1": private, "172.16.0.1": private,
		"192.168.1.1": private, "fd00::1": private, "::ffff:10.0.0.1": private, "64:ff9b::a00:1": private,
		"169.254.169.254": never, "fe80::1": never, "fe80::1%eth0": never, "0.0.0.0": never, "::": never, "100.64.0.1": never,
		"224.0.0.1": never, "255.255.255.255": never, "ff02::1": never, "::ffff:169.254.169.254": never,
		"64:ff9b::a9fe:a9fe": never, "2002:7f00:1::": never, "::127.0.0.1": never, "198.18.0.1": never,
	} {
		for _, c := range []struct{ allowPrivate, plain, want bool }{
			{false, false, kind == public},
			{false, true, false},
			{true, false, kind != never},
			{true, true, kind == private},
		} {
			err := hostPolicy{private: c.allowPrivate}.checkAddr(netip.MustParseAddr(addr), c.plain)
			if (err == nil) != c.want {
				t.Errorf("%s, private allowed %v, plain http %v: %v", addr, c.allowPrivate, c.plain, err)
			}
		}
	}
}
