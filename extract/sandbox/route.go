package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// reply is an answer before any fault has touched it.
type reply struct {
	status                   int
	contentType, disposition string
	body                     []byte
	reusable                 bool  // body is a buffer of the server
	document                 *blob // instead of body
}

// blob is a document's version.
type blob struct {
	kind       kind
	i, version int
}

// ask is one request to the API.
type ask struct {
	*http.Request
	day   int
	route string   // template
	args  []string // its placeholders, unescaped
	fault *rule    // what is to go wrong, or nil
}

const (
	defaultLimit = 10
	maxLimit     = 500
)

// The API's routes. A user's identifier may stand first and be anything, so these are matched as whole shapes.
const (
	routeAccounts    = "/{user}/pay-link/accounts"
	routeTasks       = "/user/{user}/tasks"
	routeTaskDetails = "/task/{id}/details"
	routeTaskStatus  = "/task/{id}/status"
	routeDocument    = "/documents/{key}"
	routeUnknown     = "unknown"
)

// route finds the template of an escaped path. Segments are unescaped one by one: an identifier may contain a slash.
func route(escaped string) (template string, args []string) {
	seg := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i := range seg {
		s, err := url.PathUnescape(seg[i])
		if err != nil {
			return routeUnknown, nil
		}
		seg[i] = s
	}
	switch {
	case seg[0] == "documents" && len(seg) > 3:
		return routeDocument, nil
	case len(seg) == 1 && listKind(seg[0]) != kinds:
		return "/" + seg[0], nil
	case len(seg) == 2 && listKind(seg[0]) != kinds && seg[1] != "":
		return "/" + seg[0] + "/{id}", seg[1:]
	case len(seg) == 3 && seg[1] == "pay-link" && seg[2] == "accounts" && seg[0] != "":
		return routeAccounts, seg[:1]
	case len(seg) == 3 && seg[0] == "user" && seg[2] == "tasks":
		return routeTasks, seg[1:2]
	case len(seg) == 3 && seg[0] == "task" && seg[2] == "details":
		return routeTaskDetails, seg[1:2]
	case len(seg) == 3 && seg[0] == "task" && seg[2] == "status":
		return routeTaskStatus, seg[1:2]
	}
	return routeUnknown, nil
}

func listKind(name string) kind {
	for k := anEmployer; k <= aRun; k++ {
		if kindNames[k] == name {
			return k
		}
	}
	return kinds
}

func fail(status int, code int, message string) reply {
	j := js{b: []byte{'{'}}
	j.raw("statusCode", strconv.Itoa(status))
	if code != 0 {
		j.raw("code", strconv.Itoa(code))
	}
	j.str("error", http.StatusText(status))
	j.str("message", message)
	j.end()
	return reply{status: status, contentType: jsonType, body: j.b}
}

const jsonType = "application/json; charset=utf-8"

func notFound() reply { return fail(http.StatusNotFound, 0, "The resource does not exist") }
func invalid(why string) reply {
	return fail(http.StatusUnprocessableEntity, 42200, "Validation error: "+why)
}

func (s *Server) authorized(h http.Header) bool {
	return subtle.ConstantTimeCompare([]byte(h.Get("x-api-key")), []byte(s.world.APIKey)) == 1 &&
		subtle.ConstantTimeCompare([]byte(h.Get("x-api-secret")), []byte(s.world.APISecret)) == 1
}

// answer is what the API says when nothing goes wrong.
func (s *Server) answer(a *ask) reply {
	switch {
	case a.Method != http.MethodGet:
		return fail(http.StatusMethodNotAllowed, 0, "Method not allowed")
	case a.route == routeDocument:
		return s.download(a.Request)
	case !s.authorized(a.Header):
		return fail(http.StatusUnauthorized, 40104, "Missing or invalid credentials")
	}
	switch a.route {
	case routeAccounts:
		return s.accounts(a)
	case routeTasks:
		return s.tasks(a)
	case routeTaskDetails, routeTaskStatus:
		return s.task(a)
	case routeUnknown:
		return notFound()
	}
	if len(a.args) == 0 {
		return s.list(a, listKind(a.route[1:]))
	}
	return s.detail(a, listKind(strings.TrimSuffix(a.route[1:], "/{id}")))
}

var listKeys = [kinds]string{
	"employers", "employees", "employerDocuments", "employerDeductionTypes", "payrollRuns", "accounts", "tasks", "",
}

func (s *Server) list(a *ask, k kind) reply {
	q := a.URL.Query()
	l := listing{kind: k, day: a.day, employer: -1, limit: defaultLimit, first: true}
	if v := q.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > maxLimit {
			return invalid("limit must be between 1 and 500")
		}
		l.limit = n
	}
	switch employer, user := q.Get("employerId"), q.Get("userIdentifier"); {
	case k == anEmployer && user != "":
		return s.employersOf(a, user)
	case k != anEmployer && employer != "":
		e, ok := s.world.index(anEmployer, employer)
		if !ok {
			e = maxObjects // nobody's
		}
		l.employer, l.filter = e, employer
	}
	next, prev := q.Get("nextCursor"), q.Get("previousCursor")
	ok := true
	switch endless := a.fault.is(Endless); {
	case next != "" && !endless:
		l.first = false
		l.pos, ok = s.world.position(k, l.filter, next, false)
	case prev != "":
		l.first, l.backward = false, true
		l.pos, ok = s.world.position(k, l.filter, prev, true)
	}
	if !ok {
		return invalid("nextCursor or previousCursor is invalid")
	}
	if a.fault.is(Interlude) {
		p := page{next: s.world.cursor(k, l.filter, l.pos, false)}
		return p.reply(listKeys[k])
	}
	p := s.world.page(&l)
	a.fault.spoil(&p, next)
	return p.reply(listKeys[k])
}

// employersOf are the employers that a user, an HR administrator, has connected: one in six of them for each.
func (s *Server) employersOf(a *ask, identifier string) reply {
	var p page
	if u, ok := s.world.user(identifier); ok {
		l := listing{kind: anEmployer, day: a.day, employer: -1}
		for i := range s.world.count(anEmployer, a.day) {
			if i%6 == u%6 && s.world.listed(anEmployer, i, a.day) {
				p.rows = append(p.rows, s.world.item(nil, &l, 2*i+1))
			}
		}
	}
	return p.reply(listKeys[anEmployer])
}

func (p *page) reply(key string) reply {
	j := js{b: append(make([]byte, 0, 4096), `{"data":{`...)}
	cursor := func(k, v string) {
		if v == "" {
			j.raw(k, "null")
		} else {
			j.str(k, v)
		}
	}
	if p.raw != "" {
		j.raw("nextCursor", p.raw)
	} else {
		cursor("nextCursor", p.next)
	}
	cursor("previousCursor", p.prev)
	j.array(key, len(p.rows), func(i int) { j.b = append(j.b, p.rows[i]...) })
	j.b = append(j.b, '}', '}')
	return reply{status: http.StatusOK, contentType: jsonType, body: j.b}
}
