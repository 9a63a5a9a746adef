package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticks is how many units of /proc's times make a second, on every Linux that Go runs on.
const ticks = 100

// serverCPU is what a running process and all that it started have taken so far; 0 where the system does not tell.
func serverCPU(pid int) time.Duration {
	total := statCPU(pid, true)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return total
	}
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += statCPU(n, false)
		}
	}
	return total
}

// statCPU reads user and system time, with those of children that have ended if asked to.
func statCPU(pid int, ended bool) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	return parseStat(string(stat), ended)
}

// parseStat takes fields 14 to 17 of the line. The name before them is in parentheses and may hold anything.
func parseStat(stat string, ended bool) time.Duration {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 15 {
		return 0
	}
	times := fields[11:13]
	if ended {
		times = fields[11:15]
	}
	total := time.Duration(0)
	for _, t := range times {
		n, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return 0
		}
		total += time.Duration(n) * time.Second / ticks
	}
	return total
}

// postmaster is the process of the Postgres in a cluster's directory; 0 when it cannot be told.
func postmaster(dir string) int {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0
	}
	return pid
}
