package engine

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

const page = `<!DOCTYPE html>
<html><head><title>Shop &amp; more</title></head>
<body>
  <form action="/login"><input type=hidden name="token" value="t&quot;1"><input disabled name=user></form>
  <p class="price">12 <b>EUR</b><!-- no --></p>
  <noscript><i id=plain>no scripts</i></noscript>
  <ul><li><a href="p">one</a><li><a href="q">two</a><li><a href="r">three</a></ul>
  <svg viewBox="0 0 1 1"><use xlink:href="#icon"></use></svg>
  <em></em>
</body></html>`

const catalog = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE catalog [ <!ENTITY x "</a><!-- '"> ]>
<catalog xmlns:s="urn:stock">
  <!-- <book/> -->
  <book id="b1" lang="en"><title>First &amp; best</title><price>10.5</price></book>
  <book id="b2"><title><![CDATA[<Second>]]> one</title><price>20</price><s:count>7</s:count></book>
  <book id="b3"><title>Third</title><price>30</price><note a="x>y"/></book>
  <empty/>
</catalog>`

func TestMarkup(t *testing.T) {
	tests := []struct {
		name   string
		config string
		spec   string
		body   string
		want   string // x as text; "none" when the user fails
	}{
		{name: "attribute of the first", spec: "selector: 'ul a', attr: href", body: page, want: "p"},
		{name: "attribute of number 1", spec: "selector: 'ul a', attr: href, index: 1", body: page, want: "q"},
		{name: "attribute of the last", spec: "selector: 'ul a', attr: href, index: last", body: page, want: "r"},
		{name: "nothing selected", spec: "selector: 'table a', attr: href", body: page, want: "none"},
		{name: "nothing selected, not strict", spec: "selector: 'table a', attr: href, strict: false", body: page, want: "undefined"},
		{name: "number 0", spec: "selector: 'ul a', attr: href, index: 0", body: page, want: "p"},
		{name: "a number as text", spec: "selector: 'ul a', attr: href, index: '2'", body: page, want: "r"},
		{name: "a number too high", spec: "selector: 'ul a', attr: href, index: 3", body: page, want: "none"},
		{name: "the last of none", spec: "selector: 'table', index: last", body: page, want: "none"},
		{name: "any of none", spec: "selector: 'table', index: random", body: page, want: "none"},
		{name: "any of one", spec: "selector: 'title', index: random", body: page, want: "Shop & more"},
		{name: "text", spec: "selector: 'ul a'", body: page, want: "one"},
		{name: "text of the elements inside", spec: "selector: .price", body: page, want: "12 EUR"},
		{name: "text of an empty element", spec: "selector: em", body: page, want: "none"},
		{name: "text of an empty element, not strict", spec: "selector: em, strict: false", body: page, want: ""},
		{name: "an attribute's entities", spec: "selector: 'input[name=token]', attr: value", body: page, want: `t"1`},
		{name: "an attribute in any case", spec: "selector: 'input[name=token]', attr: VALUE", body: page, want: `t"1`},
		{name: "an attribute that is not there", spec: "selector: 'input[name=user]', attr: value", body: page, want: "none"},
		{name: "an attribute without a value", spec: "selector: 'input[name=user]', attr: disabled, strict: false", body: page, want: ""},
		{name: "an attribute of SVG", spec: "selector: svg, attr: viewBox", body: page, want: "0 0 1 1"},
		{name: "an attribute of another namespace", spec: "selector: use, attr: 'xlink:href'", body: page, want: "#icon"},
		{name: "what is there without scripts", spec: "selector: '#plain'", body: page, want: "no scripts"},
		{name: "a group", spec: "selector: 'h1, title'", body: page, want: "Shop & more"},
		{name: "a pseudo class", spec: "selector: 'li:nth-child(2) > a', attr: href", body: page, want: "q"},
		{name: "a selector with a template", config: "variables: {n: token}", spec: "selector: 'input[name={{ n }}]', attr: value", body: page, want: `t"1`},
		{name: "a template that makes no selector", config: "variables: {n: '((('}", spec: "selector: '{{ n }}', strict: false", body: page, want: ""},
		{name: "a part of HTML", spec: "selector: a, attr: href", body: `<a href="p">..<a href="q">`, want: "p"},
		{name: "HTML without tags", spec: "selector: body", body: "hello", want: "hello"},
		{name: "HTML of nothing", spec: "selector: a", body: "", want: "none"},
		{name: "HTML too deep", spec: "selector: a", body: strings.Repeat("<div>", 100_000), want: "none"},
		{name: "the index is an element's, not a value's", spec: "selector: 'ul a', multiple: false", body: page, want: "one"},

		{name: "XPath to an element", spec: "xpath: '/catalog/book[1]/title'", body: catalog, want: "First & best"},
		{name: "XPath to an attribute", spec: "xpath: '//book[price > 25]/@id'", body: catalog, want: "b3"},
		{name: "XPath to a text", spec: "xpath: '//book[1]/price/text()'", body: catalog, want: "10.5"},
		{name: "XPath to a text with CDATA", spec: "xpath: '//book[2]/title/text()'", body: catalog, want: "<Second> one"},
		{name: "XPath by a text with CDATA", spec: "xpath: '//book[contains(title, \"<Sec\")]/@id'", body: catalog, want: "b2"},
		{name: "XPath with a prefix", spec: "xpath: '//s:count'", body: catalog, want: "7"},
		{name: "XPath in a default namespace", spec: "xpath: '/a/b/@c'", body: `<a xmlns="urn:a"><b c="1"/></a>`, want: "1"},
		{name: "XPath beside instructions and comments", spec: "xpath: '/a/c/d'", body: "<?x y?><!-- --><a><?p q?><b><?r?></b><!-- --><c><d>1</d></c></a><?z?><!-- -->", want: "1"},
		{name: "XPath in SOAP", spec: "xpath: '//soap:Body/m:R/@id'", body: `<soap:Envelope xmlns:soap="urn:s"><soap:Header/><soap:Body xmlns:m="urn:m"><m:R id="5"/></soap:Body></soap:Envelope>`, want: "5"},
		{name: "XPath by local name", spec: "xpath: \"//*[local-name()='count']\"", body: catalog, want: "7"},
		{name: "XPath to nothing", spec: "xpath: '//magazine'", body: catalog, want: "none"},
		{name: "XPath to nothing, not strict", spec: "xpath: '//magazine', strict: false", body: catalog, want: "undefined"},
		{name: "XPath to an empty element", spec: "xpath: '//empty'", body: catalog, want: "none"},
		{name: "XPath to all", spec: "xpath: '//book/@id', multiple: false", body: catalog, want: `["b1","b2","b3"]`},
		{name: "XPath to all of one", spec: "xpath: '//book/@lang', multiple: false", body: catalog, want: `["en"]`},
		{name: "XPath of a number", spec: "xpath: 'count(//book)'", body: catalog, want: "3"},
		{name: "XPath of a sum", spec: "xpath: 'sum(//price)'", body: catalog, want: "60.5"},
		{name: "XPath of a condition", spec: "xpath: 'count(//book) = 3'", body: catalog, want: "true"},
		{name: "XPath of a text", spec: "xpath: 'concat(//book[1]/@id, \"-\", //book[3]/@id)'", body: catalog, want: "b1-b3"},
		{name: "XPath with a template", config: "variables: {id: b2}", spec: "xpath: '//book[@id=\"{{ id }}\"]/price'", body: catalog, want: "20"},
		{name: "a template that makes no XPath", config: "variables: {n: '//['}", spec: "xpath: '{{ n }}', strict: false", body: catalog, want: ""},
		{name: "a template whose XPath cannot be evaluated", config: "variables: {n: 'starts-with(1, 2)'}", spec: "xpath: '{{ n }}', strict: false", body: catalog, want: ""},
		{name: "XPath on no XML", spec: "xpath: //a", body: "not xml", want: "none"},
		{name: "XPath on no XML, not strict", spec: "xpath: //a, strict: false", body: "not xml", want: "undefined"},
		{name: "XPath on XML that is cut", spec: "xpath: //a", body: "<a><b>", want: "none"},
		{name: "XPath on nothing", spec: "xpath: //a", body: "", want: "none"},
		{name: "XPath on XML too deep", spec: "xpath: //a", body: strings.Repeat("<a>", 100_000) + "x" + strings.Repeat("</a>", 100_000), want: "none"},
		{name: "XPath on XML in Latin-1", spec: "xpath: //a", body: "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>", want: "ü"},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			r := newRig(t, flowWith(tt.config, "get: {url: /1, capture: {as: x, "+tt.spec+"}}", "get: {url: '/{{ x }}'}"), nil)
			r.protocol.reply = func(*User, string) reply { return reply{body: tt.body} }
			r.runAll(t, one())
			if tt.want == "none" {
				wantSeen(t, r.protocol, "/1")
				wantCounters(t, r.counters(), map[string]int64{"errors.Failed capture: expression=x": 1})
				return
			}
			wantSeen(t, r.protocol, "/1", "/"+tt.want)
			wantCounters(t, r.counters(), nil)
		}))
	}
}

