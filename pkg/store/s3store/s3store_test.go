package s3store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"salvo/pkg/store"
	"salvo/pkg/store/s3store"
	"salvo/pkg/store/storetest"
	"salvo/test/moto"
)

// network stands between the client and moto: it counts requests and may play
// tricks with one.
type network struct {
	trick func(*http.Request) (*http.Response, error) // nil, nil lets a request pass

	mu       sync.Mutex
	requests []string // method and query

	// S3 looks at the condition of a write and writes in one step; moto in two,
	// between which another write may come.
	conditional sync.Mutex
}

func (n *network) Do(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.requests = append(n.requests, strings.TrimSuffix(r.Method+" "+r.URL.RawQuery, " "))
	trick := n.trick
	n.mu.Unlock()
	if trick != nil {
		if response, err := trick(r); response != nil || err != nil {
			return response, err
		}
	}
	if r.Header.Get("If-Match")+r.Header.Get("If-None-Match") != "" {
		n.conditional.Lock()
		defer n.conditional.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// clear forgets the requests so far, and returns them.
func (n *network) clear() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	was := n.requests
	n.requests = nil
	return was
}

// bucket makes an empty one; client is for looking into it behind the store's back.
func bucket(t *testing.T, c aws.Config, name string) (s *s3store.Store, client *s3.Client, net *network) {
	t.Helper()
	net = &network{}
	c.HTTPClient = net
	client = s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    &name,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.Region)},
	})
	if err != nil {
		t.Fatal(err)
	}
	net.clear()
	return s3store.New(c, name), client, net
}

func TestStore(t *testing.T) {
	c := moto.Config(t)
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) store.Store {
		s, _, _ := bucket(t, c, fmt.Sprint("suite-", n.Add(1)))
		return s
	})
}

// letters is a reader of that many bytes that cannot seek.
func letters(n int) io.Reader {
	return iotest.HalfReader(strings.NewReader(strings.Repeat("abcdefgh", n/8) + "abcdefgh"[:n%8]))
}

const part = 8 << 20

func TestPut(t *testing.T) {
	c := moto.Config(t)
	tests := []struct {
		name     string
		size     int
		requests []string // their methods
	}{
		{"empty", 0, []string{"PUT"}},
		{"small", 1000, []string{"PUT"}},
		{"less than a part", part - 1, []string{"PUT"}},
		{"a part", part, []string{"POST", "PUT", "POST"}},
		{"a part and a byte", part + 1, []string{"POST", "PUT", "PUT", "POST"}},
		{"two parts and more", 2*part + 3, []string{"POST", "PUT", "PUT", "PUT", "POST"}},
	}
	s, _, net := bucket(t, c, "sizes")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := s.Put(t.Context(), "k", letters(test.size)); err != nil {
				t.Fatal(err)
			}
			var methods []string
			for _, r := range net.clear() {
				method, _, _ := strings.Cut(r, " ")
				methods = append(methods, method)
			}
			if fmt.Sprint(methods) != fmt.Sprint(test.requests) {
				t.Errorf("requests %v, want %v", methods, test.requests)
			}
			got, err := store.ReadAll(t.Context(), s, "k")
			want, _ := io.ReadAll(letters(test.size))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			net.clear()
		})
	}
}

// A large value that fails on its way leaves the old one, and nothing that costs.
func TestFailedUpload(t *testing.T) {
	c := moto.Config(t)
	broken := errors.New("broken pipe")
	tests := []struct {
		name   string
		reader func(cancel func()) io.Reader
		want   error
	}{
		{"the reader fails", func(func()) io.Reader {
			return io.MultiReader(letters(part+100), iotest.ErrReader(broken))
		}, broken},
		{"the context ends", func(cancel func()) io.Reader {
			return io.MultiReader(letters(part+100), readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF }))
		}, context.Canceled},
	}
	s, client, _ := bucket(t, c, "failures")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := store.WriteAll(t.Context(), s, "k", []byte("old")); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := s.Put(ctx, "k", test.reader(cancel)); !errors.Is(err, test.want) {
				t.Fatalf("Put: %v", err)
			}
			if got, err := store.ReadAll(t.Context(), s, "k"); err != nil || string(got) != "old" {
				t.Errorf("%.40q, %v", got, err)
			}
			left, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("failures")})
			if err != nil || len(left.Uploads) > 0 {
				t.Errorf("%d uploads are left, %v", len(left.Uploads), err)
			}
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestListPages(t *testing.T) {
	c := moto.Config(t)
	s, client, net := bucket(t, c, "pages")
	const keys = 1100
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := worker; i < keys; i += 4 {
				if err := store.WriteAll(t.Context(), s, fmt.Sprintf("runs/r1/results/%04d", i), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("pages"), Key: aws.String("runs/folder/")})
	if err != nil {
		t.Fatal(err)
	}
	net.clear()
	got, err := s.List(t.Context(), "runs/")
	if err != nil || len(got) != keys || got[0] != "runs/r1/results/0000" || got[keys-1] != "runs/r1/results/1099" {
		t.Errorf("%d keys, %v", len(got), err)
	}
	if n := len(net.clear()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// answer is a response of S3 with an error.
func answer(r *http.Request, status int, code, message string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: r, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader("<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>")),
	}
}

// once plays a trick with the first request alone.
func once(trick func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	var done atomic.Bool
	return func(r *http.Request) (*http.Response, error) {
		if done.Swap(true) {
			return nil, nil
		}
		return trick(r)
	}
}

