package metrics

import (
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
)

// Config is what is measured.
type Config struct {
	Version string
	// Jobs, Resources, Tables and Endpoints are the names that labels may take. A name that is not among them is left out, or
	// counts as another.
	Jobs, Resources, Endpoints []string
	Documents                  []string // the resources that have documents
	Tables                     []Table
	// Read is how many of the jobs read each resource.
	Read map[string]int
	// API is asked at each scrape for what the client did; Looked when the timetable was last looked at, and how that went.
	API    func() extract.Stats
	Looked func() (time.Time, error)
	// Warehouse is asked at most every few seconds for what all servers on it share.
	Warehouse *load.Store
	Logger    *slog.Logger
}

// Table is a table of the warehouse.
type Table struct {
	Name  string // with its schema
	Lines bool   // its rows live with those of another table
}

// Metrics are the metrics of one server. They hear of its runs by Began, Progress and Ended.
type Metrics struct {
	registry  *prometheus.Registry
	runs      *runs
	warehouse *warehouse
	log       *slog.Logger
}

// New makes the metrics.
func New(c Config) *Metrics {
	registry := prometheus.NewRegistry()
	m := &Metrics{registry: registry, runs: newRuns(c), warehouse: newWarehouse(c), log: c.Logger}
	about := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "linkhouse_build_info", Help: "What runs: 1, with the version of the program and of Go.",
	}, []string{"version", "go_version"})
	about.WithLabelValues(c.Version, runtime.Version()).Set(1)
	registry.MustRegister(about, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(m.runs.collectors()...)
	registry.MustRegister(&api{stats: c.API, endpoints: c.Endpoints}, &timetable{looked: c.Looked}, m.warehouse)
	return m
}

// Handler answers scrapes. What cannot be had is left out, so that a warehouse that is down does not hide the rest.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: errorLog{m.log}, EnableOpenMetrics: true,
		MaxRequestsInFlight: 4, // each may wait for the warehouse; more tell nothing else
	})
}

// errorLog tells of a scrape that went wrong.
type errorLog struct{ log *slog.Logger }

// Println has the form that the handler expects.
func (l errorLog) Println(v ...any) { l.log.Warn("metrics could not be gathered", "error", v) }

// describe is a metric that is made when it is asked for.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func counter(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// among is the name if it is one of those that a label may take, and "other" if not.
func among(names []string, name string) string {
	if slices.Contains(names, name) {
		return name
	}
	return "other"
}

// seconds is an instant as Prometheus counts it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// one is how Prometheus says yes.
func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
