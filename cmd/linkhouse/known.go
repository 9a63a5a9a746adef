package main

import (
	"slices"

	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
	"github.com/linkhouse/linkhouse/transform/employerlink"
	"github.com/linkhouse/linkhouse/transform/paylink"
)

// catalog is every resource in the order of a full run: what others refer to comes first.
var catalog = slices.Concat(employerlink.Catalog(), paylink.Catalog())

// resources are the API path names of the catalog.
var resources = namesOf(catalog)

// projections are the values of the include parameter of GET /employees/{id}.
var projections = resourceNamed("employees").Projections

var known = schedules.Known{Resources: resources, Projections: projections}

func namesOf(resources []*transform.Resource) []string {
	var names []string
	for _, r := range resources {
		names = append(names, r.Name)
	}
	return names
}

func resourceNamed(name string) *transform.Resource {
	i := slices.IndexFunc(catalog, func(r *transform.Resource) bool { return r.Name == name })
	return catalog[i]
}
