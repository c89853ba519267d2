package enginehttp

// Limits of a response's head. Node counts the reason, the names and the values, with the blanks
// after a value but not those before it; maxHead is its default. maxRawHead is ours: it bounds what
// Node does not count.
const (
	maxHead    = 16 << 10
	maxRawHead = 128 << 10
)

type headState uint8

const (
	headStart headState = iota // before the status line: line ends are skipped
	headProtocol
	headMajor
	headDot
	headMinor
	headVersionEnd
	headStatus
	headStatusEnd
	headReason
	headLineEnd // the LF of the status line
	headField   // at the start of a line
	headName
	headValueStart
	headValue
	headEmptyEnd // the LF after a value of blanks only
	headValueEnd // the LF after a value
	headFold     // at the start of the line after a field
	headEnd      // the LF of the empty line
)

// header is what the parser makes of a field's name.
type header uint8

const (
	headerOther header = iota
	headerLength
	headerEncoding // Transfer-Encoding
	headerConnection
	headerKeepAlive
	headerLocation
	headerSetCookie
	headerContentEncoding
	headerServerTiming
)

// field is one header field, as offsets from the start of the head.
type field struct {
	name, nameEnd   uint32
	value, valueEnd uint32
	kind            header
}

// headParser reads the head of a response, or the trailers of a chunked body, out of a buffer that
// is filled piece by piece. It accepts and refuses what Node's parser does in its strict mode, and
// names faults as that does. All the bytes from the head's start must stay in the buffer, in place,
// until the head has been dealt with.
type headParser struct {
	state    headState
	trailer  bool
	first    bool // the line is the first after the status line
	major    byte
	minor    byte
	status   int
	digits   int
	pos      int // the next byte to look at
	mark     int // where the name or value being read began
	counted  int // bytes that count against maxHead
	fields   []field
	length   uint64 // Content-Length
	sized    bool   // there is a Content-Length
	noLength bool   // it is empty
	encoded  bool   // there is a Transfer-Encoding
	chunked  bool   // whose last coding is chunked
	close    bool   // Connection: close
	keep     bool   // Connection: keep-alive
	keepSecs int    // of Keep-Alive: timeout=n; -1 when absent
}

// reset prepares for a head.
func (p *headParser) reset() {
	*p = headParser{fields: p.fields[:0], keepSecs: -1}
}

// resetTrailer prepares for the trailers of a chunked body.
func (p *headParser) resetTrailer() {
	*p = headParser{fields: p.fields[:0], keepSecs: -1, state: headField, trailer: true, encoded: true}
}

// Faults of a head, as Node's parser words them.
var (
	errConstant       = fail("HPE_INVALID_CONSTANT", "expected HTTP/")
	errVersion        = fail("HPE_INVALID_VERSION", "invalid HTTP version")
	errStatus         = fail("HPE_INVALID_STATUS", "invalid status code")
	errNoCR           = fail("HPE_CR_EXPECTED", "a line ends without CR")
	errNoLF           = fail("HPE_LF_EXPECTED", "a header value ends without LF")
	errStrict         = fail("HPE_STRICT", "CR without LF")
	errToken          = fail("HPE_INVALID_HEADER_TOKEN", "invalid byte in a header")
	errSpace          = fail("HPE_UNEXPECTED_SPACE", "blank after the status line")
	errOverflow       = fail("HPE_HEADER_OVERFLOW", "the headers are longer than 16 KiB")
	errLength         = fail("HPE_INVALID_CONTENT_LENGTH", "invalid Content-Length")
	errLengthTwice    = fail("HPE_UNEXPECTED_CONTENT_LENGTH", "more than one Content-Length")
	errLengthEncoding = fail("HPE_INVALID_CONTENT_LENGTH", "Content-Length beside Transfer-Encoding")
	errEncodingLength = fail("HPE_INVALID_TRANSFER_ENCODING", "Transfer-Encoding beside Content-Length")
)

