package main

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// bodies are answers with a good status whose bodies are broken, or only look so.
func bodies() []misbehaviour {
	broken := func(name string, f sandbox.Fault) misbehaviour {
		m := failedList(name, f)
		m.most = 0
		return m
	}
	rewritten := func(rewrite func([]byte) []byte) []sandbox.Fault {
		return []sandbox.Fault{{Kind: sandbox.Rewritten, Match: "/employees/{employee}", Rewrite: rewrite}}
	}
	all := []misbehaviour{
		broken("a body that is always cut short", sandbox.Fault{Kind: sandbox.Truncate}),
		broken("a chunked body that is always cut", sandbox.Fault{Kind: sandbox.CutChunk}),
		broken("a body that never ends", sandbox.Fault{Kind: sandbox.Flood}),
		broken("a small compressed body that is huge", sandbox.Fault{Kind: sandbox.GzipBomb, Bytes: 66 << 20}),
		broken("a compressed body that does not say so", sandbox.Fault{Kind: sandbox.GzipHidden}),
		broken("an HTML page with status 200", sandbox.Fault{Kind: sandbox.HTML, Status: 200}),
		broken("a body that is not JSON", sandbox.Fault{Kind: sandbox.NotJSON}),
		broken("a list that is an array", sandbox.Fault{Kind: sandbox.Verbatim, Body: `["` + marked + `"]`}),
		broken("a list that is null", sandbox.Fault{Kind: sandbox.Verbatim, Body: `{"data":{"employees":null}}`}),
		broken("a list that is an object", sandbox.Fault{Kind: sandbox.Verbatim, Body: `{"data":{"employees":{"` + marked + `":1}}}`}),
		broken("a list that is nested too deeply", sandbox.Fault{Kind: sandbox.Verbatim,
			Body: `{"data":{"employees":` + string(bytes.Repeat([]byte{'['}, 20_000)) + string(bytes.Repeat([]byte{']'}, 20_000)) + `}}`}),
		{name: "a compressed body that says so", faults: []sandbox.Fault{{Kind: sandbox.Gzip}}, run: "complete"},
		{name: "right bodies under a wrong Content-Type", faults: []sandbox.Fault{{Kind: sandbox.WrongType, Match: "/*"}}, run: "complete"},
		{name: "bodies that are cut short now and then", run: "complete", faults: []sandbox.Fault{
			burst(sandbox.Fault{Kind: sandbox.Truncate}, 10), burst(sandbox.Fault{Kind: sandbox.CutChunk}, 30), burst(sandbox.Fault{Kind: sandbox.Reset}, 50),
			// Not of documents, which may well be HTML, or anything else.
			burst(sandbox.Fault{Kind: sandbox.HTML, When: ofTheAPI}, 70), burst(sandbox.Fault{Kind: sandbox.NotJSON, When: ofTheAPI}, 90),
		}},
		{name: "keys that come twice in an object", run: "complete", faults: rewritten(func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"firstName":`), []byte(`"firstName":"`+marked+`","firstName":`), 1)
		})},
		{name: "bytes that are not UTF-8 in a field", run: "complete", strange: 1, faults: rewritten(func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"firstName":`), []byte("\"odd\":\"caf\xe9\",\"firstName\":"), 1)
		})},
	}
	return all
}

func ofTheAPI(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, "/documents/") }
