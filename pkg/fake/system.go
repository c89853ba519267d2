package fake

import (
	"fmt"
	"slices"
	"strings"
)

// mimeTypes have their extensions behind them.
var mimeTypes = func() map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(`
application/epub+zip epub
application/gzip gz
application/java-archive jar war ear
application/json json map
application/msword doc dot
application/octet-stream bin dmg iso
application/ogg ogx
application/pdf pdf
application/rtf rtf
application/vnd.ms-excel xls xlt
application/vnd.ms-powerpoint ppt pps
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/x-7z-compressed 7z
application/x-sh sh
application/x-tar tar
application/xhtml+xml xhtml xht
application/xml xml xsl
application/zip zip
audio/aac aac
audio/mpeg mpga mp2 mp3
audio/ogg oga ogg opus
audio/wav wav
audio/webm weba
font/otf otf
font/ttf ttf
font/woff woff
font/woff2 woff2
image/bmp bmp
image/gif gif
image/jpeg jpeg jpg jpe
image/png png
image/svg+xml svg svgz
image/tiff tif tiff
image/webp webp
text/calendar ics ifb
text/css css
text/csv csv
text/html html htm
text/javascript js mjs
text/plain txt text conf log
video/mp4 mp4 mpg4
video/mpeg mpeg mpg
video/ogg ogv
video/webm webm
video/x-msvideo avi
`)) {
		words := strings.Fields(line)
		all[words[0]] = words[1:]
	}
	return all
}()

var (
	mimeNames   = sortedKeys(mimeTypes)
	extensions  = allExtensions()
	fileKinds   = split("application|audio|font|image|text|video")
	common      = split("application/pdf|audio/mpeg|audio/wav|image/png|image/jpeg|image/gif|video/mp4|video/mpeg|text/html")
	directories = split("/Applications|/Library|/Users|/bin|/boot|/dev|/etc|/etc/mail|/home|/home/user|/lib|/media|/mnt|/net|/opt|/opt/bin|/opt/sbin|/private/tmp|/private/var|/proc|/root|/sbin|/srv|/sys|/tmp|/usr|/usr/bin|/usr/include|/usr/lib|/usr/local/bin|/usr/local/src|/usr/sbin|/usr/share|/usr/src|/var|/var/log|/var/mail|/var/spool|/var/tmp")
)

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func allExtensions() []string {
	var all []string
	for _, list := range mimeTypes {
		all = append(all, list...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var systemMakers = map[string]maker{
	"systemMimeType":       one(mimeNames),
	"systemFileType":       one(fileKinds),
	"systemCommonFileType": one(split("audio|image|text|video|application")),
	"systemCommonFileExt":  text(source.commonExtension),
	"systemDirectoryPath":  one(directories),
	"systemFilePath":       text(func(r source) string { return r.pick(directories) + "/" + r.file() + "." + r.pick(extensions) }),
	"systemSemver": text(func(r source) string {
		return decimal(r.IntN(10)) + "." + decimal(r.IntN(21)) + "." + decimal(r.IntN(21))
	}),
	"systemFileExt": func(d Data, o options) (drawer, error) {
		mime, given := o.direct.(string)
		if !given {
			return one(extensions)(d, o)
		}
		if mimeTypes[mime] == nil {
			return nil, fmt.Errorf("expected a MIME type, one of %s", strings.Join(mimeNames, ", "))
		}
		return one(mimeTypes[mime])(d, o)
	},
	"systemFileName": func(_ Data, o options) (drawer, error) {
		count, err := spanOf(o.get("extensionCount"), 1, 1)
		return func(r source) any {
			name := r.file()
			for range count.draw(r) {
				name += "." + r.pick(extensions)
			}
			return name
		}, err
	},
	"systemCommonFileName": func(_ Data, o options) (drawer, error) {
		extension, given := o.direct.(string)
		return func(r source) any {
			if !given {
				return r.file() + "." + r.commonExtension()
			}
			return r.file() + "." + extension
		}, nil
	},
	"systemNetworkInterface": func(_ Data, o options) (drawer, error) {
		types, schemas := []string{"en", "wl", "ww"}, []string{"index", "slot", "mac", "pci"}
		if s := o.text("interfaceType", ""); s != "" {
			types = []string{s}
		}
		if s := o.text("interfaceSchema", ""); s != "" {
			schemas = []string{s}
		}
		return func(r source) any {
			kind := r.pick(types)
			switch r.pick(schemas) {
			case "index":
				return kind + "o" + r.chars(digits, 1)
			case "slot":
				return kind + "s" + r.chars(digits, 1) + r.maybe("f") + r.maybe("d")
			case "mac":
				return kind + "x" + r.mac("")
			default:
				return r.maybe("P") + kind + "p" + r.chars(digits, 1) + "s" + r.chars(digits, 1) + r.maybe("f") + r.maybe("d")
			}
		}, nil
	},
	"systemCron": func(_ Data, o options) (drawer, error) {
		year, odd := o.bool("includeYear", false), o.bool("includeNonStandard", false)
		return func(r source) any {
			if odd && r.flip() {
				return r.pick(nonStandard)
			}
			s := r.either(decimal(r.IntN(60)), "*") + " " + r.either(decimal(r.IntN(24)), "*") + " " +
				r.pick([]string{decimal(r.between(1, 31)), "*", "?"}) + " " + r.either(decimal(r.between(1, 12)), "*") + " " +
				r.pick([]string{decimal(r.IntN(7)), weekdays[r.IntN(7)][:3], "*", "?"})
			if year {
				s += " " + r.either(decimal(r.between(1970, 2099)), "*")
			}
			return strings.ToUpper(s)
		}, nil
	},
}

var nonStandard = split("@annually|@daily|@hourly|@monthly|@reboot|@weekly|@yearly")

// file is a name without an extension.
func (r source) file() string { return strings.ReplaceAll(r.words(r.between(1, 3)), " ", "_") }

func (r source) commonExtension() string { return r.pick(mimeTypes[r.pick(common)]) }

// maybe is a letter with a digit, or nothing.
func (r source) maybe(letter string) string {
	if r.flip() {
		return letter + r.chars(digits, 1)
	}
	return ""
}