func TestMarkupMatches(t *testing.T) {
	for _, tt := range []struct{ name, spec, body, fails string }{
		{"a selector's text", "selector: title, value: Shop & more", page, ""},
		{"a selector's attribute", "selector: form, attr: action, value: /login", page, ""},
		{"a selector's text is no number", "selector: .price, value: 12", page, "Failed match: expected=12 got=12 EUR expression=.price"},
		{"nothing selected", "selector: table, value: 1", page, "Failed match: expected=1 got=undefined expression=table"},
		{"an XPath's text", "xpath: '//book[2]/price', value: '20'", catalog, ""},
		{"an XPath's number", "xpath: 'count(//book)', value: 3", catalog, ""},
		{"an XPath's condition", "xpath: 'count(//book) > 3', value: false", catalog, ""},
		{"another text", "xpath: '//book[2]/price', value: 20", catalog, "Failed match: expected=20 got=20 expression=//book[2]/price"},
		{"no XML", "xpath: //a, value: ''", "no", "Failed match: expected= got= expression=//a"},
	} {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			r := newRig(t, flow("get: {url: /1, match: {"+tt.spec+"}}"), nil)
			r.protocol.reply = func(*User, string) reply { return reply{body: tt.body} }
			r.runAll(t, one())
			want := map[string]int64{metrics.Matches: 1}
			if tt.fails != "" {
				want = map[string]int64{"errors." + tt.fails: 1}
			}
			wantCounters(t, r.counters(), want)
		}))
	}
}

