package archive

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// incoming is where objects are written before they get their name. No key starts with a dot.
	incoming = ".incoming"
	// lostAndFound is in the root of a file system that has just been made.
	lostAndFound = "lost+found"
	// stray is the age at which what lies in incoming belongs to nobody any more, although others have the archive open.
	// Somebody slow may still be writing what is younger.
	stray = time.Hour
	// patience is how long another process may take to look for what crashes left.
	patience = 10 * time.Second
)

// directory is an archive in a file system. All that it touches is below its root: os.Root follows no link that leads
// out of it.
type directory struct {
	root  *os.Root
	base  string   // file:///dir, without a slash at the end
	claim *os.File // on incoming, as long as the archive is open; see takePart
}

func openDirectory(ctx context.Context, dir string, o Options) (*directory, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	base := url.URL{Scheme: "file", Path: abs}
	d := &directory{base: strings.TrimSuffix(base.String(), "/")}
	if err := d.expect(ctx, abs, o); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(abs, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if d.root, err = os.OpenRoot(abs); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if err := d.takePart(); err != nil {
		return nil, errors.Join(fmt.Errorf("open archive: %w", err), d.root.Close())
	}
	return d, nil
}

// expect refuses a directory that no archive was ever opened in, or that is not there, where documents are known to be: most
// likely its disk is not mounted. Made anew, it would take every document for lost, and keep those fetched again on another disk.
func (d *directory) expect(ctx context.Context, abs string, o Options) error {
	if o.Filed == nil {
		return nil
	}
	if entries, err := os.ReadDir(abs); err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name() != lostAndFound }) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open archive: %w", err)
	}
	filed, err := o.Filed(ctx, d.base)
	if err != nil || filed == 0 {
		return err
	}
	return &UnavailableError{Reason: fmt.Sprintf("the archive %s holds nothing, and %d documents were archived in it", d.base, filed),
		Check: "mount its disk, or bring it back; if they are lost for good, mkdir -p '" + filepath.Join(abs, incoming) + "' begins a new one"}
}

func (d *directory) String() string { return d.base }

// takePart removes what a crash left in incoming, and joins those who write there: everybody who has the archive open shares
// a lock that the system takes back when a process ends, however it ends. Whoever could have it alone is the only one, and
// all that lies there is a dead one's. Otherwise, and where the file system knows no locks, only age tells.
func (d *directory) takePart() (err error) {
	if d.claim, err = d.root.Open(incoming); err != nil {
		return err
	}
	lock := func(how int) error { return syscall.Flock(int(d.claim.Fd()), how|syscall.LOCK_NB) }
	before := time.Now().Add(-stray)
	if lock(syscall.LOCK_EX) == nil {
		before = time.Now().AddDate(100, 0, 0) // whatever its clock says
	}
	if err := d.removeStray(before); err != nil {
		return errors.Join(fmt.Errorf("remove what a crash left: %w", err), d.claim.Close())
	}
	// Somebody else may be at this very point, which takes a moment.
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		switch err := lock(syscall.LOCK_SH); {
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil
		case time.Since(begun) > patience:
			return errors.Join(errors.New("another process keeps it to itself"), d.claim.Close())
		}
	}
}

