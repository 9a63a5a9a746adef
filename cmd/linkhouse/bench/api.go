package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// api is a running linkhouse sandbox.
type api struct {
	url    string
	cmd    *exec.Cmd
	client *http.Client
}

// startAPI serves a world in a process of its own and waits until it has said where.
func startAPI(ctx context.Context, p program, flags ...string) (*api, error) {
	p.args = append([]string{"sandbox", "--listen", "127.0.0.1:0"}, flags...)
	cmd := p.command(ctx)
	cmd.Stderr = p.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	a := &api{cmd: cmd, client: &http.Client{}}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "export LINKHOUSE_ATOMIC_BASE_URL="); ok {
			a.url = strings.Trim(url, "'")
			return a, nil // what else it says fits into the pipe
		}
	}
	return nil, fmt.Errorf("start the sandbox: it said no address: %w", cmd.Wait())
}

// stop ends the process.
func (a *api) stop() error {
	if err := a.cmd.Cancel(); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := a.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// requests counts what was asked so far.
func (a *api) requests(ctx context.Context) (int64, error) {
	var counts []sandbox.RequestCount
	if err := a.control(ctx, http.MethodGet, "requests", &counts); err != nil {
		return 0, err
	}
	n := int64(0)
	for _, c := range counts {
		n += c.Count
	}
	return n, nil
}

// asked are the times of the requests since then, as far as the sandbox remembers, in order.
func (a *api) asked(ctx context.Context, since time.Time) ([]time.Time, error) {
	var served []sandbox.Served
	if err := a.control(ctx, http.MethodGet, "served", &served); err != nil {
		return nil, err
	}
	var at []time.Time
	for _, s := range served {
		if !s.At.Before(since) {
			at = append(at, s.At)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at, nil
}

func (a *api) truth(ctx context.Context) (sandbox.Truth, error) {
	var t sandbox.Truth
	err := a.control(ctx, http.MethodGet, "truth", &t)
	return t, err
}

// advance lets a day pass, and tells the truth of the new one.
func (a *api) advance(ctx context.Context) (sandbox.Truth, error) {
	var day map[string]int
	if err := a.control(ctx, http.MethodPost, "advance-day", &day); err != nil {
		return sandbox.Truth{}, err
	}
	return a.truth(ctx)
}

func (a *api) control(ctx context.Context, method, what string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, a.url+"/_control/"+what, nil)
	if err != nil {
		return err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return fmt.Errorf("steer the sandbox: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("steer the sandbox: %s: status %d", what, resp.StatusCode)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("steer the sandbox: %s: %w", what, err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
