// Package alert tells a webhook when a job failed, a guard stopped a removal or a resource was not read completely for long,
// and when it is well again.
//
// A message holds names of jobs and resources, states, counts, classes of errors and words that stand in this package. What
// an error or a record says is not among its inputs. How each job and resource stands, and what was told of it, is kept in the
// warehouse ([Book]): each change is told once, whoever met it, and what could not be delivered is tried again, by another
// process if need be. It imports extract and schedules for the classes of errors and the reports, and load for the rows.
package alert
