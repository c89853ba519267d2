package enginehttp

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/andybalholm/brotli"
)

// coding is a content coding that can be undone.
type coding uint8

const (
	codingNone coding = iota
	codingGzip
	codingDeflate
	codingBrotli
)

// codingOf reads a Content-Encoding. What is not known is left as it is.
func codingOf(v []byte) coding {
	switch {
	case equalFold(v, "gzip"), equalFold(v, "x-gzip"):
		return codingGzip
	case equalFold(v, "deflate"):
		return codingDeflate
	case equalFold(v, "br"):
		return codingBrotli
	}
	return codingNone
}

// Decoders are large, so they are used again.
var gzipReaders, zlibReaders, flateReaders, brotliReaders sync.Pool

// decode undoes a content coding. It appends to dst.
func decode(dst []byte, c coding, data []byte) (out []byte, err error) {
	in := bytes.NewReader(data)
	switch c {
	case codingGzip:
		out, err = decodeGzip(dst, in)
	case codingBrotli:
		out, err = decodeBrotli(dst, in)
	case codingDeflate:
		// Meant is the zlib format; some servers send the bare stream.
		if data[0]&0x0f == 8 {
			out, err = decodeZlib(dst, in)
		} else {
			out, err = decodeFlate(dst, in)
		}
	}
	var known *coded
	switch {
	case err == nil || errors.As(err, &known):
		return out, err
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		return nil, failed(codeShortData, err)
	default:
		return nil, failed(codeBadData, err)
	}
}

func decodeGzip(dst []byte, in *bytes.Reader) ([]byte, error) {
	r, _ := gzipReaders.Get().(*gzip.Reader)
	var err error
	if r == nil {
		r, err = gzip.NewReader(in)
	} else {
		err = r.Reset(in)
	}
	if err != nil {
		return nil, err
	}
	defer gzipReaders.Put(r)
	return readLimited(dst, r)
}

func decodeZlib(dst []byte, in *bytes.Reader) ([]byte, error) {
	r, _ := zlibReaders.Get().(io.ReadCloser)
	var err error
	if r == nil {
		r, err = zlib.NewReader(in)
	} else {
		err = r.(zlib.Resetter).Reset(in, nil)
	}
	if err != nil {
		return nil, err
	}
	defer zlibReaders.Put(r)
	return readLimited(dst, r)
}

func decodeFlate(dst []byte, in *bytes.Reader) ([]byte, error) {
	r, _ := flateReaders.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(in)
	} else if err := r.(flate.Resetter).Reset(in, nil); err != nil {
		return nil, err
	}
	defer flateReaders.Put(r)
	return readLimited(dst, r)
}

func decodeBrotli(dst []byte, in *bytes.Reader) ([]byte, error) {
	r, _ := brotliReaders.Get().(*brotli.Reader)
	if r == nil {
		r = brotli.NewReader(in)
	} else if err := r.Reset(in); err != nil {
		return nil, err
	}
	defer brotliReaders.Put(r)
	return readLimited(dst, r)
}

// readLimited appends all of r, up to maxContent bytes.
func readLimited(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, max(len(dst), 4<<10))
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if len(dst) > maxContent {
			return nil, fail(codeTooLarge, "the decoded body is too large for captures")
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
