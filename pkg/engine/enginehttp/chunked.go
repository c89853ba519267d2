package enginehttp

// maxExtensions bounds the extensions of one chunk, as Node does.
const maxExtensions = 16 << 10

type chunkState uint8

const (
	chunkSize       chunkState = iota
	chunkSizeEnd               // the LF of the size's line
	chunkExtension             // after a semicolon
	chunkName                  // in an extension's name
	chunkValue                 // in an extension's value
	chunkQuoted                // in a quoted value
	chunkPair                  // after a backslash in a quoted value
	chunkQuotedDone            // after the closing quote
	chunkData
	chunkDataCR
	chunkDataLF
	chunkTrailers // what follows is the trailers: a headParser's business
)

// chunkParser takes a chunked body apart, up to its trailers. The zero value is ready.
type chunkParser struct {
	state     chunkState
	digits    bool // the size has at least one digit
	left      uint64
	extension int
}

// Faults of a chunked body, as Node's parser words them.
var (
	errChunkSize     = fail("HPE_INVALID_CHUNK_SIZE", "invalid chunk size")
	errChunkOverflow = fail("HPE_CHUNK_EXTENSIONS_OVERFLOW", "the extensions of a chunk are longer than 16 KiB")
	errChunkStrict   = fail("HPE_STRICT", "malformed chunk")
)

// feed consumes bytes of the body from b. It returns how many it consumed, and the data among them
// that comes first, which may be none: call it again while it consumes something. When it reaches
// the state chunkTrailers it consumes no more.
func (p *chunkParser) feed(b []byte) (n int, data []byte, err error) {
	for n < len(b) {
		c := b[n]
		switch p.state {
		case chunkSize:
			d, ok := hexDigit(c)
			switch {
			case ok:
				if p.left > (1<<64-1-uint64(d))>>4 {
					return n, nil, errChunkSize
				}
				p.left = p.left<<4 | uint64(d)
				p.digits = true
			case !p.digits:
				return n, nil, errChunkSize
			case c == '\r':
				p.state = chunkSizeEnd
			case c == ';':
				p.state = chunkExtension
			case c == '\n':
				return n, nil, errNoCR
			default:
				return n, nil, errChunkSize
			}
		case chunkSizeEnd:
			if c != '\n' {
				return n, nil, errChunkStrict
			}
			p.digits, p.extension = false, 0
			if p.left == 0 {
				p.state = chunkTrailers
				return n + 1, nil, nil
			}
			p.state = chunkData
		case chunkExtension:
			if c == '\n' {
				return n, nil, errNoCR
			}
			// Node lets one byte of "=" or ";" pass as the beginning of a name.
			if !tokenByte[c] && c != '=' && c != ';' {
				return n, nil, errChunkStrict
			}
			p.state = chunkName
			p.extension++
		case chunkName, chunkValue, chunkQuotedDone:
			if err := p.inExtension(c); err != nil {
				return n, nil, err
			}
		case chunkQuoted:
			switch {
			case c == '"':
				p.state = chunkQuotedDone
			case c == '\\':
				p.state = chunkPair
			case c < 0x20 && c != '\t' || c == 0x7f:
				return n, nil, errChunkStrict
			}
			p.extension++
		case chunkPair:
			if c < 0x20 && c != '\t' || c == 0x7f {
				return n, nil, errChunkStrict
			}
			p.extension++
			p.state = chunkQuoted
		case chunkData:
			m := len(b) - n
			if uint64(m) > p.left {
				m = int(p.left)
			}
			p.left -= uint64(m)
			if p.left == 0 {
				p.state = chunkDataCR
			}
			return n + m, b[n : n+m], nil
		case chunkDataCR:
			if c == '\n' {
				return n, nil, errNoCR
			}
			if c != '\r' {
				return n, nil, errChunkStrict
			}
			p.state = chunkDataLF
		case chunkDataLF:
			if c != '\n' {
				return n, nil, errChunkStrict
			}
			p.state = chunkSize
		case chunkTrailers:
			return n, nil, nil
		}
		if p.extension > maxExtensions {
			return n, nil, errChunkOverflow
		}
		n++
	}
	return n, nil, nil
}

// inExtension takes a byte of an extension's name or value, or one right after a quoted value.
func (p *chunkParser) inExtension(c byte) error {
	switch {
	case c == '\r':
		p.state = chunkSizeEnd
	case c == '\n':
		return errNoCR
	case c == ';':
		p.state = chunkExtension
	case p.state == chunkQuotedDone:
		return errChunkStrict
	case p.state == chunkName && c == '=':
		p.state = chunkValue
	case p.state == chunkValue && c == '"':
		p.state = chunkQuoted
		p.extension++
	case tokenByte[c]:
		p.extension++
	default:
		return errChunkStrict
	}
	return nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
