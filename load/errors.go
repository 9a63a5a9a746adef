package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Class is the decision that an error of the warehouse asks for.
type Class string

// The classes.
const (
	ClassUnavailable Class = "unavailable" // the database cannot be reached, is shutting down, or has no room
	ClassRefused     Class = "refused"     // the database refuses a value (SQLSTATE classes 22, 23, 54)
	ClassConflict    Class = "conflict"    // another transaction was first; the same again may succeed
	ClassConfig      Class = "config"      // the connection string, the privileges or the schema are not right
	ClassFenced      Class = "fenced"      // another process has taken this walk over
	ClassCanceled    Class = "canceled"
	ClassOther       Class = "other"
)

// Error is an error of the warehouse. Its text names the operation and the SQLSTATE but never what Postgres says of the
// values, which may be personal.
type Error struct {
	Op    string
	Class Class
	Code  string // SQLSTATE, when there is one
	err   error
}

func (e *Error) Error() string {
	switch {
	case inWords[e.Code] != "":
		return fmt.Sprintf("%s: %s, SQLSTATE %s", e.Op, inWords[e.Code], e.Code)
	case e.Code != "":
		return fmt.Sprintf("%s: SQLSTATE %s", e.Op, e.Code)
	case e.Class == ClassUnavailable:
		return fmt.Sprintf("%s: the warehouse cannot be reached", e.Op)
	case e.Class == ClassFenced:
		return fmt.Sprintf("%s: another process has taken it over", e.Op)
	case e.Class == ClassCanceled:
		return fmt.Sprintf("%s: %v", e.Op, context.Canceled)
	case e.Class == ClassConfig:
		return fmt.Sprintf("%s: not a connection string that can be read", e.Op)
	}
	return e.Op + ": " + errorKind(e.err)
}

// inWords are the SQLSTATEs that tell an operator what to look for.
var inWords = map[string]string{
	"25006": "the warehouse is read only",
	"53100": "the server's disk is full",
	"57014": "the server cancelled the statement",
}

// Unwrap gives the cause, for errors.Is; its text may hold values and is not for people.
func (e *Error) Unwrap() error { return e.err }

// ErrLocked says that another run holds the same resource and scope.
var ErrLocked = errors.New("another run holds the same resource and scope")

func errorKind(err error) string {
	if errors.Is(err, pgx.ErrNoRows) {
		return "no such row"
	}
	return fmt.Sprintf("%T", err)
}

// fail says what the package was doing when err happened, and classifies it.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	e := &Error{Op: op, Class: ClassOther, err: err}
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &pg):
		e.Code = pg.Code
		e.Class = classOfState(pg.Code)
	case errors.Is(err, context.Canceled):
		e.Class = ClassCanceled
	case errors.As(err, &connect), errors.As(err, &network), pgconn.Timeout(err), pgconn.SafeToRetry(err),
		errors.Is(err, net.ErrClosed), isBroken(err):
		e.Class = ClassUnavailable
	}
	return e
}

// classOfState sorts SQLSTATEs by what can be done about them. A statement that the server cancelled (57014) was not cancelled by us:
// we end the wait for it, and the server hears nothing of that.
func classOfState(code string) Class {
	switch code {
	case "23505", "40001", "40P01", "55P03":
		return ClassConflict
	case "25P03", "25P04", // the server gave up a session that stood still
		"25006": // it is a replica now, or its disk is nearly full
		return ClassUnavailable
	case "42501", "42P01", "42703", "3F000", "3D000", "28P01", "28000":
		return ClassConfig
	}
	switch code[:2] {
	case "22", "23", "54":
		return ClassRefused
	case "08", "53", "57", "58":
		return ClassUnavailable
	}
	return ClassOther
}

// ClassOf is the class of an error of this package; "" for others.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return ""
}

// isBroken recognises a connection that ended under an operation.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "conn closed")
}
