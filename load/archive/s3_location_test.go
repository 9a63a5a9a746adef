package archive

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnS3URLSaysBucketPrefixAndParameters(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]s3Location{
		"s3://bucket":                  {bucket: "bucket"},
		"s3://bucket/":                 {bucket: "bucket"},
		"s3://my.bucket-1/a/year=2026": {bucket: "my.bucket-1", prefix: "a/year=2026"},
		"s3://bucket/a/?region=eu-west-1&endpoint=&path_style=false": {
			bucket: "bucket", prefix: "a", region: "eu-west-1"},
		"s3://bucket/a?endpoint=minio:9000&path_style=true":         {bucket: "bucket", prefix: "a", endpoint: "https://minio:9000", pathStyle: true},
		"s3://bucket/a?endpoint=http://127.0.0.1:9000/":             {bucket: "bucket", prefix: "a", endpoint: "http://127.0.0.1:9000"},
		"s3://bucket/a?retention_mode=COMPLIANCE&retention_days=10": {bucket: "bucket", prefix: "a", retention: retention{"COMPLIANCE", 10}},
		"s3://bucket/a?tags=a=b,c=d%20e":                            {bucket: "bucket", prefix: "a", tags: "a=b&c=d+e"},
	} {
		got, err := parseS3(location)
		if err != nil {
			t.Errorf("%s: %v", location, err)
			continue
		}
		if diff := cmp.Diff(want, *got, cmp.AllowUnexported(s3Location{}, retention{})); diff != "" {
			t.Errorf("%s: %s", location, diff)
		}
	}
}

func TestAnS3URLThatIsWrongIsRefusedWithoutWhatMayBeSecret(t *testing.T) {
	t.Parallel()
	for location, words := range map[string]string{
		"s3://":                                                   "looks like s3://bucket/prefix",
		"s3://hunter2%zz":                                         "looks like s3://bucket/prefix",
		"s3://Bucket/x":                                           "small letters",
		"s3://b/x":                                                "3 to 63",
		"s3://bucket:80/x":                                        "name of a bucket: 3 to 63", // no port
		"s3://key:hunter2@bucket/x":                               "credentials do not belong in an s3 URL",
		"s3://bucket/x#hunter2":                                   "no part after #",
		"s3://bucket/a//b":                                        "prefix",
		"s3://bucket/a/../b":                                      "prefix",
		"s3://bucket/a b":                                         "prefix",
		"s3://bucket/x?regoin=hunter2":                            `"regoin" is not known; there are region, endpoint, path_style`,
		"s3://bucket/x?region=a&region=hunter2":                   "region stands there twice",
		"s3://bucket/x?path_style=hunter2":                        "path_style is true or false",
		"s3://bucket/x?a=%zz":                                     "cannot be read",
		"s3://bucket/x?endpoint=http://s3.example.com":            "unencrypted",
		"s3://bucket/x?endpoint=https://u:hunter2@h":              "endpoint looks like",
		"s3://bucket/x?endpoint=https://h/hunter2":                "endpoint looks like",
		"s3://bucket/x?endpoint=ftp://h":                          "endpoint looks like",
		"s3://bucket/x?retention_mode=GOVERNANCE":                 "go together",
		"s3://bucket/x?retention_days=3":                          "go together",
		"s3://bucket/x?retention_mode=hunter2&retention_days=3":   "GOVERNANCE or COMPLIANCE",
		"s3://bucket/x?retention_mode=COMPLIANCE&retention_days=": "a number from 1",
		"s3://bucket/x?tags=hunter2":                              "tags looks like",
		"s3://bucket/x?tags=a=b,a=c":                              "tags looks like",
		"s3://bucket/x?tags=" + manyTags(11):                      "ten tags",
	} {
		err := CheckLocation(location)
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", location, err)
		}
	}
}

func manyTags(n int) string {
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf("t%d=1", i))
	}
	return strings.Join(tags, ",")
}

func TestRegionComesFromTheURLOrFromTheMachine(t *testing.T) {
	sharedGateway(t)
	if _, err := Open("s3://bucket/x"); err == nil || !strings.Contains(err.Error(), "?region=") {
		t.Errorf("without any: %v", err)
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	for location, want := range map[string]string{
		"s3://bucket/x":                                     "https://bucket.s3.eu-west-1.amazonaws.com/x/",
		"s3://bucket/x?region=us-east-2":                    "https://bucket.s3.us-east-2.amazonaws.com/x/",
		"s3://bucket/x?path_style=true":                     "https://s3.eu-west-1.amazonaws.com/bucket/x/",
		"s3://bucket/x?endpoint=minio:9000":                 "https://bucket.minio:9000/x/",
		"s3://bucket/x?endpoint=minio:9000&path_style=true": "https://minio:9000/bucket/x/",
		"s3://bucket?endpoint=10.0.0.1:9000":                "https://10.0.0.1:9000/bucket/",
	} {
		w := newWire(t)
		var asked string
		w.before = func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
			return answer(http.StatusForbidden, "AccessDenied"), nil
		}
		b := openAt(t, location, Options{Transport: w, Attempts: 1})
		key := "r/1/" + digestOf("x")
		if _, err := b.Open(t.Context(), key); err == nil {
			t.Error("it was opened")
		}
		if diff := cmp.Diff(want+key, asked); diff != "" {
			t.Errorf("%s: %s", location, diff)
		}
	}
}
