package sandbox

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func BenchmarkEmployeeDetail(b *testing.B) {
	for _, bc := range []struct {
		name              string
		statements, lines int
	}{{"12 statements of 8", 12, 8}, {"130 statements of 16", 260, 16}} {
		b.Run(bc.name, func(b *testing.B) {
			cfg := plainWorld()
			cfg.Employees, cfg.Statements, cfg.Lines = 1000, bc.statements, bc.lines
			s, err := New(cfg)
			if err != nil {
				b.Fatal(err)
			}
			a := &ask{Request: httptest.NewRequest(http.MethodGet, "/employees/x", nil), args: []string{""}}
			n, size := 0, 0
			statements := 0
			for i := range 100 {
				e := s.world.employee(2+i, 0)
				s.world.statements(&e, func(*statement) { statements++ })
			}
			b.ReportAllocs()
			for b.Loop() {
				a.args[0] = s.world.id(anEmployee, 2+n%100)
				re := s.detail(a, anEmployee)
				size += len(re.body)
				n++
				s.release(&re)
			}
			b.SetBytes(int64(size / n))
			b.ReportMetric(float64(statements)/100, "statements")
		})
	}
}

func BenchmarkListPage(b *testing.B) {
	s, err := New(DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	l := listing{kind: anEmployee, employer: -1, limit: 100, first: true}
	for b.Loop() {
		if p := s.world.page(&l); len(p.rows) != 100 {
			b.Fatal(len(p.rows))
		}
	}
}
