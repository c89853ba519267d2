package main

import (
	"bytes"
	"net"
	"strings"
	"time"
)

// bare dials, writes, reads once and closes: no less will do for a connection.
func bare(o *options) func() user {
	addr := strings.TrimPrefix(o.url, "http://")
	request := []byte("GET / HTTP/1.1\r\nHost: " + addr + "\r\nUser-Agent: bench\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n")
	return func() user {
		b := make([]byte, 1024)
		return func() bool {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return false
			}
			defer c.Close()
			if _, err := c.Write(request); err != nil {
				return false
			}
			n, err := c.Read(b)
			if o.think > 0 {
				time.Sleep(o.think)
			}
			return err == nil && bytes.HasPrefix(b[:n], []byte("HTTP/1.1 200 "))
		}
	}
}
