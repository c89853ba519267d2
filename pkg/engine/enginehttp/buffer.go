package enginehttp

import "sync"

// Sizes of read buffers. A plain connection borrows one only when bytes are there, so it may be
// large; of a stream it is held while waiting.
const (
	plainBuffer  = 32 << 10
	streamBuffer = 4 << 10
)

var plainBuffers, streamBuffers sync.Pool // of *[]byte

// room returns where to read to, borrowing or enlarging the buffer as needed. Bytes that have not
// been dealt with stay together.
func (c *conn) room() []byte {
	if c.buf == nil {
		c.borrow()
	}
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.w == len(c.buf) {
		if c.r > 0 {
			c.w = copy(c.buf, c.buf[c.r:c.w])
			c.r = 0
		} else {
			// Heads alone grow, and they have a limit.
			larger := make([]byte, 2*len(c.buf))
			copy(larger, c.buf)
			lent := c.lent
			c.buf, c.lent = larger, nil
			c.returnBuffer(lent)
		}
	}
	return c.buf[c.w:]
}

func (c *conn) borrow() {
	pool, size := &plainBuffers, plainBuffer
	if c.streamed {
		pool, size = &streamBuffers, streamBuffer
	}
	b, _ := pool.Get().(*[]byte)
	if b == nil {
		fresh := make([]byte, size)
		b = &fresh
	}
	c.lent, c.buf = b, *b
}

// unborrow gives the buffer back before a wait, if nothing is in it.
func (c *conn) unborrow() {
	if c.r == c.w {
		c.giveBack()
	}
}

// giveBack gives the buffer back with what is in it.
func (c *conn) giveBack() {
	if c.buf != nil {
		c.returnBuffer(c.lent)
		c.buf, c.lent, c.r, c.w = nil, nil, 0, 0
	}
}

func (c *conn) returnBuffer(b *[]byte) {
	switch {
	case b == nil:
	case len(*b) == plainBuffer:
		plainBuffers.Put(b)
	default:
		streamBuffers.Put(b)
	}
}
