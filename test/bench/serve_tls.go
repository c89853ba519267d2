//go:build linux

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// serveTLS answers each request with the same few bytes, by hand: net/http's server
// would take more than some generators.
func serveTLS() error {
	cert, err := selfSigned()
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"},
	})
	if err != nil {
		return err
	}
	fmt.Printf("https://%s\n", l.Addr())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go serveSecure(c.(*tls.Conn))
	}
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func serveSecure(c *tls.Conn) {
	defer c.Close()
	if c.Handshake() != nil {
		return
	}
	if c.ConnectionState().NegotiatedProtocol == "h2" {
		serveHTTP2(c)
		return
	}
	plain, b := answer("", rootBody), make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if bytes.HasSuffix(b[:n], headEnd) {
			c.Write(plain)
		}
	}
}

// serveHTTP2 answers the end of each request without reading its fields.
func serveHTTP2(c net.Conn) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil {
		return
	}
	var fields, out bytes.Buffer
	enc := hpack.NewEncoder(&fields)
	enc.SetMaxDynamicTableSize(0)
	for _, f := range [][2]string{{":status", "200"}, {"server", "bench"}, {"content-type", "application/json"}, {"content-length", fmt.Sprint(len(rootBody))}} {
		enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	framer := http2.NewFramer(&out, c)
	framer.SetReuseFrames()
	framer.WriteSettings()
	for {
		if _, err := c.Write(out.Bytes()); err != nil {
			return
		}
		out.Reset()
		f, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				framer.WritePing(true, f.Data)
			}
		case *http2.HeadersFrame:
			framer.WriteHeaders(http2.HeadersFrameParam{StreamID: f.StreamID, BlockFragment: fields.Bytes(), EndHeaders: true})
			framer.WriteData(f.StreamID, true, []byte(rootBody))
		}
	}
}
