package schedules

import "testing"

// Semantics 9 and 11: a detail that names nobody is not the detail of whoever was asked for.
// Mutation: when isNobody is always false, TestTheAPIMisbehaves/a detail whose body is an empty object in the envelope is red.
func TestADetailWithoutAnIDIsNobodys(t *testing.T) {
	for detail, want := range map[string]bool{
		`{}`: true, `{"message":"later"}`: true, `{"_id":null,"x":1}`: true, `{"_id":""}`: true, `{"_id":" "}`: true, `{"_id":{"a":1}}`: true, `{"_id":true}`: true,
		`{"_id":"a"}`: false, `{"x":{"_id":1},"_id":"n"}`: false, `{"_id":7}`: false, `{"x":{"_id":"a"}}`: true,
		`[]`: false, `null`: false, `7`: false, `"_id"`: false, `{`: true,
	} {
		if got := isNobody([]byte(detail)); got != want {
			t.Errorf("%s: %v", detail, got)
		}
	}
}
