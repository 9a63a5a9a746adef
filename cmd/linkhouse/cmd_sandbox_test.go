package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// watched is an output that a test reads while a verb still writes to it.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	said chan struct{} // gets a value after each write
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	select {
	case w.said <- struct{}{}:
	default:
	}
	return n, err
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

var exported = regexp.MustCompile(`(?m)^export (LINKHOUSE_\w+)='([^']*)'$`)

// withSandbox runs the verb, hands the settings that it prints to the test, and interrupts it.
func withSandbox(t *testing.T, dir string, args []string, use func(settings map[string]string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watched{said: make(chan struct{}, 1)}
	var group errgroup.Group
	code := -1
	group.Go(func() error {
		defer cancel()
		code = Run(ctx, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...), Env{Dir: dir, Stdin: strings.NewReader("")}, out, out)
		return nil
	})
	select {
	case <-out.said:
	case <-ctx.Done():
	}
	settings := map[string]string{}
	for _, m := range exported.FindAllStringSubmatch(out.String(), -1) {
		settings[m[1]] = m[2]
	}
	if settings["LINKHOUSE_ATOMIC_BASE_URL"] == "" {
		t.Errorf("printed no settings: %s", out)
	} else {
		use(settings)
	}
	cancel()
	if err := group.Wait(); err != nil || code != exitComplete {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
}

func ask(t *testing.T, method, url string, settings map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if settings != nil {
		request.Header.Set("x-api-key", settings["LINKHOUSE_ATOMIC_API_KEY"])
		request.Header.Set("x-api-secret", settings["LINKHOUSE_ATOMIC_API_SECRET"])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestTheSandboxPrintsSettingsWithWhichItCanBeRead(t *testing.T) {
	dir := t.TempDir()
	withSandbox(t, dir, []string{"--users-file", "users.txt", "--users", "5", "--employees", "9"}, func(settings map[string]string) {
		c, err := loadConfig(configInput{dir: dir, vars: settings})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Archive.AllowPrivateHosts || c.Users.File != filepath.Join(dir, "users.txt") {
			t.Errorf("%+v", c)
		}
		if status, _ := ask(t, http.MethodGet, c.Atomic.BaseURL+"/employers", nil); status != http.StatusUnauthorized {
			t.Errorf("without credentials: %d", status)
		}
		if status, body := ask(t, http.MethodGet, c.Atomic.BaseURL+"/employers", settings); status != http.StatusOK || !strings.Contains(body, "Example Employer A") {
			t.Errorf("with credentials: %d %s", status, body)
		}
		users, err := os.ReadFile(c.Users.File)
		if err != nil || strings.Count(string(users), "\n") != 5 {
			t.Errorf("users: %q, %v", users, err)
		}
	})
}

func TestADayPassesInTheSandboxOnRequest(t *testing.T) {
	withSandbox(t, t.TempDir(), nil, func(settings map[string]string) {
		base := settings["LINKHOUSE_ATOMIC_BASE_URL"]
		if _, body := ask(t, http.MethodPost, base+"/_control/advance-day", nil); strings.TrimSpace(body) != `{"day":1}` {
			t.Errorf("advance: %s", body)
		}
		var truth sandbox.Truth
		if _, body := ask(t, http.MethodGet, base+"/_control/truth", nil); json.Unmarshal([]byte(body), &truth) != nil || truth.Day != 1 || truth.Rows["employerlink.employees"] == 0 {
			t.Errorf("truth: %s", body)
		}
	})
}

func TestChaosOfProbabilityOneMeetsEveryRequest(t *testing.T) {
	withSandbox(t, t.TempDir(), []string{"--chaos", "429=1"}, func(settings map[string]string) {
		if status, _ := ask(t, http.MethodGet, settings["LINKHOUSE_ATOMIC_BASE_URL"]+"/employers", settings); status != http.StatusTooManyRequests {
			t.Errorf("status %d", status)
		}
	})
}

func TestTheKindsOf5xxShareTheirProbability(t *testing.T) {
	faults, err := parseChaos("5xx=0.04, slow=0.5")
	if err != nil {
		t.Fatal(err)
	}
	sum, statuses := 0.0, []int{}
	for _, f := range faults[:4] {
		sum, statuses = sum+f.Chance, append(statuses, f.Status)
	}
	if diff := cmp.Diff([]int{500, 502, 503, 504}, statuses); diff != "" || sum != 0.04 {
		t.Errorf("sum %v, %s", sum, diff)
	}
	if faults[4].Kind != sandbox.Slow || faults[4].Delay == 0 || faults[4].Chance != 0.5 {
		t.Errorf("slow: %+v", faults[4])
	}
}

func TestAWrongSandboxCommandLineExitsWith2(t *testing.T) {
	for _, args := range []string{"--chaos 429", "--chaos 429=2", "--chaos 429=NaN", "--chaos 429=0", "--chaos gremlins=0.1", "--chaos 200=0.1", "--employees=-1", "--latency=-1s", "--users 90000000", "--changing 2", "--changing NaN"} {
		got := run(t, Env{}, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, strings.Fields(args)...)...)
		if got.code != exitUsage || got.stdout != "" || strings.Count(got.stderr, "\n") != 2 {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

func TestAnAddressThatIsTakenIsToldWithARemedy(t *testing.T) {
	withSandbox(t, t.TempDir(), nil, func(settings map[string]string) {
		taken := strings.TrimPrefix(settings["LINKHOUSE_ATOMIC_BASE_URL"], "http://")
		got := run(t, Env{}, "sandbox", "--listen", taken)
		if got.code != exitFailure || !strings.Contains(got.stderr, "choose another address") {
			t.Errorf("%+v", got)
		}
	})
}