// removeStray deletes unfinished objects last written before the given time.
func (d *directory) removeStray(before time.Time) error {
	entries, err := fs.ReadDir(d.root.FS(), incoming)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // its writer has just finished it
		}
		if err != nil {
			return err
		}
		if info.ModTime().Before(before) {
			if err := d.discard(path.Join(incoming, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Put writes the object under a passing name, and gives it its own when it is whole and on disk.
func (d *directory) Put(ctx context.Context, name Name, r io.Reader, meta Metadata) (Stored, error) {
	folder, err := name.folder()
	if err != nil {
		return Stored{}, err
	}
	temp, sum, size, err := d.receive(ctx, r)
	if err != nil {
		return Stored{}, fmt.Errorf("store document of %s: %w", name.Resource, err)
	}
	key := folder + "/" + sum + name.Ext
	existed, err := d.settle(ctx, temp, key, sum, meta)
	if err := errors.Join(err, d.discard(temp)); err != nil {
		return Stored{}, fmt.Errorf("store document of %s: %w", name.Resource, d.fault(ctx, err))
	}
	return Stored{Key: key, Location: d.base + "/" + key, SHA256: sum, Bytes: size, Existed: existed}, nil
}

// receive streams r into a file in incoming while hashing it, and makes it durable.
func (d *directory) receive(ctx context.Context, r io.Reader) (temp, sum string, size int64, err error) {
	temp = path.Join(incoming, rand.Text())
	f, err := d.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", "", 0, d.fault(ctx, err)
	}
	source := &watched{r: &interruptible{ctx: ctx, r: r}}
	sum, size, err = digest(io.TeeReader(source, f))
	switch {
	case source.err != nil:
		err = &SourceError{Err: source.err}
	case err == nil:
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", "", 0, errors.Join(d.fault(ctx, err), d.discard(temp))
	}
	return temp, sum, size, nil
}

// fault says of an error that is not the stream's that the directory does not work. It names no file in it.
func (d *directory) fault(ctx context.Context, err error) error {
	var source *SourceError
	switch {
	case errors.As(err, &source):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &UnavailableError{Reason: "the archive " + d.base + " cannot hold a document: " + innermost(err).Error(),
		Check: "check its free space and its rights", Err: innermost(err)}
}

// settle gives the object its name, unless the same bytes have it already. The metadata comes first: whoever finds an
// object finds what it is.
func (d *directory) settle(ctx context.Context, temp, key, sum string, meta Metadata) (existed bool, err error) {
	switch err := d.check(ctx, key, sum); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist), isDamaged(err):
	default:
		return false, err
	}
	if err := d.makeFolder(path.Dir(key)); err != nil {
		return false, err
	}
	if err := d.writeMetadata(path.Dir(key)+"/"+sum+metaExt, meta); err != nil {
		return false, err
	}
	// A link fails where a name stands, so of several that put the same bytes at once one is told that they are new.
	err = d.root.Link(temp, key)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			if existed = d.check(ctx, key, sum) == nil; existed {
				return true, nil
			}
		}
		// What stands there is damaged, or the file system has no links. Either way the bytes that were just hashed are the
		// right ones for this name, whatever they replace.
		if err := d.root.Rename(temp, key); err != nil {
			return false, err
		}
	}
	return false, d.sync(path.Dir(key))
}

// check reads what has the key and compares it with the digest.
func (d *directory) check(ctx context.Context, key, sum string) error {
	f, err := d.root.Open(key)
	if err != nil {
		return err
	}
	found, _, err := digest(&interruptible{ctx: ctx, r: f})
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if found != sum {
		return &DamagedError{Key: key, Found: found}
	}
	return nil
}

func (d *directory) writeMetadata(key string, meta Metadata) error {
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	temp := path.Join(incoming, rand.Text())
	f, err := d.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.root.Rename(temp, key)
	}
	if err != nil {
		return errors.Join(err, d.discard(temp))
	}
	return nil
}

// makeFolder makes a key's folder so that it survives a power cut: a new name is durable when its parent is synced.
func (d *directory) makeFolder(folder string) error {
	if err := d.root.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for parent := path.Dir(folder); ; parent = path.Dir(parent) {
		if err := d.sync(parent); err != nil || parent == "." {
			return err
		}
	}
}

func (d *directory) sync(folder string) error {
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// discard removes a file that may be gone already.
func (d *directory) discard(name string) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// digest reads r to its end and returns its SHA-256 in hexadecimal and its length in bytes.
func digest(r io.Reader) (sum string, size int64, err error) {
	h := sha256.New()
	size, err = io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// watched remembers how reading failed, to tell it from how writing did.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

func isDamaged(err error) bool {
	var damaged *DamagedError
	return errors.As(err, &damaged)
}
