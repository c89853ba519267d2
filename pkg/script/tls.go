package script

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"salvo/pkg/pemkey"
)

// tlsVersions are the versions of TLS as Node calls them.
var tlsVersions = []struct {
	name    string
	version uint16
}{
	{"TLSv1", tls.VersionTLS10}, {"TLSv1.1", tls.VersionTLS11}, {"TLSv1.2", tls.VersionTLS12}, {"TLSv1.3", tls.VersionTLS13},
}

// tlsSuites are the cipher suites up to TLS 1.2 as OpenSSL calls them.
var tlsSuites = map[string]uint16{
	"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-CHACHA20-POLY1305": tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-RSA-CHACHA20-POLY1305":   tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-ECDSA-AES128-SHA256":     tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-RSA-AES128-SHA256":       tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-DES-CBC3-SHA":        tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
	"AES128-GCM-SHA256":             tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	"AES256-GCM-SHA384":             tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	"AES128-SHA256":                 tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	"AES128-SHA":                    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	"AES256-SHA":                    tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	"DES-CBC3-SHA":                  tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
}

func tlsObject() *object {
	const (
		pemOrPath = ": PEM text, or the path of a file, relative to the script"
		version   = "version of TLS: TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"
	)
	var versions []string
	for _, v := range tlsVersions {
		versions = append(versions, v.name)
	}
	authorities := oneOrList(filledText)
	return &object{name: "`tls`", fields: []field{
		key("rejectUnauthorized", boolean, "refuse servers whose certificate cannot be verified"),
		key("ca", authorities, "certificates of authorities to trust, rather than the system's"+pemOrPath),
		key("certificateAuthority", authorities, "another word for ca"),
		key("cert", filledText, "the certificate to show to servers, with those over it"+pemOrPath),
		key("certificate", filledText, "another word for cert"),
		key("key", filledText, "the private key of cert"+pemOrPath),
		key("pfx", filledText, "a PKCS #12 file with certificate and key: its path, relative to the script, or its content in base64"),
		key("passphrase", scalar, "what key or pfx is encrypted with"),
		key("servername", filledText, "the name that the server is asked for and has to show"),
		key("serverName", filledText, "another word for servername"),
		key("minVersion", oneOf(false, versions...), "the lowest "+version),
		key("maxVersion", oneOf(false, versions...), "the highest "+version),
		key("ciphers", filledText, "cipher suites by OpenSSL's names, with : between them"),
		key("alpnProtocols", oneOrList(oneOf(false, alpnProtocols...)).with(form{filled: true}), "the protocols that servers are offered: http/1.1, h2"),
		refuse("client", "Artillery knows no such key; the keys of a client's certificate stand in `tls` itself, as `cert` and `key`"),
	}}
}

// alpnProtocols are the protocols that can be spoken over TLS.
var alpnProtocols = []string{"http/1.1", "h2"}

// protocols reads what servers are offered.
func (b *builder) protocols(n *node) []string {
	path := tlsPath + ".alpnProtocols"
	texts := []*node{n}
	if n.kind == kindList {
		texts = n.items
	}
	var all []string
	for _, v := range texts {
		switch {
		case v.bad:
		case !slices.Contains(alpnProtocols, v.text):
			b.fault(v, path, "expected http/1.1 or h2, found %s", v.found())
		default:
			all = append(all, v.text)
		}
	}
	if len(texts) == 0 {
		b.fault(n, path, "expected http/1.1 or h2, found an empty list")
	}
	return all
}

const tlsPath = "config.tls"

// tls reads `config.tls`.
func (b *builder) tls(n *node) TLS {
	t := TLS{RejectUnauthorized: true}
	if n == nil {
		return t
	}
	if v := n.present("rejectUnauthorized"); v != nil {
		t.RejectUnauthorized = v.yes
	}
	if v, path := b.either(n, "ca", "certificateAuthority"); v != nil {
		t.Authorities = b.authorities(v, path)
	}
	b.identity(n, &t)
	if v, path := b.either(n, "servername", "serverName"); v != nil {
		t.ServerName = b.serverName(v, path)
	}
	t.MinVersion = b.tlsVersion(n, "minVersion")
	t.MaxVersion = b.tlsVersion(n, "maxVersion")
	if v := n.present("alpnProtocols"); v != nil {
		t.Protocols = b.protocols(v)
	}
	if v := n.present("ciphers"); v != nil {
		b.ciphers(v, &t)
	}
	if v := n.present("maxVersion"); v != nil && t.MaxVersion != 0 && t.MaxVersion < t.MinVersion {
		b.fault(v, tlsPath+".maxVersion", "it is lower than minVersion, so there is no version left")
	}
	return t
}

