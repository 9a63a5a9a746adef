// Package employerlink says how the objects of the EmployerLink API become rows: employers, their employees with all that is
// asked for about them, documents, deduction types and payroll runs.
//
// One file declares one resource: its tables and the sentence that reads it. The package knows no HTTP and no database, and
// imports transform alone of ours.
package employerlink
