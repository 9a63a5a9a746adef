// Package migrations holds the warehouse's schema as numbered SQL pairs and brings a database to it with
// golang-migrate.
//
// It knows the schemas, tables, views and roles, how far a database has come, and how to tell that from the catalog when
// the ledger cannot. It does not know what fills the tables. It imports nothing of ours.
//
// A new migration is a pair NNNN_name.up.sql and NNNN_name.down.sql, one BEGIN; ... COMMIT; each and nothing
// CONCURRENTLY (several replicas would wait for each other), and one line in the probes of catalog.go. A down file drops
// what its up file made by name and never with CASCADE, so that what others built on it stops the way down.
package migrations