// either reads a key that has two names. Having both is a fault.
func (b *builder) either(n *node, name, other string) (v *node, path string) {
	v, second := n.present(name), n.present(other)
	switch {
	case second == nil:
		return v, join(tlsPath, name)
	case v != nil:
		b.fault(second, join(tlsPath, other), "`%s` is another word for `%s`; keep one of them", other, name)
	}
	return second, join(tlsPath, other)
}

func (b *builder) authorities(n *node, path string) []*x509.Certificate {
	if n.kind != kindList {
		return b.certificates(n, path)
	}
	if len(n.items) == 0 {
		b.fault(n, path, "an empty list; leave it out to trust the system's authorities")
	}
	var all []*x509.Certificate
	for i, item := range n.items {
		if item.kind == kindText && !item.bad {
			all = append(all, b.certificates(item, element(path, i))...)
		}
	}
	return all
}

func (b *builder) certificates(n *node, path string) []*x509.Certificate {
	data, subject := b.material(n, path)
	if data == nil {
		return nil
	}
	certs, err := pemkey.Certificates(data)
	if err != nil {
		b.fault(n, path, "%s %v", subject, err)
	}
	return certs
}

// identity reads what is shown to servers that want to know who is there.
func (b *builder) identity(n *node, t *TLS) {
	cert, certPath := b.either(n, "cert", "certificate")
	key, pfx := n.present("key"), n.present("pfx")
	var passphrase *string
	if v := n.present("passphrase"); v != nil {
		text := v.scalarText()
		passphrase = &text
		if key == nil && pfx == nil && !n.get("key").isBad() && !n.get("pfx").isBad() {
			b.warn(v, tlsPath+".passphrase", "has no effect without `key` or `pfx`")
		}
	}
	switch {
	case pfx != nil && (cert != nil || key != nil):
		b.fault(pfx, tlsPath+".pfx", "it brings a certificate and a key, but there are `cert` or `key` too; keep one or the other")
	case pfx != nil:
		b.pfx(pfx, passphrase, t)
	case cert != nil && key == nil:
		if !n.get("key").isBad() {
			b.fault(cert, certPath, "a certificate needs its private key: `key` is missing")
		}
	case cert == nil && key != nil:
		if !n.get("cert").isBad() && !n.get("certificate").isBad() {
			b.fault(key, tlsPath+".key", "a private key needs its certificate: `cert` is missing")
		}
	case cert != nil:
		chain := b.certificates(cert, certPath)
		data, subject := b.material(key, tlsPath+".key")
		if data == nil {
			return
		}
		signer, err := pemKey(data, passphrase)
		if err != nil {
			b.fault(key, tlsPath+".key", "%s %v", subject, err)
			return
		}
		if len(chain) == 0 {
			return
		}
		if !fits(signer, chain[0]) {
			b.fault(key, tlsPath+".key", "%s has a private key that does not fit the certificate, which is of %s", subject, quote(chain[0].Subject.String()))
			return
		}
		t.Certificate = identityOf(signer, chain)
	}
}

func (b *builder) pfx(n *node, passphrase *string, t *TLS) {
	const path = tlsPath + ".pfx"
	data, subject := b.material(n, path)
	if data == nil {
		return
	}
	word := ""
	if passphrase != nil {
		word = *passphrase
	}
	key, cert, more, err := pkcs12.DecodeChain(data, word)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && passphrase == nil:
		b.fault(n, path, "%s %v", subject, pemkey.ErrNoPassphrase)
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		b.fault(n, path, "%s %v", subject, pemkey.ErrWrongPassphrase)
	case err != nil:
		b.fault(n, path, "%s cannot be read as PKCS #12: %v", subject, err)
	default:
		signer, ok := key.(crypto.Signer)
		if !ok || !fits(signer, cert) {
			b.fault(n, path, "%s has a private key that does not fit its certificate", subject)
			return
		}
		t.Certificate = identityOf(signer, append([]*x509.Certificate{cert}, more...))
	}
}

func fits(key crypto.Signer, cert *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}

func identityOf(key crypto.Signer, chain []*x509.Certificate) *tls.Certificate {
	c := &tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, cert := range chain {
		c.Certificate = append(c.Certificate, cert.Raw)
	}
	return c
}

// material is what a value of `tls` stands for, and how faults call it: the text
// itself, or the file that it names. It is nil when there is nothing to look at.
func (b *builder) material(n *node, path string) (data []byte, subject string) {
	written := quote(n.text)
	if n.template != "" {
		written = quote(n.template)
	}
	if strings.Contains(n.text, "-----BEGIN ") {
		if b.loader.rowless {
			return nil, ""
		}
		// The text is not shown: it may be a key.
		return []byte(n.text), "the text"
	}
	if der := base64Content(n.text); der != nil && strings.HasSuffix(path, ".pfx") {
		return der, "the text"
	}
	if strings.Contains(n.text, "{{") {
		b.fault(n, path, "it is read before there are users, so it cannot depend on their variables; found %s%s", written, userTemplate(n))
		return nil, ""
	}
	if n.template != "" && (strings.ContainsAny(n.text, "\r\n") || n.text == "") {
		b.fault(n, path, "%s stands for neither a PEM text, which has a line with -----BEGIN in it, nor a path", written)
		return nil, ""
	}
	data, ok := b.file(n, path)
	if !ok {
		return nil, ""
	}
	return data, "the file " + written
}

