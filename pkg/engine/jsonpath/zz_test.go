package jsonpath
import ("testing";"os";"bufio";"salvo/pkg/template")
func TestDiff(t *testing.T){
 f,_:=os.Open("/tmp/tdiff/jp.txt"); sc:=bufio.NewScanner(f); sc.Buffer(nil,1<<20)
 bad:=0;n:=0
 for sc.Scan(){ v,_:=template.ParseJSON(sc.Bytes()); l:=v.([]any); doc,_:=template.ParseJSON([]byte(l[0].(string))); 
  n++
  p,err:=Compile(l[1].(string)); var got string
  if err!=nil { got="ERR "+err.Error() } else { r:=p.Find(doc); if r==nil {r=[]any{}}; got=string(template.AppendJSON(nil,r)) }
  want:=l[2].(string)
  if got!=want { bad++; t.Logf("%s\n got %s\nwant %s", l[1], got, want) }
 }
 t.Logf("%d of %d differ",bad,n)
}
