// Package pgtest gives every test a Postgres database of its own.
//
// One server runs per test binary, started by the first test that asks, without fsync, on a fresh cluster; test
// binaries that run side by side have one each. Each test gets a database that is dropped when it ends, empty or copied
// from a template that is prepared once:
//
//	var warehouse = pgtest.Template("warehouse", migrate)
//
//	func TestSomething(t *testing.T) {
//		url := warehouse.Database(t)
//
// A machine without Postgres fails the test with what to install: a test that does not run proves nothing. It knows
// nothing of any schema, and imports load/embedded.
package pgtest
