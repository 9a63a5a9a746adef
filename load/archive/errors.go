package archive

// SourceError is a failure of the document's stream: the archive is well, and the document can be fetched again.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return "read the document: " + e.Err.Error() }

// Unwrap gives the stream's own error.
func (e *SourceError) Unwrap() error { return e.Err }

// UnavailableError says that the archive itself does not work: the bucket is missing, access is refused, the server is
// not reached, the disk is full. Waiting or another document will not help it, an operator will.
type UnavailableError struct {
	Reason string // what is wrong
	Check  string // what to look at; "" when the reason says it all
	Err    error  // what it was found by, stripped of addresses, keys and credentials
}

func (e *UnavailableError) Error() string {
	if e.Check == "" {
		return e.Reason
	}
	return e.Reason + "; " + e.Check
}

// Unwrap gives the error beneath.
func (e *UnavailableError) Unwrap() error { return e.Err }

// FrozenError says that an object is there, in a storage class such as S3 Glacier that must be asked to give it back before it can be
// read. What it holds is unknown until then.
type FrozenError struct{ Key string }

func (e *FrozenError) Error() string {
	return "document " + e.Key + " is in a storage class that must give it back first"
}

// DamagedError says that an object is not what its key promises.
type DamagedError struct {
	Key   string
	Found string // SHA-256 of the bytes that are there, hexadecimal
}

func (e *DamagedError) Error() string { return "document " + e.Key + " is damaged" }
