package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// chaos are the kinds of fault that have a name on the command line. What takes a URL, a path or a number of its own is for
// tests only.
var chaos = []sandbox.Fault{
	{Kind: sandbox.HTML},
	{Kind: sandbox.Reset},
	{Kind: sandbox.Truncate},
	{Kind: sandbox.NotJSON},
	{Kind: sandbox.BadUTF8},
	{Kind: sandbox.WrongShape},
	{Kind: sandbox.Slow, Delay: 2 * time.Second},
	{Kind: sandbox.Drip, Delay: 2 * time.Second},
	{Kind: sandbox.Hang},
	{Kind: sandbox.EmptyPage},
	{Kind: sandbox.Expired},
	{Kind: sandbox.EarlyDeath, Delay: time.Second},
}

func chaosKinds() []string {
	var kinds []string
	for _, fault := range chaos {
		kinds = append(kinds, string(fault.Kind))
	}
	return kinds
}

// parseChaos reads "429=0.02,5xx=0.01,reset=0.005".
func parseChaos(text string) ([]sandbox.Fault, error) {
	var faults []sandbox.Fault
	for _, item := range splitList(text) {
		kind, chance, _ := strings.Cut(item, "=")
		p, err := strconv.ParseFloat(chance, 64)
		if err != nil || !(p > 0 && p <= 1) {
			return nil, misuse("write --chaos 429=0.02,reset=0.005", "--chaos: "+strconv.Quote(item)+" has no probability above 0 and up to 1")
		}
		named := faultsOf(kind)
		if named == nil {
			return nil, misuse("known are a status such as 429, 5xx, "+strings.Join(chaosKinds(), ", "), "--chaos: "+strconv.Quote(kind)+" is not known")
		}
		for _, fault := range named {
			// The kinds of one name share its probability.
			fault.Chance = p / float64(len(named))
			faults = append(faults, fault)
		}
	}
	return faults, nil
}

func faultsOf(kind string) []sandbox.Fault {
	if kind == "5xx" {
		var all []sandbox.Fault
		for _, status := range []int{500, 502, 503, 504} {
			all = append(all, sandbox.Fault{Kind: sandbox.StatusFault, Status: status})
		}
		return all
	}
	if status, err := strconv.Atoi(kind); err == nil && status >= 400 && status < 600 {
		fault := sandbox.Fault{Kind: sandbox.StatusFault, Status: status}
		if status == 429 {
			fault.RetryAfter = "1"
		}
		return []sandbox.Fault{fault}
	}
	for _, fault := range chaos {
		if string(fault.Kind) == kind {
			return []sandbox.Fault{fault}
		}
	}
	return nil
}
