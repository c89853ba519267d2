package jsonpath

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"salvo/pkg/template"
)

const shop = `{"shop":{
	"books":[
		{"kind":"atlas","by":"N. Rees","title":"Seas","price":8.95},
		{"kind":"novel","by":"E. Waugh","title":"Swords","price":12.99},
		{"kind":"novel","by":"H. Melville","title":"Whales","code":"0-553","price":8.99},
		{"kind":"novel","by":"J. Tolkien","title":"Rings","code":"0-395","price":22.99}],
	"bike":{"colour":"red","price":19.95}}}`

const odd = `{"a":{"my-key":1,"b.c":2,"x y":3,"list":[1,2,3,4,5,6],"n":null,"f":false,"z":0,"s":"text","e":"","é":4},
	"data":[{"id":1,"tags":["x","y"],"o":{"p":1}},{"id":2,"tags":[],"o":{"p":2}},{"id":3,"o":null}],
	"@x":5,"0":"zero","l":[7,7,7],"m":[[1,2],[3,[4]]],"q":{"a,b":8,"*":9,"$":10,"it's":11,"1:2":12}}`

// These rows are what jsonpath-plus finds too, in the same order.
func TestFind(t *testing.T) {
	rows := []struct{ doc, path, want string }{
		{shop, `$.shop.books[*].by`, `["N. Rees","E. Waugh","H. Melville","J. Tolkien"]`},
		{shop, `$..by`, `["N. Rees","E. Waugh","H. Melville","J. Tolkien"]`},
		{shop, `$.shop..price`, `[8.95,12.99,8.99,22.99,19.95]`},
		{shop, `$.shop.*.colour`, `["red"]`},
		{shop, `$..books[2].title`, `["Whales"]`},
		{shop, `$..books[(@.length-1)].title`, `["Rings"]`},
		{shop, `$..books[-1:].title`, `["Rings"]`},
		{shop, `$..books[0,1].title`, `["Seas","Swords"]`},
		{shop, `$..books[:2].title`, `["Seas","Swords"]`},
		{shop, `$..books[0][kind,by]`, `["atlas","N. Rees"]`},
		{shop, `$.shop.books[0].kind,by`, `["atlas","N. Rees"]`},
		{shop, `$..books[1,2:4].title`, `["Swords","Whales","Rings"]`},
		{shop, `$..books[?(@.code)].title`, `["Whales","Rings"]`},
		{shop, `$..books[?(!@.code)].title`, `["Seas","Swords"]`},
		{shop, `$..books[?(@.price<10)].title`, `["Seas","Whales"]`},
		{shop, `$..*[?(@property === 'price' && @ !== 8.95)]`, `[19.95,12.99,8.99,22.99]`},
		{shop, `$..books.*[?(@property === "kind" && @.match(/VEL$/i))]`, `["novel","novel","novel"]`},
		{shop, `$..books[?(@property !== 0)].title`, `["Swords","Whales","Rings"]`},
		{shop, `$..books[?(@parent.bike && @parent.bike.colour === "red")].kind`, `["atlas","novel","novel","novel"]`},
		{shop, `$..books.*[?(@parentProperty !== 0)]^.title`, `["Swords","Swords","Swords","Swords","Whales","Whales","Whales","Whales","Whales","Rings","Rings","Rings","Rings","Rings"]`},
		{shop, `$..books[?(@path !== "$['shop']['books'][0]")].title`, `["Swords","Whales","Rings"]`},
		{shop, `$..[?(@.price>19)]^.colour`, `[]`},
		{shop, `$..[?(@.price>19)].price`, `[19.95,22.99]`},
		{shop, `$..books[?(@.price == 8.95)]^[1].title`, `["Swords"]`},
		{shop, `$.shop.bike.price^.colour`, `["red"]`},
		{shop, `$.shop.*~`, `["books","bike"]`},
		{shop, `$.shop.books[*]~`, `[0,1,2,3]`},
		{shop, `$..books..*@number()`, `[8.95,12.99,8.99,22.99]`},
		{shop, `$.shop.bike.*@string()`, `["red"]`},
		{shop, `shop.books[0].title`, `["Seas"]`},
		{shop, `$['shop']["books"][0]['title']`, `["Seas"]`},
		{shop, `$.shop.books.length`, `[4]`},
		{shop, `$.shop.books[0].title.length`, `[4]`},
		{shop, `$.shop.books[0:3:2].title`, `["Seas","Whales"]`},
		{shop, `$.shop.books[-3:-1].title`, `["Swords","Whales"]`},
		{shop, `$.shop.books[?(@.price < 10 && @.kind == 'novel')].title`, `["Whales"]`},
		{shop, `$.shop.books[?(@.price < 8.96 || @.code)].title`, `["Seas","Whales","Rings"]`},
		{shop, `$.shop.books[?(@.kind === 'novel' ? @.price > 20 : true)].title`, `["Seas","Rings"]`},
		{shop, `$.shop.books[?(@.price * 2 - 1 > 20)].title`, `["Swords","Rings"]`},
		{shop, `$.shop.books[?(@.price + 1 == 9.99)].title`, `["Whales"]`},
		{shop, `$.shop.books[?(@.price % 1 > 0.97)].title`, `["Swords","Whales","Rings"]`},
		{shop, `$.shop.books[?(-@.price / 2 < -10)].title`, `["Rings"]`},
		{shop, `$.shop.books[?(/wha/i.test(@.title))].title`, `["Whales"]`},
		{shop, `$.shop.books[?(@['price'] > 20)].title`, `["Rings"]`},
		{shop, `$.shop.books[?(@root.shop.bike.price < @.price)].title`, `["Rings"]`},
		{shop, `$.shop.books[?(@.title.startsWith('S'))].title`, `["Seas","Swords"]`},
		{shop, `$.shop.books[?(@.title.endsWith("les"))].title`, `["Whales"]`},
		{shop, `$.shop.books[?(@.title.indexOf('or') >= 0)].title`, `["Swords"]`},
		{shop, `$.shop.books[?(@.by.includes('k'))].title`, `["Rings"]`},
		{shop, `$.shop.books[?(typeof @.code == 'string')].title`, `["Whales","Rings"]`},
		{shop, `$.shop.books[?(@.code === undefined)].title`, `["Seas","Swords"]`},
		{shop, `$.shop.books[?(@.code == null)].title`, `["Seas","Swords"]`},
		{shop, `$.shop.books[?(@.code !== undefined)].title`, `["Whales","Rings"]`},
		{shop, `$.shop.books[?(['atlas'].includes(@.kind))].title`, `["Seas"]`},
		{shop, `$.shop.books[?(@.kind.toUpperCase() != 'NOVEL')].title`, `["Seas"]`},
		{shop, `$.shop.books[?(@.title.length > 5)].title`, `["Swords","Whales"]`},
		{shop, `$.shop.books[?(@.price >= 8.99 && @.price <= 12.99)].title`, `["Swords","Whales"]`},
		{shop, `$.shop[books,bike].price`, `[19.95]`},
		{shop, `$.nothing`, `[]`},
		{shop, `$.shop.books[9]`, `[]`},
		{shop, `$.shop.books[-1]`, `[]`},
		{shop, `$..nothing.more`, `[]`},

		{odd, `$.a.my-key`, `[1]`},
		{odd, `a.my-key`, `[1]`},
		{odd, `$.a['my-key']`, `[1]`},
		{odd, `$.a['b.c']`, `[2]`},
		{odd, `$.a["x y"]`, `[3]`},
		{odd, `$.a.x y`, `[3]`},
		{odd, `$.a.é`, `[4]`},
		{odd, `$.a.list[1:3]`, `[2,3]`},
		{odd, `$.a.list[::2]`, `[1,3,5]`},
		{odd, `$.a.list[1::3]`, `[2,5]`},
		{odd, `$.a.list[:-4]`, `[1,2]`},
		{odd, `$.a.list[4:1]`, `[]`},
		{odd, `$.a.list[10:]`, `[]`},
		{odd, `$.a.list[:99999999999]`, `[1,2,3,4,5,6]`},
		{odd, `$.a.list[0,9,2]`, `[1,3]`},
		{odd, `$.a.list.2`, `[3]`},
		{odd, `$.a.n`, `[null]`},
		{odd, `$.a.f`, `[false]`},
		{odd, `$.a.z`, `[0]`},
		{odd, `$.a.e`, `[""]`},
		{odd, `$.a.s[0]`, `["t"]`},
		{odd, `$.a.`, `[` + string(template.AppendJSON(nil, member(odd, "a"))) + `]`},
		{odd, `$.data[0].id`, `[1]`},
		{odd, `data[*].id`, `[1,2,3]`},
		{odd, `$.data.*.id`, `[1,2,3]`},
		{odd, `$.data[?(@.id==2)].o.p`, `[2]`},
		{odd, `$.data[?(@.id!=1)].id`, `[2,3]`},
		{odd, `$.data[?(@.tags && @.tags.length)].id`, `[1]`},
		{odd, `$.data[?(@.id<=2&&@.tags[0]=='x')].id`, `[1]`},
		{odd, `$.data[?(@.id & 1)].id`, `[1,3]`},
		{odd, `$.data[?(@.id ^ 1)].id`, `[2,3]`},
		{odd, `$.data[?((@.id | 1) == 3)].id`, `[2,3]`},
		{odd, `$.data[?(@property==1)].id`, `[2]`},
		{odd, `$.data[*].tags[*]`, `["x","y"]`},
		{odd, `$.data[*].o`, `[{"p":1},{"p":2},null]`},
		{odd, `$..p`, `[1,2]`},
		{odd, `$..id`, `[1,2,3]`},
		{odd, `$.l[*]`, `[7,7,7]`},
		{odd, `$.m[*][*]`, `[1,2,3,[4]]`},
		{odd, `$.m..*`, `[[1,2],[3,[4]],1,2,3,[4],4]`},
		{odd, `$.m[1][1][0]`, `[4]`},
		{odd, `$.m..`, `[[[1,2],[3,[4]]],[1,2],[3,[4]],[4]]`},
		{odd, `$.data[2]..`, `[{"id":3,"o":null},null]`},
		{odd, `$.0`, `["zero"]`},
		{odd, `$[0]`, `["zero"]`},
		{odd, "$.`@x", `[5]`},
		{odd, "$.q.`*", `[9]`},
		{odd, "$.q.`$", `[10]`},
		{odd, `$.m[0]@array()`, `[[1,2]]`},
		{odd, `$.a.*@null()`, `[null]`},
		{odd, `$.a.*@boolean()`, `[false]`},
		{odd, `$.a.*@scalar()`, `[1,2,3,null,false,0,"text","",4]`},
		{odd, `$.data[*].*@object()`, `[["x","y"],{"p":1},[],{"p":2}]`},
		{odd, `$.m..*@integer()`, `[1,2,3,4]`},
	}
	for _, row := range rows {
		t.Run(row.path, func(t *testing.T) { checkFind(t, row.doc, row.path, row.want) })
	}
}

