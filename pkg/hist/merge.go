package hist

// merge adds the buckets of o. A side that is packed stays so.
func (s *side) merge(o *side) {
	switch {
	case s.counts != nil && o.counts != nil:
		s.addCounted(o)
	case s.counts != nil:
		s.addWalked(o.walk())
	case s.packed == nil && o.counts != nil:
		s.addCounted(o)
	case s.packed == nil:
		s.packed = o.packed
	case !o.empty():
		s.packed = mergedPacked(s.walk(), o.walk())
	}
}

// addCounted adds an array of counts to another, or to nothing.
func (s *side) addCounted(o *side) {
	first, end := 0, len(o.counts)
	for first < end && o.counts[first] == 0 {
		first++
	}
	for first < end && o.counts[end-1] == 0 {
		end--
	}
	if first == end {
		return
	}
	s.cover(o.base+first, o.base+end-1)
	into := s.counts[o.base+first-s.base:]
	for i, n := range o.counts[first:end] {
		into[i] = addCounts(into[i], n)
	}
}

// addWalked adds the buckets of a walk to an array of counts.
func (s *side) addWalked(w walk) {
	for n := w.next(); n != 0; n = w.next() {
		i := w.index - s.base
		if uint(i) >= uint(len(s.counts)) {
			rest := w
			for rest.next() != 0 {
			}
			s.cover(w.index, rest.index)
			i = w.index - s.base
		}
		s.counts[i] = addCounts(s.counts[i], n)
	}
}

// mergedPacked packs the buckets of two walks.
func mergedPacked(a, b walk) []byte {
	var room [1024]byte
	dst, previous := room[:0], -1
	// What is merged is never longer than its parts.
	if n := len(a.packed) + len(b.packed); n > len(room) {
		dst = make([]byte, 0, n)
	}
	na, nb := a.next(), b.next()
	for na != 0 || nb != 0 {
		index, n := 0, int64(0)
		switch {
		case nb == 0 || na != 0 && a.index < b.index:
			index, n = a.index, na
			na = a.next()
		case na == 0 || b.index < a.index:
			index, n = b.index, nb
			nb = b.next()
		default:
			index, n = a.index, addCounts(na, nb)
			na, nb = a.next(), b.next()
		}
		dst = appendEntry(dst, index-previous-1, n)
		previous = index
	}
	return clipped(dst)
}
