package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// buffer is an empty one, from an answer that was sent if there is any.
func (s *Server) buffer() []byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 16<<10)
}

// release gives a sent answer's buffer back.
func (s *Server) release(re *reply) {
	if re.reusable && cap(re.body) <= 4<<20 {
		s.buffers.Put(&re.body)
	}
}

// js prepares a body for a request's options.
func (s *Server) js(a *ask, open string) js {
	j := js{b: append(s.buffer(), open...)}
	if s.world.Shuffle {
		r := rng(mix(s.world.seed, s.minted.Add(1)))
		j.shuffle = &r
	}
	if s.world.UpdatedAtMoves {
		n := s.minted.Add(1)
		j.updated = `"` + s.world.Clock().UTC().Format("2006-01-02T15:04:05") + "." + strconv.Itoa(int(100+n%900)) + `Z"`
	}
	life := s.world.LinkLife
	if a.fault.is(EarlyDeath) {
		life = max(a.fault.Delay, time.Second)
	}
	j.link = func(k kind, id, ext string, version int) string { return s.mint(a.Request, life, k, id, ext, version) }
	return j
}

func (j *js) reply(end string) reply {
	return reply{status: http.StatusOK, contentType: jsonType, body: append(j.b, end...), reusable: true}
}

// detail answers GET /<resource>/{id}.
func (s *Server) detail(a *ask, k kind) reply {
	w := s.world
	i, ok := w.index(k, a.args[0])
	if !ok || !w.present(k, i, a.day) {
		return notFound()
	}
	j := s.js(a, `{"data":`)
	switch k {
	case anEmployee:
		include, ok := parseInclude(a.URL.Query().Get("include"))
		if !ok {
			return invalid("include has an unknown value")
		}
		o := w.employee(i, a.day)
		o.detail(w, &j, include)
	case anEmployer:
		o := w.employer(i, a.day)
		o.detail(&j)
	case aDocument:
		o := w.document(i, a.day)
		o.detail(&j)
	case aDeduction:
		o := w.deductionType(i, a.day)
		o.detail(&j)
	case aRun:
		o := w.payrollRun(i, a.day)
		o.detail(&j)
	}
	return j.reply("}")
}

// accounts answers in an envelope, or with a bare array as soon as a filter is sent (T1, T2).
func (s *Server) accounts(a *ask) reply {
	w := s.world
	u, ok := w.user(a.args[0])
	if !ok {
		return notFound()
	}
	q := a.URL.Query()
	filters := []struct {
		sent bool
		want string
		of   func(*account) string
	}{
		{q.Has("supported"), q.Get("supported"), func(c *account) string { return c.supportedJSON }},
		{q.Has("connected"), q.Get("connected"), func(c *account) string { return c.connectedJSON }},
	}
	bare := false
	for _, f := range filters {
		bare = bare || f.sent
		if f.sent && f.want != "true" && f.want != "false" {
			return invalid("supported and connected are booleans")
		}
	}
	open, end := `{"accounts":[`, "]}"
	if bare {
		open, end = "[", "]"
	}
	j := s.js(a, open)
	is := w.accountsOf(u, a.day)
	is = is[:a.fault.keep(len(is))]
accounts:
	for _, i := range is {
		if bad := w.badItem(anAccount, i, a.day); bad != "" && !bare {
			j.comma('[')
			j.b = append(j.b, bad...)
		}
		c := w.account(i, a.day)
		for _, f := range filters {
			if v := f.of(&c); f.sent && v != f.want && (v != "" || f.want != "true") {
				continue accounts
			}
		}
		j.comma('[')
		c.write(&j)
	}
	return j.reply(end)
}

func (s *Server) tasks(a *ask) reply {
	w := s.world
	u, ok := w.user(a.args[0])
	if !ok {
		return notFound()
	}
	q := a.URL.Query()
	status, payroll := q.Get("status"), q.Get("payrollDataAvailable")
	j := s.js(a, `{"data":{"tasks":[`)
	is := w.tasksOf(u, a.day)
	for _, i := range is[:a.fault.keep(len(is))] {
		if bad := w.badItem(aTask, i, a.day); bad != "" && status == "" && payroll == "" {
			j.comma('[')
			j.b = append(j.b, bad...)
		}
		t := w.task(i, a.day)
		for t := &t; t != nil; t = t.twin {
			if status != "" && t.statusJSON != quote(status) || payroll != "" && payroll != strconv.FormatBool(t.payroll) {
				continue
			}
			j.comma('[')
			t.row(&j)
		}
	}
	return j.reply("]}}")
}

// task answers with the details in an envelope and with the status flat (T1).
func (s *Server) task(a *ask) reply {
	i, ok := s.world.index(aTask, a.args[0])
	if !ok || !s.world.present(aTask, i, a.day) {
		return notFound()
	}
	t := s.world.task(i, a.day)
	if a.route == routeTaskStatus {
		j := s.js(a, "")
		j.b = j.b[:0]
		t.status(&j)
		return j.reply("")
	}
	j := s.js(a, `{"data":{"task":`)
	t.detail(&j)
	return j.reply("}}")
}
