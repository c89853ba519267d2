package settings

import "strings"

// nearest is the candidate that key was probably meant to be, or "".
func nearest(key string, candidates []string) string {
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s)) }
	best, least := "", max(1, len(key)/3)+1
	for _, c := range candidates {
		if d := distance(plain(key), plain(c)); d < least && d < len(c) {
			best, least = c, d
		}
	}
	return best
}

// distance is how many letters have to be added, dropped or changed to make one
// word the other.
func distance(from, to string) int {
	const longest = 40
	a, b := []rune(from), []rune(to)
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := diagonal + 1
			if x == y {
				change = diagonal
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
