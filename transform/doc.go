// Package transform is the grammar of the warehouse: what a resource, a table, a row and a value are, and how one item of
// the API becomes rows.
//
// It is pure. It knows no clock, context, logger, network or database, and imports nothing of ours. The sentences that
// are written in this grammar (one file per resource) live in transform/employerlink and transform/paylink.
//
// The way of an item: its bytes are parsed into a tree of Nodes (repairing U+0000 on the way), secrets are hidden in that
// tree and masked wherever their value is repeated, and only then is the tree read into Rows. Whatever no field asked for
// is kept in a row's Extra and counted as Drift, so that nothing is dropped silently.
package transform
