package metrics

import _ "embed" // the two files below

// Dashboard is a dashboard for Grafana 11 or newer, as JSON.
//
//go:embed dashboard.json
var Dashboard string

// Alerts are rules for Prometheus, as YAML.
//
//go:embed alerts.yaml
var Alerts string
