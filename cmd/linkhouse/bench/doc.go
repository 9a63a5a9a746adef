// Command bench measures linkhouse as its users meet it, from end to end: the real program against the sandbox API and a
// private Postgres, each in a process of its own, beside two plain programs that do less.
//
//	fetch        asks for the same bodies and throws them away: no reader can be faster
//	plain        fetches, decodes and copies the same rows into the same tables, with no state, history or rejects
//	first-load   linkhouse sync into empty tables
//	unchanged    the same again, with nothing to write
//	changed      the same again, after a few percent of the employees changed
//
// It also measures how long a start takes, how well a distant API is used and whether a configured rate is kept, and what an
// employee costs in worlds of several sizes. Targets are reported as met or missed and fail nothing, since machines differ;
// wrong work does.
//
// It knows linkhouse by its command line, its environment and its exit code alone, and of ours it imports what stands
// around the program: the sandbox's answers, the embedded Postgres and the migrations. What was loaded is compared with the
// sandbox's own account of its world, since a fast run of wrong work is worth nothing.
package main
