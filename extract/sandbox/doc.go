// Package sandbox is a whole Atomic API on loopback: a seeded world of employers, employees, payroll and bills, served in
// the shapes of the two API references, with a presigned document host beside it. It is what demonstrations, tests and
// benchmarks run against.
//
// It knows the references' shapes, their traps and how a provider misbehaves when asked to ([Server.Inject]). It does not
// know the program that reads it and imports nothing of ours, so that what it counts ([Server.Truth]) and what it says
// has changed ([Server.Changes]) can contradict that program.
//
// Nothing of the world is stored. Object i of a kind is a pure function of seed, kind, i and day; list positions and
// ids can be computed in both directions. A world of 200,000 employees therefore costs no more memory than one of ten.
package sandbox
