// Package archive keeps documents: content-addressed, whole or not at all, and never overwritten.
//
// It knows where bytes are kept, under which name, and what kind of file they are. It does not know where they came
// from, nor what the warehouse says about them: whoever archives a document puts it here first and marks it there
// after. It imports nothing else of linkhouse.
//
// An object's key is resource/id/sha256.ext: the digest of the bytes names them, so that putting the same document again
// changes nothing, a corrected one stands beside its predecessor, and a damaged one gives itself away. There are two
// backends, a directory (directory*.go) and a bucket of S3 (s3*.go); both pass the same tests (conformance_test.go). No
// other package knows the AWS SDK.
package archive
