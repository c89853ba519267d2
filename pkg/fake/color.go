package fake

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"salvo/pkg/template"
)

var (
	colors    = split("azure|black|blue|cyan|fuchsia|gold|green|grey|indigo|ivory|lavender|lime|magenta|maroon|mint green|olive|orange|orchid|pink|plum|purple|red|salmon|silver|sky blue|tan|teal|turquoise|violet|white|yellow")
	cssSpaces = split("sRGB|display-p3|rec2020|a98-rgb|prophoto-rgb")
	cssKinds  = split("rgb|rgba|hsl|hsla|hwb|cmyk|lab|lch|color")
)

var colorMakers = map[string]maker{
	"colorCssSupportedFunction": one(cssKinds),
	"colorCssSupportedSpace":    one(cssSpaces),
	"colorHuman":                one(colors),
	"colorSpace":                one(split("Adobe RGB|CIELAB|CIELUV|CIE 1931 XYZ|CMY|CMYK|DCI-P3|HSL|HSLA|HSV|HWB|LCh|LMS|Munsell Color System|Pantone Matching System (PMS)|ProPhoto RGB Color Space|RAL|RGBA|Rec. 2020|Rec. 2100|Rec. 601|Rec. 709|YIQ|YPbPr|sRGB|scRGB")),
	"colorCmyk":                 parts("cmyk(%v%%, %v%%, %v%%, %v%%)", percent, percent, percent, percent),
	"colorHwb":                  parts("hwb(%v %v%% %v%%)", hue, percent, percent),
	"colorLab":                  parts("lab(%v%% %v %v)", fine, axis, axis),
	"colorLch":                  parts("lch(%v%% %v %v)", fine, chroma, chroma),
	"colorHsl": func(d Data, o options) (drawer, error) {
		if o.bool("includeAlpha", false) {
			return parts("hsl(%vdeg %v%% %v%% / %v)", hue, percent, percent, percent)(d, o)
		}
		return parts("hsl(%vdeg %v%% %v%%)", hue, percent, percent)(d, o)
	},
	"colorColorByCSSColorSpace": func(d Data, o options) (drawer, error) {
		return parts("color("+o.text("space", "sRGB")+" %v %v %v)", tenThousandth, tenThousandth, tenThousandth)(d, o)
	},
	"colorRgb": func(d Data, o options) (drawer, error) {
		alpha := o.bool("includeAlpha", false)
		if o.text("format", "hex") != "hex" {
			if alpha {
				return parts("rgba(%v, %v, %v, %v)", channel, channel, channel, fraction01)(d, o)
			}
			return parts("rgb(%v, %v, %v)", channel, channel, channel)(d, o)
		}
		prefix, set, n := o.text("prefix", "#"), "0123456789abcdef", 6
		switch o.text("casing", "lower") {
		case "upper":
			set = "0123456789ABCDEF"
		case "mixed":
			set = "0123456789abcdefABCDEF"
		}
		if alpha {
			n = 8
		}
		return func(r source) any { return string(r.append([]byte(prefix), set, n)) }, nil
	},
}

// part draws one number of a color; css is what it is multiplied by in CSS.
type part struct {
	draw func(r source) float64
	css  float64
}

var (
	hue           = part{func(r source) float64 { return float64(r.IntN(361)) }, 1}
	channel       = part{func(r source) float64 { return float64(r.IntN(256)) }, 1}
	percent       = part{func(r source) float64 { return r.rounded(0, 1, 2) }, 100}
	fraction01    = part{percent.draw, 1}
	fine          = part{func(r source) float64 { return r.rounded(0, 1, 6) }, 100}
	axis          = part{func(r source) float64 { return r.rounded(-100, 100, 4) }, 1}
	chroma        = part{func(r source) float64 { return r.rounded(0, 230, 1) }, 1}
	tenThousandth = part{func(r source) float64 { return r.rounded(0, 1, 4) }, 1}
)

// parts draws the numbers of a color, as a list or in the form of CSS or as bits.
func parts(css string, all ...part) maker {
	return func(_ Data, o options) (drawer, error) {
		format := o.text("format", "decimal")
		return func(r source) any {
			values := make([]any, len(all))
			for i, p := range all {
				f := p.draw(r)
				if format == "css" {
					if f *= p.css; p.css != 1 {
						f = math.Round(f)
					}
				}
				values[i] = f
			}
			switch format {
			case "css":
				for i, v := range values {
					values[i] = template.Text(v)
				}
				return fmt.Sprintf(css, values...)
			case "binary":
				return bits(values)
			}
			return values
		}, nil
	}
}

// bits writes whole numbers as eight bits, others as those of a float of 32.
func bits(values []any) string {
	var words []string
	for _, v := range values {
		f := v.(float64)
		if f == math.Trunc(f) {
			words = append(words, fmt.Sprintf("%08b", uint64(f)))
			continue
		}
		var b strings.Builder
		for _, c := range binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(f))) {
			fmt.Fprintf(&b, "%08b", c)
		}
		words = append(words, b.String())
	}
	return strings.Join(words, " ")
}
