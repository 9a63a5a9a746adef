package main

import (
	"io"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/metrics"
)

type metricsCmd struct {
	Dashboard metricsDashboardCmd `cmd:"" help:"Print a dashboard for Grafana."`
	Alerts    metricsAlertsCmd    `cmd:"" help:"Print alert rules for Prometheus."`
}

type metricsDashboardCmd struct{}

// Help is the long help of the verb.
func (metricsDashboardCmd) Help() string {
	return `Prints a dashboard for Grafana 11 or newer, made for what linkhouse serve tells on /metrics: freshness, runs, requests,
throttling, rows, documents, rejects. Import it in Grafana, or put it where Grafana looks for dashboards.

Examples:

    linkhouse metrics dashboard > linkhouse-dashboard.json`
}

// Run prints the dashboard.
func (metricsDashboardCmd) Run(a *app) error {
	_, err := io.WriteString(a.stdout, metrics.Dashboard)
	return err
}

type metricsAlertsCmd struct{}

// Help is the long help of the verb.
func (metricsAlertsCmd) Help() string {
	return `Prints alert rules for Prometheus, made for what linkhouse serve tells on /metrics: a stale resource, a failed run, a removal
that a guard stopped, documents that wait for long, an API that throttles, a server that is gone. Their thresholds are
for a nightly job. Name the file under rule_files in prometheus.yml.

Examples:

    linkhouse metrics alerts > linkhouse-alerts.yaml`
}

// Run prints the rules.
func (metricsAlertsCmd) Run(a *app) error {
	_, err := io.WriteString(a.stdout, metrics.Alerts)
	return err
}
