package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// report is everything that was measured.
type report struct {
	Machine machine    `json:"machine"`
	Scale   float64    `json:"scale"`
	Worlds  []worldRun `json:"worlds,omitempty"`
	Startup *startup   `json:"startup,omitempty"`
	Latency *latency   `json:"latency,omitempty"`
	Curve   curve      `json:"curve,omitempty"`
	Targets []string   `json:"targets"`
}

// measurement is one thing that was measured.
type measurement interface {
	text() string
	targets() []string
	goBench() string
}

func (r report) parts() []measurement {
	var all []measurement
	for _, w := range r.Worlds {
		all = append(all, w)
	}
	if r.Startup != nil {
		all = append(all, r.Startup)
	}
	if r.Latency != nil {
		all = append(all, r.Latency)
	}
	if len(r.Curve) > 0 {
		all = append(all, r.Curve)
	}
	return all
}

type machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
	Load string `json:"load,omitempty"` // of the minutes before, where the system tells
}

func thisMachine() machine {
	m := machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	return m
}

// publish writes the files and the tables.
func (r report) publish(stdout io.Writer, o options) error {
	var text strings.Builder
	for _, p := range r.parts() {
		text.WriteString(p.text() + "\n")
		r.Targets = append(r.Targets, p.targets()...)
	}
	all, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	for name, content := range map[string]string{o.json: string(all) + "\n", o.bench: r.goBench()} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			return err
		}
	}
	for _, t := range r.Targets {
		text.WriteString(t + "\n")
	}
	fmt.Fprintf(&text, "All figures are in %s, for benchstat in %s.\n", o.json, o.bench)
	_, err = io.WriteString(stdout, text.String())
	return err
}
