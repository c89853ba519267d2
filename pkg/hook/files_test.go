package hook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFilesOfTheScriptAndOfTheRun(t *testing.T) {
	bundle := fstest.MapFS{
		"sub/data.csv":    {Data: []byte("a,b\n")},
		"sub/in/deep.txt": {Data: []byte("deep")},
		"other.txt":       {Data: []byte("other")},
	}
	tests := []struct {
		name, code, want string
		files            string // that are in the run's folder afterwards
	}{
		{name: "relative to the script", code: `console.log(fs.readFileSync("data.csv", "utf8").trim(), fs.readFileSync("../other.txt", "utf8"), fs.readFileSync("/salvo/script/other.txt", "utf8"))`, want: "a,b other other"},
		{name: "what is written is what is read", code: `fs.appendFileSync("data.csv", "c,d\n"); console.log(JSON.stringify(fs.readFileSync("data.csv", "utf8")))`,
			want: `"a,b\nc,d\n"`, files: "sub/data.csv"},
		{name: "overwritten", code: `fs.writeFileSync("../other.txt", "new"); console.log(fs.readFileSync("../other.txt", "utf8"), fs.statSync("../other.txt").size)`, want: "new 3", files: "other.txt"},
		{name: "beside the script's files", code: `fs.mkdirSync("out"); fs.writeFileSync("out/x", "1"); fs.writeFileSync("in/y", "2"); console.log(fs.readdirSync(".").join(), fs.readdirSync("in").join(), fs.readdirSync("..").join())`,
			want: "data.csv,in,out deep.txt,y other.txt,sub", files: "sub/in/y sub/out/x"},
		{name: "deleted", code: `fs.unlinkSync("data.csv"); fs.rmSync("in", {recursive: true}); console.log(fs.existsSync("data.csv"), fs.existsSync("in/deep.txt"), fs.readdirSync(".").length); fs.writeFileSync("data.csv", "x"); console.log(fs.readFileSync("data.csv", "utf8"), fs.readdirSync(".").join())`,
			want: "false false 0\nx data.csv", files: "sub/data.csv"},
		{name: "renamed", code: `fs.renameSync("data.csv", "in/moved"); console.log(fs.existsSync("data.csv"), fs.readFileSync("in/moved", "utf8").trim(), fs.readdirSync(".").join())`,
			want: "false a,b in", files: "sub/in/moved"},
		{name: "a folder of the script's own stays", code: `try { fs.renameSync("in", "gone") } catch (e) { console.log(e.code, e.dest) }`, want: "EXDEV gone"},
		{name: "read by descriptor", code: `const fd = fs.openSync("in/deep.txt"); const b = Buffer.alloc(2); console.log(fs.readSync(fd, b, 0, 2, 1), b.toString(), fs.readSync(fd, b), b.toString(), fs.fstatSync(fd).size); try { fs.writeSync(fd, "x") } catch (e) { console.log(e.code) }`,
			want: "2 ee 2 de 4\nEBADF"},
		{name: "changed in place", code: `const fd = fs.openSync("in/deep.txt", "r+"); fs.writeSync(fd, "D", 0); fs.closeSync(fd); console.log(fs.readFileSync("in/deep.txt", "utf8"))`, want: "Deep", files: "sub/in/deep.txt"},
		{name: "a folder for what is temporary", code: `const d = fs.mkdtempSync(require("os").tmpdir() + "/t-"); fs.writeFileSync(d + "/f", ""); console.log(d.startsWith("/salvo/script/tmp/t-"), d.length)`, want: "true 26"},
		{name: "absolute, elsewhere", code: `for (const f of [() => fs.readFileSync("/etc/passwd"), () => fs.writeFileSync("/tmp/x", ""), () => fs.writeFileSync("../../../x", ""), () => fs.mkdirSync("/salvo/scripts"), () => fs.renameSync("data.csv", "/tmp/x")]) try { f() } catch (e) { console.log(e.code, e.message.includes("below /salvo/script")) }`,
			want: strings.TrimSpace(strings.Repeat("EACCES true\n", 5))},
		{name: "too many are open", code: `const fds = []; try { for (;;) fds.push(fs.openSync("data.csv")) } catch (e) { console.log(e.code, fds.length) }`, want: "EMFILE 1024"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			out := printed(t, `const fs = require("fs"); `+test.code, Options{Files: bundle, Cwd: "sub", Dir: dir})
			if strings.TrimSpace(out) != test.want {
				t.Errorf("printed\n%s\nwant\n%s", out, test.want)
			}
			var found []string
			err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
				if rel, _ := filepath.Rel(dir, name); err == nil && !d.IsDir() && !strings.HasPrefix(rel, "tmp") {
					found = append(found, filepath.ToSlash(rel))
				}
				return err
			})
			if got := strings.Join(found, " "); err != nil || got != test.files {
				t.Errorf("files %q, want %q, %v", got, test.files, err)
			}
			if b, err := bundle.ReadFile("sub/data.csv"); err != nil || string(b) != "a,b\n" {
				t.Errorf("the script's own file is %q, %v", b, err)
			}
		})
	}
}

func TestFilesDoNotLeadOut(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"file": secret, "folder": outside, "up": ".."} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	out := printed(t, `const fs = require("fs");
		for (const f of [
			() => fs.readFileSync("file", "utf8"), () => fs.readFileSync("folder/secret"), () => fs.writeFileSync("file", "x"),
			() => fs.writeFileSync("folder/new", "x"), () => fs.readdirSync("folder"), () => fs.appendFileSync("up/x", ""), () => fs.openSync("file"),
			() => fs.copyFileSync("file", "copy"), () => fs.mkdirSync("folder/new"), () => fs.rmSync("folder/secret"), () => fs.renameSync("folder/secret", "mine"),
		]) try { console.log("reached", f()) } catch (e) { console.log(e.code) }`, Options{Dir: dir})
	if want := strings.Repeat("EACCES\n", 11); out != want {
		t.Errorf("printed\n%s\nwant\n%s", out, want)
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("the file outside is %q, %v", b, err)
	}
}

func TestFilesWithoutAFolderToWriteTo(t *testing.T) {
	out := printed(t, `const fs = require("fs"), os = require("os");
		for (const f of [() => fs.writeFileSync("x", ""), () => fs.mkdirSync("d"), () => fs.mkdtempSync(os.tmpdir() + "/x"), () => fs.unlinkSync("f"), () => fs.accessSync("f", fs.constants.W_OK), () => fs.readFileSync("f", "utf8"), () => fs.readdirSync(".").join()])
			try { console.log(f()) } catch (e) { console.log(e.code) }`, Options{Files: fstest.MapFS{"f": {Data: []byte("read")}}})
	if want := "EROFS\nEROFS\nENOENT\nEROFS\nEROFS\nread\nf\n"; out != want {
		t.Errorf("printed\n%s\nwant\n%s", out, want)
	}
}
