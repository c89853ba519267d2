package script

import "strings"

// suggest ends the sentence about an unknown key: the nearest known one, or
// where a key of this very name belongs.
func suggest(key string, o *object, path string) string {
	var known []string
	for _, f := range o.fields {
		if f.status == supported || f.status == idle {
			known = append(known, f.name)
		}
	}
	if near := nearest(key, known); near != "" {
		return "; did you mean `" + near + "`?"
	}
	if place := belongs(key, o, ""); place != "" {
		return "; it belongs in `" + place + "`"
	}
	if len(known) == 0 {
		return "; there is none here"
	}
	return "; known here: " + strings.Join(known, ", ")
}

// belongs finds key among the objects inside o and answers the way to it.
func belongs(key string, o *object, way string) string {
	const deepest = 2
	if strings.Count(way, ".") >= deepest {
		return ""
	}
	for _, f := range o.fields {
		if inner := f.shape.object; inner != nil && f.status == supported && inner.each == nil && !f.action {
			if known := inner.field(key); known != nil && known.status == supported {
				return way + f.name
			}
		}
	}
	for _, f := range o.fields {
		if inner := f.shape.object; inner != nil && f.status == supported && inner.each == nil && !f.action {
			if place := belongs(key, inner, way+f.name+"."); place != "" {
				return place
			}
		}
	}
	return ""
}

// nearest is the candidate that key was probably meant to be, or "".
func nearest(key string, candidates []string) string {
	allowed := max(1, len(key)/3)
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s)) }
	best, least := "", allowed+1
	for _, c := range candidates {
		if d := distance(plain(key), plain(c)); d < least && d < len(c) {
			best, least = c, d
		}
	}
	if best != "" || len(key) < 3 {
		return best
	}
	for _, c := range candidates {
		if len(c) > 2 && (strings.HasPrefix(plain(key), plain(c)) || strings.HasPrefix(plain(c), plain(key))) {
			return c
		}
	}
	return ""
}

// distance is how many letters have to be added, dropped, changed or swapped
// with their neighbour to make one word the other.
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