// TestMarkupIsDrawnByTheUser: what is random is spread over all, and the same again for a user of
// the same index.
func TestMarkupIsDrawnByTheUser(t *testing.T) {
	for name, tt := range map[string]struct{ spec, body string }{
		"selector": {"selector: a, attr: href, index: random", `<a href=1></a><a href=2></a><a href=3></a>`},
		"xpath":    {"xpath: '//a/@href'", `<p><a href="1"/><a href="2"/><a href="3"/></p>`},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			draws := func() map[int64][]string {
				r := newRig(t, flow("get: {url: /, capture: {as: x, "+tt.spec+"}}", "get: {url: '/{{ x }}'}"), nil)
				r.protocol.reply = func(*User, string) reply { return reply{body: tt.body} }
				r.runAll(t, every(300, 1e6))
				return r.protocol.byUser
			}
			first, second := draws(), draws()
			count := map[string]int{}
			for index, requests := range first {
				count[requests[1]]++
				if second[index][1] != requests[1] {
					t.Errorf("user %d draws %s and then %s", index, requests[1], second[index][1])
				}
			}
			for _, url := range []string{"/1", "/2", "/3"} {
				// 5 standard deviations are 41.
				if count[url] < 59 || count[url] > 141 {
					t.Errorf("%s was chosen %d times of 300, want about 100", url, count[url])
				}
			}
		}))
	}
}

