package main

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestTheTimesOfAProcessStandBehindItsName(t *testing.T) {
	const stat = "42 (post) (gres 1 2) S 1 42 42 0 -1 4194560 100 200 0 0 150 50 1000 300 20 0 1 0 12345 1000 200"
	if got := parseStat(stat, false); got != 2*time.Second {
		t.Error(got)
	}
	if got := parseStat(stat, true); got != 15*time.Second {
		t.Error(got)
	}
	for _, stat := range []string{"", "42 (x) S", "1 (x) S 1 1 1 0 -1 0 0 0 0 0 a b c d e f"} {
		if got := parseStat(stat, true); got != 0 {
			t.Errorf("%q: %s", stat, got)
		}
	}
}

func TestAProcessThatIsNotThereTookNothing(t *testing.T) {
	if got := serverCPU(-1); got != 0 {
		t.Error(got)
	}
	if got := postmaster(t.TempDir()); got != 0 {
		t.Error(got)
	}
}

func TestWhatAServerTookIsTold(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	before := serverCPU(os.Getpid())
	for n := 0; serverCPU(os.Getpid()) == before; n++ {
		if n > 1e7 {
			t.Fatal("this process never took any time")
		}
	}
}
