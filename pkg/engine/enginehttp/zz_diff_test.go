package enginehttp
import ("testing";"os";"encoding/json";"fmt")
func TestZZDiffURL(t *testing.T) {
	data, err := os.ReadFile("/tmp/h/diff/url.json"); if err != nil { t.Skip() }
	var cs []struct{ In string; OK bool; Proto, Host, Port, Path, User, Pass string }
	if err := json.Unmarshal(data,&cs); err != nil { t.Fatal(err) }
	bad := 0
	for _, c := range cs {
		a, err := parseURL(c.In)
		if (err==nil) != c.OK { bad++; fmt.Printf("in %q: err %v want ok %v (%v)\n", c.In, err, c.OK, c); continue }
		if err != nil { continue }
		p := fmt.Sprint(a.key.port); if a.key.port==defaultPort(a.key.secure) { p="" }
		uri := string(appendURI(nil, []byte(a.tail)))
		h := a.key.host
		if uri != c.Path || h != c.Host || p != c.Port || a.user!=c.User || a.pass!=c.Pass { bad++; fmt.Printf("in %q: got %q %q %q %q:%q want %+v\n", c.In, h,p,uri,a.user,a.pass,c) }
	}
	fmt.Println(len(cs), "cases", bad, "bad")
}
func TestZZDiffRel(t *testing.T) {
	data, err := os.ReadFile("/tmp/h/diff/rel.json"); if err != nil { t.Skip() }
	var cs []struct{ In string; OK bool; Proto, Host, Port, Path, User, Pass string }
	json.Unmarshal(data,&cs)
	bad := 0
	o := &origin{host:"h.example", port:80}
	for _, c := range cs {
		a, err := resolve(o, []byte("/a/b/c?d=e"), c.In)
		if (err==nil) != c.OK { bad++; fmt.Printf("in %q: err %v want ok %v (%v)\n", c.In, err, c.OK, c); continue }
		if err != nil { continue }
		uri := string(appendURI(nil, []byte(a.tail)))
		if uri != c.Path || a.key.host != c.Host { bad++; fmt.Printf("in %q: got %q %q  want %+v\n", c.In, a.key.host,uri,c) }
	}
	fmt.Println(len(cs), "cases", bad, "bad")
}
func TestZZCookies(t *testing.T) {
}
