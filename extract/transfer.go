package extract

import (
	"context"
	"errors"
	"io"
	"mime"
	"strings"
	"time"
)

// transfer is the time that one download has: in all, and for each step of it. The clock of a step runs only while we
// wait for the server, so that a slow archive does not look like a silent server.
type transfer struct {
	caller context.Context // ends when nobody wants the document
	ctx    context.Context // ends then, or when time is up
	whole  *time.Timer
	until  time.Time
	cancel context.CancelCauseFunc
	idle   time.Duration
}

func newTransfer(caller context.Context, idle, whole time.Duration) *transfer {
	ctx, cancel := context.WithCancelCause(caller)
	return &transfer{
		caller: caller, ctx: ctx, cancel: cancel, idle: idle,
		whole: time.AfterFunc(whole, func() { cancel(errTimeout) }), until: time.Now().Add(whole),
	}
}

// allow gives what is to come from now on so much time, if it has less.
func (t *transfer) allow(d time.Duration) {
	if time.Until(t.until) < d && t.whole.Stop() {
		t.whole.Reset(d)
		t.until = time.Now().Add(d)
	}
}

func (t *transfer) stop() {
	t.whole.Stop()
	t.cancel(nil)
}

// within runs one step.
func (t *transfer) within(step func() error) error {
	timer := time.AfterFunc(t.idle, func() { t.cancel(errTimeout) })
	defer timer.Stop()
	return step()
}

// fail classifies a step's error.
func (t *transfer) fail(status int, err error) *Error {
	e := unread(status, err)
	switch {
	case t.caller.Err() != nil:
		e = ended(t.caller)
	case errors.Is(context.Cause(t.ctx), errTimeout):
		e.Class, e.Err = ClassUnavailable, errTimeout
	case status == 0:
		e.Class, e.Err = ClassUnavailable, cause(err)
	}
	e.Op, e.Attempts = downloadOp, 1
	return e
}

// downloadBody is a document's body: it bounds its size and its time, and turns what can go wrong into an *Error. That a
// body shorter than announced is an error is net/http's doing, which knows the announced length.
type downloadBody struct {
	transfer *transfer
	body     io.ReadCloser
	left     int64 // of what may still come
	err      error // sticky
}

func (b *downloadBody) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	var n int
	err := b.transfer.within(func() (err error) {
		n, err = b.body.Read(p)
		return err
	})
	if int64(n) > b.left {
		n = int(b.left)
		err = &Error{Op: downloadOp, Class: ClassTooLarge, Status: 200, Attempts: 1}
	} else if err != nil && !errors.Is(err, io.EOF) {
		err = b.transfer.fail(200, err)
	}
	b.left -= int64(n)
	b.err = err
	return n, err
}

// Close ends the download, whole or not.
func (b *downloadBody) Close() error {
	b.err = errors.New("read after close")
	err := b.body.Close()
	b.transfer.stop()
	if err != nil {
		return b.transfer.fail(200, err)
	}
	return nil
}

// filename takes the suggested name out of a Content-Disposition header, without any directory and without characters
// that a file system or a terminal would act on. "" when nothing usable is left.
func filename(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	name := params["filename"]
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if strings.Trim(name, ".") == "" || len(name) > 255 {
		return ""
	}
	return name
}
