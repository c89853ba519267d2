package script

import (
	"crypto/ecdsa"
	"crypto/tls"
	"encoding/base64"
	"io/fs"
	"os"
	"reflect"
	"salvo/pkg/pemkey"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tlsFiles are a script with a `config.tls` in flow style, and files beside it: a
// certificate of an authority, one of a client, and the client's key in many forms.
func tlsFiles(t testing.TB, config string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{
		"a/load.yml":  {Data: []byte("config:\n  target: https://127.0.0.1\n  tls: {" + config + "}\nscenarios: [{flow: [{get: {url: /}}]}]\n")},
		"a/empty.pem": {},
		"a/bad.pem":   {Data: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
	}
	files, err := fs.ReadDir(os.DirFS("testdata/tls"), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile("testdata/tls/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		fsys["certs/"+f.Name()] = &fstest.MapFile{Data: data}
	}
	return fsys
}

// TestTLS: whatever form the certificate and the key have, they are the same ones.
func TestTLS(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile("testdata/tls/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	env := map[string]string{
		"CERT": read("cert.pem"), "KEY": read("key.pem"), "PASS": "secret", "WHERE": "../certs",
		"PFX": base64.StdEncoding.EncodeToString([]byte(read("client.pfx"))),
	}
	const cert = "cert: ../certs/cert.pem, "
	certificate, err := pemkey.Certificates([]byte(env["CERT"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, config string
		files        []string
		chain        int
	}{
		{"plain", cert + "key: ../certs/key.pem", []string{"certs/cert.pem", "certs/key.pem"}, 1},
		{"Artillery 2's name", "certificate: ../certs/cert.pem, key: ../certs/key.pem", []string{"certs/cert.pem", "certs/key.pem"}, 1},
		{"a passphrase that is not needed", cert + "key: ../certs/key.pem, passphrase: x", []string{"certs/cert.pem", "certs/key.pem"}, 1},
		{"AES-256", cert + "key: ../certs/key-aes256.pem, passphrase: secret", []string{"certs/cert.pem", "certs/key-aes256.pem"}, 1},
		{"AES-128, SHA-512", cert + "key: ../certs/key-aes128-sha512.pem, passphrase: secret", []string{"certs/cert.pem", "certs/key-aes128-sha512.pem"}, 1},
		{"3DES", cert + "key: ../certs/key-des3.pem, passphrase: secret", []string{"certs/cert.pem", "certs/key-des3.pem"}, 1},
		{"old OpenSSL's", cert + "key: ../certs/key-old.pem, passphrase: '{{ $env.PASS }}'", []string{"certs/cert.pem", "certs/key-old.pem"}, 1},
		{"PKCS #12", "pfx: ../certs/client.pfx, passphrase: secret", []string{"certs/client.pfx"}, 2},
		{"PKCS #12 of old", "pfx: ../certs/legacy.pfx, passphrase: secret", []string{"certs/legacy.pfx"}, 1},
		{"texts", "cert: '{{ $env.CERT }}', key: '{{ $env.KEY }}'", nil, 1},
		{"PKCS #12 as a text", "pfx: '{{ $env.PFX }}', passphrase: '{{ $env.PASS }}'", nil, 2},
		{"a path out of the environment", "cert: '{{ $env.WHERE }}/cert.pem', key: '{{ $env.WHERE }}/key.pem'", []string{"certs/cert.pem", "certs/key.pem"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			fsys := tlsFiles(t, test.config)
			o := Options{Env: env, Strict: true}
			s, _, err := Load(fsys, "a/load.yml", o)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Config.TLS.Certificate
			if got == nil || len(got.Certificate) != test.chain || !got.Leaf.Equal(certificate[0]) {
				t.Fatalf("the certificate is %+v", got)
			}
			if key, ok := got.PrivateKey.(*ecdsa.PrivateKey); !ok || !key.PublicKey.Equal(certificate[0].PublicKey) {
				t.Errorf("the key is a %T that does not fit", got.PrivateKey)
			}
			files, err := Files(fsys, "a/load.yml", o)
			if want := append([]string{"a/load.yml"}, test.files...); err != nil || !slices.Equal(files, want) {
				t.Errorf("files %q, want %q, %v", files, want, err)
			}

			data, err := s.EncodeResolved()
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"BEGIN", env["PFX"][:40], "../certs/" + env["PASS"]} {
				if strings.Contains(string(data), secret) {
					t.Errorf("the resolved script has %q in it:\n%s", secret, data)
				}
			}
			again, err := DecodeResolved(data, fsys, env, nil)
			if err != nil || !reflect.DeepEqual(again.Config.TLS, s.Config.TLS) {
				t.Errorf("decoded: %+v, %v", again, err)
			}
			if without, err := DecodeResolved(data, nil, env, nil); err != nil || strings.Contains(test.config, "pem") && without.Config.TLS.Certificate != nil {
				t.Errorf("without files: %v", err)
			}
		})
	}
}

func TestTLSOptions(t *testing.T) {
	load := func(config string) TLS {
		t.Helper()
		s, _, err := Load(tlsFiles(t, config), "a/load.yml", Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		return s.Config.TLS
	}
	for _, config := range []string{
		"ca: ../certs/ca.pem", "certificateAuthority: ../certs/ca.pem", "ca: [../certs/ca.pem]",
	} {
		if got := load(config); len(got.Authorities) != 1 || got.Authorities[0].Subject.CommonName != "Test authority" || !got.RejectUnauthorized {
			t.Errorf("%s: %+v", config, got)
		}
	}
	if got := load("ca: [../certs/ca.pem, ../certs/cert.pem]"); len(got.Authorities) != 2 {
		t.Errorf("two authorities: %+v", got)
	}
	for config, want := range map[string]TLS{
		"servername: API.example.com":            {RejectUnauthorized: true, ServerName: "api.example.com"},
		"serverName: a.b":                        {RejectUnauthorized: true, ServerName: "a.b"},
		"rejectUnauthorized: false":              {},
		"minVersion: TLSv1.1":                    {RejectUnauthorized: true, MinVersion: tls.VersionTLS11},
		"minVersion: TLSv1, maxVersion: TLSv1.3": {RejectUnauthorized: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS13},
		"ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA'": {
			RejectUnauthorized: true, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA},
		},
		"ciphers: 'TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_256_GCM_SHA384'": {
			RejectUnauthorized: true, MinVersion: tls.VersionTLS13,
		},
		"ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'": {
			RejectUnauthorized: true, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		},
	} {
		if got := load(config); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", config, got, want)
		}
	}
}

func TestTLSFaults(t *testing.T) {
	env := map[string]string{"KEY": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "LINES": "ssh-rsa\nAAAA"}
	const cert = "cert: ../certs/cert.pem, "
	for _, test := range []struct{ config, want string }{
		{"ca: ca.pem", `a/load.yml:3:13: config.tls.ca: the file "ca.pem" does not exist: it was looked for at a/ca.pem, as paths are relative to the script's folder`},
		{"ca: [../certs/ca.pem, empty.pem]", `a/load.yml:3:31: config.tls.ca[1]: the file "empty.pem" has no certificate in it: one begins with -----BEGIN CERTIFICATE-----`},
		{"ca: bad.pem", `a/load.yml:3:13: config.tls.ca: the file "bad.pem" has a certificate that cannot be read: x509: malformed certificate`},
		{"ca: []", "a/load.yml:3:13: config.tls.ca: an empty list; leave it out to trust the system's authorities"},
		{"ca: /etc/ca.pem", `a/load.yml:3:13: config.tls.ca: the file "/etc/ca.pem" has an absolute path; the files of a script travel with it, so give a path relative to the script's folder`},
		{"ca: '{{ ca }}'", `a/load.yml:3:13: config.tls.ca: it is read before there are users, so it cannot depend on their variables; found "{{ ca }}"; templates are filled here when the script is loaded, from $env, $environment, $testId and --variables only`},
		{"ca: a.pem, certificateAuthority: ../certs/ca.pem", "a/load.yml:3:42: config.tls.certificateAuthority: `certificateAuthority` is another word for `ca`; keep one of them"},
		{"cert: ../certs/cert.pem", "a/load.yml:3:15: config.tls.cert: a certificate needs its private key: `key` is missing"},
		{"key: ../certs/key.pem", "a/load.yml:3:14: config.tls.key: a private key needs its certificate: `cert` is missing"},
		{cert + "key: ../certs/other-key.pem", `a/load.yml:3:39: config.tls.key: the file "../certs/other-key.pem" has a private key that does not fit the certificate, which is of "CN=Test client"`},
		{cert + "key: ../certs/cert.pem", `a/load.yml:3:39: config.tls.key: the file "../certs/cert.pem" has no private key in it: one begins with -----BEGIN PRIVATE KEY-----`},
		{cert + "key: bad.pem", `a/load.yml:3:39: config.tls.key: the file "bad.pem" has a private key that cannot be read`},
		{cert + "key: ../certs/key-aes256.pem", "a/load.yml:3:39: config.tls.key: the file \"../certs/key-aes256.pem\" is encrypted, and there is no `passphrase`"},
		{cert + "key: ../certs/key-old.pem", "a/load.yml:3:39: config.tls.key: the file \"../certs/key-old.pem\" is encrypted, and there is no `passphrase`"},
		{cert + "key: ../certs/key-aes256.pem, passphrase: wrong", "a/load.yml:3:39: config.tls.key: the file \"../certs/key-aes256.pem\" cannot be decrypted: the `passphrase` does not fit"},
		{cert + "key: ../certs/key-old.pem, passphrase: 1234", "a/load.yml:3:39: config.tls.key: the file \"../certs/key-old.pem\" cannot be decrypted: the `passphrase` does not fit"},
		{cert + "key: ../certs/key-scrypt.pem, passphrase: secret", "a/load.yml:3:39: config.tls.key: the file \"../certs/key-scrypt.pem\" is encrypted in a way that is not known here (1.3.6.1.4.1.11591.4.11); write it anew with `openssl pkcs8 -topk8`"},
		{cert + "key: ../certs/key-pbes1.pem, passphrase: secret", "a/load.yml:3:39: config.tls.key: the file \"../certs/key-pbes1.pem\" is encrypted in a way that is not known here (1.2.840.113549.1.12.1.3); write it anew with `openssl pkcs8 -topk8`"},
		{"pfx: ../certs/client.pfx", "a/load.yml:3:14: config.tls.pfx: the file \"../certs/client.pfx\" is encrypted, and there is no `passphrase`"},
		{"pfx: ../certs/client.pfx, passphrase: wrong", "a/load.yml:3:14: config.tls.pfx: the file \"../certs/client.pfx\" cannot be decrypted: the `passphrase` does not fit"},
		{"pfx: ../certs/cert.pem, passphrase: x", `a/load.yml:3:14: config.tls.pfx: the file "../certs/cert.pem" cannot be read as PKCS #12: `},
		{"pfx: ../certs/client.pfx, passphrase: secret, key: ../certs/key.pem", "a/load.yml:3:14: config.tls.pfx: it brings a certificate and a key, but there are `cert` or `key` too; keep one or the other"},
		{"passphrase: secret", "a/load.yml:3:21: config.tls.passphrase: has no effect without `key` or `pfx`"},
		{cert + "key: '{{ $env.KEY }}'", `a/load.yml:3:39: config.tls.key: the file "{{ $env.KEY }}" does not exist: it was looked for at a/{{ $env.KEY }}, as paths are relative to the script's folder`},
		{cert + "key: '{{ $env.LINES }}'", `a/load.yml:3:39: config.tls.key: "{{ $env.LINES }}" stands for neither a PEM text, which has a line with -----BEGIN in it, nor a path`},
		{"servername: 'https://x'", `a/load.yml:3:21: config.tls.servername: expected the name of a host, such as api.example.com, found the text "https://x"`},
		{"minVersion: TLSv1.4", `a/load.yml:3:21: config.tls.minVersion: expected TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3, found the text "TLSv1.4"`},
		{"minVersion: TLSv1.3, maxVersion: TLSv1.2", "a/load.yml:3:42: config.tls.maxVersion: it is lower than minVersion, so there is no version left"},
		{"ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:!RC4'", "a/load.yml:3:18: config.tls.ciphers: the cipher suite \"!RC4\" is not known to this version of Salvo"},
		{"ciphers: TLS_AES_128_GCM_SHA256", "a/load.yml:3:18: config.tls.ciphers: the suites of TLS 1.3 cannot be chosen one by one"},
		{"ciphers: ':'", "a/load.yml:3:18: config.tls.ciphers: there is no cipher suite in it"},
		{"ciphers: AES128-SHA, minVersion: TLSv1.3", "a/load.yml:3:18: config.tls.ciphers: none of these suites can be used with minVersion TLSv1.3"},
		{"alpnProtocols: [h2, spdy]", "a/load.yml:3:29: config.tls.alpnProtocols: expected http/1.1 or h2, found the text \"spdy\""},
	} {
		t.Run(test.config, func(t *testing.T) {
			got := faultsIn(tlsFiles(t, test.config), Options{Env: env, Strict: true})
			if len(got) != 1 || !strings.HasPrefix(got[0], test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if len(got) > 0 && strings.Contains(got[0], env["KEY"][:8]) {
				t.Error("the fault shows what the environment holds")
			}
		})
	}
}

// FuzzPEMKey: whatever a key file holds, reading it ends in a key or an error.
func FuzzPEMKey(f *testing.F) {
	for _, name := range []string{"key.pem", "key-aes256.pem", "key-old.pem", "key-des3.pem", "key-scrypt.pem", "key-pbes1.pem", "cert.pem"} {
		data, err := os.ReadFile("testdata/tls/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "secret")
	}
	f.Fuzz(func(t *testing.T, text []byte, passphrase string) {
		key, err := pemKey(text, &passphrase)
		if (key == nil) == (err == nil) {
			t.Errorf("%v, %v", key, err)
		}
		pemkey.Certificates(text)
	})
}
