package script

// mergeDeep puts over on base as lodash does: objects member by member, lists
// element by element, and over's value anywhere else. Containers keep the place
// of base, every other value has its own. Neither argument is changed.
func mergeDeep(base, over *node) *node {
	switch {
	case over.kind == kindUndefined:
		return base
	case base.kind == kindObject && over.kind == kindObject:
		merged := shallow(base)
		for _, m := range over.members {
			if old := merged.get(m.key); old != nil {
				merged.set(m.key, m.place, mergeDeep(old, m.value))
			} else {
				merged.set(m.key, m.place, m.value)
			}
		}
		return merged
	case base.kind == kindList && over.kind == kindList:
		merged := shallow(base)
		for i, item := range over.items {
			if i < len(merged.items) {
				merged.items[i] = mergeDeep(merged.items[i], item)
			} else {
				merged.items = append(merged.items, item)
			}
		}
		return merged
	default:
		return over
	}
}

// mergeOverrides is mergeDeep with lists replaced as a whole.
func mergeOverrides(base, over *node) *node {
	if base.kind != kindObject || over.kind != kindObject {
		return over
	}
	merged := shallow(base)
	for _, m := range over.members {
		if old := merged.get(m.key); old != nil {
			merged.set(m.key, m.place, mergeOverrides(old, m.value))
		} else {
			merged.set(m.key, m.place, m.value)
		}
	}
	return merged
}

// shallow copies a container but not what is in it.
func shallow(n *node) *node {
	c := *n
	c.items = append([]*node(nil), n.items...)
	c.members, c.index = nil, nil
	for _, m := range n.members {
		c.set(m.key, m.place, m.value)
	}
	return &c
}

// child returns the object under key, making it when it is absent or null. It
// answers nil when something else stands there.
func child(parent *node, key string, at place) *node {
	v := parent.get(key)
	if v == nil || v.kind == kindNull {
		v = &node{kind: kindObject, place: at}
		parent.set(key, at, v)
	}
	if v.kind != kindObject {
		return nil
	}
	c := shallow(v)
	parent.set(key, at, c)
	return c
}