// lose lets a request pass, and not its answer.
func lose(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		response.Body.Close()
	}
	return nil, errors.Join(io.ErrUnexpectedEOF, err)
}

func TestCreateOverABadNetwork(t *testing.T) {
	c := moto.Config(t)
	tests := []struct {
		name  string
		taken bool // by somebody else
		trick func(*http.Request) (*http.Response, error)
		want  error
	}{
		{"the answer to a write that succeeded is lost", false, lose, nil},
		{"the answer to a write that failed is lost", true, lose, fs.ErrExist},
		{"another write of the key is under way", false, func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusConflict, "ConditionalRequestConflict", "Conflict"), nil
		}, nil},
		{"S3 asks to slow down", false, func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."), nil
		}, nil},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _, net := bucket(t, c, fmt.Sprint("network-", i))
			if test.taken {
				if err := s.Create(t.Context(), "k", []byte("theirs")); err != nil {
					t.Fatal(err)
				}
			}
			net.trick = once(test.trick)
			if err := s.Create(t.Context(), "k", []byte("mine")); !errors.Is(err, test.want) {
				t.Fatalf("Create: %v", err)
			}
			if err := s.Create(t.Context(), "k", []byte("other")); !errors.Is(err, fs.ErrExist) {
				t.Fatalf("second Create: %v", err)
			}
		})
	}
}

func TestUpdateOverABadNetwork(t *testing.T) {
	c := moto.Config(t)
	isPut := func(r *http.Request) bool { return r.Method == http.MethodPut }
	tests := []struct {
		name  string
		there bool
		trick func(*http.Request) (*http.Response, error)
	}{
		{"the answer to the first write is lost", false, lose},
		{"the answer to a write is lost", true, lose},
		{"another write of the key is under way", true, func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusConflict, "ConditionalRequestConflict", "Conflict"), nil
		}},
		{"another was faster", true, func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the preconditions you specified did not hold."), nil
		}},
		{"the key is gone", true, func(r *http.Request) (*http.Response, error) {
			return answer(r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist."), nil
		}},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _, net := bucket(t, c, fmt.Sprint("update-", i))
			want := "1"
			if test.there {
				if err := store.WriteAll(t.Context(), s, "k", []byte("1")); err != nil {
					t.Fatal(err)
				}
				want = "2"
			}
			var done atomic.Bool
			net.trick = func(r *http.Request) (*http.Response, error) {
				if !isPut(r) || done.Swap(true) {
					return nil, nil
				}
				return test.trick(r)
			}
			if err := s.Update(t.Context(), "k", storetest.Increment); err != nil {
				t.Fatalf("Update: %v", err)
			}
			if got, err := store.ReadAll(t.Context(), s, "k"); err != nil || string(got) != want {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	c := moto.Config(t)
	tests := []struct {
		name, code, message string
		status              int
	}{
		{"no right to it", "AccessDenied", "Access Denied", http.StatusForbidden},
		{"old credentials", "ExpiredToken", "The provided token has expired.", http.StatusBadRequest},
		{"no bucket", "NoSuchBucket", "The specified bucket does not exist", http.StatusNotFound},
	}
	s, _, net := bucket(t, c, "errors")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			net.trick = func(r *http.Request) (*http.Response, error) {
				return answer(r, test.status, test.code, test.message), nil
			}
			_, getErr := s.Get(t.Context(), "runs/k")
			_, listErr := s.List(t.Context(), "runs/")
			for op, err := range map[string]error{
				"get runs/k":    getErr,
				"list runs/":    listErr,
				"put runs/k":    s.Put(t.Context(), "runs/k", strings.NewReader("x")),
				"create runs/k": s.Create(t.Context(), "runs/k", nil),
				"update runs/k": s.Update(t.Context(), "runs/k", storetest.Increment),
			} {
				want := op + " in the bucket errors: " + test.code + ": " + test.message
				var api smithy.APIError
				if err == nil || err.Error() != want || !errors.As(err, &api) || api.ErrorCode() != test.code || errors.Is(err, fs.ErrNotExist) {
					t.Errorf("error %v, want %s", err, want)
				}
			}
		})
	}
}

// The store of a bucket that does not exist tells so, also when moto says it.
func TestNoSuchBucket(t *testing.T) {
	s := s3store.New(moto.Config(t), "nowhere")
	_, err := s.Get(t.Context(), "k")
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "NoSuchBucket" {
		t.Errorf("error %v", err)
	}
}

// S3 answers so to those who it thinks may not list: whether a key is there or not.
func TestAbsentOrForbidden(t *testing.T) {
	c := moto.Config(t)
	tests := []struct {
		name, key string
		lists     bool // the listing may be read
		absent    bool
	}{
		{"absent", "lease/1", true, true},
		{"absent, and another begins with it", "lease", true, true},
		{"there, and not to be read", "lease/10", true, false},
		{"absent, and nothing may be listed", "lease/1", false, false},
	}
	s, _, net := bucket(t, c, "forbidden")
	if err := store.WriteAll(t.Context(), s, "lease/10", nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			net.trick = func(r *http.Request) (*http.Response, error) {
				if r.URL.Query().Has("list-type") && test.lists {
					return nil, nil
				}
				return answer(r, http.StatusForbidden, "AccessDenied", "Access Denied"), nil
			}
			if _, err := s.Get(t.Context(), test.key); errors.Is(err, fs.ErrNotExist) != test.absent || err == nil {
				t.Errorf("Get: %v", err)
			} else if !test.absent && !strings.Contains(err.Error(), "AccessDenied: Access Denied") {
				t.Errorf("Get tells %v", err)
			}
		})
	}
}
