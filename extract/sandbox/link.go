package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

const amzTime = "20060102T150405Z"

// mint makes a presigned link like those of an S3 bucket that is signed by temporary credentials: another one each time.
func (s *Server) mint(r *http.Request, life time.Duration, k kind, id, ext string, version int) string {
	at := "/documents/" + k.String() + "/" + id + "/" + strconv.Itoa(version) + "." + ext
	now := s.world.Clock().UTC()
	token := appendHex(nil, mix(s.world.seed, s.minted.Add(1)), 16)
	query := "X-Amz-Algorithm=AWS4-HMAC-SHA256" +
		"&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD" +
		"&X-Amz-Credential=ASIASANDBOX" + url.QueryEscape("/"+now.Format("20060102")+"/us-west-2/s3/aws4_request") +
		"&X-Amz-Date=" + now.Format(amzTime) +
		"&X-Amz-Expires=" + strconv.Itoa(int(life/time.Second)) +
		"&X-Amz-Security-Token=" + string(token) +
		"&X-Amz-SignedHeaders=host"
	return "http://" + r.Host + at + "?" + query + "&X-Amz-Signature=" + s.sign(at, query)
}

func (s *Server) sign(at, query string) string {
	m := hmac.New(sha256.New, strconv.AppendUint([]byte("sandbox"), s.world.seed, 16))
	m.Write([]byte("GET\n" + at + "\n" + query))
	return hex.EncodeToString(m.Sum(nil))
}

// s3Error answers as the document host does: in XML, and with 403 for whatever is wrong with a link.
func s3Error(code, message string) reply {
	return reply{
		status: http.StatusForbidden, contentType: "application/xml",
		body: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code><Message>" + message +
			"</Message><RequestId>SANDBOX</RequestId></Error>"),
	}
}

// download checks a link and answers with the document, or says why not.
func (s *Server) download(r *http.Request) reply {
	query, signature, found := strings.Cut(r.URL.RawQuery, "&X-Amz-Signature=")
	if !found || !hmac.Equal([]byte(signature), []byte(s.sign(r.URL.Path, query))) {
		return s3Error("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	}
	if r.Header.Get("Authorization") != "" {
		re := s3Error("InvalidArgument", "Only one auth mechanism allowed.")
		re.status = http.StatusBadRequest
		return re
	}
	q := r.URL.Query()
	from, err := time.Parse(amzTime, q.Get("X-Amz-Date"))
	seconds, err2 := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || err2 != nil || s.world.Clock().After(from.Add(time.Duration(seconds)*time.Second)) {
		return expired()
	}
	seg := strings.Split(strings.TrimPrefix(r.URL.Path, "/documents/"), "/")
	if len(seg) != 3 {
		return s3Error("NoSuchKey", "The specified key does not exist.")
	}
	k := aDocument
	if seg[0] == runsName {
		k = aRun
	}
	i, ok := s.world.index(k, seg[1])
	version, err := strconv.Atoi(strings.TrimSuffix(seg[2], path.Ext(seg[2])))
	if !ok || err != nil {
		return s3Error("NoSuchKey", "The specified key does not exist.")
	}
	return reply{
		status: http.StatusOK, contentType: contentType(path.Ext(seg[2])),
		disposition: `attachment; filename="` + seg[1] + path.Ext(seg[2]) + `"`,
		document:    &blob{k, i, version},
	}
}

func expired() reply { return s3Error("AccessDenied", "Request has expired") }

func contentType(ext string) string {
	if ext == ".csv" {
		return "text/csv"
	}
	return "application/pdf"
}
