//go:build !unix

package enginehttp

// rawIO tells that onReady moves the bytes of plain connections. Here it cannot: they are read and
// written as TLS connections are.
const rawIO = false

func (c *conn) onReady(uintptr) bool {
	c.ioErr = errStale
	return true
}

func abort(uintptr) {}
