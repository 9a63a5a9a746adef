package transform

// Memory is what is remembered of an object, so that it costs little as long as it is the same.
type Memory struct {
	Prints
	// Final says that the object's state is one it does not leave.
	Final bool
}

// Place is where an object stands among those that are remembered of its resource: its number, and the one that it follows, with none
// between them. The zero Place is of an object that is not remembered.
type Place struct{ After, Number int64 }

// SameList is the record of a user's list that was recognised as one.
func SameList(r *Resource, user string, holds []string) *Record {
	return &Record{Resource: r.Name, User: user, Holds: holds, Same: true}
}

// Same is the record of an object that was recognised.
func Same(r *Resource, item Item) *Record {
	return &Record{Resource: r.Name, User: item.User, ID: item.ID, Seen: SeenKey(item.User, item.ID), Same: true}
}
