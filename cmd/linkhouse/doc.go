// Command linkhouse syncs Atomic's EmployerLink and PayLink APIs into a Postgres warehouse.
//
// It is the only place where everything is wired: it knows the configuration (config*.go), the verbs (cmd_*.go), the exit
// codes (exit.go) and how results look on a terminal (render*.go). It knows nothing of HTTP, of the API's resources or
// of SQL. It imports all packages of ours, and none of them imports it.
package main
