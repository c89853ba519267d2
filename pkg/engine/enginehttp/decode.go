package enginehttp

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
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

// decode undoes a content coding. The result is its caller's own.
func decode(c coding, data []byte) ([]byte, error) {
	in := bytes.NewReader(data)
	var out []byte
	var err error
	switch c {
	case codingGzip:
		out, err = decodeGzip(in)
	case codingBrotli:
		out, err = decodeBrotli(in)
	case codingDeflate:
		// Meant is the zlib format; some servers send the bare stream.
		if data[0]&0x0f == 8 {
			out, err = decodeZlib(in)
		} else {
			out, err = decodeFlate(in)
		}
	default:
		return data, nil
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

func decodeGzip(in *bytes.Reader) ([]byte, error) {
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
	return readLimited(r)
}

func decodeZlib(in *bytes.Reader) ([]byte, error) {
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
	return readLimited(r)
}

func decodeFlate(in *bytes.Reader) ([]byte, error) {
	r, _ := flateReaders.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(in)
	} else if err := r.(flate.Resetter).Reset(in, nil); err != nil {
		return nil, err
	}
	defer flateReaders.Put(r)
	return readLimited(r)
}

func decodeBrotli(in *bytes.Reader) ([]byte, error) {
	r, _ := brotliReaders.Get().(*brotli.Reader)
	if r == nil {
		r = brotli.NewReader(in)
	} else if err := r.Reset(in); err != nil {
		return nil, err
	}
	defer brotliReaders.Put(r)
	return readLimited(r)
}

// readLimited reads all of r, up to maxContent.
func readLimited(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, maxContent+1))
	if err != nil {
		return nil, err
	}
	if n > maxContent {
		return nil, fail(codeTooLarge, "the decoded body is too large for captures")
	}
	return b.Bytes(), nil
}
