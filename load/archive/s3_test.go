package archive

import "testing"

func TestABucketIsAnArchive(t *testing.T) {
	t.Parallel()
	conforms(t, func(t *testing.T) Archive { return openBucket(t, Options{}) })
}
