package sandbox

import (
	"bytes"
	"net/http"
	"testing"
	"unicode/utf8"
)

// every answer of a world, one after the other.
func (c client) bodies() []byte {
	var all []byte
	add := func(path string) {
		status, b := c.body(path)
		if status == http.StatusOK && !utf8.Valid(b) {
			c.t.Errorf("%s is not UTF-8", path)
		}
		all = append(all, b...)
	}
	w := c.s.world
	for k := anEmployer; k <= aRun; k++ {
		add("/" + k.String() + "?limit=500")
		w.each(k, c.s.Day(), func(i int) { add("/" + k.String() + "/" + w.id(k, i)) })
	}
	for _, user := range c.s.UserIdentifiers() {
		add(accountsPath(user))
		add(tasksPath(user))
	}
	w.each(aTask, c.s.Day(), func(i int) { add("/task/" + w.id(aTask, i) + "/details") })
	return all
}

func TestTheDefaultWorldHasEveryOddity(t *testing.T) {
	c := start(t, DefaultConfig())
	all := c.bodies()
	for _, oddity := range []string{
		`"netAmountAdjustments":null`, `"earnings":null`, `"statements":[]`, `"depositAccounts":null`, `"taxes":null`,
		`"grossAmount":"`, `"grossAmount":-`, `"grossAmount":1e2`, `12345678901234567890.12`, `"rate":"--"`, `"hours":"n/a"`,
		`"accountNumber":"XXXX`, `"accountNumber":"****`, `"classCode":"0042"`, `"employmentStatus":"on-leave"`, `"Biweekly"`,
		`"6/4/98"`, `T00:30:00.000+02:00"`, `"year":"2019"`, `"year":2020`, `"punches":`, `"parsedData":`, `"nationalId":9`,
		`Night\u0000Guard`, `\ud83d"`, "👩🏽‍🚀", `"0000-01-01T`, `"10000-01-01T`, `"statements":[{"_id":"`, `"lastName":null`,
		`"ssn":"XXXXX`, `"ssn":null`, `"homeAddress":null`, `"zipcode":1103`, `"ZERO"`, `"not an object"`, `"Nameless Inc."`,
		`"ein":"12345678"`, `"postalCode":89501`, `"locations":null`, `"url":null`, `"url":""`, `"url":"[ATOMIC-`,
		`"metadata":null`, `"metadata":[]`, `"type":941`, `"category":"Garnishment"`, `"category":"457b"`, `"tiered"`,
		`"awaiting-funds"`, `"checkDate":null`, `"billing":null`, `"type":"detected"`, `"lastFour":"0042"`, `"branding":{}`,
		`"actionId":`, `"bills":`, `"company":null`, `"cycle":"yearly"`, `"2026-02-30T`, `"cancelled"`, `"branding":null`,
	} {
		if !bytes.Contains(all, []byte(oddity)) {
			t.Errorf("%s is served nowhere", oddity)
		}
	}
}

func TestAWorldWithoutOddDataHasNone(t *testing.T) {
	cfg := plainWorld()
	cfg.Bare = true
	c := start(t, cfg)
	truth := c.s.Truth()
	if len(truth.Ghosts)+len(truth.Rejects) != 0 {
		t.Errorf("ghosts %v, rejects %v", truth.Ghosts, truth.Rejects)
	}
	all := c.bodies()
	for _, oddity := range []string{`\u0000`, `"not an object"`, `XXXX`, `"n/a"`, "[ATOMIC-", ":1e2", "5eea73d5f55d6c0007d1fcdf"} {
		if bytes.Contains(all, []byte(oddity)) {
			t.Errorf("%s is served", oddity)
		}
	}
}