func TestMarkupIsParsedOnce(t *testing.T) {
	r := newRig(t, flow("get: {url: /, match: [{selector: a, value: ''}, {xpath: //a, value: ''}]}"), nil)
	u := testUser(r.Engine, 0)
	x := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction).extraction
	look := reading{response: &Response{Body: []byte("<a><b/></a>")}}
	for _, m := range x.matches {
		look.value(u, &m.probe)
	}
	page, document := look.html.document, look.xml.document
	look.response.Body = nil
	for _, m := range x.matches {
		if _, ok := look.value(u, &m.probe); !ok {
			t.Errorf("%s does not find its document", m.source)
		}
	}
	if page == nil || document == nil || page != look.html.document || document != look.xml.document {
		t.Error("the documents are others")
	}
	broken := reading{response: &Response{Body: []byte("no")}}
	broken.value(u, &x.matches[1].probe)
	first := broken.xml.err
	broken.response.Body = []byte("<a/>")
	if _, ok := broken.value(u, &x.matches[1].probe); ok || first == nil {
		t.Error("a body that is not XML is read again")
	}
}

func TestMarkupDoesNotCompile(t *testing.T) {
	text := func(s string) *template.Template {
		c, err := template.Compile(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, e := range []script.Extract{
		{Kind: script.FromSelector, Expr: text("a[")}, {Kind: script.FromXPath, Expr: text("//a[")}, {Kind: script.FromXPath, Expr: text("")},
	} {
		if _, err := NewExtraction([]script.Capture{{Extract: e}}, nil); err == nil {
			t.Errorf("%v was accepted", e.Expr.Source())
		}
	}
}

// TestXPathIsSharedByUsers is for the race detector: an expression has a state while it is evaluated.
func TestXPathIsSharedByUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("get: {url: /1, match: [{xpath: 'count(//book[price > 15])', value: 2}, {xpath: '//book[last()]/@id', value: b3}]}"), nil)
		r.protocol.reply = func(*User, string) reply { return reply{body: catalog} }
		r.runAll(t, every(200, 1e6))
		wantCounters(t, r.counters(), map[string]int64{metrics.Matches: 400})
	})
}

