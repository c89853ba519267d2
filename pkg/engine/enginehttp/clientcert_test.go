package enginehttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"salvo/pkg/script"
)

// pemOf writes certificates one after the other.
func pemOf(certs ...*authority) []byte {
	var b bytes.Buffer
	for _, c := range certs {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})
	}
	return b.Bytes()
}

func (a *authority) pemKey(t testing.TB) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// TestClientCertificates: servers that want to know who is there, and that an authority of their own
// vouches for.
func TestClientCertificates(t *testing.T) {
	now := time.Now()
	yesterday, tomorrow := now.Add(-24*time.Hour), now.Add(24*time.Hour)
	root := certificate(t, nil, true, yesterday, tomorrow)
	middle := certificate(t, root, true, yesterday, tomorrow)
	client := certificate(t, middle, false, yesterday, tomorrow)
	stranger := certificate(t, nil, false, yesterday, tomorrow)
	pfx, err := pkcs12.Modern.Encode(client.key, client.cert, []*x509.Certificate{middle.cert}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"ca.pem":       {Data: pemOf(root)},
		"other.pem":    {Data: pemOf(certificate(t, nil, true, yesterday, tomorrow))},
		"client.pem":   {Data: pemOf(client, middle)},
		"client.key":   {Data: client.pemKey(t)},
		"client.pfx":   {Data: pfx},
		"stranger.pem": {Data: pemOf(stranger)},
		"stranger.key": {Data: stranger.pemKey(t)},
	}
	const identity = ", cert: client.pem, key: client.key"
	one := []string{"http.requests 1", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 7", done}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := func(host string) *journal {
			s := unstartedJournal(nil)
			s.TLS = &tls.Config{
				MinVersion: version, MaxVersion: version,
				ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
				Certificates: []tls.Certificate{certificate(t, root, false, yesterday, tomorrow, host).chain()},
			}
			s.TLS.ClientCAs.AddCert(root.cert)
			startTLS(t, s, false)
			return s
		}
		near, named := server("127.0.0.1"), server("api.example")
		for _, test := range []struct {
			name, tls string
			server    *journal
			want      []string
		}{
			{"certificate and key", "ca: ca.pem" + identity, near, one},
			{"Artillery 2's names", "certificateAuthority: ca.pem, certificate: client.pem, key: client.key", near, one},
			{"PKCS #12", "ca: [other.pem, ca.pem], pfx: client.pfx, passphrase: secret", near, one},
			{"unchecked", "rejectUnauthorized: false" + identity, near, one},
			{"another name", "ca: ca.pem, servername: api.example" + identity, named, one},
			{"the wrong name", "ca: ca.pem" + identity, named, []string{"http.requests 1", "errors.ERR_TLS_CERT_ALTNAME_INVALID 1", "vusers.failed 1"}},
			{"the wrong authority", "ca: other.pem" + identity, near, []string{"http.requests 1", "errors.UNABLE_TO_VERIFY_LEAF_SIGNATURE 1", "vusers.failed 1"}},
			{"no certificate", "ca: ca.pem", near, []string{"http.requests 1", "errors.EPROTO 1", "vusers.failed 1"}},
			{"a stranger's", "ca: ca.pem, cert: stranger.pem, key: stranger.key", near, []string{"http.requests 1", "errors.EPROTO 1", "vusers.failed 1"}},
			{"no version in common", "ca: ca.pem" + identity + map[uint16]string{
				tls.VersionTLS12: ", minVersion: TLSv1.3", tls.VersionTLS13: ", maxVersion: TLSv1.2",
			}[version], near, []string{"http.requests 1", "errors.EPROTO 1", "vusers.failed 1"}},
		} {
			t.Run(tls.VersionName(version)+" "+test.name, func(t *testing.T) {
				files["s.yml"] = &fstest.MapFile{Data: []byte(flowWith(test.server.URL, "tls: {"+test.tls+"}", `get: {url: /}`))}
				sc, _, err := script.Load(files, "s.yml", script.Options{Strict: true})
				if err != nil {
					t.Fatal(err)
				}
				playScript(t, context.Background(), sc, 1).expect(t, slices.Clone(test.want)...)
			})
		}
	}
}

func TestCipherSuites(t *testing.T) {
	var suite uint16
	s := unstartedJournal(func(_ http.ResponseWriter, r *http.Request) { suite = r.TLS.CipherSuite })
	startTLS(t, s, false)
	for name, want := range map[string]uint16{
		"ECDHE-RSA-AES256-GCM-SHA384": tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		"ECDHE-RSA-AES128-SHA":        tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	} {
		play(t, flowWith(s.URL, "tls: {rejectUnauthorized: false, ciphers: '"+name+"'}", `get: {url: /}`), 1)
		if suite != want {
			t.Errorf("%s: the suite is %s", name, tls.CipherSuiteName(suite))
		}
	}
}
