package hook

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/dop251/goja"
)

// maxUnpacked is how large something may be that was compressed, in bytes.
const maxUnpacked = TurnMemory

// zlibNatives give module zlib its work: compress(format, bytes, level, dictionary, callback) and
// expand(format, bytes, limit, dictionary, partial, callback).
func zlibNatives(r *Runtime, internal *goja.Object) error {
	return errors.Join(
		r.defineSlow(internal, "compress", func(a givenArgs) func() (any, error) {
			format, level, b, dictionary := a.text(0), a.int(2), a.kept(1), a.kept(3)
			return func() (any, error) { return compress(format, b, level, dictionary) }
		}),
		r.defineSlow(internal, "expand", func(a givenArgs) func() (any, error) {
			format, most, b, dictionary, partial := a.text(0), a.int(2), a.kept(1), a.kept(3), a.truth(4)
			if most <= 0 || most > maxUnpacked {
				most = maxUnpacked
			}
			return func() (any, error) { return expand(format, b, most, dictionary, partial) }
		}),
		r.define(internal, "crc32", func(a givenArgs) (any, error) {
			return crc32.Update(uint32(argument(a.list, 1).ToInteger()), crc32.IEEETable, a.bytes(0)), nil
		}),
	)
}

func compress(format string, b []byte, level int, dictionary []byte) ([]byte, error) {
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch format {
	case "gzip":
		w, err = gzip.NewWriterLevel(&out, level)
	case "deflate":
		w, err = zlib.NewWriterLevelDict(&out, level, dictionary)
	case "raw":
		w, err = flate.NewWriterDict(&out, level, dictionary)
	case "brotli":
		w = brotli.NewWriterLevel(&out, level)
	}
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// zlibError is an error of zlib in Node.js's form.
type zlibError struct {
	code, message string
	errno         int
}

func (e *zlibError) Error() string { return e.message }

// JavaScript implements coded.
func (e *zlibError) JavaScript() (constructor, code, message string) {
	return "Error", e.code, e.message
}

func (e *zlibError) properties() []property { return []property{{"errno", e.errno}} }

var errUnpackedEnds = &zlibError{"Z_BUF_ERROR", "unexpected end of file", -5}

// expand unpacks b. Of partial input, what can be unpacked is enough.
func expand(format string, b []byte, most int, dictionary []byte, partial bool) ([]byte, error) {
	if format == "any" { // of unzip
		format = "deflate"
		if bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
			format = "gzip"
		}
	}
	magic := []byte{0x1f, 0x8b}
	if format == "gzip" && !bytes.HasPrefix(b, magic[:min(len(b), len(magic))]) {
		return nil, &zlibError{"Z_DATA_ERROR", "incorrect header check", -3}
	}
	from := bytes.NewReader(b)
	var in io.Reader
	var err error
	switch format {
	case "gzip":
		in, err = gzip.NewReader(from)
	case "deflate":
		in, err = zlib.NewReaderDict(from, dictionary)
	case "raw":
		in = flate.NewReaderDict(from, dictionary)
	case "brotli":
		in = brotli.NewReader(from)
	}
	var out []byte
	if err == nil {
		out, err = io.ReadAll(io.LimitReader(in, int64(most)+1))
	}
	// What follows a whole member and is none itself is passed over.
	if errors.Is(err, gzip.ErrHeader) && len(out) > 0 {
		err = nil
	}
	switch {
	case len(out) > most:
		return nil, &tooLarge{most}
	case err == nil:
		return out, nil
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		if partial {
			return out, nil
		}
		return nil, errUnpackedEnds
	case format == "brotli":
		return nil, &zlibError{"ERR__ERROR_FORMAT_PADDING_1", "Decompression failed", -2}
	case errors.Is(err, zlib.ErrDictionary) && len(dictionary) == 0:
		return nil, &zlibError{"Z_NEED_DICT", "Missing dictionary", 2}
	case errors.Is(err, zlib.ErrDictionary):
		return nil, &zlibError{"Z_DATA_ERROR", "Bad dictionary", -3}
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, zlib.ErrHeader):
		return nil, &zlibError{"Z_DATA_ERROR", "incorrect header check", -3}
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zlib.ErrChecksum):
		return nil, &zlibError{"Z_DATA_ERROR", "incorrect data check", -3}
	}
	return nil, &zlibError{"Z_DATA_ERROR", "invalid compressed data", -3}
}

// tooLarge tells of something that is larger than it may be when it is unpacked.
type tooLarge struct{ limit int }

func (e *tooLarge) Error() string {
	return fmt.Sprintf("Cannot create a Buffer larger than %d bytes", e.limit)
}

// JavaScript implements coded.
func (e *tooLarge) JavaScript() (constructor, code, message string) {
	return "RangeError", "ERR_BUFFER_TOO_LARGE", e.Error()
}
