package metrics

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"sync"

	"salvo/pkg/hist"
)

// An encoded snapshot is
//
//	"SVM", version
//	CRC-32 (IEEE) of the body, 4 bytes, little endian
//	uvarint  bytes of the body
//	the body, deflated
//
// and its body
//
//	uvarint  number of names; each name as uvarint length and bytes, sorted
//	uvarint  number of phases; each, sorted, as varint distance to the one before
//	         (the first: to 0), and its cell
//	uvarint  number of seconds; likewise
//
// and a cell
//
//	varint   First less the start of the second, in milliseconds; of a phase: First
//	varint   Last less First
//	uvarint  number of counters; each as uvarint of how many names lie between the
//	         one before and its own, and varint of its value
//	uvarint  number of rates; likewise
//	uvarint  number of histograms; likewise, with uvarint length and encoding
//
// Equal snapshots have equal bodies.
const (
	magic   = "SVM"
	version = 1

	// maxBody bounds what Decode takes for a snapshot: 1,000 times that of a busy
	// chunk. Deflated, it may be a thousandth of that.
	maxBody = 256 << 20
)

var (
	_ encoding.BinaryMarshaler   = (*Snapshot)(nil)
	_ encoding.BinaryUnmarshaler = (*Snapshot)(nil)
)

// MarshalBinary encodes the snapshot. Equal snapshots have equal encodings, however
// they came about. It fails when the snapshot is larger than Decode accepts: 256
// MiB before compression.
func (s *Snapshot) MarshalBinary() ([]byte, error) {
	body, err := s.appendBody(nil)
	if err != nil {
		return nil, fmt.Errorf("encoding a snapshot: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("encoding a snapshot: %d bytes are more than %d", len(body), maxBody)
	}
	head := append([]byte(magic), version)
	head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE(body))
	head = binary.AppendUvarint(head, uint64(len(body)))
	out := bytes.NewBuffer(make([]byte, 0, len(head)+len(body)/2))
	out.Write(head)
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(out)
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("encoding a snapshot: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encoding a snapshot: %w", err)
	}
	return out.Bytes(), nil
}

// deflaters keeps what deflates, which takes more than a megabyte: a worker encodes a snapshot every
// few seconds.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // a level between the bounds cannot be refused
	}
	return w
}}

// Decode returns the snapshot that MarshalBinary made data of. Whatever is cut short
// or changed is refused, with memory in proportion to what data really holds.
func Decode(data []byte) (*Snapshot, error) {
	body, err := inflate(data)
	if err != nil {
		return nil, fmt.Errorf("decoding a snapshot: %w", err)
	}
	s, err := decodeBody(body)
	if err != nil {
		return nil, fmt.Errorf("decoding a snapshot: %w", err)
	}
	return s, nil
}

// UnmarshalBinary is [Decode] into s, which stays as it was after an error.
func (s *Snapshot) UnmarshalBinary(data []byte) error {
	d, err := Decode(data)
	if err != nil {
		return err
	}
	*s = *d
	return nil
}

func inflate(data []byte) ([]byte, error) {
	const crcAt, sizeAt = len(magic) + 1, len(magic) + 5
	if len(data) < sizeAt || string(data[:len(magic)]) != magic {
		return nil, errors.New("it is none")
	}
	if v := data[len(magic)]; v != version {
		return nil, fmt.Errorf("version %d, want %d", v, version)
	}
	size, n := binary.Uvarint(data[sizeAt:])
	if n <= 0 || size > maxBody {
		return nil, errors.New("its size is cut short or too large")
	}
	deflated := bytes.NewReader(data[sizeAt+n:])
	var body bytes.Buffer
	body.Grow(min(int(size), 8*len(data)) + bytes.MinRead) // the rest as it comes
	r := flate.NewReader(deflated)
	if _, err := body.ReadFrom(io.LimitReader(r, int64(size)+1)); err != nil {
		return nil, err
	}
	switch {
	case body.Len() != int(size):
		return nil, fmt.Errorf("it has not the %d bytes that it says", size)
	case deflated.Len() > 0:
		return nil, errors.New("something follows its end")
	case crc32.ChecksumIEEE(body.Bytes()) != binary.LittleEndian.Uint32(data[crcAt:]):
		return nil, errors.New("its checksum is wrong")
	}
	return body.Bytes(), nil
}

// encoder writes cells whose names are numbered already.
type encoder struct {
	names   []string // sorted
	index   map[string]int
	scratch []byte
}

func (s *Snapshot) appendBody(dst []byte) ([]byte, error) {
	index := map[string]int{}
	for _, c := range s.Phases {
		c.addNames(index)
	}
	for _, c := range s.Seconds {
		c.addNames(index)
	}
	e := &encoder{names: slices.Sorted(maps.Keys(index)), index: index}
	dst = binary.AppendUvarint(dst, uint64(len(e.names)))
	for i, name := range e.names {
		index[name] = i
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = append(dst, name...)
	}
	dst, err := appendCells(dst, e, s.Phases, func(int) int64 { return 0 })
	if err != nil {
		return nil, err
	}
	return appendCells(dst, e, s.Seconds, startOf)
}

// startOf is the first millisecond of a second.
func startOf(second int64) int64 { return second * 1000 }

func (c *Cell) addNames(index map[string]int) {
	if c == nil {
		return
	}
	for name := range c.Counters {
		index[name] = 0
	}
	for name := range c.Rates {
		index[name] = 0
	}
	for name, h := range c.Histograms {
		if h != nil {
			index[name] = 0
		}
	}
}