// base64Content is a PKCS #12 document that was given as a text, nil when the text is none.
func base64Content(text string) []byte {
	const shortest = 400 // a key and a certificate are longer; a path is not
	packed := strings.Join(strings.Fields(text), "")
	if len(packed) < shortest {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(packed)
	if err != nil || der[0] != 0x30 {
		return nil
	}
	return der
}

// file reads a file that the script names; it then belongs to the script's files.
func (b *builder) file(n *node, path string) (data []byte, ok bool) {
	if b.loader.rowless {
		return nil, false
	}
	written := quote(n.text)
	if n.template != "" {
		written = quote(n.template)
	}
	name, err := b.loader.lookup(n.text)
	if err != nil {
		b.fault(n, path, "the file %s %s", written, whyNot(err))
		return nil, false
	}
	if data, err = fs.ReadFile(b.loader.fsys, name); err != nil {
		shown := b.loader.inFolder(n.text)
		if n.template != "" {
			// What a template stands for may be a secret that was taken for a path.
			shown = b.loader.inFolder(n.template)
		}
		b.fault(n, path, "the file %s %s: it was looked for at %s, as paths are relative to the script's folder", written, whyNot(err), shown)
		return nil, false
	}
	b.loader.files = append(b.loader.files, name)
	return data, true
}

func (b *builder) serverName(n *node, path string) string {
	name := n.text
	if name == "" || strings.ContainsAny(name, "/:{} \t\r\n") {
		b.fault(n, path, "expected the name of a host, such as api.example.com, found %s%s", n.found(), userTemplate(n))
	}
	return strings.ToLower(name)
}

func (b *builder) tlsVersion(n *node, name string) uint16 {
	v := n.present(name)
	if v == nil {
		return 0
	}
	var known []string
	for _, version := range tlsVersions {
		if version.name == v.text {
			return version.version
		}
		known = append(known, version.name)
	}
	b.fault(v, join(tlsPath, name), "expected %s, found %s", orList(known), v.found())
	return 0
}

// ciphers reads a list of suites. As with Node, a list that has none of TLS 1.3
// does without that version, and one that has no others does without the older ones.
func (b *builder) ciphers(n *node, t *TLS) {
	const path = tlsPath + ".ciphers"
	modern := map[string]bool{"TLS_AES_128_GCM_SHA256": false, "TLS_AES_256_GCM_SHA384": false, "TLS_CHACHA20_POLY1305_SHA256": false}
	given := 0
	for _, name := range strings.FieldsFunc(n.text, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		if had, ok := modern[name]; ok {
			if !had {
				given++
			}
			modern[name] = true
			continue
		}
		id, ok := tlsSuites[name]
		if !ok {
			id, ok = ianaSuite(name)
		}
		if !ok {
			b.fault(n, path, "the cipher suite %s is not known to this version of Salvo: write the names of single suites, such as ECDHE-RSA-AES128-GCM-SHA256, with : between them; words like HIGH, !RC4 or @STRENGTH are not read", quote(name))
			return
		}
		t.CipherSuites = append(t.CipherSuites, id)
	}
	switch {
	case given > 0 && given < len(modern):
		b.fault(n, path, "the suites of TLS 1.3 cannot be chosen one by one: write all of TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 and TLS_CHACHA20_POLY1305_SHA256, or none of them")
	case given == 0 && len(t.CipherSuites) == 0:
		b.fault(n, path, "there is no cipher suite in it")
	case given == 0:
		if t.MinVersion > tls.VersionTLS12 {
			b.fault(n, path, "none of these suites can be used with minVersion TLSv1.3")
		}
		if t.MaxVersion == 0 || t.MaxVersion > tls.VersionTLS12 {
			t.MaxVersion = tls.VersionTLS12
		}
	case len(t.CipherSuites) == 0:
		if t.MaxVersion != 0 && t.MaxVersion < tls.VersionTLS13 {
			b.fault(n, path, "all of these suites are of TLS 1.3, which maxVersion does not permit")
		}
		t.MinVersion = tls.VersionTLS13
	}
}

// ianaSuite finds a suite by the name of its standard.
func ianaSuite(name string) (uint16, bool) {
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if s.Name == name {
			return s.ID, true
		}
	}
	return 0, false
}
