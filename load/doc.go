// Package load keeps the warehouse: it writes what the records of a page mean, and remembers how far each walk has come.
//
// It knows Postgres and the grammar of package transform, and nothing of HTTP or of what a resource means. Of ours it
// imports only transform.
//
// The promise of the package is the page: rows, superseded versions, staged documents, rejects, drift, the ids seen and the
// cursor are one transaction (Walk.Commit). What is unchanged is neither written nor locked; what changes leaves its old
// version in schema history; what is gone is marked, and only at the end of a walk that ended normally (Walk.Complete).
package load
