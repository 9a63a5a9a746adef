// Package extract reads a JSON API over HTTP: requests, pages, details read ahead, and documents behind links.
//
// It knows how the API authenticates, pages, fails and throttles, and it can send nothing but GET. It does not know what
// any resource means: a path is a template, a record is a json.RawMessage. It imports nothing of ours.
//
// A request passes these layers, outermost first: log, retry, limit, auth, answer, base. The order carries meaning. Retry
// stands outside the limiter, so that nobody holds a slot while sleeping. The limiter stands outside auth, so that a
// request which waited for its turn still learns, before it is sent, that the credentials were refused meanwhile. The
// answer is read whole and checked inside the attempt, so that a body cut short is retried like any other failure.
package extract