// These rows jsonpath-plus refuses, or finds something odd for.
func TestFindBeyond(t *testing.T) {
	rows := []struct{ name, doc, path, want string }{
		{"root", `[1]`, `$`, `[[1]]`},
		{"root of a scalar", `0`, `$`, `[0]`},
		{"blanks around", odd, ` $.l[0] `, `[7]`},
		{"blanks in brackets", odd, `$.a[ 'my-key' , z ]`, `[1,0]`},
		{"quoted names together", odd, `$.a['my-key','b.c',"x y"]`, `[1,2,3]`},
		{"quoted comma", odd, `$.q['a,b']`, `[8]`},
		{"quoted star", odd, `$.q['*']`, `[9]`},
		{"quoted slice", odd, `$.q['1:2']`, `[12]`},
		{"escaped quote", odd, `$.q['it\'s']`, `[11]`},
		{"quotes after a dot", odd, `$.a.'b.c'`, `[2]`},
		{"bracket after a dot", odd, `$.['l'].[0]`, `[7]`},
		{"more dots than needed", odd, `$...p`, `[1,2]`},
		{"descent before a bracket", odd, `$..['p']`, `[1,2]`},
		{"descent without a root", odd, `..p`, `[1,2]`},
		{"slice that ends at 0", odd, `$.l[0:0]`, `[]`},
		{"step of 0", odd, `$.l[::0]`, `[7,7,7]`},
		{"parent of the root", odd, `$^`, `[]`},
		{"key of the root", odd, `$~`, `[null]`},
		{"parents of parents", `{"a":{"b":{"c":1}}}`, `$..c^^`, `[{"b":{"c":1}}]`},
		{"star is a member too", odd, `$.q.*`, `[8,9,10,11,12]`},
		{"element itself", odd, `$.a.list[?(@>1 && @<5)]`, `[2,3,4]`},
		{"element itself, quoted", odd, `$.a[?(@=='text')]`, `["text"]`},
		{"members of null", odd, `$.data[?(@.o.p > 1)].id`, `[2]`},
		{"members of nothing", odd, `$.data[?(@.x.y.z == undefined)].id`, `[1,2,3]`},
		{"methods of nothing", odd, `$.data[?(@.x.startsWith('a'))].id`, `[]`},
		{"methods of a number", odd, `$.data[?(@.id.toString() === '2')].id`, `[2]`},
		{"condition in a condition", odd, `$.data[?(@.tags[?(@=='x')])].id`, `[1]`},
		{"star in a condition", odd, `$.data[?(@.tags[*])].id`, `[1]`},
		{"descent in a condition", odd, `$.data[?(@..p == 2)].id`, `[2]`},
		{"star after a dot in a condition", odd, `$.data[?(@.o.*)].id`, `[1,2]`},
		{"steps after a condition in a condition", `[{"l":[{"a":{"b":1}}]},{"l":[{"a":{}}]}]`, `$[?(@.l[?(@.a)].a.b)].l[*].a.b`, `[1]`},
		{"condition without parentheses", odd, `$.data[?@.id == 2].id`, `[2]`},
		{"condition in two parts", odd, `$.data[?(@.id > 1) && (@.o)].id`, `[2]`},
		{"root by its sign", odd, `$.data[?(@.id == $.l.length)].id`, `[3]`},
		{"numbers", odd, `$.data[?(@.id >= .5 && @.id < 1.5e0 && @.id != 0x10)].id`, `[1]`},
		{"literals", odd, `$.a[?(@ === false || @ === null || @ === true)]`, `[null,false]`},
		{"signs", odd, `$.data[?(- -@.id === +"2")].id`, `[2]`},
		{"regular expression with a class", odd, `$.data[?(/^[/\]x]\/?$/.test(@.tags[0]))].id`, `[1]`},
		{"match with a text", odd, `$.data[?(@.tags[0].match('^x$')[0] == 'x')].id`, `[1]`},
		{"match of what is no text", `[{"a":15},{"a":null},{"a":[1]}]`, `$[?(@.a.match(/5/gm))].a`, `[15]`},
		{"match with a text that is no pattern", `[{"a":"("}]`, `$[?(@.a.match('('))]`, `[]`},
		{"groups of a match", `[{"a":"xyz"}]`, `$[?(@.a.match(/(a)?y(z)/)[2] == 'z' && @.a.match(/(a)?y/)[1] === undefined)].a`, `["xyz"]`},
		{"position of what is missing", odd, `$.data[?(@.tags.indexOf('y') == 1 || "abc".indexOf('d') != -1)].id`, `[1]`},
		{"bits of no number", odd, `$.data[?((@.x | 0) === 0)].id`, `[1,2,3]`},
		{"escapes in a text", `[{"a":"x\n\r\t\\"}]`, `$[?(@.a == 'x\n\r\t\\')].a`, `["x\n\r\t\\"]`},
		{"line break in a name", `{"a\n":1}`, `$['a\n']`, `[1]`},
		{"trim and lower case", `[{"s":" A "}]`, `$[?(@.s.trim().toLowerCase() == 'a')].s`, `[" A "]`},
		{"own property", odd, `$.data[?(@.hasOwnProperty('tags'))].id`, `[1,2]`},
		{"computed name", odd, `$.a[('my' + '-key')]`, `[1]`},
		{"computed index", odd, `$.data[(@.length - 2)].id`, `[2]`},
		{"type of everything", odd, `$.data[?(typeof @.id + typeof @.o + typeof @.x + typeof true == 'numberobjectundefinedboolean')].id`, `[1,2,3]`},
		{"parent of a script's value", shop, `$.shop.books[(@.length-1)]^^.bike.colour`, `["red"]`},
		{"key of an element", odd, `$.l[1]~`, `[1]`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { checkFind(t, row.doc, row.path, row.want) })
	}
}

