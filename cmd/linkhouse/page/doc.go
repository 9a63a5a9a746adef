// Package page is the status page of linkhouse serve: how fresh everything is, what runs now, how the last nights went, what
// needs a person, and a page for each run.
//
// It is HTML made on the server, with its few lines of style and script inside, allowed by their hashes, and nothing from
// elsewhere. It shows counts and names of resources and jobs, never what a record says or whose it is. Each part of the page is
// read apart, at a bounded cost, and kept for some seconds, so that a warehouse that is slow or gone costs a part at most and
// never keeps a reader waiting. It imports load and schedules, and knows no configuration and no verb: the commands that it
// names are made by whoever wires it.
package page
