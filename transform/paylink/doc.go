// Package paylink says how the objects of the PayLink API become rows: the accounts that a user has linked, with their bills,
// plans and suggestions, and the tasks that were worked for the user.
//
// One file declares one resource: its tables and the sentence that reads it. The package knows no HTTP and no database, and
// imports transform alone of ours.
package paylink