// parse goes on in b, which begins with the head and may hold more than it. It is done when the
// empty line was read; then p.pos is the length of the head.
func (p *headParser) parse(b []byte) (done bool, err error) {
	for p.pos < len(b) {
		c := b[p.pos]
		switch p.state {
		case headStart:
			if c == '\r' || c == '\n' {
				p.pos++
				continue
			}
			p.state, p.mark = headProtocol, p.pos
		case headProtocol:
			const protocol = "HTTP/"
			if c != protocol[p.pos-p.mark] {
				return false, errConstant
			}
			if p.pos++; p.pos-p.mark == len(protocol) {
				p.state = headMajor
			}
		case headMajor:
			if c < '0' || c > '9' {
				return false, errVersion
			}
			p.major = c - '0'
			p.pos++
			p.state = headDot
		case headDot:
			if c != '.' {
				return false, errVersion
			}
			p.pos++
			p.state = headMinor
		case headMinor:
			if c < '0' || c > '9' {
				return false, errVersion
			}
			p.minor = c - '0'
			switch [2]byte{p.major, p.minor} {
			case [2]byte{1, 1}, [2]byte{1, 0}, [2]byte{0, 9}, [2]byte{2, 0}:
			default:
				return false, errVersion
			}
			p.pos++
			p.state = headVersionEnd
		case headVersionEnd:
			if c != ' ' {
				return false, errVersion
			}
			p.pos++
			p.state = headStatus
		case headStatus:
			if c < '0' || c > '9' {
				return false, errStatus
			}
			p.status = p.status*10 + int(c-'0')
			p.pos++
			if p.digits++; p.digits == 3 {
				p.state = headStatusEnd
			}
		case headStatusEnd:
			p.pos++
			switch c {
			case ' ':
				p.state, p.mark = headReason, p.pos
			case '\r':
				p.state = headLineEnd
			default:
				return false, errStatus
			}
		case headReason:
			for p.pos < len(b) && b[p.pos] != '\r' && b[p.pos] != '\n' {
				p.pos++
			}
			if p.pos-p.mark >= maxHead {
				return false, errOverflow
			}
			if p.pos == len(b) {
				return false, nil
			}
			if b[p.pos] == '\n' {
				return false, errNoCR
			}
			p.counted = p.pos - p.mark
			p.pos++
			p.state = headLineEnd
		case headLineEnd:
			// Node takes a second CR for the LF.
			if c != '\n' && c != '\r' {
				return false, errStrict
			}
			p.pos++
			p.state, p.first = headField, true
		case headFold:
			if c == ' ' || c == '\t' {
				return false, errToken
			}
			if p.noLength {
				return false, errLength
			}
			p.state = headField
		case headField:
			if c == '\r' {
				p.pos++
				p.state = headEnd
				continue
			}
			if c == ' ' && p.first && !p.trailer {
				return false, errSpace
			}
			p.first = false
			p.state, p.mark = headName, p.pos
		case headName:
			if err := p.name(b); err != nil {
				return false, err
			}
		case headValueStart:
			switch c {
			case ' ', '\t':
				p.pos++
			case '\r':
				p.pos++
				p.state = headEmptyEnd
			case '\n':
				return false, errToken
			default:
				p.mark, p.state = p.pos, headValue
			}
		case headEmptyEnd:
			if c != '\n' {
				return false, errStrict
			}
			f := p.last()
			f.value, f.valueEnd = uint32(p.pos), uint32(p.pos)
			switch f.kind {
			case headerLength:
				p.noLength = true
			case headerEncoding:
				p.chunked = false
			}
			p.pos++
			p.state = headFold
		case headValue:
			if err := p.value(b); err != nil {
				return false, err
			}
		case headValueEnd:
			if c != '\n' {
				return false, errNoLF
			}
			p.pos++
			p.state = headFold
		case headEnd:
			if c != '\n' {
				return false, errStrict
			}
			p.pos++
			return true, nil
		}
	}
	if p.pos > maxRawHead {
		return false, errOverflow
	}
	return false, nil
}

// name reads on in a field's name.
func (p *headParser) name(b []byte) error {
	for p.pos < len(b) && tokenByte[b[p.pos]] {
		p.pos++
	}
	n := p.pos - p.mark
	if p.counted+n >= maxHead {
		return errOverflow
	}
	if p.pos == len(b) {
		return nil
	}
	if b[p.pos] != ':' || n == 0 {
		return errToken
	}
	kind := headerKind(b[p.mark:p.pos])
	switch kind {
	case headerLength:
		if p.encoded {
			return errLengthEncoding
		}
		if p.sized {
			return errLengthTwice
		}
		p.sized = true
	case headerEncoding:
		if p.sized {
			return errEncodingLength
		}
		p.encoded = true
	}
	p.fields = append(p.fields, field{name: uint32(p.mark), nameEnd: uint32(p.pos), kind: kind})
	p.counted += n
	p.pos++
	p.state = headValueStart
	return nil
}

