package script

import "strings"

// The options of the tough-cookie library, by its names.

var prefixWords = []string{"silent", "strict", "unsafe-disabled"} // in the order of Prefixes

func cookieJarObject() *object {
	return &object{name: "`cookieJarOptions`", fields: []field{
		key("looseMode", boolean, "keep cookies without a name, too"),
		key("rejectPublicSuffixes", boolean, "refuse cookies for domains that everybody can have a name below, such as com"),
		key("allowSpecialUseDomain", boolean, "keep cookies for domains such as localhost and those below .test or .local"),
		key("prefixSecurity", oneOf(true, prefixWords...), "what becomes of a cookie that breaks the promise of its name (__Secure-, __Host-): silent drops it, strict counts an error, unsafe-disabled keeps it"),
	}}
}

func (b *builder) cookieJar(n *node) CookieJar {
	var j CookieJar
	flag := func(key string, whenTrue bool, to *bool) {
		if v := n.presentIn(key); v != nil {
			*to = v.yes == whenTrue
		}
	}
	flag("looseMode", true, &j.Loose)
	flag("rejectPublicSuffixes", false, &j.PublicSuffixes)
	flag("allowSpecialUseDomain", false, &j.NoSpecialDomains)
	v := n.presentIn("prefixSecurity")
	if v == nil {
		return j
	}
	for i, word := range prefixWords {
		if strings.EqualFold(v.text, word) {
			j.Prefixes = Prefixes(i)
			return j
		}
	}
	b.fault(v, "config.http.cookieJarOptions.prefixSecurity", "expected silent, strict or unsafe-disabled, found %s", v.found())
	return j
}
