package sandbox

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRequestsAreRememberedUpToABound(t *testing.T) {
	cfg := small()
	cfg.LogSize = 3
	c := start(t, cfg)
	c.s.Inject(Fault{Kind: StatusFault, Status: 500, Skip: 4})
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		c.body("/employees/" + id)
	}
	var got []Served
	for _, v := range c.s.Served() {
		v.At = time.Time{}
		got = append(got, v)
	}
	want := []Served{
		{Method: "GET", Route: "/employees/{id}", URI: "/employees/c", Status: 404},
		{Method: "GET", Route: "/employees/{id}", URI: "/employees/d", Status: 404},
		{Method: "GET", Route: "/employees/{id}", URI: "/employees/e", Status: 500, Fault: StatusFault},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]RequestCount{{Method: "GET", Route: "/employees/{id}", Count: 5, WithKeys: 5}}, c.s.Requests()); d != "" {
		t.Error(d)
	}
	c.s.ResetLog()
	if len(c.s.Served())+len(c.s.Requests()) != 0 {
		t.Error("the log was not forgotten")
	}
}

func TestTheControlHandlerSteersTheWorldAndPassesTheRestOn(t *testing.T) {
	cfg := small()
	cfg.Control = true
	c := start(t, cfg)
	if res := c.do(http.MethodPost, "/_control/advance-day"); res.StatusCode != http.StatusOK || c.s.Day() != 1 {
		t.Errorf("status %d, day %d", res.StatusCode, c.s.Day())
	}
	if v := c.get("/_control/truth"); at(v, "rows", "employerlink.employees") == nil {
		t.Errorf("truth %v", v)
	}
	if v := c.get("/_control/changes"); len(list(v, employeesName, "changed")) == 0 {
		t.Errorf("changes %v", v)
	}
	if status, _ := c.body("/_control/changes?from=-1"); status != http.StatusUnprocessableEntity {
		t.Errorf("a day before the first: status %d", status)
	}
	c.get(accountsPath(".."))
	if got := c.s.Requests(); len(got) != 1 || got[0].Route != routeAccounts {
		t.Errorf("counted %v", got)
	}
	if v, ok := c.get("/_control/served").([]any); !ok || len(v) != 1 || str(v[0], "Route") != routeAccounts {
		t.Errorf("served: %v", v)
	}
}
