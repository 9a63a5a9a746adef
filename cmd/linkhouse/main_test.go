package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

var kept []byte

// Mutations: without room it is red with the heap's own size, and without the percentage when what lives doubles.
func TestMemoryIsCollectedAfterTensOfMegabytesAndNotWheneverWhatLivesDoubled(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	room := keepRoom("")
	runtime.GC()
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	for range 320 { // 20 MiB
		kept = make([]byte, 64<<10)
	}
	runtime.ReadMemStats(&end)
	if n := end.NumGC - start.NumGC; n > 0 {
		t.Errorf("20 MiB were collected %d times", n)
	}
	if grown := end.NextGC - start.HeapAlloc; grown > 40<<20 || grown < 24<<20 {
		t.Errorf("the heap is collected when it grew by %d bytes", grown)
	}
	if runtime.KeepAlive(room); keepRoom("100") != nil {
		t.Error("a GOGC that was set does not win")
	}
}