// value reads on in a field's value, which has at least one byte that is no blank.
func (p *headParser) value(b []byte) error {
	p.pos = scanValue(b, p.pos)
	if p.counted+p.pos-p.mark >= maxHead {
		return errOverflow
	}
	length := p.last().kind == headerLength
	if length {
		if err := p.contentLength(b[p.mark:p.pos]); err != nil {
			return err
		}
	}
	if p.pos == len(b) {
		return nil
	}
	switch c := b[p.pos]; {
	case c == '\r':
	case c == '\n':
		return errNoCR
	case length:
		return errLength
	default:
		return errToken
	}
	p.counted += p.pos - p.mark
	end := p.pos
	for b[end-1] == ' ' || b[end-1] == '\t' {
		end--
	}
	f := p.last()
	f.value, f.valueEnd = uint32(p.mark), uint32(end)
	switch f.kind {
	case headerEncoding:
		p.chunked = lastCodingIsChunked(b[p.mark:end])
	case headerConnection:
		p.connection(b[p.mark:end])
	case headerKeepAlive:
		p.keepAlive(b[p.mark:end])
	}
	p.pos++
	p.state = headValueEnd
	return nil
}

func (p *headParser) last() *field { return &p.fields[len(p.fields)-1] }

// contentLength reads the value of a Content-Length: digits, and after them spaces only.
func (p *headParser) contentLength(v []byte) error {
	i := 0
	var n uint64
	for ; i < len(v) && v[i] >= '0' && v[i] <= '9'; i++ {
		d := uint64(v[i] - '0')
		if n > (1<<64-1-d)/10 {
			return errLength
		}
		n = n*10 + d
	}
	for j := i; j < len(v); j++ {
		if v[j] != ' ' {
			return errLength
		}
	}
	if i == 0 {
		return errLength
	}
	p.length = n
	return nil
}

// connection takes the tokens close and keep-alive from a Connection value.
func (p *headParser) connection(v []byte) {
	for len(v) > 0 {
		end := 0
		for end < len(v) && v[end] != ',' {
			end++
		}
		switch t := trimBlanks(v[:end]); {
		case equalFold(t, "close"):
			p.close = true
		case equalFold(t, "keep-alive"):
			p.keep = true
		}
		v = v[min(end+1, len(v)):]
	}
}

// keepAlive takes the timeout from a Keep-Alive value.
func (p *headParser) keepAlive(v []byte) {
	const timeout = "timeout="
	if len(v) <= len(timeout) || !equalFold(v[:len(timeout)], timeout) {
		return
	}
	n := 0
	for _, c := range v[len(timeout):] {
		if c < '0' || c > '9' || n > 1e6 {
			break
		}
		n = n*10 + int(c-'0')
	}
	p.keepSecs = n
}

// keepsAlive tells whether the connection lives on after this response, if its body has an end.
func (p *headParser) keepsAlive() bool {
	if p.major == 1 && p.minor == 1 {
		return !p.close
	}
	return p.keep
}

func lastCodingIsChunked(v []byte) bool {
	start := len(v)
	for start > 0 && v[start-1] != ',' {
		start--
	}
	return equalFold(trimBlanks(v[start:]), "chunked")
}

// headerKind recognises the names that mean something here.
func headerKind(name []byte) header {
	switch len(name) {
	case 8:
		if equalFold(name, "location") {
			return headerLocation
		}
	case 10:
		switch name[0] | 0x20 {
		case 'c':
			if equalFold(name, "connection") {
				return headerConnection
			}
		case 's':
			if equalFold(name, "set-cookie") {
				return headerSetCookie
			}
		case 'k':
			if equalFold(name, "keep-alive") {
				return headerKeepAlive
			}
		}
	case 13:
		if equalFold(name, "server-timing") {
			return headerServerTiming
		}
	case 14:
		if equalFold(name, "content-length") {
			return headerLength
		}
	case 16:
		if equalFold(name, "content-encoding") {
			return headerContentEncoding
		}
	case 17:
		if equalFold(name, "transfer-encoding") {
			return headerEncoding
		}
	}
	return headerOther
}
