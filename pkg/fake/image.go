package fake

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

var imageMakers = map[string]maker{
	"imageAvatar":       text(source.avatar),
	"imageAvatarGitHub": text(source.avatar),
	"imagePersonPortrait": func(_ Data, o options) (drawer, error) {
		sex, size := o.text("sex", "generic"), decimal(int(o.number("size", 512)))
		return func(r source) any {
			return "https://cdn.jsdelivr.net/gh/faker-js/assets-person-portrait/" + r.sex(sex) + "/" + size + "/" + decimal(r.IntN(100)) + ".jpg"
		}, nil
	},
	"imageUrl": func(_ Data, o options) (drawer, error) {
		return func(r source) any { return r.picsum(o) }, nil
	},
	"imageUrlPicsumPhotos": func(_ Data, o options) (drawer, error) {
		return func(r source) any {
			address := r.picsum(o)
			var query []string
			if r.boolean(o, "grayscale") {
				query = append(query, "grayscale")
			}
			if blur := o.number("blur", float64(r.IntN(11))); blur >= 1 && blur <= 10 {
				query = append(query, "blur="+decimal(int(blur)))
			}
			if len(query) > 0 {
				address += "?" + strings.Join(query, "&")
			}
			return address
		}, nil
	},
	"imageUrlLoremFlickr": func(_ Data, o options) (drawer, error) {
		category := o.text("category", "")
		if category != "" {
			category = "/" + category
		}
		return func(r source) any {
			return "https://loremflickr.com/" + r.side(o, "width") + "/" + r.side(o, "height") + category + "?lock=" + strconv.FormatInt(r.Int64N(maxSafe), 10)
		}, nil
	},
	"imageDataUri": func(_ Data, o options) (drawer, error) {
		color, kind := o.text("color", ""), o.text("type", "")
		return func(r source) any {
			width, height := r.side(o, "width"), r.side(o, "height")
			fill := color
			if fill == "" {
				fill = "#" + r.hexadecimal(6)
			}
			svg := `<svg xmlns="http://www.w3.org/2000/svg" width="` + width + `" height="` + height + `"><rect width="100%" height="100%" fill="` + fill +
				`"/><text x="50%" y="50%" text-anchor="middle" fill="white">` + width + "x" + height + "</text></svg>"
			if kind == "svg-uri" || kind == "" && r.flip() {
				return "data:image/svg+xml;charset=UTF-8," + url.PathEscape(svg)
			}
			return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
		}, nil
	},
}

func decimal(n int) string { return strconv.Itoa(n) }

// boolean is an option, or drawn.
func (r source) boolean(o options, key string) bool {
	if o.has(key) {
		return o.bool(key, false)
	}
	return r.flip()
}

// side is the width or the height of an image.
func (r source) side(o options, key string) string {
	if o.has(key) {
		return decimal(int(o.number(key, 0)))
	}
	return decimal(r.between(1, 3999))
}

func (r source) avatar() string {
	return "https://avatars.githubusercontent.com/u/" + decimal(r.IntN(100_000_001))
}

func (r source) picsum(o options) string {
	return "https://picsum.photos/seed/" + r.chars(digits+letters, r.between(5, 10)) + "/" + r.side(o, "width") + "/" + r.side(o, "height")
}
