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
	Worlds  []worldRun `json:"worlds"`
	Targets []string   `json:"targets"`
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
	for _, w := range r.Worlds {
		r.Targets = append(r.Targets, w.targets()...)
	}
	all, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	for name, text := range map[string]string{o.json: string(all) + "\n", o.bench: r.goBench()} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	var text strings.Builder
	for _, w := range r.Worlds {
		fmt.Fprintf(&text, "%s: %s employees, %s rows (%s)\n\n", w.World, thousands(int64(w.Employees)), thousands(w.Rows), w.About)
		text.WriteString(w.table() + "\n")
	}
	for _, t := range r.Targets {
		text.WriteString(t + "\n")
	}
	fmt.Fprintf(&text, "All figures are in %s, for benchstat in %s.\n", o.json, o.bench)
	_, err = io.WriteString(stdout, text.String())
	return err
}