func appendCells[K int | int64](dst []byte, e *encoder, cells map[K]*Cell, base func(K) int64) ([]byte, error) {
	keys := make([]K, 0, len(cells))
	for k, c := range cells {
		if c != nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	dst = binary.AppendUvarint(dst, uint64(len(keys)))
	var previous K
	for _, k := range keys {
		dst = binary.AppendVarint(dst, int64(k-previous))
		previous = k
		var err error
		if dst, err = e.appendCell(dst, cells[k], base(k)); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (e *encoder) appendCell(dst []byte, c *Cell, base int64) ([]byte, error) {
	dst = binary.AppendVarint(dst, c.First-base)
	dst = binary.AppendVarint(dst, c.Last-c.First)
	dst = e.appendNumbers(dst, c.Counters)
	dst = e.appendNumbers(dst, c.Rates)
	indices := make([]int, 0, len(c.Histograms))
	for name, h := range c.Histograms {
		if h != nil {
			indices = append(indices, e.index[name])
		}
	}
	slices.Sort(indices)
	dst = binary.AppendUvarint(dst, uint64(len(indices)))
	next := 0
	for _, i := range indices {
		dst = binary.AppendUvarint(dst, uint64(i-next))
		next = i + 1
		var err error
		if e.scratch, err = c.Histograms[e.names[i]].AppendBinary(e.scratch[:0]); err != nil {
			return nil, err
		}
		dst = binary.AppendUvarint(dst, uint64(len(e.scratch)))
		dst = append(dst, e.scratch...)
	}
	return dst, nil
}

func (e *encoder) appendNumbers(dst []byte, numbers map[string]int64) []byte {
	type number struct {
		index int
		n     int64
	}
	sorted := make([]number, 0, len(numbers))
	for name, n := range numbers {
		sorted = append(sorted, number{e.index[name], n})
	}
	slices.SortFunc(sorted, func(a, b number) int { return cmp.Compare(a.index, b.index) })
	dst = binary.AppendUvarint(dst, uint64(len(sorted)))
	next := 0
	for _, s := range sorted {
		dst = binary.AppendUvarint(dst, uint64(s.index-next))
		dst = binary.AppendVarint(dst, s.n)
		next = s.index + 1
	}
	return dst
}

// decoder takes a body apart. After the first fault it only returns zeros.
type decoder struct {
	data  []byte
	names []string
	err   error
}

func decodeBody(body []byte) (*Snapshot, error) {
	d := &decoder{data: body}
	for range d.length(1) {
		name := string(d.take(d.uvarint()))
		if d.err != nil {
			break
		}
		if n := len(d.names); n > 0 && d.names[n-1] >= name {
			d.fail("its names are not sorted")
			break
		}
		d.names = append(d.names, name)
	}
	s := &Snapshot{
		Phases:  decodeCells(d, func(int) int64 { return 0 }),
		Seconds: decodeCells(d, startOf),
	}
	if len(d.data) > 0 {
		d.fail("something follows its body")
	}
	if d.err != nil {
		return nil, d.err
	}
	return s, nil
}

// leastCell is how few bytes a cell and its place may take.
const leastCell = 6

func decodeCells[K int | int64](d *decoder, base func(K) int64) map[K]*Cell {
	n := d.length(leastCell)
	cells := make(map[K]*Cell, n)
	var key K
	for i := range n {
		previous := key
		key += K(d.varint())
		if i > 0 && key <= previous {
			d.fail("its cells are not sorted")
		}
		c := d.cell(base(key))
		if d.err != nil {
			return nil
		}
		cells[key] = c
	}
	return cells
}

func (d *decoder) cell(base int64) *Cell {
	c := new(Cell)
	c.First = base + d.varint()
	c.Last = c.First + d.varint()
	c.Counters = d.numbers()
	c.Rates = d.numbers()
	n := d.length(2)
	c.Histograms = make(map[string]*hist.Histogram, n)
	next := uint64(0)
	for range n {
		name := d.name(&next)
		encoded := d.take(d.uvarint())
		if d.err != nil {
			break
		}
		h := new(hist.Histogram)
		if err := h.UnmarshalBinary(encoded); err != nil {
			d.err = fmt.Errorf("%q: %w", name, err)
			break
		}
		c.Histograms[name] = h
	}
	return c
}

func (d *decoder) numbers() map[string]int64 {
	n := d.length(2)
	numbers := make(map[string]int64, n)
	next := uint64(0)
	for range n {
		name := d.name(&next)
		v := d.varint()
		if d.err != nil {
			break
		}
		numbers[name] = v
	}
	return numbers
}

// name is the name that lies so many names after the next one.
func (d *decoder) name(next *uint64) string {
	gap := d.uvarint()
	if *next >= uint64(len(d.names)) || gap >= uint64(len(d.names))-*next {
		d.fail("a name is not in its table")
		return ""
	}
	i := *next + gap
	*next = i + 1
	return d.names[i]
}

// length is a number of things that take at least so many bytes each: no more than
// can follow.
func (d *decoder) length(least int) int {
	n := d.uvarint()
	if n > uint64(len(d.data)/least) {
		d.fail("it is cut short")
		return 0
	}
	return int(n)
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.fail("it is cut short")
		return nil
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.fail("a number is cut short or too large")
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoder) fail(reason string) {
	if d.err == nil {
		d.err = errors.New(reason)
	}
	d.data = nil
}
