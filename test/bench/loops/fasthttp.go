//go:build !nofasthttp

package main

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

func init() { clients["fasthttp"] = fastHTTP }

func hostClient(o *options) *fasthttp.HostClient {
	return &fasthttp.HostClient{
		Addr:                          strings.TrimPrefix(o.url, "http://"),
		MaxConns:                      o.users,
		MaxConnWaitTimeout:            10 * time.Second,
		NoDefaultUserAgentHeader:      true,
		DisableHeaderNamesNormalizing: true,
		DisablePathNormalizing:        true,
	}
}

// fastHTTP sends on one client for all; on one for each user that thinks with its
// connection open.
func fastHTTP(o *options) func() user {
	c := hostClient(o)
	return func() user {
		c := c
		if o.flow == "think" {
			c = hostClient(o)
		}
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI(o.url + "/")
		req.Header.SetUserAgent("bench")
		if o.fresh {
			req.SetConnectionClose()
		}
		if o.flow == "login" {
			return fastHTTPLogin(o, c, req, resp)
		}
		return func() bool {
			err := c.Do(req, resp)
			ok := err == nil && resp.StatusCode() == 200
			if o.rate > 0 {
				fasthttp.ReleaseRequest(req)
				fasthttp.ReleaseResponse(resp)
			}
			if o.think > 0 {
				time.Sleep(o.think)
				c.CloseIdleConnections()
			}
			return ok
		}
	}
}

func fastHTTPLogin(o *options, c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) user {
	return func() bool {
		text, _ := json.Marshal(credentials{"u" + strconv.Itoa(rand.IntN(10000)), "secret"})
		req.SetRequestURI(o.url + "/login")
		req.Header.SetMethod("POST")
		req.Header.Del("Authorization")
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(text)
		var s session
		if c.Do(req, resp) != nil || resp.StatusCode() != 200 || json.Unmarshal(resp.Body(), &s) != nil {
			return false
		}
		req.Reset()
		req.SetRequestURI(o.url + "/account")
		req.Header.SetUserAgent("bench")
		req.Header.Set("Authorization", "Bearer "+s.Token)
		var a account
		if c.Do(req, resp) != nil || resp.StatusCode() != 200 || json.Unmarshal(resp.Body(), &a) != nil {
			return false
		}
		return a.User == "u1"
	}
}
