package main

import (
	"strings"

	"github.com/linkhouse/linkhouse/cmd/linkhouse/metrics"
	"github.com/linkhouse/linkhouse/transform"
)

// measure makes the metrics of the server, which hear of its runs.
func (s *server) measure() {
	c := metrics.Config{
		Version: strings.TrimPrefix(version, "v"), Resources: resources, Read: map[string]int{},
		API: s.api.Stats, Looked: s.health.last, Warehouse: s.store, Logger: s.log,
	}
	for _, job := range s.config.Schedules.All {
		c.Jobs = append(c.Jobs, job.Name)
		for _, resource := range job.Resources {
			if s.config.reads(resource) { // what no run reads never grows fresh, and an alert on its age would never end
				c.Read[resource]++
			}
		}
	}
	c.Tables, c.Documents, c.Endpoints = measured(catalog)
	s.metrics = metrics.New(c)
	s.listeners = append(s.listeners, s.metrics)
}

// measured are the names that labels take from the catalog.
func measured(catalog []*transform.Resource) (tables []metrics.Table, documents, endpoints []string) {
	seen := map[string]bool{}
	for _, r := range catalog {
		if r.Document {
			documents = append(documents, r.Name)
		}
		for _, path := range []string{r.List, r.Detail} {
			if path != "" {
				endpoints = append(endpoints, path)
			}
		}
		of := r.Tables()
		if r.Users != nil {
			of = append(of, r.Users)
		}
		for _, t := range of {
			if name := t.String(); !seen[name] {
				seen[name] = true
				tables = append(tables, metrics.Table{Name: name, Lines: t.Lines})
			}
		}
	}
	return tables, documents, endpoints
}
