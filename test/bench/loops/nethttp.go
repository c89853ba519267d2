package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// transport is net/http's, set up for this: small buffers, no compression, no limit
// on kept connections.
func transport(o *options) *http.Transport {
	t := &http.Transport{
		MaxIdleConnsPerHost: o.users,
		MaxConnsPerHost:     o.users,
		DisableCompression:  true,
		ReadBufferSize:      4 << 10,
		WriteBufferSize:     4 << 10,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2:   o.http2,
	}
	if !o.http2 {
		t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	return t
}

// netHTTP sends on one transport for all; on one for each user when connections
// are to be fresh, and with HTTP/2, which else would put all on one connection.
func netHTTP(o *options) func() user {
	if o.fresh && o.flow == "get" {
		return func() user {
			return func() bool {
				t := transport(o)
				defer t.CloseIdleConnections()
				return netHTTPUser(o, t)()
			}
		}
	}
	if o.fresh || o.flow == "think" || o.http2 && !o.shared {
		return func() user { return netHTTPUser(o, transport(o)) }
	}
	t := transport(o)
	return func() user { return netHTTPUser(o, t) }
}

func netHTTPUser(o *options, t *http.Transport) user {
	get, err := http.NewRequest("GET", o.url+"/", nil)
	if err != nil {
		panic(err)
	}
	get.Header.Set("User-Agent", "bench")
	if o.flow == "login" {
		return netHTTPLogin(o, t)
	}
	return func() bool {
		resp, err := t.RoundTrip(get)
		if err != nil {
			return false
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if o.think > 0 {
			time.Sleep(o.think)
			t.CloseIdleConnections()
		}
		return resp.StatusCode == 200
	}
}

func netHTTPLogin(o *options, t *http.Transport) user {
	var body bytes.Buffer
	call := func(req *http.Request, into any) bool {
		req.Header.Set("User-Agent", "bench")
		resp, err := t.RoundTrip(req)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		body.Reset()
		if _, err := body.ReadFrom(resp.Body); err != nil {
			return false
		}
		return resp.StatusCode == 200 && json.Unmarshal(body.Bytes(), into) == nil
	}
	return func() bool {
		text, _ := json.Marshal(credentials{"u" + strconv.Itoa(rand.IntN(10000)), "secret"})
		post, _ := http.NewRequest("POST", o.url+"/login", bytes.NewReader(text))
		post.Header.Set("Content-Type", "application/json")
		var s session
		if !call(post, &s) {
			return false
		}
		get, _ := http.NewRequest("GET", o.url+"/account", nil)
		get.Header.Set("Authorization", "Bearer "+s.Token)
		var a account
		return call(get, &a) && a.User == "u1"
	}
}

// What goes to and fro in a login.
type (
	credentials struct {
		User     string `json:"user"`
		Password string `json:"password"`
	}
	session struct {
		Token string `json:"token"`
	}
	account struct {
		User string `json:"user"`
	}
)