// checkFind also checks that Extract agrees.
func checkFind(t *testing.T, doc, path, want string) {
	t.Helper()
	p, err := Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := template.ParseJSON([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	found := p.Find(v)
	if got := string(template.AppendJSON(nil, append([]any{}, found...))); got != want {
		t.Errorf("%s\n got %s\nwant %s", path, got, want)
	}
	if err := agree(p, []byte(doc)); err != nil {
		t.Error(err)
	}
}

// agree holds Extract against ParseJSON and Find.
func agree(p *Path, body []byte) error {
	first, count, err := p.Extract(body)
	doc, wantErr := template.ParseJSON(body)
	if wantErr != nil {
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || count != 0 || first != template.Undefined {
			return fmt.Errorf("Extract(%s) of %q gave %v, %d, %v, want the error %v", p, body, first, count, err, wantErr)
		}
		return nil
	}
	found := p.Find(doc)
	want := template.Undefined
	if len(found) > 0 {
		want = found[0]
	}
	got, expected := template.AppendJSON(nil, first), template.AppendJSON(nil, want)
	if err != nil || count != len(found) || string(got) != string(expected) || (first == template.Undefined) != (want == template.Undefined) {
		return fmt.Errorf("Extract(%s) of %q gave %s, %d, %v, want %s, %d", p, body, got, count, err, expected, len(found))
	}
	return nil
}

func member(doc, key string) any {
	v, _ := template.ParseJSON([]byte(doc))
	m, _ := template.Member(v, key)
	return m
}

func TestCompileErrors(t *testing.T) {
	rows := []struct{ path, want string }{
		{``, `empty expression at offset 0`},
		{` `, `empty expression at offset 0`},
		{`$[`, `bracket without an end at offset 1`},
		{`$.a[0`, `bracket without an end at offset 3`},
		{`$.a[]`, `empty brackets at offset 4`},
		{`$.a['b]`, `text without an end at offset 4`},
		{`$.a['b'x]`, `expected , or ], found 'x' at offset 7`},
		{`$.a[0]b`, `expected . or [, found 'b' at offset 6`},
		{`$[?(@.a = 1)]`, `unexpected '=', equality is == at offset 8`},
		{`$[?(@.a == x)]`, `unknown name x; an element's member is @.x, a text has quotes at offset 11`},
		{`$[?(@.a == 1]`, `expected ) for the one at 3, found ']' at offset 12`},
		{`$[?(@.a == )]`, `expected a value, found ')' at offset 11`},
		{`$[?(@.a == 1)`, `bracket without an end at offset 1`},
		{`$[?(@.`, `expected a name, found end at offset 6`},
		{`$[?(`, `expected a value, found end at offset 4`},
		{`$[?(@.a.explode())]`, `unknown method explode at offset 8`},
		{`$[?(@type == 1)]`, `unknown name @type at offset 4`},
		{`$[?(/[/.test(@))]`, `regular expression without an end at offset 4`},
		{`$[?(/(/.test(@))]`, "parsing regexp: missing closing ) in `(` at offset 4"},
		{`$[?(/a/s.test(@))]`, `flag 's' of a regular expression is not supported at offset 7`},
		{`$[?(@.a ? 1)]`, `expected :, found ')' at offset 11`},
		{`$[(@.length-]`, `expected a value, found ']' at offset 12`},
		{`$[?(@.a[1)]`, `expected ] for the one at 7, found ')' at offset 9`},
		{`$[?([1)]`, `expected ] for the one at 4, found ')' at offset 6`},
		{`$[?([1,])]`, `expected a value, found ']' at offset 7`},
		{`$[?(@.a.trim(1]`, `expected ) for the one at 12, found ']' at offset 14`},
		{`$[?(@.a[?(1=)])]`, `unexpected '=', equality is == at offset 11`},
		{`$[?(@..)]`, `expected a name, found ')' at offset 7`},
		{`$[?(@..a.)]`, `expected a name, found ')' at offset 9`},
		{`$[?(1 ? )]`, `expected a value, found ')' at offset 8`},
		{`$[?(1 ? 2 : )]`, `expected a value, found ')' at offset 12`},
		{`$[?(!)]`, `expected a value, found ')' at offset 5`},
		{`$[?(1 + )]`, `expected a value, found ')' at offset 8`},
		{`$[?($x)]`, `unknown name $x at offset 4`},
		{`$.'a`, `text without an end at offset 2`},
		{`'a`, `text without an end at offset 0`},
		{`$[?(@.my-key)]`, `unknown name key; an element's member is @.key, a text has quotes at offset 9`},
		{`$[?(` + strings.Repeat("(", 1000), `condition nested too deep at offset 203`},
	}
	for _, row := range rows {
		t.Run(fmt.Sprintf("%.20s", row.path), func(t *testing.T) {
			_, err := Compile(row.path)
			var syntax *template.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v", err)
			}
			if err.Error() != row.want {
				t.Errorf("got  %s\nwant %s", err, row.want)
			}
		})
	}
}

func TestExtract(t *testing.T) {
	rows := []struct {
		name, body, path, want string
		count                  int
	}{
		{"member", `{"x":[{}],"a":{"b":[0,{"c":"v"}]},"y":1}`, `$.a.b[1].c`, `"v"`, 1},
		{"whole document", ` [1] `, `$`, `[1]`, 1},
		{"missing", `{"a":{"b":1}}`, `$.a.c`, `undefined`, 0},
		{"null on the way", `{"a":null}`, `$.a.c`, `undefined`, 0},
		{"null", `{"a":null}`, `a`, `null`, 1},
		{"key that comes twice", `{"a":{"b":1},"a":{"b":2}}`, `a.b`, `2`, 1},
		{"key that comes twice, the last without it", `{"a":{"b":1},"a":{}}`, `a.b`, `undefined`, 0},
		{"key with an escape", `{"\u0061":1}`, `a`, `1`, 1},
		{"index beyond the end", `[1]`, `$[1]`, `undefined`, 0},
		{"index in another spelling", `[1]`, `$[00]`, `undefined`, 0},
		{"negative index", `[1]`, `$[-1]`, `undefined`, 0},
		{"index as a key", `{"0":1}`, `$[0]`, `1`, 1},
		{"length of a list", `{"a":[[1,2],3]}`, `a.length`, `2`, 1},
		{"length of an empty list", `{"a":[]}`, `a.length`, `0`, 1},
		{"length of a text", `{"a":"é😀"}`, `a.length`, `3`, 1},
		{"something of a length", `{"a":[1]}`, `a.length.b`, `undefined`, 0},
		{"member called length", `{"length":"x"}`, `length`, `"x"`, 1},
		{"character", `{"a":"xyz"}`, `a[1]`, `"y"`, 1},
		{"several", `[{"i":1},{"i":2}]`, `$[*].i`, `1`, 2},
		{"object found", `{"z":{"b":2,"a":1}}`, `z`, `{"b":2,"a":1}`, 1},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p, err := Compile(row.path)
			if err != nil {
				t.Fatal(err)
			}
			v, count, err := p.Extract([]byte(row.body))
			if err != nil {
				t.Fatal(err)
			}
			got := "undefined"
			if v != template.Undefined {
				got = string(template.AppendJSON(nil, v))
			}
			if got != row.want || count != row.count {
				t.Errorf("got %s, %d, want %s, %d", got, count, row.want, row.count)
			}
			if err := agree(p, []byte(row.body)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A document that is broken anywhere is broken, wherever the value is.
func TestExtractRefusesBrokenDocuments(t *testing.T) {
	for _, body := range []string{``, `{"a":1`, `{"a":1,}`, `{"a":1}x`, `{"a":1,"b":[1,]}`, `not json`, `{"b":"\x","a":1}`, `[{"a":1}`,
		`{"a":1,"b":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`} {
		for _, path := range []string{`$.a`, `$[0]`, `$.length`, `$`, `$..a`} {
			p, err := Compile(path)
			if err != nil {
				t.Fatal(err)
			}
			if v, _, err := p.Extract([]byte(body)); err == nil {
				t.Errorf("%s of %.30s gave %v", path, body, v)
			}
			if err := agree(p, []byte(body)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestPathIsShared(t *testing.T) {
	p, err := Compile(`$.a.list[?(@ > 2 && /\d/.test(@))]`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, count, err := p.Extract([]byte(odd)); count != 4 || err != nil {
					t.Errorf("%d, %v", count, err)
				}
			}
		})
	}
	wg.Wait()
	if p.String() != `$.a.list[?(@ > 2 && /\d/.test(@))]` {
		t.Errorf("written %s", p)
	}
}

// FuzzExtract compiles any expression, and where that works holds Extract against Find.
func FuzzExtract(f *testing.F) {
	for _, path := range []string{`$.a.b[1].c`, `data.length`, `$..a`, `$[?(@.x == 1 && @.y)]`, `$.l[1:5:2]^~`, `$['a','b',0]`,
		`$[(@.length-1)]`, `$[?(/a[b]/i.test(@.s))].x`, "$.`a", `$..*@number()`, `$[?(@.a[?(@ > 1)].b ? 1 : 2)]`} {
		f.Add(path, []byte(`{"a":{"b":[0,{"c":"v"}],"s":"x\u00e9y"},"data":[{"x":1,"y":"z"},null,2.5],"a":{"b":[1,{"c":{}}]}}`))
	}
	f.Add(`a.length`, []byte(`{"a":[1,{"a":2},"\ud83d\ude00"],"b":[`))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		// Regular expressions are another package's business, and repeated descents take for ever.
		if strings.Contains(path, "match") || strings.Count(path, "..") > 2 || strings.Count(path, "*") > 4 || len(body) > 500 {
			t.Skip()
		}
		p, err := Compile(path)
		if err != nil {
			var syntax *template.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(path) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		if err := agree(p, body); err != nil {
			t.Fatal(err)
		}
	})
}