func TestTooDeep(t *testing.T) {
	nested := func(n int, open, end string) string {
		return strings.Repeat(open, n) + "x" + strings.Repeat(end, n)
	}
	many := strings.Repeat
	for name, tt := range map[string]struct {
		body string
		want bool
	}{
		"as deep as may be":                      {nested(maxXMLDepth, "<a>", "</a>"), false},
		"one deeper":                             {nested(maxXMLDepth+1, "<a>", "</a>"), true},
		"with attributes":                        {nested(maxXMLDepth+1, `<a b="/>" c='"/>'>`, "</a>"), true},
		"beside each other":                      {"<a>" + many("<b></b>", 5000) + "</a>", false},
		"empty ones":                             {"<a>" + many("<b/>", 5000) + "</a>", false},
		"empty ones, quoted":                     {"<a>" + many("<b c='>'/>", 5000) + "</a>", false},
		"in a comment":                           {"<a><!--" + many("<b>", 5000) + "--></a>", false},
		"in CDATA":                               {"<a><![CDATA[" + many("<b>", 5000) + "]]></a>", false},
		"in an instruction":                      {"<a><?b " + many("<b>", 5000) + "?></a>", false},
		"in a directive":                         {"<!DOCTYPE a [ <!ENTITY x \"" + many("<b>", 5000) + "\"> ]><a></a>", false},
		"after ends in directives":               {many(`<a><!b "</a></a>">`, 2000), true},
		"after ends in a comment in a directive": {many(`<a><!b <!-- " --> '</a></a>'>`, 2000), true},
		"after ends":                             {many("</a>", 5000) + many("<a>", 2000), true},
		"nothing":                                {"", false},
		"cut in a tag":                           {"<a><b c='", false},
		"cut in a comment":                       {"<a><!-- ", false},
		"cut in a directive":                     {"<a><!b ' ", false},
		"cut in a directive's comment":           {"<!b <!-- ", false},
	} {
		if got := tooDeep([]byte(tt.body)); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestVaried(t *testing.T) {
	for _, tt := range []struct {
		name   string
		jitter script.Jitter
		pause  float64 // ms
		at     float64
		want   float64
	}{
		{"the least", script.Jitter{By: 200e6}, 1000, 0, 800},
		{"the middle", script.Jitter{By: 200e6}, 1000, 0.5, 1000},
		{"nearly the most", script.Jitter{By: 200e6}, 1000, 0.75, 1100},
		{"the least of a part", script.Jitter{Percent: 20}, 500, 0, 400},
		{"more of a part", script.Jitter{Percent: 20}, 500, 0.75, 550},
		{"never less than nothing", script.Jitter{By: 200e6}, 100, 0, 0},
		{"never less than nothing, as a part", script.Jitter{Percent: 300}, 100, 0.1, 0},
		{"of no pause", script.Jitter{By: 200e6}, 0, 0.75, 100},
		{"a part of no pause", script.Jitter{Percent: 20}, 0, 0.75, 0},
	} {
		got := varied(ms(tt.pause), &tt.jitter, tt.at)
		if got != ms(tt.want) {
			t.Errorf("%s: got %v, want %v ms", tt.name, got, tt.want)
		}
	}
	if got := varied(1<<63-1, &script.Jitter{Percent: 1e9}, 0.99); got != longestPause {
		t.Errorf("the longest pause that varies is %d", got)
	}
}

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

func BenchmarkMarkup(b *testing.B) {
	for _, bb := range []struct{ name, spec, body string }{
		{"selector", "selector: 'ul a', attr: href, index: last", page},
		{"xpath", "xpath: '//book[price > 15]/@id', multiple: false", catalog},
	} {
		b.Run(bb.name, func(b *testing.B) {
			r := newRig(b, flow("get: {url: /1, capture: {as: x, "+bb.spec+"}}"), nil)
			x := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction).extraction
			u, response := testUser(r.Engine, 0), &Response{Body: []byte(bb.body)}
			b.SetBytes(int64(len(bb.body)))
			b.ReportAllocs()
			for range b.N {
				if err := x.Apply(u, response); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzMarkup(f *testing.F) {
	for _, body := range []string{page, catalog, "", "<", "<a", "<a/>", "<?a?><b/>", "<a><?b?></a>", "<!a><b/>", "<a/><b/>", "<a xmlns='x'/>", "<b:a/>", "</a>", "\xff"} {
		f.Add([]byte(body))
	}
	r := newRig(f, flow("get: {url: /1, capture: [{selector: 'a, li', attr: href, as: x, index: random, strict: false}, {selector: body, as: x, strict: false}, {xpath: '//a[b]/@c', as: x, strict: false}, {xpath: 'string(//*)', as: x, strict: false}, {xpath: '//text()', as: x, strict: false, multiple: false}]}"), nil)
	x := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction).extraction
	f.Fuzz(func(t *testing.T, body []byte) {
		u := testUser(r.Engine, 0)
		if err := x.Apply(u, &Response{Body: body}); err != nil {
			t.Fatal(err)
		}
		v, _ := u.Lookup("x")
		template.AppendText(nil, v)
	})
}
