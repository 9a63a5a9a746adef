package extract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

var (
	errHost    = errors.New("host is not allowed")
	errAddress = errors.New("address is not allowed")
	errScheme  = errors.New("link is not https")
)

// hostPolicy decides where a link may lead. Links come from outside: without it one could make the program fetch from
// inside its own network. Names are judged before a request, addresses once the name is resolved, so that a name that
// resolves to something else the second time gains nothing.
type hostPolicy struct {
	exact    map[string]bool
	suffixes []string // ".amazonaws.com"
	private  bool     // loopback and private addresses are allowed, by plain http too
}

// newHostPolicy reads the patterns: a host name, or "*." and a domain for every name below it.
func newHostPolicy(patterns []string, private bool) (hostPolicy, error) {
	p := hostPolicy{exact: map[string]bool{}, private: private}
	for _, pattern := range patterns {
		name := plainHost(strings.TrimSpace(pattern))
		domain, wild := strings.CutPrefix(name, "*.")
		if domain == "" || strings.ContainsAny(domain, "*/:@ ") {
			return p, fmt.Errorf("allowed host %q is neither a host name nor of the form *.example.com", pattern)
		}
		if wild {
			p.suffixes = append(p.suffixes, "."+domain)
		} else {
			p.exact[name] = true
		}
	}
	return p, nil
}

func plainHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// check judges a link, or what a redirect leads to.
func (p hostPolicy) check(link *url.URL) error {
	host := plainHost(link.Hostname())
	if allowed := p.listed(host) || p.private && isPrivateName(host); !allowed {
		return errHost
	}
	if link.Scheme == "https" || link.Scheme == "http" && p.private { // whether the host is private the dialer sees
		return nil
	}
	return errScheme
}

func (p hostPolicy) listed(host string) bool {
	if p.exact[host] {
		return true
	}
	for _, suffix := range p.suffixes {
		if strings.HasSuffix(host, suffix) && len(host) > len(suffix) {
			return true
		}
	}
	return false
}

// plainKey marks the context of a request by plain http, whose connection may only lead to a private address.
type plainKey struct{}

// dialer makes connections to allowed addresses only. The check stands between resolving and connecting.
func (p hostPolicy) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 10 * time.Second, KeepAlive: 30 * time.Second,
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return errAddress
			}
			return p.checkAddr(to.Addr(), ctx.Value(plainKey{}) != nil)
		},
	}
}

// checkAddr judges an address. Link-local ones, among them the metadata service of a cloud, are never allowed.
func (p hostPolicy) checkAddr(addr netip.Addr, plain bool) error {
	addr = addr.Unmap()
	if nat64.Contains(addr) { // an IPv6-only network's way to IPv4: what counts is where it leads
		whole := addr.As16()
		addr = netip.AddrFrom4([4]byte(whole[12:]))
	}
	switch {
	case isPrivate(addr) && p.private:
		return nil
	case isPrivate(addr) || isSpecial(addr):
		return errAddress
	case plain:
		return errScheme
	}
	return nil
}

// isPrivate tells whether an address belongs to this machine or to a private network.
func isPrivate(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsLoopback() || addr.IsPrivate()
}

// special are the ranges that no document on the internet has: beside those that netip names, "this network", carrier
// NAT, protocol assignments, benchmarks, documentation, what is reserved, and IPv6 forms that carry an IPv4 address.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func isSpecial(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.Zone() != "" {
		return true
	}
	for _, prefix := range special {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// isPrivateName tells whether a host in a link is by itself a private one: an address, or localhost.
func isPrivateName(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && isPrivate(addr) || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
