package archive

// halfway makes this binary, run again, stop in the middle of an upload.
const halfway = "LINKHOUSE_TEST_HALFWAY"

func putHalf(string) {}
