// Package metrics tells Prometheus what a server does: what it asked of the API, what it committed to the warehouse, how its
// runs went, and how fresh everything is. It also holds a dashboard and alert rules that are made for these metrics.
//
// Every label takes its values from a set that is known when the server starts (path templates, statuses, resources, tables,
// jobs, outcomes), and no value of a record is among them. It knows no configuration and no verb; of ours it imports extract,
// load and schedules.
package metrics
