package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
)

// link says what stands in the url of an object's detail.
type link uint8

const (
	linked      link = iota // a presigned link, another on each request
	noLink                  // the member is missing
	nullLink                // null
	emptyLink               // ""
	placeholder             // the reference's placeholder (T27)
)

const placeholderLink = `"[ATOMIC-GENERATED-PRESIGNED-S3-URL]"`

func (j *js) url(l link, k kind, id, ext string, version int) {
	if j.bare {
		return
	}
	switch l {
	case linked:
		if j.link != nil {
			j.str("url", j.link(k, id, ext, version))
		}
	case nullLink:
		j.raw("url", "null")
	case emptyLink:
		j.raw("url", `""`)
	case placeholder:
		j.raw("url", placeholderLink)
	}
}

// document is an employer document on one day.
type document struct {
	id, employer            string
	typeJSON, source        string
	dateJSON, metadataJSON  string
	link                    link
	revision                int // counts re-filings; each has other bytes
	created, updated, extra string
}

var documentTypes = []string{"941", "941", "941", "940", "W-3", "state-unemployment"}

func (w *world) document(i, day int) document {
	r := w.rng(aDocument, i, 1)
	d := document{
		id:       w.id(aDocument, i),
		employer: w.id(anEmployer, w.home(aDocument, i, day)),
		typeJSON: quote(pick(&r, documentTypes)), source: r.uuid(),
	}
	d.created, d.updated = w.stamps(aDocument, i, day)
	for on := w.born(aDocument, i) + 1; on <= day && !w.isExample(aDocument, i); on++ {
		if w.event(aDocument, i, on)%1000 >= 990 {
			d.revision++
		}
	}
	quarter := i / w.Employers
	from := month((w.day0.year()-1)*12-3*(quarter%20)+9, 1)
	until := month((w.day0.year()-1)*12-3*(quarter%20)+12, 1)
	d.dateJSON = from.json(midnight)
	more := ""
	if d.revision > 0 {
		more = `,"revision":` + strconv.Itoa(d.revision)
	}
	d.metadataJSON = `{"startDate":` + from.json(midnight) + `,"endDate":` + until.json(midnight) + more + `}`
	if w.isExample(aDocument, i) {
		w.exampleDocument(&d, i, day)
	} else {
		oddDocument(&d, w.oddNumber(aDocument, i))
	}
	return d
}

func (w *world) exampleDocument(d *document, i, day int) {
	from, until := `"2021-01-01T00:00:00.000Z"`, `"2021-03-01T00:00:00.000Z"`
	if i == 1 {
		from, until = until, `"2021-06-01T00:00:00.000Z"`
	}
	d.typeJSON, d.dateJSON = `"941"`, from
	d.metadataJSON = `{"startDate":` + from + `,"endDate":` + until + `}`
	if i == 0 {
		d.source, d.link = "21b0cdd6-b7c9-11ed-afa1-0242ac120002", placeholder
		d.created, d.updated = w.exampleStamps(aDocument, i, day, "2023-02-28T19:57:26.445Z", "2023-02-28T21:18:55.490Z")
	}
}

func (d *document) row(j *js) {
	j.open()
	j.str("_id", d.id)
	j.str("employer", d.employer)
	j.raw("type", d.typeJSON)
	j.raw("date", d.dateJSON)
	j.raw("metadata", d.metadataJSON)
	j.end()
}

func (d *document) detail(j *js) {
	j.open()
	j.str("_id", d.id)
	j.str("employer", d.employer)
	j.raw("type", d.typeJSON)
	j.str("sourceId", d.source)
	j.raw("date", d.dateJSON)
	j.raw("metadata", d.metadataJSON)
	j.members(d.extra)
	j.url(d.link, aDocument, d.id, "pdf", d.revision)
	j.retrieved(d.created, d.updated)
	j.end()
}

// writeContent writes the bytes of a document's version: some head that says what it is, then noise that does not repeat.
func (w *world) writeContent(to io.Writer, k kind, i, version int) error {
	r := w.rng(k, i, 0xb17e<<32|uint64(version))
	head := "%PDF-1.7\n% " + w.id(k, i) + " version " + strconv.Itoa(version) + "\n"
	if k == aRun {
		head = "run,version,noise\n" + w.id(k, i) + "," + strconv.Itoa(version) + ","
	}
	buf := append(make([]byte, 0, 4096+64), head...)
	for left := w.DocumentBytes; left > 0; {
		for len(buf) < 4096 {
			buf = append(appendHex(buf, r.next(), 16), '\n')
		}
		buf = buf[:min(len(buf), left)]
		if _, err := to.Write(buf); err != nil {
			return err
		}
		left -= len(buf)
		buf = buf[:0]
	}
	return nil
}

func (w *world) contentSHA256(k kind, i, version int) string {
	h := sha256.New()
	_ = w.writeContent(h, k, i, version) // a hash takes every write
	return hex.EncodeToString(h.Sum(nil))
}
